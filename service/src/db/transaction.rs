//! What writes are done with: a transaction that carries the identity of its call.
//!
//! It reads like a [`Reader`]; what changes tables is in [`super::rows`].

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::attempt::Interrupt;
use super::bind::Bind;
use super::failure::Failure;
use super::holders::Entry;
use super::identity::SETTING;
use super::reader::Reader;
use super::row::Row;
use super::sql::Sql;
use crate::error::Error;

/// What is checked at commit, checked at once.
const CHECK: &str = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED";

/// Appends a source of one row that sets the identity for the rest of the transaction. A statement that reads from it
/// has the identity before it writes its first row.
pub(in crate::db) fn push_lone(sql: &mut Sql, lone: Lone) {
    sql.push(&format!("(SELECT set_config('{SETTING}', ")).bind(Bind::Text(lone.identity)).push(", true)");
    if let Some(wait) = lone.lock_timeout {
        sql.push(", set_config('lock_timeout', ").bind(Bind::Text(wait.as_millis().to_string())).push(", true)");
    }
    sql.push(") AS call");
}

/// What a statement sets that is the only one of its transaction.
#[derive(Debug, Clone)]
pub(in crate::db) struct Lone {
    /// The identity of the call, as JSON.
    pub identity: String,
    /// The longest wait for a lock, when it is not that of the session.
    pub lock_timeout: Option<Duration>,
}

/// A piece of work.
pub type Work<'w, T> = BoxFuture<'w, Result<T, Failure>>;

/// A write of which nobody knows whether it was done.
fn in_doubt(failure: Failure) -> Failure {
    let cause = Error::from(failure).cause.unwrap_or_default();
    Error::write_in_doubt(cause).into()
}

/// How a transaction ends when nothing went wrong.
#[derive(Debug)]
pub enum Ending<T> {
    /// What was written stays.
    Commit(T),
    /// What was written is undone; this is the answer all the same.
    RollBack(T),
}

/// A transaction.
pub struct Transaction {
    /// Dropped before the reader, whose connection then serves others.
    entry: Option<Entry>,
    reader: Reader,
    validate_only: bool,
    lock_timeout: Option<Duration>,
    interrupt: Interrupt,
    /// More is to be written with the answer, so that no statement of the work itself is the last.
    pub(super) goes_on: bool,
}

impl Deref for Transaction {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Reader {
        &mut self.reader
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.interrupt.disarm();
    }
}

impl Transaction {
    pub(super) fn new(
        reader: Reader,
        validate_only: bool,
        lock_timeout: Option<Duration>,
        interrupt: Interrupt,
    ) -> Self {
        interrupt.aim(reader.session.cancel_token());
        Self { entry: None, reader, validate_only, lock_timeout, interrupt, goes_on: false }
    }

    /// Enters it among the writes that last, so that who waits for it can be answered with who holds it.
    pub(super) async fn enter(&mut self, is_load: bool) -> Result<(), Failure> {
        let process = self.process().await?;
        self.interrupt.set_process(process);
        self.entry = Some(Entry::new(&self.reader.view.db().holders, self.reader.view.identity(), process, is_load));
        Ok(())
    }

    /// The process of PostgreSQL that works for it.
    async fn process(&mut self) -> Result<i64, Failure> {
        let mut sql = Sql::new();
        sql.push("SELECT pg_backend_pid()::bigint");
        let row = self.one(sql).await?.ok_or_else(|| Error::internal("a process has no number"))?;
        Ok(row.integer(0)?)
    }

    /// Whether everything is undone at the end.
    pub(in crate::db) fn is_rehearsal(&self) -> bool {
        self.validate_only
    }

    /// What a statement sets that is the only one of its transaction: with [`push_lone`] it needs no transaction around
    /// it. `None` when there is more to do.
    pub(in crate::db) fn lone(&self) -> Result<Option<Lone>, Failure> {
        if self.validate_only || self.goes_on || self.is_open {
            return Ok(None);
        }
        let identity = self.view.identity().to_json().map_err(Error::internal)?;
        Ok(Some(Lone { identity, lock_timeout: self.lock_timeout }))
    }

    /// Runs a statement that carries the identity and is the only one of its transaction.
    pub(in crate::db) async fn alone(&mut self, sql: Sql) -> Result<Option<Row>, Failure> {
        self.reader.without_transaction();
        let found = self.one(sql).await;
        found.map_err(|failure| if failure.is_unanswered() { in_doubt(failure) } else { failure })
    }

    /// Runs a statement and returns how many rows it concerned.
    pub(in crate::db) async fn run(&mut self, sql: Sql) -> Result<u64, Failure> {
        self.reader.affected(sql).await
    }

    /// Begins work that can be undone by itself. It travels with the next statement. Savepoints nest: the name is that
    /// of the innermost.
    pub(in crate::db) fn savepoint(&mut self) {
        self.with_next("SAVEPOINT part");
    }

    /// Keeps what was done since the savepoint. What is checked at commit is checked here too, while it is known which
    /// objects are at fault.
    pub(in crate::db) async fn release_checked(&mut self) -> Result<(), Failure> {
        self.batch(&format!("{CHECK}; RELEASE SAVEPOINT part")).await
    }

    /// Undoes what was done since the savepoint.
    pub(in crate::db) async fn undo(&mut self) -> Result<(), Failure> {
        self.batch("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part").await
    }

    /// Checks at once what is checked at commit.
    pub(in crate::db) async fn check_constraints(&mut self) -> Result<(), Failure> {
        self.batch(CHECK).await
    }

    /// Ends the transaction as the work asks.
    pub(super) async fn finish<T>(mut self, result: Result<Ending<T>, Failure>) -> Result<T, Failure> {
        let (answer, how) = match result {
            Ok(Ending::Commit(answer)) if self.validate_only => {
                // What would fail at commit fails here.
                let checked = if self.is_open { self.batch("SET CONSTRAINTS ALL IMMEDIATE").await } else { Ok(()) };
                (checked.map(|()| answer), "ROLLBACK")
            }
            Ok(Ending::Commit(answer)) => (Ok(answer), "COMMIT"),
            Ok(Ending::RollBack(answer)) => (Ok(answer), "ROLLBACK"),
            Err(failure) => (Err(failure), "ROLLBACK"),
        };
        let ended = self.end(how).await;
        // A COMMIT that is refused has ended the transaction as well; anything else leaves it unknown.
        // A cancellation that is on its way would hit the next statement.
        if self.interrupt.is_used()
            || ended.as_ref().is_err_and(|failure| how == "ROLLBACK" || !failure.is_about_values())
        {
            self.session.doom();
        }
        match how {
            // Whatever ended the connection, it may have done so after the commit.
            "COMMIT" => {
                ended.map_err(|failure| if failure.is_ended() { in_doubt(failure) } else { failure }).and(answer)
            }
            _ => answer,
        }
    }
}
