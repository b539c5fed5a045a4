//! What the database said of itself last.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

/// How long an answer of the database is good for.
const FRESH: Duration = Duration::from_secs(1);

/// What the database says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions {
    /// The version of PostgreSQL.
    pub database: String,
    /// The last migration.
    pub schema: String,
}

/// What the database said last, and when.
///
/// However many callers ask, the database is asked once at a time and about once a second. That it is away is
/// remembered too: who asks meanwhile does not wait for the same silence.
#[derive(Default)]
pub(in crate::db) struct KnownVersions(Mutex<Option<(Instant, Option<Versions>)>>);

impl KnownVersions {
    /// What the database said last, if that was a moment ago; what it says now otherwise.
    pub async fn get(&self, ask: impl Future<Output = Option<Versions>>) -> Option<Versions> {
        let mut known = self.0.lock().await;
        if let Some((when, versions)) = &*known
            && when.elapsed() < FRESH
        {
            return versions.clone();
        }
        let versions = ask.await;
        *known = Some((Instant::now(), versions.clone()));
        versions
    }
}
