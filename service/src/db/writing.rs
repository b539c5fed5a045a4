//! Writes: how a transaction is begun, repeated, watched over and ended.
//!
//! A write runs in a task of its own, so that a caller who goes away leaves nothing half done; waiting in line belongs
//! to the caller and ends with the caller. It is repeated when PostgreSQL gives it up for another. A light one has the
//! share of what is quick: when it waits for a lock, or takes more than its share, it is undone and done again in the
//! lane for that.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::attempt::{Interrupt, watched};
use super::door::Door;
use super::failure::Failure;
use super::reader::Reader;
use super::shares::{Lane, Permit};
use super::transaction::{Ending, Transaction, Work};
use crate::error::Error;

/// How often a write that PostgreSQL gave up is repeated.
const ATTEMPTS: u32 = 5;

/// How a write is done.
#[derive(Debug, Clone, Copy)]
pub struct Write {
    /// The name of the operation, for metrics and log.
    pub operation: &'static str,
    /// How much it is known to be.
    pub weight: Weight,
    /// Do everything, and then undo it.
    pub validate_only: bool,
}

/// How much a write is known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// One object or a few, as far as can be known before.
    Light,
    /// Many objects.
    Heavy,
}

/// A write that lasts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lasts {
    /// As long as its work takes.
    Work,
    /// As long as its caller sends.
    Load,
}

/// How an attempt begins.
#[derive(Clone, Copy)]
struct Begin<'b> {
    write: Write,
    /// The longest wait for a lock, when it is not that of the session.
    lock_timeout: Option<Duration>,
    interrupt: &'b Interrupt,
    /// Whether it lasts, so that others want to know who they wait for.
    lasts: Option<Lasts>,
}

impl Door {
    /// Does a write, and returns what the work ends with.
    pub async fn write<T, F>(&self, write: Write, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Transaction) -> Work<'t, Ending<T>> + Send + Sync + 'static,
    {
        let started = Instant::now();
        let work = Arc::new(work);
        let result = match write.weight {
            Weight::Heavy => self.in_lane(Lane::Writes, write, work).await,
            Weight::Light => match self.lightly(write, work.clone()).await {
                Ok(done) => done,
                Err(lane) => {
                    self.db().metrics.set_aside(lane.name());
                    self.in_lane(lane, write, work).await
                }
            },
        };
        self.db().metrics.database(write.operation, started.elapsed(), result.is_ok());
        result
    }

    /// Does a write that its caller feeds: it lasts as long as the caller sends, and what was taken from the stream
    /// cannot be had twice.
    pub async fn write_fed<T, F>(&self, write: Write, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Transaction) -> Work<'t, Ending<T>> + Send + 'static,
    {
        let started = Instant::now();
        let permit = self.db().pool.shares.permit(Some(Lane::Loads)).await?;
        let door = self.clone();
        let work = async move {
            let interrupt = Interrupt::default();
            let begin = Begin { write, lock_timeout: None, interrupt: &interrupt, lasts: Some(Lasts::Load) };
            let mut transaction = door.begin(begin).await?;
            let result = work(&mut transaction).await;
            transaction.finish(result).await
        };
        let result = self.detached(permit, work).await.unwrap_or_else(|error| Err(error.into()));
        self.db().metrics.database(write.operation, started.elapsed(), result.is_ok());
        result
    }

