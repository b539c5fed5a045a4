//! Traces: following relations from one object to others.
//!
//! [`impact`] walks everything that depends on an object, by one statement that [`crate::domain::impact`] plans from the
//! model. [`rows`] holds the traces that are a join each and stream their rows, [`provenance`] those that answer with a
//! single message, [`path`] the search between two objects.

pub mod impact;
pub mod path;
pub mod provenance;
pub mod rows;

use bytes::Bytes;
use qairon::model::Entity;
use qairon::v1::ErrorReason;

use super::store::Store;
use super::stream::Outlet;
use crate::db::sql::{Bind, Sql};
use crate::db::wire;
use crate::domain::page::{PageKey, PageToken};
use crate::domain::{masks, validate};
use crate::error::{Error, Result};

/// A message of a stream leaves when it holds so many rows or bytes.
const MESSAGE_ROWS: usize = 1000;
const MESSAGE_BYTES: usize = 128 * 1024;

/// The entity that a request names in a field.
pub fn resource(store: &Store, field: &str, name: &str) -> Result<&'static Entity> {
    store.model.entity(name).ok_or_else(|| {
        let known = store.model.entities().iter().map(|entity| entity.name.as_str());
        let hint = masks::nearest(name, known).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
        let message = match name {
            "" => format!("`{field}` is required: a resource such as `deployment`"),
            name => format!("`{field}` names no resource: there is no `{name}`{hint}"),
        };
        Error::invalid(field, ErrorReason::InvalidValue, message)
    })
}

/// Makes sure that an object exists.
pub async fn exists(store: &Store, entity: &Entity, field: &str, id: &str) -> Result<()> {
    validate::id(store.model, entity, field, id)?;
    let mut sql = Sql::new();
    sql.push(&format!("SELECT 1::bigint FROM \"{}\" WHERE id = ", entity.name)).bind(Bind::Text(id.to_owned()));
    let rows = store.db.read("exists", sql).await.map_err(|failure| failure.into_error(store.model, None))?;
    if rows.is_empty() { Err(Error::not_found(&entity.name, id)) } else { Ok(()) }
}

/// Where a stream is taken up: behind the row with these keys.
pub fn resume(text: &str, query: u64, keys: usize) -> Result<Option<Vec<String>>> {
    let token = PageToken::parse(text, query, keys).map_err(|error| {
        let message = match error.reason {
            ErrorReason::PageTokenMismatch => {
                "`resume_token` belongs to another trace; repeat the request it came from, or start again without it"
            }
            _ => "`resume_token` is not one that the service gave out; start again without it",
        };
        Error::invalid("resume_token", error.reason, message)
    })?;
    Ok(token.map(|token| token.keys.into_iter().map(|key| key.value.unwrap_or_default()).collect()))
}

/// Gathers rows into messages: the rows as repeated field 1, the resume token as field 2.
pub struct Gathered {
    outlet: Outlet,
    query: u64,
    message: Vec<u8>,
    rows: usize,
}

impl Gathered {
    /// An empty message of a stream whose tokens are bound to a query.
    pub fn new(outlet: Outlet, query: u64) -> Self {
        Self { outlet, query, message: Vec::new(), rows: 0 }
    }

    /// Adds a row; the keys are those behind which a stream is taken up, and are asked for when a message leaves.
    pub async fn push(
        &mut self,
        row: impl FnOnce(&mut Vec<u8>) -> Result<()>,
        keys: impl FnOnce() -> Vec<String>,
    ) -> Result<()> {
        wire::message_field(&mut self.message, 1, row)?;
        self.rows += 1;
        if self.rows >= MESSAGE_ROWS || self.message.len() >= MESSAGE_BYTES {
            return self.flush(keys()).await;
        }
        Ok(())
    }

    /// Sends what has gathered; the keys are those of its last row.
    pub async fn flush(&mut self, keys: Vec<String>) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let keys = keys.into_iter().map(|key| PageKey { value: Some(key) }).collect();
        let mut message = std::mem::take(&mut self.message);
        self.rows = 0;
        wire::bytes_field(&mut message, 2, PageToken::new(self.query, keys).to_text().as_bytes());
        self.outlet.send(Bytes::from(message)).await
    }
}
