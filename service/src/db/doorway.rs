//! The doorway: every statement of the service passes here, under a name, with its time measured.
//!
//! - [`Db::read`]: by ID, on the shared connections.
//! - [`Db::query`]: reads that may take long, on a connection of their own; cancelled when nobody waits any more.
//! - [`Db::stream`]: the same for answers that are streams, which never take all connections.
//! - [`Db::write`]: everything that changes something. It runs in a task of its own, so that a caller who goes away
//!   leaves no transaction half done, and is repeated when PostgreSQL gives it up for another.
#![allow(clippy::disallowed_methods, reason = "this is the doorway that all others are sent to")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::result::Error as DieselError;
use diesel_async::pooled_connection::bb8::{Pool, PooledConnection};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, PoolError, PoolableConnection, RecyclingMethod,
};
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, SimpleAsyncConnection, TransactionManager};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use qairon::v1::ErrorReason;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_postgres::NoTls;
use tokio_util::task::TaskTracker;

use super::connect::{Plans, SessionLimits, connect};
use super::failure::Failure;
use super::idempotency::{self, Once};
use super::readers::Readers;
use super::sql::{Row, Sql};
use crate::error::{Error, ErrorKind};
use crate::telemetry::metrics::Metrics;

/// How often a write that PostgreSQL gave up is repeated.
const ATTEMPTS: u32 = 5;

/// How the database is used.
#[derive(Debug, Clone)]
pub struct DbConfig {
    /// Where it is.
    pub url: String,
    /// Connections of the pool.
    pub pool_size: u32,
    /// Shared connections for reads by ID.
    pub readers: usize,
    /// The longest wait for a connection of the pool.
    pub pool_timeout: Duration,
    /// What one statement or transaction may take.
    pub limits: SessionLimits,
}

/// The database.
#[derive(Clone)]
pub struct Db {
    pool: Pool<AsyncPgConnection>,
    /// Told when a connection could not be made.
    failures: watch::Sender<()>,
    /// One permit per connection, handed out in the order of asking: bb8 alone lets some wait for seconds.
    gate: Arc<Semaphore>,
    /// Permits of streams: whoever reads or sends slowly leaves half of the connections to others.
    streams: Arc<Semaphore>,
    readers: Arc<Readers>,
    writes: TaskTracker,
    metrics: Arc<Metrics>,
    pool_timeout: Duration,
}

/// How a write is done.
#[derive(Debug, Clone)]
pub struct Write {
    /// The name of the operation, for metrics and log.
    pub operation: &'static str,
    /// Do everything, and then undo it.
    pub validate_only: bool,
    /// The work is a single statement, which needs no transaction around it.
    pub single_statement: bool,
    /// Remember the result under the caller's request ID.
    pub once: Option<Once>,
}

/// A connection in use.
type Checkout<'p> = PooledConnection<'p, AsyncPgConnection>;

/// A piece of work on a connection.
pub type Work<'c, T> = BoxFuture<'c, Result<T, Failure>>;

impl Db {
    /// Prepares the pool. Connections are made when they are needed.
    pub async fn new(config: &DbConfig, metrics: Arc<Metrics>) -> Result<Self, Error> {
        let limits = config.limits;
        let failures = watch::Sender::new(());
        let mut manager = ManagerConfig::<AsyncPgConnection>::default();
        manager.custom_setup = Box::new(move |url| {
            let url = url.to_owned();
            async move { connect(&url, limits, Plans::Chosen).await }.boxed()
        });
        // A dead connection is recognised without a round trip: its task has ended.
        manager.recycling_method = RecyclingMethod::CustomFunction(Box::new(|connection| {
            let broken = connection.is_broken();
            async move { if broken { Err(DieselError::BrokenTransactionManager) } else { Ok(()) } }.boxed()
        }));
        let manager = AsyncDieselConnectionManager::new_with_config(&config.url, manager);
        let pool = Pool::builder()
            .max_size(config.pool_size)
            .test_on_check_out(true)
            .connection_timeout(config.pool_timeout)
            // While PostgreSQL is away, callers are told so at once.
            .retry_connection(false)
            .error_sink(Box::new(Failures(failures.clone())))
            .build(manager)
            .await
            .map_err(Error::database_unavailable)?;
        Ok(Self {
            pool,
            failures,
            gate: Arc::new(Semaphore::new(config.pool_size as usize)),
            streams: Arc::new(Semaphore::new((config.pool_size as usize / 2).max(1))),
            readers: Arc::new(Readers::new(&config.url, limits, config.readers)),
            writes: TaskTracker::new(),
            metrics,
            pool_timeout: config.pool_timeout,
        })
    }

