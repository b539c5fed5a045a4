//! The database as one call may use it: every statement includes who asks, at which moment, and what may be read.
//!
//! - [`Door::look_up`]: by ID, on the shared connections.
//! - [`Door::read`]: reads that may take long, on a connection of their own; cancelled when nobody waits any more.
//! - [`Door::streaming_reader`]: reads that last as long as their caller reads.
//! - [`Door::write`](super::writing): everything that changes something.

use std::ops::Deref;
use std::time::Instant;

use super::doorway::Db;
use super::failure::Failure;
use super::identity::Identity;
use super::reader::{Guard, Reader};
use super::row::Row;
use super::shares::Lane;
use super::sources::Sources;
use super::sql::Sql;
use super::view::View;

/// Begins what sees one moment.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The database as one call may use it.
#[derive(Clone)]
pub struct Door(View);

impl Deref for Door {
    type Target = View;

    fn deref(&self) -> &View {
        &self.0
    }
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

    /// Does a read that may take long: it gets a reader, and ends it with [`Reader::done`]. When it takes more than its
    /// share it is dropped, which cancels the statement under way, and done again in its lane. The next one of its shape
    /// begins there.
    pub(in crate::db) async fn read<T, F>(
        &self,
        operation: &'static str,
        reads: Reads,
        shape: Option<u64>,
        work: impl Fn(Reader) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let shares = &self.db().pool.shares;
        if !shape.is_some_and(|shape| shares.is_slow(shape)) {
            let reader = self.reader_in(None, operation, reads).await?;
            let _reading = shares.reading(shape);
            tokio::select! {
                biased;
                done = work(reader) => return done,
                () = shares.exceeded(Lane::Reads) => self.db().metrics.set_aside(Lane::Reads.name()),
            }
        }
        let reader = self.reader_in(Some(Lane::Reads), operation, reads).await?;
        let _reading = shares.reading(shape);
        work(reader).await
    }

    /// What a read is done with that lasts as long as its caller reads. The statement under way is cancelled when the
    /// reader is dropped before [`Reader::done`]: nobody waits for it any more.
    pub(in crate::db) async fn streaming_reader(
        &self,
        operation: &'static str,
        reads: Reads,
    ) -> Result<Reader, Failure> {
        self.reader_in(Some(Lane::Streams), operation, reads).await
    }

    async fn reader_in(&self, lane: Option<Lane>, operation: &'static str, reads: Reads) -> Result<Reader, Failure> {
        let started = Instant::now();
        let permit = self.db().pool.shares.permit(lane).await?;
        let session = self.db().pool.check_out().await?;
        let opening = match reads {
            Reads::One => None,
            Reads::Together("") => Some(SNAPSHOT.to_owned()),
            Reads::Together(settings) => Some(format!("{SNAPSHOT}; {settings}")),
        };
        let guard = Guard::new(session.cancel_token(), permit, started);
        Ok(Reader::new(session, self.0.clone(), operation, opening, Some(guard)))
    }
}
