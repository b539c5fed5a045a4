//! pgbench, with a script that runs a statement of the service.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::cluster::Cluster;
use crate::measure::Sample;

/// Every so many transactions are in the log that the percentiles are taken from; writing all would cost it speed.
pub const LOG_ONE_IN: u32 = 10;

/// Runs a script for a while, prepared, on so many connections.
pub async fn run(
    cluster: &Cluster,
    script: &str,
    connections: usize,
    duration: Duration,
    log_one_in: u32,
) -> Result<Sample> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("script.sql");
    std::fs::write(&file, script)?;
    let mut command = tokio::process::Command::new(cluster.program("pgbench"));
    command
        .current_dir(dir.path())
        // Compiling a statement takes longer than any that is measured gains by it.
        .env("PGOPTIONS", "-c jit=off")
        .args(["--no-vacuum", "--protocol=prepared", "--log"])
        .arg(format!("--sampling-rate={}", 1.0 / f64::from(log_one_in)))
        .arg(format!("--client={connections}"))
        .arg(format!("--jobs={}", connections.min(2)))
        .arg(format!("--time={}", duration.as_secs()))
        .arg("--file")
        .arg(&file)
        .arg(cluster.url())
        .kill_on_drop(true);
    let output = command.output().await?;
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "pgbench failed: {errors}");
    let failed: u64 = after(&text, "number of failed transactions: ")?;
    ensure!(failed == 0, "{failed} transactions of pgbench failed: {errors}");
    let mut sample = Sample::new(logged(dir.path())?, duration);
    sample.calls = after(&text, "number of transactions actually processed: ")?;
    // The time to connect is not counted, as it is not for our client.
    sample.rate = after(&text, "tps = ")?;
    Ok(sample)
}

/// The number after a label.
fn after<T: std::str::FromStr>(text: &str, label: &str) -> Result<T> {
    let number = text.split_once(label).map(|(_, rest)| rest.split([' ', '\n', '/']).next().unwrap_or_default());
    number.and_then(|number| number.parse().ok()).with_context(|| format!("pgbench printed no `{label}`:\n{text}"))
}

/// The latencies in the logs: the third column, in microseconds.
fn logged(dir: &std::path::Path) -> Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("pgbench_log")) {
            let text = std::fs::read_to_string(path)?;
            let columns = text.lines().filter_map(|line| line.split(' ').nth(2)?.parse().ok());
            latencies.extend(columns.map(Duration::from_micros));
        }
    }
    Ok(latencies)
}
