//! The shared connections for reads by ID.
//!
//! Any number of requests have statements under way on one of them at a time. A connection that ends is replaced at
//! the next use; the requests that were on it are tried once more on the new one, which reads can bear.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tokio::sync::Mutex;

use super::connect::{Plans, SessionLimits, connect};
use super::failure::Failure;
use super::sql::{Row, Sql};
use crate::error::{Error, Result};

/// The shared connections.
pub struct Readers {
    url: String,
    limits: SessionLimits,
    slots: Vec<Slot>,
    next: AtomicUsize,
}

#[derive(Default)]
struct Slot {
    current: RwLock<Option<Arc<AsyncPgConnection>>>,
    /// Held by whoever reconnects, so that a burst of requests makes one connection and not one each.
    connecting: Mutex<()>,
}

impl Readers {
    /// A number of connections, made when they are first used.
    pub fn new(url: &str, limits: SessionLimits, count: usize) -> Self {
        let slots = (0..count.max(1)).map(|_| Slot::default()).collect();
        Self { url: url.to_owned(), limits, slots, next: AtomicUsize::new(0) }
    }

    /// Runs a query that is quick whatever its values.
    pub async fn load(&self, sql: Sql) -> std::result::Result<Vec<Row>, Failure> {
        let slot = &self.slots[self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len()];
        let connection = self.connection(slot, None).await?;
        match RunQueryDsl::load::<Row>(sql.clone(), &mut &*connection).await {
            Err(error) if connection_ended(&error) => {
                let fresh = self.connection(slot, Some(&connection)).await?;
                Ok(RunQueryDsl::load::<Row>(sql, &mut &*fresh).await?)
            }
            other => Ok(other?),
        }
    }

    /// The connection of a slot; a new one in place of an ended one.
    async fn connection(&self, slot: &Slot, ended: Option<&Arc<AsyncPgConnection>>) -> Result<Arc<AsyncPgConnection>> {
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
        let connection = connect(&self.url, self.limits, Plans::Once).await.map_err(Error::database_unavailable)?;
        let connection = Arc::new(connection);
        *slot.current.write().unwrap_or_else(PoisonError::into_inner) = Some(connection.clone());
        Ok(connection)
    }
}

fn connection_ended(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, _) => true,
        DieselError::DatabaseError(_, info) => info.message().starts_with("terminating connection"),
        _ => false,
    }
}
