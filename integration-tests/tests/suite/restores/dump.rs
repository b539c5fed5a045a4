//! Dumps and restores as docs/OPERATIONS.md has them.

use qairon_integration_tests::{Database, Program, postgres_binary, program};
use tokio::process::Command;

/// How a dump is written.
#[derive(Debug, Clone, Copy)]
pub enum Format {
    /// As SQL, which `psql` reads.
    Plain,
    /// As an archive, which `pg_restore` reads.
    Custom,
}

/// A new database, restored from a dump of another.
pub async fn restore(from: &Database, format: Format) -> Database {
    let to = Database::empty().await;
    restore_into(from, &to, format).await;
    to
}

/// Restores a dump of one database into another, which is empty. Any complaint of the programs is a failure.
pub async fn restore_into(from: &Database, to: &Database, format: Format) {
    let script = match format {
        Format::Plain => {
            r#""$PG_DUMP" "$FROM" | "$PSQL" --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname "$TO" >/dev/null"#
        }
        Format::Custom => r#""$PG_DUMP" --format custom "$FROM" | "$PG_RESTORE" --exit-on-error --dbname "$TO""#,
    };
    let mut command = Command::new("bash");
    command.args(["-o", "pipefail", "-c", script]);
    for (variable, name) in [("PG_DUMP", "pg_dump"), ("PSQL", "psql"), ("PG_RESTORE", "pg_restore")] {
        command.env(variable, postgres_binary(name));
    }
    let output = command.env("FROM", from.url()).env("TO", to.url()).output().await.expect("bash can be run");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{format:?}: {}: {complaints}", output.status);
}

/// Brings a database up to date.
pub async fn migrate(database: &Database) {
    let mut command = Command::new(program(Program::Service));
    let output = command.args(["migrate", "--database-url", database.url()]).output().await.expect("it can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
