//! The shared connections for reads by ID.
//!
//! Any number of requests have statements under way on one of them at a time. A connection that ends is replaced at
//! the next use; the requests that were on it are tried once more on the new one, which reads can bear.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::TryStreamExt;
use tokio::sync::Mutex;

use super::connect::{Plans, SessionLimits};
use super::failure::Failure;
use super::row::{Row, too_large};
use super::session::Session;
use super::sql::Rendered;
use crate::error::{Error, Result};

/// Several objects together have at most so many bytes in the rows that they are read from: no answer is larger.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// The shared connections.
pub(in crate::db) struct Shared {
    url: String,
    limits: SessionLimits,
    slots: Vec<Slot>,
    next: AtomicUsize,
}

#[derive(Default)]
struct Slot {
    current: RwLock<Option<Arc<Session>>>,
    /// Held while reconnecting, so that a burst of requests makes one connection and not one each.
    connecting: Mutex<()>,
}

impl Shared {
    /// A number of connections, made when they are first used.
    pub fn new(url: &str, limits: SessionLimits, count: usize) -> Self {
        let slots = (0..count.max(1)).map(|_| Slot::default()).collect();
        Self { url: url.to_owned(), limits, slots, next: AtomicUsize::new(0) }
    }

    /// Runs a query that is quick whatever its values. It may be asked for twice.
    pub async fn load(&self, statement: impl Fn() -> Result<Rendered>) -> std::result::Result<Vec<Row>, Failure> {
        let slot = &self.slots[self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len()];
        let session = self.session(slot, None).await?;
        match rows(&session, statement()?).await {
            Err(failure) if failure.is_ended() => {
                let fresh = self.session(slot, Some(&session)).await?;
                rows(&fresh, statement()?).await
            }
            other => other,
        }
    }

    /// The connection of a slot; a new one in place of an ended one.
    async fn session(&self, slot: &Slot, ended: Option<&Arc<Session>>) -> Result<Arc<Session>> {
        let usable = || {
            let current = slot.current.read().unwrap_or_else(PoisonError::into_inner);
            current.clone().filter(|current| ended.is_none_or(|ended| !Arc::ptr_eq(ended, current)))
        };
        if let Some(connection) = usable() {
            return Ok(connection);
        }
        let _connecting = slot.connecting.lock().await;
        if let Some(connection) = usable() {
            return Ok(connection);
        }
        let connection =
            Session::open(&self.url, self.limits, Plans::Once).await.map_err(Error::database_unavailable)?;
        let connection = Arc::new(connection);
        *slot.current.write().unwrap_or_else(PoisonError::into_inner) = Some(connection.clone());
        Ok(connection)
    }
}

async fn rows(session: &Session, statement: Rendered) -> std::result::Result<Vec<Row>, Failure> {
    let mut stream = pin!(session.run(statement).await?);
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some(row) = stream.try_next().await? {
        let row = Row::new(row);
        bytes += row.size();
        // What is still to come is dropped as it comes.
        if bytes > MAX_BYTES && !rows.is_empty() {
            return Err(too_large().into());
        }
        rows.push(row);
    }
    Ok(rows)
}
