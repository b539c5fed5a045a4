//! What reads are done with: the statements of one moment of the database, on one connection.
//!
//! Nothing is sent before the first statement: what begins the transaction travels with it, and nobody waits for what
//! ends it. A statement alone needs no transaction and gets none.

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use futures_util::TryStreamExt;
use futures_util::future::join;
use tokio_postgres::{CancelToken, RowStream};

use super::failure::Failure;
use super::pool::Checkout;
use super::row::Row;
use super::session::{Session, cancel};
use super::shares::Permit;
use super::sql::{Rendered, Sql};
use super::view::View;
use crate::error::{Error, Result};

/// As many bytes of rows are read sooner than a new connection is open.
const CHEAP_BYTES: usize = 8 * 1024 * 1024;

/// The statements of one moment.
pub struct Reader {
    pub(super) session: Checkout,
    pub(super) view: View,
    /// The operation, for metrics and the record of statements.
    operation: &'static str,
    /// What travels with the next statement: what begins the transaction, until it has begun, and savepoints.
    opening: Option<String>,
    /// Whether a transaction is open.
    pub(super) is_open: bool,
    /// Of a read; writes are not given up.
    guard: Option<Guard>,
}

/// Cancels a read that is given up. Nobody can tell when PostgreSQL delivers a cancellation, and one that comes late
/// would hit the next user's statement. So there is none: the connection is thrown away.
pub(super) struct Guard {
    token: CancelToken,
    permit: Option<Permit>,
    started: Instant,
    is_armed: bool,
}

impl Guard {
    pub(super) fn new(token: CancelToken, permit: Permit, started: Instant) -> Self {
        Self { token, permit: Some(permit), started, is_armed: true }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.is_armed {
            let (token, permit) = (self.token.clone(), self.permit.take());
            tokio::spawn(async move {
                cancel(token).await;
                drop(permit);
            });
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if self.is_open || self.guard.as_ref().is_some_and(|guard| guard.is_armed) {
            self.session.doom();
        }
    }
}

/// Where the rows of a statement go, or what they are read as.
pub trait Sink<T = Row>: Send {
    /// Takes a row. An error ends the statement.
    fn take(&mut self, row: T) -> impl Future<Output = Result<()>> + Send;
}

/// Rows as they come.
pub(in crate::db) struct Rows {
    stream: Pin<Box<RowStream>>,
    /// The stream is not asked again after its end.
    has_ended: bool,
}

impl Rows {
    fn new(stream: RowStream) -> Self {
        Self { stream: Box::pin(stream), has_ended: false }
    }

    /// The next row.
    pub async fn next(&mut self) -> Result<Option<Row>, Failure> {
        if self.has_ended {
            return Ok(None);
        }
        let next = self.stream.try_next().await;
        self.has_ended = !matches!(next, Ok(Some(_)));
        Ok(next?.map(Row::new))
    }
}

impl Reader {
    pub(super) fn new(
        session: Checkout,
        view: View,
        operation: &'static str,
        opening: Option<String>,
        guard: Option<Guard>,
    ) -> Self {
        Self { session, view, operation, opening, is_open: false, guard }
    }

    /// The read has ended with a result. Its transaction, if there was one, ends without the caller.
    pub(in crate::db) fn done<T>(mut self, result: Result<T, Failure>) -> Result<T, Failure> {
        if let Some(guard) = &mut self.guard {
            guard.is_armed = false;
            self.view.db().metrics.database(self.operation, guard.started.elapsed(), result.is_ok());
        }
        if self.is_open {
            tokio::spawn(async move {
                if let Err(failure) = self.end("COMMIT").await {
                    self.session.doom();
                    tracing::debug!(?failure, "a read could not be ended");
                }
            });
        }
        result
    }

    /// Runs a statement and returns its rows.
    pub(in crate::db) async fn rows(&mut self, sql: Sql) -> Result<Vec<Row>, Failure> {
        let mut rows = self.stream(sql).await?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().await? {
            all.push(row);
        }
        Ok(all)
    }

