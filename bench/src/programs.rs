//! Whole processes, from their start to their end: `qcli service get`, a completion and the bare start of `qcli`, each
//! compared with `psql` for the same.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::cluster::Cluster;
use crate::measure::Sample;
use crate::organisation::Place;
use crate::service::{Service, program};
use crate::statements::Statement;

/// Starts a program again and again for a while, so many at a time. A command comes with what it has to print.
async fn run(
    command: impl Fn(&str) -> (Command, String) + Clone + Send + 'static,
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

fn start_until(command: &impl Fn(&str) -> (Command, String), end: Instant) -> Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    while Instant::now() < end {
        let id = Place::random().id();
        let (mut command, wanted) = command(&id);
        let began = Instant::now();
        let output = command.output().with_context(|| format!("{:?}", command.get_program()))?;
        latencies.push(began.elapsed());
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success() && text.contains(&wanted),
            "{:?} did not return `{wanted}`: {text}{}",
            command.get_program(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(latencies)
}

/// What `qcli` is started for.
#[derive(Clone, Copy)]
pub enum Purpose {
    /// `qcli service get <id>`.
    Get,
    /// What a shell runs when TAB is pressed after an ID without its last character.
    Complete,
    /// Nothing but to say its version.
    Start,
}

/// `qcli`.
pub async fn qcli(service: &Service, purpose: Purpose, at_a_time: usize, duration: Duration) -> Result<Sample> {
    let (program, endpoint) = (program("qcli")?, format!("http://{}", service.address));
    let command = move |id: &str| {
        let mut command = Command::new(&program);
        command.env("QAIRON_ENDPOINT", &endpoint).env("QAIRON_CONFIG", "/dev/null");
        let wanted = match purpose {
            Purpose::Get => {
                command.args(["service", "get", id]);
                id
            }
            Purpose::Complete => {
                let begun = &id[..id.len() - 1];
                command.args(["complete", "fish", &format!("qcli service get {begun}")]);
                id
            }
            Purpose::Start => {
                command.arg("--version");
                "qcli "
            }
        };
        (command, wanted.to_owned())
    };
    run(command, at_a_time, duration).await
}

/// `psql`, for the same: the statement of a Get, `select 1`, or its version.
pub async fn psql(
    cluster: &Cluster,
    get: &Statement,
    purpose: Purpose,
    at_a_time: usize,
    duration: Duration,
) -> Result<Sample> {
    let (program, url, get) = (cluster.program("psql"), cluster.url(), get.clone());
    let command = move |id: &str| {
        let mut command = Command::new(&program);
        // Without the user's own settings file.
        command.arg("-X");
        let wanted = match purpose {
            Purpose::Get => {
                command.args(["-c", &get.with_literal(id), &url]);
                id
            }
            Purpose::Complete => {
                command.args(["-c", "select 1", &url]);
                "1 row"
            }
            Purpose::Start => {
                command.arg("--version");
                "psql "
            }
        };
        (command, wanted.to_owned())
    };
    run(command, at_a_time, duration).await
}
