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
use qairon::v1::ErrorReason;

use crate::call::Outlet;
use crate::db::wire;
use crate::domain::page::{PageKey, PageToken};
use crate::error::{Error, Result};

/// A message of a stream leaves when it holds so many rows or bytes.
const MESSAGE_ROWS: usize = 1000;
const MESSAGE_BYTES: usize = 128 * 1024;

/// Where a stream is taken up: after the row with these keys.
pub fn resume<const KEYS: usize>(text: &str, query: u64) -> Result<Option<[String; KEYS]>> {
    let token = PageToken::parse(text, query, KEYS).map_err(|error| {
        let message = match error.reason {
            ErrorReason::PageTokenMismatch => {
                "`resume_token` belongs to another trace; repeat the request it came from, or start again without it"
            }
            _ => return foreign(),
        };
        Error::invalid("resume_token", error.reason, message)
    })?;
    let Some(token) = token else { return Ok(None) };
    // A key that is NULL is in no token of a trace.
    let keys: Option<Vec<String>> = token.keys.into_iter().map(|key| key.value).collect();
    let keys = keys.and_then(|keys| keys.try_into().ok());
    keys.map(Some).ok_or_else(foreign)
}

/// A number among the keys of a token.
pub fn number(key: &str) -> Result<i64> {
    key.parse().map_err(|_| foreign())
}

fn foreign() -> Error {
    let message = "`resume_token` is not one that the service gave out; start again without it";
    Error::invalid("resume_token", ErrorReason::InvalidPageToken, message)
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

    /// Adds a row; the keys are those after which a stream is taken up, and are asked for when a message leaves.
    pub async fn push(
        &mut self,
        row: impl FnOnce(&mut Vec<u8>) -> Result<()>,
        keys: impl FnOnce() -> Result<Vec<String>>,
    ) -> Result<()> {
        wire::message_field(&mut self.message, 1, row)?;
        self.rows += 1;
        if self.rows >= MESSAGE_ROWS || self.message.len() >= MESSAGE_BYTES {
            return self.flush(keys()?).await;
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
