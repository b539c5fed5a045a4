//! How a connection is made: limits that PostgreSQL itself enforces are set on every one of them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

/// How long a peer may leave data unacknowledged.
const DEAD_PEER: Duration = Duration::from_secs(30);

/// Limits on what one statement or transaction may take.
#[derive(Debug, Clone, Copy)]
pub struct SessionLimits {
    /// The longest statement.
    pub statement: Duration,
    /// The longest wait for a lock.
    pub lock: Duration,
    /// The longest pause within a transaction.
    pub idle_in_transaction: Duration,
    /// The longest wait for a connection to come up.
    pub connect: Duration,
}

/// How PostgreSQL plans the statements of a connection that are run again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plans {
    /// For each value, or once for all, whatever it thinks cheaper.
    Chosen,
    /// Once for all values: right for look-ups by ID.
    Once,
}

/// Why no connection was made.
#[derive(Debug)]
pub enum ConnectError {
    /// The URL cannot be read.
    Url(String),
    /// PostgreSQL did not answer, or refused. What it says, and under which code.
    Refused(String, Option<SqlState>),
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(text) | Self::Refused(text, _) => f.write_str(text),
        }
    }
}

impl std::error::Error for ConnectError {}

/// Opens a connection.
pub(in crate::db) async fn connect(url: &str, limits: SessionLimits, plans: Plans) -> Result<Client, ConnectError> {
    let config = config(url, limits, plans).map_err(|error| ConnectError::Url(error.to_string()))?;
    let (client, connection) = tokio::time::timeout(limits.connect, config.connect(NoTls))
        .await
        .map_err(|_| ConnectError::Refused("timed out".to_owned(), None))?
        .map_err(|error| ConnectError::Refused(describe(&error), error.code().cloned()))?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a database connection ended");
        }
    });
    Ok(client)
}

/// Whether PostgreSQL can be reached, and lets the service in.
pub async fn check(url: &str, limits: SessionLimits) -> Result<(), ConnectError> {
    connect(url, limits, Plans::Chosen).await.map(drop)
}

fn config(url: &str, limits: SessionLimits, plans: Plans) -> Result<Config, tokio_postgres::Error> {
    let mut config = Config::from_str(url)?;
    let millis = |limit: Duration| limit.as_millis();
    // A dropped client is noticed within 100 ms instead of at the end of its statement, and its locks are released.
    // Compiling a statement takes longer than any of ours runs.
    let options = format!(
        "{} -c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={} -c \
         client_connection_check_interval=100 -c jit=off -c TimeZone=UTC -c {}",
        config.get_options().unwrap_or_default(),
        millis(limits.statement),
        millis(limits.lock),
        millis(limits.idle_in_transaction),
        // What is looked up by ID is read.
        match plans {
            Plans::Once => "plan_cache_mode=force_generic_plan -c default_transaction_read_only=on",
            Plans::Chosen => "plan_cache_mode=auto",
        },
    );
    config.options(options.trim()).connect_timeout(limits.connect);
    // A peer that is gone without a word is noticed in half a minute, not in the quarter of an hour that TCP takes.
    config.keepalives_idle(DEAD_PEER / 2).tcp_user_timeout(DEAD_PEER);
    if config.get_application_name().is_none() {
        config.application_name("qairon-service");
    }
    Ok(config)
}

/// The error with its cause: tokio-postgres alone says "error connecting to server".
fn describe(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
