//! `qairon-service migrate`, and the database that `serve` and `migrate` work on.

use std::time::{Duration, Instant};

use crate::config::{DatabaseArgs, MigrateArgs};
use crate::db::connect::{ConnectError, SessionLimits, check};
use crate::db::migrations::{self, MigrationError};
use crate::embedded::{self, Postgres};

/// A database that answers: one of the user's, or a private one.
pub struct Database {
    /// Where it is.
    pub url: String,
    /// The private PostgreSQL.
    pub private: Option<Postgres>,
}

impl Database {
    /// Finds the database, or starts a private one, and waits until it answers.
    pub async fn open(args: &DatabaseArgs) -> Result<Self, MigrationError> {
        if let Some(url) = args.database_url.as_ref().filter(|url| !url.is_empty()) {
            wait_for(url, args.limits(), args.database_wait).await?;
            return Ok(Self { url: url.clone(), private: None });
        }
        let options = embedded::Options {
            data_dir: args.data_dir.clone().unwrap_or_else(embedded::default_data_dir),
            bin_dir: args.pg_bin_dir.clone(),
            start_timeout: args.pg_start_timeout,
        };
        let postgres = embedded::start(options).await?;
        Ok(Self { url: postgres.database_url().to_owned(), private: Some(postgres) })
    }

    /// Stops the private PostgreSQL.
    pub async fn close(self) -> Result<(), MigrationError> {
        if let Some(postgres) = self.private {
            postgres.stop().await?;
        }
        Ok(())
    }
}

/// Waits for a PostgreSQL that is starting, and logs that once.
async fn wait_for(url: &str, limits: SessionLimits, longest: Duration) -> Result<(), MigrationError> {
    let started = Instant::now();
    let mut logged = false;
    loop {
        let (text, code) = match check(url, limits).await {
            Ok(()) => return Ok(()),
            Err(ConnectError::Url(error)) => {
                return Err(
                    format!("the database URL cannot be read: {error}; use postgres://user@host/database").into()
                );
            }
            Err(ConnectError::Refused(text, code)) => (text, code),
        };
        // Waiting does not help against a wrong password or a missing database: classes 28, invalid
        // authorization, and 3D, invalid catalog name. The driver reports missing TLS, without a code.
        let is_hopeless = match &code {
            Some(code) => code.code().starts_with("28") || code.code().starts_with("3D"),
            None => text.to_lowercase().contains("tls"),
        };
        if started.elapsed() >= longest || is_hopeless {
            return Err(format!("the database cannot be opened: {text}; check --database-url").into());
        }
        if !logged {
            tracing::warn!(error = text, "waiting for the database");
            logged = true;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Migrates the database to the schema of this program.
#[allow(clippy::print_stdout, reason = "the answer of the command")]
pub async fn migrate(args: MigrateArgs) -> Result<(), MigrationError> {
    let database = Database::open(&args.database).await?;
    let limits = args.database.limits();
    let outcome = async {
        if args.dry_run {
            let plan = migrations::plan(&database.url, limits).await?;
            migrations::refuse_unknown(&plan)?;
            println!("{} applied, {} pending", plan.applied, plan.pending.len());
            plan.pending.iter().for_each(|version| println!("would apply {version}"));
            return Ok(());
        }
        let (verb, versions) = if args.revert_all {
            ("reverted", migrations::revert_all(&database.url, limits).await?)
        } else {
            ("applied", migrations::migrate(&database.url, limits).await?)
        };
        versions.iter().for_each(|version| println!("{verb} {version}"));
        println!("{verb} {} migrations", versions.len());
        Ok::<(), MigrationError>(())
    }
    .await;
    database.close().await?;
    outcome
}
