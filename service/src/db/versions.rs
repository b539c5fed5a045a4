//! Which PostgreSQL this is, and which schema is in it.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::door::Door;
use super::failure::Failure;
use super::sql::Sql;
use crate::error::Error;

/// How long an answer of the database is good for.
const FRESH: Duration = Duration::from_secs(1);
/// How long the database may take.
const PATIENCE: Duration = Duration::from_millis(500);

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

/// What follows the version itself is the name of a distribution.
const SQL: &str = "SELECT split_part(current_setting('server_version'), ' ', 1) AS database, \
                   (SELECT max(version)::text FROM __diesel_schema_migrations) AS schema";

/// The versions; `None` while the database does not answer.
pub async fn versions(door: &Door) -> Option<Versions> {
    let mut known = door.db().versions.0.lock().await;
    if let Some((when, versions)) = &*known
        && when.elapsed() < FRESH
    {
        return versions.clone();
    }
    let answer = tokio::time::timeout(PATIENCE, ask(door)).await;
    let versions = answer.ok().and_then(Result::ok);
    *known = Some((Instant::now(), versions.clone()));
    versions
}

async fn ask(door: &Door) -> Result<Versions, Failure> {
    let rows = door.look_up("versions", Sql::shared(&SQL.into())).await?;
    let row = rows.first().ok_or_else(|| Error::internal("the database has no version"))?;
    Ok(Versions { database: row.text(0)?.to_owned(), schema: row.text(1)?.to_owned() })
}

/// Whether the database answers.
pub async fn ping(door: &Door) -> bool {
    door.look_up("ping", Sql::shared(&"SELECT 1".into())).await.is_ok()
}
