//! Reading all objects of an entity, with their links.

use std::sync::Arc;

use qairon::model::Entity;

use super::projection::{ALIAS, Projection};
use super::sql::{Row, Sql};
use super::wire;
use crate::domain::filter::SqlFragment;
use crate::error::Result;

/// The objects of an entity to read.
pub struct Plan {
    /// The entity.
    pub entity: &'static Entity,
    /// The fields to read.
    pub projection: Arc<Projection>,
    /// A condition that all of them match.
    pub filter: Option<SqlFragment>,
    /// Conditions of which each of them matches one; all do when there is none.
    pub scopes: Vec<SqlFragment>,
    /// Whether links are read.
    pub links: bool,
}

impl Plan {
    /// One statement for the objects and their links, in the order of the IDs. The links of a relation are one column, an
    /// ID on each line: no ID holds a line break.
    pub fn sql(&self) -> Sql {
        let mut sql = Sql::new();
        sql.push("SELECT ").push(&self.projection.sql);
        for link in self.entity.links.iter().filter(|_| self.links) {
            sql.push(&format!(
                ", (SELECT string_agg(l.\"{target}\", E'\\n' ORDER BY l.\"{target}\") FROM \"{table}\" l WHERE \
                 l.\"{owner}\" = {ALIAS}.\"id\")",
                target = link.target_column,
                table = link.table,
                owner = link.owner_column
            ));
        }
        sql.push(&format!(" FROM \"{}\" {ALIAS}", self.entity.name));
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
        sql.uncached()
    }

    /// Appends a row as a `BulkObject`.
    pub fn encode(&self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        wire::message_field(out, 1, |out| {
            let type_url = format!("type.googleapis.com/{}", self.entity.message.full_name());
            wire::bytes_field(out, 1, type_url.as_bytes());
            wire::message_field(out, 2, |out| self.projection.encode(row, out))
        })?;
        for (index, link) in self.entity.links.iter().filter(|_| self.links).enumerate() {
            let ids = row.text(self.projection.width + index);
            if ids.is_empty() {
                continue;
            }
            wire::message_field(out, 3, |out| {
                wire::bytes_field(out, 1, link.relation.as_bytes());
                ids.lines().for_each(|id| wire::bytes_field(out, 2, id.as_bytes()));
                Ok(())
            })?;
        }
        Ok(())
    }
}
