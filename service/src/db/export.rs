//! Reading all objects of an entity, with their links.

use std::sync::Arc;

use qairon::model::Entity;

use super::door::{Door, Reads};
use super::failure::Failure;
use super::get::exists;
use super::projection::{ALIAS, Projection};
use super::reader::{Reader, Sink};
use super::row::Row;
use super::sources::table;
use super::sql::{Keep, Sql};
use super::view::View;
use super::wire;
use crate::domain::filter::SqlFragment;
use crate::error::{Error, Result};

/// The objects of an entity to read.
pub struct Plan {
    /// The entity.
    pub entity: &'static Entity,
    /// The fields to read; without a mask, those that callers can set, and the ID.
    pub mask: Option<Vec<String>>,
    /// A condition that all of them match.
    pub filter: Option<SqlFragment>,
    /// Conditions of which each of them matches one; all do when there is none.
    pub scopes: Vec<SqlFragment>,
    /// Whether links are read.
    pub links: bool,
}

impl Plan {
    /// One statement for the objects and their links, in the order of the IDs. The links of a relation are one column, an
    /// ID on each line: no ID holds a line break. See golden/export_services.sql.
    pub(super) fn sql(&self, projection: &Projection) -> Sql {
        let mut sql = Sql::new();
        sql.push("SELECT ").push(&projection.sql);
        for link in self.entity.links.iter().filter(|_| self.links) {
            sql.push(&format!(
                ", (SELECT string_agg(l.\"{target}\", E'\\n' ORDER BY l.\"{target}\") FROM {table} l WHERE \
                 l.\"{owner}\" = {ALIAS}.\"id\")",
                target = link.target_column,
                table = table(&link.table),
                owner = link.owner_column
            ));
        }
        sql.push(&format!(" FROM {} {ALIAS}", table(&self.entity.name)));
        if let Some(filter) = &self.filter {
            sql.push(" WHERE (").append_filter(filter.clone()).push(")");
        }
        for (index, scope) in self.scopes.iter().enumerate() {
            sql.push(match (index, &self.filter) {
                (0, None) => " WHERE ((",
                (0, Some(_)) => " AND ((",
                _ => ") OR (",
            });
            sql.append_filter(scope.clone());
        }
        if !self.scopes.is_empty() {
            sql.push("))");
        }
        sql.push(&format!(" ORDER BY {ALIAS}.\"id\""));
        // Read masks are as many as callers invent, and an export is no small thing that waits for its plan.
        sql.kept(Keep::Never)
    }

    /// The fields of an answer.
    fn projection(&self, view: &View) -> Result<Arc<Projection>> {
        if let Some(mask) = &self.mask {
            return view.projection(self.entity, Some(mask));
        }
        let settable = self.entity.fields.iter().filter(|field| field.is_settable());
        let names: Vec<String> = settable.map(|field| field.name.clone()).chain(["id".to_owned()]).collect();
        view.projection(self.entity, Some(&names))
    }

    /// Appends a row as a `BulkObject`.
    fn encode(&self, projection: &Projection, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        wire::message_field(out, 1, |out| {
            let type_url = format!("type.googleapis.com/{}", self.entity.message.full_name());
            wire::bytes_field(out, 1, type_url.as_bytes());
            wire::message_field(out, 2, |out| projection.encode(row, out))
        })?;
        for (index, link) in self.entity.links.iter().filter(|_| self.links).enumerate() {
            let Some(ids) = row.optional_text(projection.width + index)? else { continue };
            wire::message_field(out, 3, |out| {
                wire::bytes_field(out, 1, link.relation.as_bytes());
                ids.lines().for_each(|id| wire::bytes_field(out, 2, id.as_bytes()));
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// An export cannot be resumed, so it lasts as long as it is read. The sink gives up what is not read for a while.
const SETTINGS: &str = "SET LOCAL statement_timeout = 0";

/// Sends the objects of all plans, each as an encoded `BulkObject`, if every scope exists. Everything is of one moment.
pub async fn export(
    door: &Door,
    scopes: &[(&'static Entity, String)],
    plans: &[Plan],
    sink: &mut impl Sink<Vec<u8>>,
) -> Result<(), Failure> {
    let mut reader = door.streaming_reader("export", Reads::Together(SETTINGS)).await?;
    let sent = send(&mut reader, scopes, plans, sink).await;
    reader.done(sent)
}

async fn send(
    reader: &mut Reader,
    scopes: &[(&'static Entity, String)],
    plans: &[Plan],
    sink: &mut impl Sink<Vec<u8>>,
) -> Result<(), Failure> {
    for (entity, id) in scopes {
        if !exists(reader, entity, id).await? {
            return Err(Error::not_found(&entity.name, id).with_field("scopes").into());
        }
    }
    for plan in plans {
        let projection = plan.projection(&reader.view)?;
        let sql = plan.sql(&projection);
        reader.pass(sql, &mut Encoding { plan, projection: &projection, sink }).await?;
    }
    Ok(())
}

/// Encodes rows for a sink of objects.
struct Encoding<'e, S> {
    plan: &'e Plan,
    projection: &'e Projection,
    sink: &'e mut S,
}

impl<S: Sink<Vec<u8>>> Sink for Encoding<'_, S> {
    async fn take(&mut self, row: Row) -> Result<()> {
        let mut object = Vec::with_capacity(row.size() + 64);
        self.plan.encode(self.projection, &row, &mut object)?;
        self.sink.take(object).await
    }
}