    /// Runs a query by ID, which is quick whatever its values.
    pub async fn read(&self, operation: &'static str, sql: Sql) -> Result<Vec<Row>, Failure> {
        let started = Instant::now();
        let result = self.readers.load(sql).await;
        self.metrics.database(operation, started.elapsed(), result.is_ok());
        result
    }

    /// Runs a query that may take long. When the caller goes away, it is cancelled and the connection stays usable.
    pub async fn query<T, F>(&self, operation: &'static str, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut AsyncPgConnection) -> Work<'c, T> + Send + 'static,
    {
        let started = Instant::now();
        let permit = self.permit().await?;
        let (pool, failures) = (self.pool.clone(), self.failures.clone());
        // Dropped with this future, and so seen by the task.
        let (caller, gone) = tokio::sync::oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let _permit = permit;
            let mut connection = check_out(&pool, &failures).await?;
            let token = connection.cancel_token();
            let mut work = work(&mut connection);
            let cancelled = tokio::select! {
                result = &mut work => return result,
                _ = gone => token.cancel_query(NoTls).await,
            };
            if let Err(error) = cancelled {
                tracing::debug!(%error, "a statement could not be cancelled");
            }
            let result = work.await;
            // Nobody can tell when PostgreSQL delivers a cancellation, and one that comes late would hit the next user's
            // statement. So there is none: the pool throws a connection away whose transaction has failed.
            AnsiTransactionManager::transaction_manager_status_mut(&mut *connection).set_in_error();
            result
        });
        let result = task.await.unwrap_or_else(|error| Err(Error::internal(error).into()));
        drop(caller);
        self.metrics.database(operation, started.elapsed(), result.is_ok());
        result
    }

    /// The same for a query whose rows go to the caller as they come, and which lasts as long as the caller reads.
    pub async fn stream<F>(&self, operation: &'static str, work: F) -> Result<(), Failure>
    where
        F: for<'c> FnOnce(&'c mut AsyncPgConnection) -> Work<'c, ()> + Send + 'static,
    {
        let _share = self.share(&self.streams).await?;
        self.query(operation, work).await
    }

    /// The same as [`Db::write`] for a transaction that is fed by its caller, and so lasts as long as the caller sends.
    pub async fn write_fed<F>(&self, write: Write, work: F) -> Result<Vec<u8>, Failure>
    where
        F: for<'c> Fn(&'c mut AsyncPgConnection) -> Work<'c, Vec<u8>> + Send + Sync + 'static,
    {
        let _share = self.share(&self.streams).await?;
        self.write(write, work).await
    }

    /// Does a write and returns the encoded response. With `once`, a repetition returns the first response.
    pub async fn write<F>(&self, write: Write, work: F) -> Result<Vec<u8>, Failure>
    where
        F: for<'c> Fn(&'c mut AsyncPgConnection) -> Work<'c, Vec<u8>> + Send + Sync + 'static,
    {
        let started = Instant::now();
        let operation = write.operation;
        // Waiting in line belongs to the caller and ends with the caller; the work does not.
        let permit = self.permit().await?;
        let db = self.clone();
        let task = self.writes.spawn(async move {
            let _permit = permit;
            let mut attempt = 1;
            loop {
                let result = db.attempt(&write, &work).await;
                match result {
                    Err(failure) if failure.is_retryable() && attempt < ATTEMPTS => {
                        db.metrics.retried(write.operation);
                        tokio::time::sleep(pause(attempt)).await;
                        attempt += 1;
                    }
                    result => return result,
                }
            }
        });
        let result = task.await.unwrap_or_else(|error| Err(Error::internal(error).into()));
        self.metrics.database(operation, started.elapsed(), result.is_ok());
        result
    }

    async fn attempt<F>(&self, write: &Write, work: &F) -> Result<Vec<u8>, Failure>
    where
        F: for<'c> Fn(&'c mut AsyncPgConnection) -> Work<'c, Vec<u8>> + Send + Sync,
    {
        let mut connection = check_out(&self.pool, &self.failures).await?;
        let connection = &mut *connection;
        if write.single_statement && !write.validate_only && write.once.is_none() {
            return work(connection).await;
        }
        AnsiTransactionManager::begin_transaction(connection).await?;
        let result = in_transaction(connection, write, work).await;
        match result {
            Ok(response) if !write.validate_only => {
                AnsiTransactionManager::commit_transaction(connection).await?;
                Ok(response)
            }
            result => {
                // A connection that cannot even roll back is broken, and the pool throws it away.
                if let Err(error) = AnsiTransactionManager::rollback_transaction(connection).await {
                    tracing::debug!(%error, "a transaction could not be rolled back");
                }
                result
            }
        }
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.share(&self.gate).await
    }

    async fn share(&self, gate: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Error> {
        match tokio::time::timeout(self.pool_timeout, gate.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Error::new(
                ErrorKind::Unavailable,
                ErrorReason::Overloaded,
                "every database connection is busy; try again, or give the server more of them (--pool-size)",
            )),
        }
    }

    /// Waits until every write under way has ended.
    pub async fn drain(&self) {
        self.writes.close();
        self.writes.wait().await;
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> bool {
        self.read("ping", Sql::shared(&"SELECT 1".into())).await.is_ok()
    }

    /// Connections of the pool: all, and idle ones.
    pub fn pool_state(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections, state.idle_connections)
    }

    /// Connections that are not in use, as the gate counts them.
    pub fn free_permits(&self) -> usize {
        self.gate.available_permits()
    }
}