    /// Does a write as one that is quick, or says in which lane it is to be done.
    async fn lightly<T, F>(&self, write: Write, work: Arc<F>) -> Result<Result<T, Failure>, Lane>
    where
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Transaction) -> Work<'t, Ending<T>> + Send + Sync + 'static,
    {
        let shares = self.db().pool.shares.clone();
        let permit = match shares.permit(None).await {
            Ok(permit) => permit,
            Err(error) => return Ok(Err(error.into())),
        };
        let door = self.clone();
        let attempt = async move {
            let (began, interrupt) = (Instant::now(), Interrupt::default());
            // What waits for a lock is seen to do so before its slice is over.
            let lock_timeout = Some((shares.slice() / 2).min(door.db().limits.lock));
            let begin = Begin { write, lock_timeout, interrupt: &interrupt, lasts: None };
            match watched(door.repeated(begin, &*work), &interrupt, shares.exceeded(Lane::Writes)).await {
                Ok(Err(failure)) if failure.is_lock_timeout() => Err(Lane::Locked),
                Ok(done) => {
                    shares.wrote(began.elapsed());
                    Ok(done)
                }
                Err(()) => Err(Lane::Writes),
            }
        };
        self.detached(permit, attempt).await.unwrap_or_else(|error| Ok(Err(error.into())))
    }

    /// Does a write in a lane. One that waits for a load does not wait for its end.
    async fn in_lane<T, F>(&self, lane: Lane, write: Write, work: Arc<F>) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: for<'t> Fn(&'t mut Transaction) -> Work<'t, Ending<T>> + Send + Sync + 'static,
    {
        let permit = self.db().pool.shares.permit(Some(lane)).await?;
        let door = self.clone();
        let attempt = async move {
            let (interrupt, seen) = (Interrupt::default(), Mutex::new(None));
            let begin = Begin { write, lock_timeout: None, interrupt: &interrupt, lasts: Some(Lasts::Work) };
            match watched(door.repeated(begin, &*work), &interrupt, door.held_up(&interrupt, &seen)).await {
                Ok(Err(failure)) if failure.is_lock_timeout() => {
                    let mut error = Error::from(failure);
                    if let Some(who) = seen.into_inner().unwrap_or_else(PoisonError::into_inner) {
                        error.message = format!("{}; {who} holds it", error.message);
                    }
                    Err(Failure::Held(error))
                }
                Ok(done) => done,
                Err(error) => Err(Failure::Blocked(error)),
            }
        };
        self.detached(permit, attempt).await.unwrap_or_else(|error| Err(error.into()))
    }

    /// Runs work in a task of its own.
    async fn detached<T: Send + 'static>(
        &self,
        permit: Permit,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Error> {
        let task = self.db().writes.spawn(async move {
            let _permit = permit;
            work.await
        });
        task.await.map_err(Error::internal)
    }

    /// Does a write, and again when PostgreSQL gives it up for another.
    async fn repeated<T, F>(&self, begin: Begin<'_>, work: &F) -> Result<T, Failure>
    where
        F: for<'t> Fn(&'t mut Transaction) -> Work<'t, Ending<T>> + Sync,
    {
        let mut attempt = 1;
        loop {
            let mut transaction = self.begin(begin).await?;
            let result = work(&mut transaction).await;
            match transaction.finish(result).await {
                Err(failure) if failure.is_retryable() && attempt < ATTEMPTS && !begin.interrupt.is_used() => {
                    self.db().metrics.retried(begin.write.operation);
                    tokio::time::sleep(pause(attempt)).await;
                    if begin.interrupt.is_used() {
                        return Err(failure);
                    }
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn begin(&self, begin: Begin<'_>) -> Result<Transaction, Failure> {
        let Begin { write, lock_timeout, interrupt, lasts } = begin;
        let setting = self.identity().setting().map_err(Error::internal)?;
        let session = self.db().pool.check_out().await?;
        let opening = match lock_timeout {
            Some(wait) => format!("BEGIN; SET LOCAL lock_timeout = {}; {setting}", wait.as_millis()),
            None => format!("BEGIN; {setting}"),
        };
        let view = (**self).clone();
        let reader = Reader::new(session, view, write.operation, Some(opening), None);
        let mut transaction = Transaction::new(reader, write.validate_only, lock_timeout, interrupt.clone());
        if let Some(lasts) = lasts {
            transaction.enter(lasts == Lasts::Load).await?;
        }
        Ok(transaction)
    }
}

/// Longer after every attempt, and never the same for two writers that met before.
fn pause(attempt: u32) -> Duration {
    let jitter = u64::from(uuid::Uuid::new_v4().as_bytes()[0]) % 16;
    Duration::from_millis((1u64 << attempt) * 4 + jitter)
}