    /// Runs two statements in one round trip, and returns the rows of each. They are few.
    pub(in crate::db) async fn both(&mut self, one: Sql, other: Sql) -> Result<(Vec<Row>, Vec<Row>), Failure> {
        let (one, other) = (self.prepare(&one)?, self.prepare(&other)?);
        let opening = self.begins();
        let session = &self.session;
        let rows = join(collected(session, one), collected(session, other));
        let (begun, (one, other)) = match &opening {
            Some(opening) => join(session.batch(opening), rows).await,
            None => (Ok(()), rows.await),
        };
        begun?;
        Ok((one?, other?))
    }

    /// Runs a statement that returns at most one row.
    pub(in crate::db) async fn one(&mut self, sql: Sql) -> Result<Option<Row>, Failure> {
        Ok(self.rows(sql).await?.into_iter().next())
    }

    /// Runs a statement and returns its rows one after the other. They are read to the end before the next statement.
    pub(in crate::db) async fn stream(&mut self, sql: Sql) -> Result<Rows, Failure> {
        let main = self.prepare(&sql)?;
        let opening = self.begins();
        let (begun, rows) = match &opening {
            Some(opening) => join(self.session.batch(opening), self.session.run(main)).await,
            None => (Ok(()), self.session.run(main).await),
        };
        begun?;
        Ok(Rows::new(rows?))
    }

    /// Runs a statement and returns how many rows it concerned.
    pub(super) async fn affected(&mut self, sql: Sql) -> Result<u64, Failure> {
        let mut rows = self.stream(sql).await?;
        while rows.next().await?.is_some() {}
        let affected = rows.stream.rows_affected();
        Ok(affected.ok_or_else(|| Error::internal("a statement did not say how many rows it concerned"))?)
    }

    /// Reads the rest of a statement that nobody needs, as far as that is cheaper than another connection. Beyond it the
    /// statement is cancelled, and its connection closed.
    pub(in crate::db) async fn skip_rest(&mut self, mut rows: Rows) -> Result<(), Failure> {
        let mut skipped = 0;
        while let Some(row) = rows.next().await? {
            skipped += row.size();
            if skipped > CHEAP_BYTES {
                self.session.doom();
                cancel(self.session.cancel_token()).await;
                break;
            }
        }
        Ok(())
    }

    /// Leaves the transaction out that has not begun: a single statement is to come, which is one by itself.
    pub(super) fn without_transaction(&mut self) {
        self.opening = None;
    }

    /// A statement whose rows go to a sink as they come.
    pub(in crate::db) async fn pass<S: Sink>(&mut self, sql: Sql, sink: &mut S) -> Result<(), Failure> {
        let mut rows = self.stream(sql).await?;
        taken(&self.session, &mut rows, sink).await
    }

    /// Ends the transaction, if one is open.
    pub(super) async fn end(&mut self, how: &str) -> Result<(), Failure> {
        if std::mem::take(&mut self.is_open) {
            self.session.batch(how).await?;
        }
        Ok(())
    }

    /// Runs statements without values.
    pub(in crate::db) async fn batch(&mut self, text: &str) -> Result<(), Failure> {
        let opening = self.begins();
        let text = match opening {
            Some(opening) => format!("{opening}; {text}"),
            None => text.to_owned(),
        };
        Ok(self.session.batch(&text).await?)
    }

    /// Has a statement without values travel with the next one.
    pub(super) fn with_next(&mut self, text: &str) {
        self.opening = Some(match self.opening.take() {
            Some(before) => format!("{before}; {text}"),
            None => text.to_owned(),
        });
    }

    /// What begins the transaction, when it has not begun.
    pub(super) fn begins(&mut self) -> Option<String> {
        let opening = self.opening.take();
        self.is_open |= opening.is_some();
        opening
    }

    fn prepare(&self, sql: &Sql) -> Result<Rendered> {
        self.view.prepare(self.operation, sql)
    }
}

/// Passes rows on. When nobody takes them any more the statement is cancelled, and its connection closed.
async fn taken<S: Sink>(session: &Session, rows: &mut Rows, sink: &mut S) -> Result<(), Failure> {
    while let Some(row) = rows.next().await? {
        if let Err(error) = sink.take(row).await {
            // The rest of the rows is dropped with the connection.
            session.doom();
            cancel(session.cancel_token()).await;
            return Err(error.into());
        }
    }
    Ok(())
}

async fn collected(session: &Session, statement: Rendered) -> Result<Vec<Row>, tokio_postgres::Error> {
    session.run(statement).await?.map_ok(Row::new).try_collect().await
}
