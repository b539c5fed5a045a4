//! The pool of connections: one for each operation that writes or may take long.
#![allow(clippy::disallowed_methods, reason = "this is where connections of the pool come from")]

use std::sync::Arc;
use std::time::Duration;

use bb8::{ErrorSink, ManageConnection, Pool as Bb8, PooledConnection, RunError};
use qairon::v1::ErrorReason;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::connect::{ConnectError, Plans, SessionLimits};
use super::session::Session;
use crate::error::{Error, ErrorKind, Result};

/// A connection in use.
pub(in crate::db) type Checkout = PooledConnection<'static, Manager>;

/// What of the pool an operation may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Share {
    /// Any connection that is free.
    Whole,
    /// For what lasts as long as a caller reads or sends: half of the connections are left to others.
    Half,
}

/// The right to use a connection, until it is dropped.
pub(in crate::db) struct Permit {
    _gate: OwnedSemaphorePermit,
    _half: Option<OwnedSemaphorePermit>,
}

/// The pool.
#[derive(Clone)]
pub(in crate::db) struct Pool {
    connections: Bb8<Manager>,
    /// Notified when a connection could not be made.
    failures: watch::Sender<()>,
    /// One permit per connection, handed out in the order of asking: bb8 alone lets some wait for seconds.
    gate: Arc<Semaphore>,
    half: Arc<Semaphore>,
    timeout: Duration,
}

impl Pool {
    /// Prepares the pool. Connections are made when they are needed.
    pub async fn new(url: &str, limits: SessionLimits, size: u32, timeout: Duration) -> Result<Self> {
        let failures = watch::Sender::new(());
        let connections = Bb8::builder()
            .max_size(size)
            // Without a round trip: see `is_valid`.
            .test_on_check_out(true)
            .connection_timeout(timeout)
            // While PostgreSQL is away, callers hear of it at once.
            .retry_connection(false)
            .error_sink(Box::new(Failures(failures.clone())))
            .build(Manager { url: url.to_owned(), limits })
            .await
            .map_err(Error::database_unavailable)?;
        let permits = |count: u32| Arc::new(Semaphore::new(count as usize));
        Ok(Self { connections, failures, gate: permits(size), half: permits((size / 2).max(1)), timeout })
    }

    /// Waits in line for a connection.
    pub async fn permit(&self, share: Share) -> Result<Permit> {
        let half = match share {
            Share::Half => Some(self.acquire(&self.half).await?),
            Share::Whole => None,
        };
        Ok(Permit { _gate: self.acquire(&self.gate).await?, _half: half })
    }

    async fn acquire(&self, gate: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
        match tokio::time::timeout(self.timeout, gate.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Error::new(
                ErrorKind::Unavailable,
                ErrorReason::Overloaded,
                "every database connection is busy; try again, or give the server more of them (--pool-size)",
            )),
        }
    }

    /// Takes a connection, for the holder of a permit. bb8 waits out its whole timeout for one that cannot be made;
    /// callers hear at once that PostgreSQL is away.
    pub async fn check_out(&self) -> Result<Checkout> {
        let mut failed = self.failures.subscribe();
        tokio::select! {
            biased;
            connection = self.connections.get_owned() => connection.map_err(|error| match error {
                RunError::TimedOut => Error::database_unavailable("no connection came up in time"),
                RunError::User(error) => Error::database_unavailable(error),
            }),
            _ = failed.changed() => Err(Error::database_unavailable("no connection can be made")),
        }
    }

    /// Connections: all, and idle ones.
    pub fn state(&self) -> (u32, u32) {
        let state = self.connections.state();
        (state.connections, state.idle_connections)
    }

    /// Operations that could begin at once.
    pub fn free(&self) -> usize {
        self.gate.available_permits()
    }
}

/// Makes connections.
#[derive(Debug)]
pub(in crate::db) struct Manager {
    url: String,
    limits: SessionLimits,
}

/// What the pool cannot do.
#[derive(Debug, thiserror::Error)]
pub(in crate::db) enum PoolError {
    #[error("{0}")]
    Connect(ConnectError),
    #[error("the connection has ended")]
    Ended,
}

impl ManageConnection for Manager {
    type Connection = Session;
    type Error = PoolError;

    async fn connect(&self) -> std::result::Result<Session, PoolError> {
        Session::open(&self.url, self.limits, Plans::Chosen).await.map_err(PoolError::Connect)
    }

    async fn is_valid(&self, session: &mut Session) -> std::result::Result<(), PoolError> {
        if session.is_usable() { Ok(()) } else { Err(PoolError::Ended) }
    }

    fn has_broken(&self, session: &mut Session) -> bool {
        !session.is_usable()
    }
}

/// Notifies those who wait for a connection that one could not be made. bb8 calls it when the attempt no longer counts:
/// the next caller begins another, instead of waiting for one that has failed.
#[derive(Debug, Clone)]
struct Failures(watch::Sender<()>);

impl ErrorSink<PoolError> for Failures {
    fn sink(&self, error: PoolError) {
        // The other kind is an idle connection that has ended, in place of which one is made.
        if let PoolError::Connect(_) = error {
            self.0.send_replace(());
        }
    }

    fn boxed_clone(&self) -> Box<dyn ErrorSink<PoolError>> {
        Box::new(self.clone())
    }
}
