//! The database as one call may use it: every statement includes who asks, at which moment, and what may be read.
//!
//! - [`Door::look_up`]: by ID, on the shared connections.
//! - [`Door::reader`]: reads that may take long, on a connection of their own; cancelled when nobody waits any more.
//! - [`Door::write`]: everything that changes something. It runs in a task of its own, so that a caller who goes away
//!   leaves no transaction half done, and is repeated when PostgreSQL gives it up for another.
//! - [`Door::write_fed`]: a write that its caller feeds, and that cannot be repeated.

use std::ops::Deref;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;

use super::doorway::Db;
use super::failure::Failure;
use super::identity::Identity;
use super::pool::Share;
use super::reader::{Guard, Reader};
use super::row::Row;
use super::sources::Sources;
use super::sql::Sql;
use super::transaction::{Ending, Transaction};
use super::view::View;
use crate::error::Error;

/// Begins what sees one moment.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// How often a write that PostgreSQL gave up is repeated.
const ATTEMPTS: u32 = 5;

/// The database as one call may use it.
#[derive(Clone)]
pub struct Door(View);

impl Deref for Door {
    type Target = View;

    fn deref(&self) -> &View {
        &self.0
    }
}

/// A piece of work.
pub type Work<'w, T> = BoxFuture<'w, Result<T, Failure>>;

/// How a write is done.
#[derive(Debug, Clone, Copy)]
pub struct Write {
    /// The name of the operation, for metrics and log.
    pub operation: &'static str,
    /// Do everything, and then undo it.
    pub validate_only: bool,
}

/// What a read of several statements begins with.
#[derive(Debug, Clone, Copy)]
pub(in crate::db) enum Reads {
    /// A single statement, which sees one moment by itself.
    One,
    /// All statements see the moment of the first. The settings are `SET LOCAL` statements.
    Together(&'static str),
}

impl Door {
    /// A door to a database.
    pub fn new(db: Db, identity: Identity, sources: Sources) -> Self {
        Self(View::new(db, identity, sources))
    }

    /// Runs a query by ID, which is quick whatever its values.
    pub(in crate::db) async fn look_up(&self, operation: &'static str, sql: Sql) -> Result<Vec<Row>, Failure> {
        let started = Instant::now();
        let result = self.db().shared.load(|| self.prepare(operation, &sql)).await;
        self.db().metrics.database(operation, started.elapsed(), result.is_ok());
        result
    }

    /// What reads that may take long are done with. The statement under way is cancelled when the reader is dropped
    /// before [`Reader::done`]: nobody waits for it any more.
    pub(in crate::db) async fn reader(
        &self,
        operation: &'static str,
        share: Share,
        reads: Reads,
    ) -> Result<Reader, Failure> {
        let started = Instant::now();
        let permit = self.db().pool.permit(share).await?;
        let session = self.db().pool.check_out().await?;
        let opening = match reads {
            Reads::One => None,
            Reads::Together("") => Some(SNAPSHOT.to_owned()),
            Reads::Together(settings) => Some(format!("{SNAPSHOT}; {settings}")),
        };
        let guard = Guard::new(session.cancel_token(), permit, started);
        Ok(Reader::new(session, self.0.clone(), operation, opening, Some(guard)))
    }

    /// Does a write, and returns what the work ends with.
    pub async fn write<T, F>(&self, write: Write, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Transaction) -> Work<'t, Ending<T>> + Send + Sync + 'static,
    {
        let door = self.clone();
        self.detached(write, Share::Whole, async move {
            let mut attempt = 1;
            loop {
                let mut transaction = door.begin(write).await?;
                let result = work(&mut transaction).await;
                match transaction.finish(result).await {
                    Err(failure) if failure.is_retryable() && attempt < ATTEMPTS => {
                        door.db().metrics.retried(write.operation);
                        tokio::time::sleep(pause(attempt)).await;
                        attempt += 1;
                    }
                    result => return result,
                }
            }
        })
        .await
    }

    /// Does a write that its caller feeds: it lasts as long as the caller sends, and what was taken from the stream
    /// cannot be had twice.
    pub async fn write_fed<T, F>(&self, write: Write, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Transaction) -> Work<'t, Ending<T>> + Send + 'static,
    {
        let door = self.clone();
        self.detached(write, Share::Half, async move {
            let mut transaction = door.begin(write).await?;
            let result = work(&mut transaction).await;
            transaction.finish(result).await
        })
        .await
    }

    /// Runs a write in a task of its own. Waiting in line belongs to the caller and ends with the caller; the work does
    /// not.
    async fn detached<T: Send + 'static>(
        &self,
        write: Write,
        share: Share,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        let started = Instant::now();
        let permit = self.db().pool.permit(share).await?;
        let task = self.db().writes.spawn(async move {
            let _permit = permit;
            work.await
        });
        let result = task.await.unwrap_or_else(|error| Err(Error::internal(error).into()));
        self.db().metrics.database(write.operation, started.elapsed(), result.is_ok());
        result
    }

    async fn begin(&self, write: Write) -> Result<Transaction, Failure> {
        let setting = self.identity().setting().map_err(Error::internal)?;
        let session = self.db().pool.check_out().await?;
        let opening = Some(format!("BEGIN; {setting}"));
        let reader = Reader::new(session, self.0.clone(), write.operation, opening, None);
        Ok(Transaction::new(reader, write.validate_only))
    }
}

/// Longer after every attempt, and never the same for two writers that met before.
fn pause(attempt: u32) -> Duration {
    let jitter = u64::from(uuid::Uuid::new_v4().as_bytes()[0]) % 16;
    Duration::from_millis((1u64 << attempt) * 4 + jitter)
}
