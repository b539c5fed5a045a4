//! The pool of connections: one for each operation that writes or may take long.
#![allow(clippy::disallowed_methods, reason = "this is where connections of the pool come from")]

use std::sync::Arc;
use std::time::Duration;

use bb8::{ErrorSink, ManageConnection, Pool as Bb8, PooledConnection, RunError};
use tokio::sync::watch;

use super::connect::{ConnectError, Plans, SessionLimits};
use super::session::Session;
use super::shares::Shares;
use crate::error::{Error, Result};

/// A connection in use.
pub(in crate::db) type Checkout = PooledConnection<'static, Manager>;

/// The pool.
#[derive(Clone)]
pub(in crate::db) struct Pool {
    connections: Bb8<Manager>,
    /// Notified when a connection could not be made.
    failures: watch::Sender<()>,
    /// Who may use how many connections.
    pub shares: Arc<Shares>,
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
        Ok(Self { connections, failures, shares: Arc::new(Shares::new(size, timeout)) })
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
