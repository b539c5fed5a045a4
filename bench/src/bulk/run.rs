//! Runs of whole programs, timed.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio_postgres::Client;

use crate::cluster::Cluster;
use crate::service::{Service, program};

/// What runs take place on.
pub struct Runs<'a> {
    pub cluster: &'a Cluster,
    pub service: &'a Service,
    /// For what is not measured.
    pub session: Client,
}

impl Runs<'_> {
    /// Removes everything from a table and those that depend on it.
    pub async fn empty(&self, table: &str) -> Result<()> {
        self.session.batch_execute(&format!("TRUNCATE \"{table}\" CASCADE; CHECKPOINT")).await?;
        Ok(())
    }

    /// How long `psql` takes. The first thing that fails ends it.
    pub fn psql(&self, arguments: &[&str]) -> Result<Duration> {
        let mut command = Command::new(self.cluster.program("psql"));
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.cluster.url()]).args(arguments);
        timed(&mut command)
    }

    /// How long `qcli` takes.
    pub fn qcli(&self, arguments: &[&str]) -> Result<Duration> {
        let path: PathBuf = program("qcli")?;
        let mut command = Command::new(path);
        command.env("QAIRON_ENDPOINT", format!("http://{}", self.service.address)).args(arguments);
        command.env("QAIRON_CONFIG", "/dev/null");
        timed(&mut command)
    }
}

fn timed(command: &mut Command) -> Result<Duration> {
    let began = Instant::now();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{:?}", command.get_program()))?;
    let elapsed = began.elapsed();
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(elapsed)
}

/// Makes sure that a table holds so many rows.
pub async fn expect_rows(session: &Client, table: &str, rows: usize) -> Result<()> {
    let found: i64 = session.query_one(&format!("SELECT count(*) FROM \"{table}\""), &[]).await?.get(0);
    ensure!(found == rows as i64, "`{table}` holds {found} rows instead of {rows}");
    Ok(())
}
