//! Tries every rule of a catalogue: each constraint, each column that is never null, and each trigger that every entity
//! has. What a trigger keeps for one table alone is left to `rules_in_the_database`.
//!
//! A rule is tried by itself: each try is a transaction that switches off the triggers that are not meant, and is
//! rolled back.

mod constraints;
mod rules;
mod triggers;

use std::collections::BTreeSet;

use qairon_integration_tests::{Database, sql_error};
use tokio_postgres::error::DbError;
use tokio_postgres::{Client, Error, Row};

use rules::Kind;
pub use rules::Rules;

/// What came of it.
#[derive(Debug, Default)]
pub struct Walk {
    /// The rules that refused or did what they have to.
    pub tried: BTreeSet<String>,
    /// Those that did not, each starting with its name.
    pub problems: Vec<String>,
}

/// Tries the rules on a database, which has two rows or more in every table.
pub async fn walk(database: &Database, rules: &Rules) -> Walk {
    let session = Session(database.connect().await);
    let mut walk = Walk::default();
    for rule in rules.all() {
        session.run("BEGIN").await.expect("a transaction");
        let outcome = match &rule.kind {
            Kind::Check => constraints::check(&session, rule).await,
            Kind::Unique => constraints::unique(&session, rule).await,
            Kind::ForeignKey { .. } => constraints::foreign_key(&session, rule).await,
            Kind::Required => constraints::required(&session, rule).await,
            Kind::Touch => triggers::touch(&session, rule).await,
            Kind::ObjectDeleted => triggers::object_deleted(&session, rule).await,
            Kind::ObjectRenamed => triggers::object_renamed(&session, rule).await,
            Kind::NameGiven => triggers::name_given(&session, rule).await,
            Kind::NameChanged => triggers::name_changed(&session, rule).await,
            Kind::Other => Ok(false),
        };
        session.run("ROLLBACK").await.expect("a rollback");
        match outcome {
            Ok(true) => _ = walk.tried.insert(rule.full_name()),
            Ok(false) => {}
            Err(problem) => walk.problems.push(format!("{}: {problem}", rule.full_name())),
        }
    }
    walk
}

/// Whether a rule was tried, or how it failed.
type Outcome = Result<bool, String>;

struct Session(Client);

impl Session {
    async fn run(&self, sql: &str) -> Result<(), Error> {
        self.0.batch_execute(sql).await
    }

    /// The one row of a query that has to succeed.
    async fn row(&self, sql: &str) -> Result<Row, String> {
        self.0.query_one(sql, &[]).await.map_err(|error| format!("{sql}: {error:?}"))
    }

    /// The error that statements end in. What came before them stays.
    async fn refusal(&self, sql: &str) -> Option<DbError> {
        self.run("SAVEPOINT before").await.expect("a savepoint");
        let result = self.run(&format!("{sql}; SET CONSTRAINTS ALL IMMEDIATE")).await;
        self.run("ROLLBACK TO before").await.expect("the way back");
        result.err().map(|error| sql_error(&error).clone())
    }

    /// Switches off the triggers of a table, those of foreign keys included, but for those that a condition on
    /// `pg_trigger` picks: these stay as they are.
    async fn isolate(&self, table: &str, except: &str) -> Result<(), String> {
        let sql = format!("SELECT tgname::text FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT ({except})");
        let rows = self.0.query(&sql, &[]).await.map_err(|error| format!("{sql}: {error:?}"))?;
        let off =
            rows.iter().map(|row| format!("ALTER TABLE {table} DISABLE TRIGGER \"{}\";", row.get::<_, String>(0)));
        self.run(&off.collect::<String>()).await.map_err(|error| format!("{error:?}"))
    }
}
