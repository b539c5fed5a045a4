//! Which PostgreSQL this is, which schema is in it, and whether it answers.

use std::time::Duration;

use super::door::Door;
use super::failure::Failure;
use super::sql::Sql;
use super::versions::Versions;
use crate::error::Error;

/// How long the database may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// What follows the version itself is the name of a distribution.
const SQL: &str = "SELECT split_part(current_setting('server_version'), ' ', 1) AS database, \
                   (SELECT max(version)::text FROM __diesel_schema_migrations) AS schema";

/// The versions; `None` while the database does not answer.
pub async fn versions(door: &Door) -> Option<Versions> {
    let ask = async { tokio::time::timeout(PATIENCE, ask(door)).await.ok()?.ok() };
    door.db().versions.get(ask).await
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