/// Tells those who wait for a connection that one could not be made. bb8 calls it when the attempt no longer counts: who
/// comes then begins another, instead of waiting for one that has failed.
#[derive(Debug, Clone)]
struct Failures(watch::Sender<()>);

impl bb8::ErrorSink<PoolError> for Failures {
    fn sink(&self, error: PoolError) {
        // The other kind is an idle connection that has ended, in place of which one is made.
        if let PoolError::ConnectionError(_) = error {
            self.0.send_replace(());
        }
    }

    fn boxed_clone(&self) -> Box<dyn bb8::ErrorSink<PoolError>> {
        Box::new(self.clone())
    }
}

/// Takes a connection from the pool. bb8 waits out its whole timeout for one that cannot be made; callers are told at
/// once that PostgreSQL is away.
async fn check_out<'p>(pool: &'p Pool<AsyncPgConnection>, failures: &watch::Sender<()>) -> Result<Checkout<'p>, Error> {
    let mut failed = failures.subscribe();
    tokio::select! {
        biased;
        connection = pool.get() => connection.map_err(Error::pool),
        _ = failed.changed() => Err(Error::database_unavailable("no connection can be made")),
    }
}

async fn in_transaction<F>(connection: &mut AsyncPgConnection, write: &Write, work: &F) -> Result<Vec<u8>, Failure>
where
    F: for<'c> Fn(&'c mut AsyncPgConnection) -> Work<'c, Vec<u8>> + Send + Sync,
{
    if let Some(once) = &write.once {
        // A rehearsal answers as the repetition would, but claims nothing.
        let first = if write.validate_only {
            idempotency::find(connection, once).await?
        } else {
            idempotency::begin(connection, once).await?
        };
        if let Some(first) = first {
            return Ok(first);
        }
    }
    let response = work(connection).await?;
    if write.validate_only {
        // What would fail at commit fails here.
        connection.batch_execute("SET CONSTRAINTS ALL IMMEDIATE").await?;
    } else if let Some(once) = &write.once {
        idempotency::finish(connection, once, &response).await?;
    }
    Ok(response)
}

/// Longer after every attempt, and never the same for two writers that met before.
fn pause(attempt: u32) -> Duration {
    let jitter = u64::from(uuid::Uuid::new_v4().as_bytes()[0]) % 16;
    Duration::from_millis((1u64 << attempt) * 4 + jitter)
}

impl Error {
    fn pool(error: diesel_async::pooled_connection::bb8::RunError) -> Self {
        match error {
            bb8::RunError::TimedOut => Self::database_unavailable("no connection came up in time"),
            bb8::RunError::User(error) => Self::database_unavailable(error),
        }
    }
}
