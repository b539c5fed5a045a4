//! Objects by their IDs.

use std::sync::Arc;

use bytes::Bytes;
use qairon::model::Entity;
use qairon::v1::ErrorReason;

use super::bind::Bind;
use super::door::{Door, Reads};
use super::failure::Failure;
use super::projection::Projection;
use super::reader::Reader;
use super::row::{Row, too_large};
use super::sources::table;
use super::sql::{Keep, Sql};
use super::statements::{batch_get_text, get_text};
use super::wire;
use crate::error::{Error, ErrorKind, Result};

/// One object, as field 1 of a response; `None` when there is none.
pub async fn object(door: &Door, entity: &Entity, mask: Option<&[String]>, id: &str) -> Result<Option<Bytes>, Failure> {
    let projection = door.projection(entity, mask)?;
    let statements = door.statements(entity)?;
    let whole = Arc::ptr_eq(&projection, &statements.whole);
    let mut sql = match whole {
        true => Sql::shared(&statements.get),
        // Masks are as many as callers invent.
        false => Sql::shared(&get_text(entity, &projection)).kept(Keep::Never),
    };
    sql.bind(Bind::Text(id.to_owned()));
    let rows = door.look_up("get", sql).await?;
    Ok(rows.first().map(|row| as_response(&projection, row)).transpose()?.map(Bytes::from))
}

/// So many objects are read on a connection that others use at the same time. More, of which each may be large, would
/// hold them up.
const FEW: usize = 16;

/// Several objects, all or none, in the order of the request, as repeated field 1 of a response of so many bytes at most.
pub async fn objects(
    door: &Door,
    entity: &Entity,
    mask: Option<&[String]>,
    ids: Vec<String>,
    longest: usize,
) -> Result<Bytes, Failure> {
    let projection = door.projection(entity, mask)?;
    let statements = door.statements(entity)?;
    let whole = Arc::ptr_eq(&projection, &statements.whole);
    let text = if whole { statements.batch_get.clone() } else { batch_get_text(entity, &projection) };
    let (head, tail) = text.split_once('?').ok_or_else(|| Error::internal("a statement takes no IDs"))?;
    let mut sql = Sql::new();
    sql.push(head).bind(Bind::TextArray(ids.clone())).push(tail);
    let sql = if whole { sql } else { sql.kept(Keep::Never) };
    let empty = || Found { projection: &projection, longest, out: Vec::new(), places: Vec::with_capacity(ids.len()) };
    let found = if ids.len() <= FEW {
        let mut found = empty();
        let rows = door.look_up("batch_get", sql).await.map_err(|failure| match failure {
            Failure::Rule(error) if error.reason == ErrorReason::MessageTooLarge => error.with_field("ids").into(),
            other => other,
        })?;
        for row in rows {
            found.take(&row)?;
        }
        found
    } else {
        let work = |mut reader: Reader| {
            let (mut found, sql) = (empty(), sql.clone());
            async move {
                let result = found.read(&mut reader, sql).await;
                reader.done(result.map(|()| found))
            }
        };
        door.read("batch_get", Reads::One, None, work).await?
    };
    match found.places.len() < ids.len() {
        true => Err(missing(entity, &ids, &found.places).into()),
        false => Ok(found.out.into()),
    }
}

/// Objects that were found, encoded.
struct Found<'a> {
    projection: &'a Projection,
    longest: usize,
    out: Vec<u8>,
    places: Vec<usize>,
}

impl Found<'_> {
    /// Takes rows as they come, and no more than an answer has.
    async fn read(&mut self, reader: &mut Reader, sql: Sql) -> Result<(), Failure> {
        let mut rows = reader.stream(sql).await?;
        while let Some(row) = rows.next().await? {
            if let Err(error) = self.take(&row) {
                reader.skip_rest(rows).await?;
                return Err(error.into());
            }
        }
        Ok(())
    }

    fn take(&mut self, row: &Row) -> Result<()> {
        self.places.push(row.place(self.projection.width)?);
        wire::message_field(&mut self.out, 1, |out| self.projection.encode(row, out))?;
        match self.out.len() > self.longest {
            true => Err(too_large().with_field("ids")),
            false => Ok(()),
        }
    }
}

fn missing(entity: &Entity, ids: &[String], found: &[usize]) -> Error {
    let found: std::collections::HashSet<&usize> = found.iter().collect();
    let missing: Vec<&String> =
        ids.iter().enumerate().filter(|(place, _)| !found.contains(place)).map(|(_, id)| id).collect();
    let named: Vec<String> = missing.iter().take(10).map(|id| format!("`{id}`")).collect();
    let more = if missing.len() > 10 { format!(" and {} more", missing.len() - 10) } else { String::new() };
    let message = format!("there is no {} {}{more}", entity.human(), named.join(", "));
    let error = Error::new(ErrorKind::NotFound, ErrorReason::NotFound, message).with_field("ids");
    match missing.first() {
        Some(first) => error.with_resource(&entity.name, first),
        None => error,
    }
}

/// Selects one object.
pub(in crate::db) fn select(entity: &Entity, projection: &Projection, id: &str) -> Sql {
    let mut sql = Sql::shared(&get_text(entity, projection));
    sql.bind(Bind::Text(id.to_owned()));
    sql
}

/// Selects a row if there is an object, and none otherwise.
pub(in crate::db) fn probe(entity: &Entity, id: &str) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT true FROM {} WHERE \"id\" = ", table(&entity.name))).bind(Bind::Text(id.to_owned()));
    sql
}

/// Whether there is an object.
pub(in crate::db) async fn exists(reader: &mut Reader, entity: &Entity, id: &str) -> Result<bool, Failure> {
    Ok(reader.one(probe(entity, id)).await?.is_some())
}

/// Those of some objects that exist, by their IDs, in order.
pub async fn existing(reader: &mut Reader, entity: &Entity, ids: Vec<String>) -> Result<Vec<String>, Failure> {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT \"id\" FROM {} WHERE \"id\" = ANY (", table(&entity.name)));
    sql.bind(Bind::TextArray(ids)).push(") ORDER BY 1");
    let rows = reader.rows(sql).await?;
    Ok(rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect::<Result<_>>()?)
}

/// An object as field 1 of a response.
pub(in crate::db) fn as_response(projection: &Projection, row: &Row) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(row.size() + 64);
    wire::message_field(&mut out, 1, |out| projection.encode(row, out))?;
    Ok(out)
}
