//! Migrations: embedded in the program, applied under a lock, never newer than the program.

use diesel::migration::{Migration, MigrationVersion};
use diesel::pg::Pg;
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connect::{Plans, SessionLimits, connect};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations");
/// Two servers that start together migrate one after the other. The number has no meaning.
const LOCK: i64 = 0x7161_6972_6f6e;

/// What a database has of the program's migrations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Migrations still to be applied.
    pub pending: Vec<String>,
    /// Migrations that have been applied and that this program does not know.
    pub unknown: Vec<String>,
    /// How many of the program's migrations are applied.
    pub applied: usize,
}

/// Why migrating failed.
pub type MigrationError = Box<dyn std::error::Error + Send + Sync>;

/// Looks what there is to do.
pub async fn plan(url: &str, limits: SessionLimits) -> Result<Plan, MigrationError> {
    let mut connection = open(url, limits).await?;
    // diesel makes its own table before it looks into it. The transaction ends with the connection, and so does that.
    connection.batch_execute("BEGIN").await?;
    let mut harness = AsyncMigrationHarness::new(connection);
    tokio::task::block_in_place(|| plan_on(&mut harness))
}

/// Applies what is pending. Returns what was applied.
pub async fn migrate(url: &str, limits: SessionLimits) -> Result<Vec<String>, MigrationError> {
    let mut connection = unlimited(url, limits).await?;
    connection.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).await?;
    let mut harness = AsyncMigrationHarness::new(connection);
    tokio::task::block_in_place(|| {
        let plan = plan_on(&mut harness)?;
        refuse_unknown(&plan)?;
        let applied = harness.run_pending_migrations(MIGRATIONS)?;
        Ok(applied.iter().map(ToString::to_string).collect())
    })
}

/// Reverts every migration, the latest first: the way back to an empty database.
pub async fn revert_all(url: &str, limits: SessionLimits) -> Result<Vec<String>, MigrationError> {
    let mut connection = unlimited(url, limits).await?;
    connection.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})")).await?;
    let mut harness = AsyncMigrationHarness::new(connection);
    tokio::task::block_in_place(|| {
        refuse_unknown(&plan_on(&mut harness)?)?;
        let reverted = harness.revert_all_migrations(MIGRATIONS)?;
        Ok(reverted.iter().map(ToString::to_string).collect())
    })
}

/// The refusal to work on a database that a newer program has migrated.
pub fn refuse_unknown(plan: &Plan) -> Result<(), MigrationError> {
    match plan.unknown.last() {
        Some(newest) => Err(format!(
            "the database has the migration {newest}, which this program does not know: it was migrated by a newer \
             program; install that version, or restore a backup from before its migration"
        )
        .into()),
        None => Ok(()),
    }
}

/// A connection of diesel's, which its migrations need.
async fn open(url: &str, limits: SessionLimits) -> Result<AsyncPgConnection, MigrationError> {
    Ok(AsyncPgConnection::try_from(connect(url, limits, Plans::Chosen).await?).await?)
}

/// Migrations may rewrite large tables: no limit on a statement.
async fn unlimited(url: &str, limits: SessionLimits) -> Result<AsyncPgConnection, MigrationError> {
    let mut connection = open(url, limits).await?;
    connection.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0").await?;
    let encoding = "DO $$ BEGIN IF current_setting('server_encoding') <> 'UTF8' THEN RAISE EXCEPTION 'the database has \
                    the encoding %; Qairon needs UTF8: create it with ENCODING ''UTF8'' TEMPLATE template0', \
                    current_setting('server_encoding'); END IF; END $$";
    connection.batch_execute(encoding).await?;
    Ok(connection)
}

fn plan_on(harness: &mut impl MigrationHarness<Pg>) -> Result<Plan, MigrationError> {
    use diesel::migration::MigrationSource;
    let known: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations()?;
    let known: Vec<MigrationVersion<'static>> = known.iter().map(|m| m.name().version().as_owned()).collect();
    let mut applied = harness.applied_migrations()?;
    applied.sort();
    let unknown = applied.iter().filter(|version| !known.contains(version)).map(ToString::to_string).collect();
    let pending = known.iter().filter(|version| !applied.contains(version)).map(ToString::to_string).collect();
    let applied = known.iter().filter(|version| applied.contains(version)).count();
    Ok(Plan { pending, unknown, applied })
}
