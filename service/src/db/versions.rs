//! Which PostgreSQL this is, and which schema is in it.

use super::doorway::Db;
use super::failure::Failure;
use super::sql::Sql;

/// What the database says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions {
    /// The version of PostgreSQL.
    pub database: String,
    /// The last migration.
    pub schema: String,
}

/// What follows the version itself is the name of a distribution.
const SQL: &str = "SELECT split_part(current_setting('server_version'), ' ', 1) AS database, \
                   (SELECT max(version)::text FROM __diesel_schema_migrations) AS schema";

/// Asks the database.
pub async fn versions(db: &Db) -> Result<Versions, Failure> {
    let rows = db.read("versions", Sql::shared(&SQL.into())).await?;
    let text = |column| rows.first().map(|row| row.text(column).to_owned()).unwrap_or_default();
    Ok(Versions { database: text(0), schema: text(1) })
}
