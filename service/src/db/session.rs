//! One connection to PostgreSQL: statements in, rows out.
//!
//! Statements run on tokio-postgres itself, not on diesel-async's connection: that one hides SQLSTATE, and takes a round
//! trip more for every statement that is not prepared. Here a statement is sent in one go, prepared or not; one that
//! comes a second time is prepared. One that takes long to plan is prepared at once.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use tokio_postgres::types::Type;
use tokio_postgres::{CancelToken, Client, NoTls, RowStream, Statement};

use super::connect::{ConnectError, Plans, SessionLimits, connect};
use super::sql::{Keep, Rendered};

/// How many statements a connection keeps prepared.
const COMMON: NonZeroUsize = NonZeroUsize::new(512).expect("not zero");
const HEAVY: NonZeroUsize = NonZeroUsize::new(32).expect("not zero");

/// How long PostgreSQL may take to receive a cancellation.
const CANCELLATION: Duration = Duration::from_secs(5);

/// A connection.
pub(in crate::db) struct Session {
    client: Client,
    common: Mutex<LruCache<String, Known>>,
    heavy: Mutex<LruCache<String, Known>>,
    /// Nobody knows what it is in the middle of: the pool throws it away.
    doomed: AtomicBool,
}

/// What is known of a statement.
#[derive(Clone)]
enum Known {
    /// It was never run.
    New,
    /// It was run once: most are never run again.
    Once,
    Prepared(Statement),
}

impl Session {
    /// Opens a connection.
    pub async fn open(url: &str, limits: SessionLimits, plans: Plans) -> Result<Self, ConnectError> {
        let client = connect(url, limits, plans).await?;
        let cache = |size| Mutex::new(LruCache::new(size));
        Ok(Self { client, common: cache(COMMON), heavy: cache(HEAVY), doomed: AtomicBool::new(false) })
    }

    /// Runs a statement whose references are resolved. It is sent when the future is first polled.
    pub async fn run(&self, statement: Rendered) -> Result<RowStream, tokio_postgres::Error> {
        let Rendered { text, binds, keep } = statement;
        let cache = match keep {
            Keep::Common => &self.common,
            Keep::Heavy => &self.heavy,
            Keep::Never => return self.client.query_typed_raw(&text, binds).await,
        };
        let prepared = match known(cache, &text) {
            Known::Prepared(statement) => statement,
            Known::New if keep == Keep::Common => return self.client.query_typed_raw(&text, binds).await,
            Known::New | Known::Once => {
                let types: Vec<Type> = binds.iter().map(|(_, of)| of.clone()).collect();
                let statement = self.client.prepare_typed(&text, &types).await?;
                let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
                cache.put(text, Known::Prepared(statement.clone()));
                statement
            }
        };
        self.client.query_raw(&prepared, binds.into_iter().map(|(bytes, _)| bytes)).await
    }

    /// Runs statements without values. They are sent when the future is first polled.
    pub async fn batch(&self, text: &str) -> Result<(), tokio_postgres::Error> {
        self.client.batch_execute(text).await
    }

    /// With what the statement under way can be cancelled.
    pub fn cancel_token(&self) -> CancelToken {
        self.client.cancel_token()
    }

    /// Gives the connection up: the next caller gets another.
    pub fn doom(&self) {
        self.doomed.store(true, Ordering::Relaxed);
    }

    /// Whether others can use it.
    pub fn is_usable(&self) -> bool {
        !self.doomed.load(Ordering::Relaxed) && !self.client.is_closed()
    }
}

/// What is known of a statement. A new one has been run once from then on.
fn known(cache: &Mutex<LruCache<String, Known>>, text: &str) -> Known {
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = cache.get(text) {
        return known.clone();
    }
    cache.put(text.to_owned(), Known::Once);
    Known::New
}

/// Cancels the statement that is under way on a connection.
pub(in crate::db) async fn cancel(token: CancelToken) {
    match tokio::time::timeout(CANCELLATION, token.cancel_query(NoTls)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a statement could not be cancelled"),
        Err(_) => tracing::debug!("a statement could not be cancelled in time"),
    }
}
