//! One connection to PostgreSQL: statements in, rows out.
//!
//! It is tokio-postgres itself that statements run on, not diesel-async's connection: that one keeps SQLSTATE to
//! itself, and takes a round trip more for every statement that is not prepared. Here a statement is sent in one go
//! whether it is prepared or not, and so several of them, with BEGIN before and COMMIT after, travel together.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use futures_util::future::join;
use lru::LruCache;
use tokio_postgres::types::Type;
use tokio_postgres::{CancelToken, Client, NoTls, RowStream, Statement};

use super::connect::{ConnectError, Plans, SessionLimits, connect};
use super::sql::{Keep, Rendered};

/// How many statements a connection keeps prepared.
const COMMON: NonZeroUsize = NonZeroUsize::new(512).expect("not zero");
const HEAVY: NonZeroUsize = NonZeroUsize::new(32).expect("not zero");

/// A connection.
pub(in crate::db) struct Session {
    client: Client,
    common: Mutex<LruCache<String, Known>>,
    heavy: Mutex<LruCache<String, Known>>,
    /// Nobody knows what it is in the middle of: the pool throws it away.
    doomed: AtomicBool,
}

/// A statement that was run before.
enum Known {
    /// Once: most are never run again.
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
            None => return self.client.query_typed_raw(&text, binds).await,
            Some(prepared) => prepared,
        };
        if let Some(statement) = prepared {
            return self.client.query_raw(&statement, binds.into_iter().map(|(bytes, _)| bytes)).await;
        }
        // With its second run it is prepared for the third. That comes first: its answer must not wait for rows that
        // nobody has read yet.
        let types: Vec<Type> = binds.iter().map(|(_, of)| of.clone()).collect();
        let prepare = self.client.prepare_typed(&text, &types);
        let run = self.client.query_typed_raw(&text, binds);
        let (statement, rows) = join(prepare, run).await;
        // When it could not be prepared, what came after it says no more than that.
        cache.lock().unwrap_or_else(PoisonError::into_inner).put(text, Known::Prepared(statement?));
        rows
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

/// What is known of a statement: that it was run once, or how it is prepared. `None` when it is new, and known from
/// then on.
fn known(cache: &Mutex<LruCache<String, Known>>, text: &str) -> Option<Option<Statement>> {
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    match cache.get(text) {
        Some(Known::Prepared(statement)) => Some(Some(statement.clone())),
        Some(Known::Once) => Some(None),
        None => {
            cache.put(text.to_owned(), Known::Once);
            None
        }
    }
}

/// Cancels the statement that is under way on a connection.
pub(in crate::db) async fn cancel(token: CancelToken) {
    if let Err(error) = token.cancel_query(NoTls).await {
        tracing::debug!(%error, "a statement could not be cancelled");
    }
}
