//! Whole processes: `qcli service get` and `psql -c`, from their start to their end.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::cluster::Cluster;
use crate::measure::Sample;
use crate::organisation::Place;
use crate::service::{Service, program};
use crate::statements::Statement;

/// Starts a program again and again for a while, so many at a time.
async fn run(
    command: impl Fn(&str) -> Command + Clone + Send + 'static,
    at_a_time: usize,
    duration: Duration,
) -> Result<Sample> {
    let started = Instant::now();
    let callers: Vec<_> = (0..at_a_time)
        .map(|_| {
            let command = command.clone();
            tokio::task::spawn_blocking(move || start_until(&command, started + duration))
        })
        .collect();
    let mut latencies = Vec::new();
    for caller in callers {
        latencies.extend(caller.await??);
    }
    Ok(Sample::new(latencies, started.elapsed()))
}

fn start_until(command: &impl Fn(&str) -> Command, end: Instant) -> Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    while Instant::now() < end {
        let id = Place::random().id();
        let mut command = command(&id);
        let began = Instant::now();
        let output = command.output().with_context(|| format!("{:?}", command.get_program()))?;
        latencies.push(began.elapsed());
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success() && text.contains(&id),
            "{:?} did not return `{id}`: {text}{}",
            command.get_program(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(latencies)
}

/// `qcli service get <id>`.
pub async fn qcli(service: &Service, at_a_time: usize, duration: Duration) -> Result<Sample> {
    let (program, endpoint) = (program("qcli")?, format!("http://{}", service.address));
    let command = move |id: &str| {
        let mut command = Command::new(&program);
        command.env("QAIRON_ENDPOINT", &endpoint).args(["service", "get", id]);
        command
    };
    run(command, at_a_time, duration).await
}

/// `psql -c` with the statement behind that.
pub async fn psql(cluster: &Cluster, get: &Statement, at_a_time: usize, duration: Duration) -> Result<Sample> {
    let (program, url, get) = (cluster.program("psql"), cluster.url(), get.clone());
    let command = move |id: &str| {
        let mut command = Command::new(&program);
        // Without the user's own settings file.
        command.args(["-X", "-c", &get.with_literal(id), &url]);
        command
    };
    run(command, at_a_time, duration).await
}
