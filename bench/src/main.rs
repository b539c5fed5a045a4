//! `qairon-bench`: the service compared with PostgreSQL itself, on one machine and in one run.
//!
//! A cluster of its own ([`cluster`]) is filled with an organisation ([`organisation`]). The statements that the
//! service runs are read from PostgreSQL's log ([`statements`]), so that pgbench ([`pgbench`]) runs the same ones.
//! Then load through the service ([`load`], over the client in [`client`]) and through pgbench take turns
//! ([`measure`]), as do `qcli` and `psql` ([`programs`]), and [`report`] prints the medians as ratios, with the CPU
//! that each side used ([`process`]).
//!
//! Import and export of many objects are compared with COPY ([`bulk`]). Questions to an organisation of a million rows
//! have their own cluster, and are compared with SQL written for each ([`ask`]). `qairon-bench fill` fills any empty
//! database with an organisation of any size ([`fill`]). What the soak uses as well is in the library of this crate.

mod ask;
mod bulk;
mod cluster;
mod load;
mod measure;
mod organisation;
mod pgbench;
mod programs;
mod report;
mod service;
mod statements;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use qairon_bench::{client, fill, process};
use tokio::signal::unix::{SignalKind, signal};

/// How long and how often, and what.
struct Settings {
    /// Of one measurement.
    duration: Duration,
    repeats: usize,
    /// Names of operations; all of them when empty.
    only: Vec<String>,
}

impl Settings {
    fn read(only: Vec<String>) -> Result<Self> {
        Ok(Self {
            duration: Duration::from_secs(number("BENCH_SECONDS", 3)?),
            repeats: usize::try_from(number("BENCH_REPEATS", 5)?)?,
            only,
        })
    }

    fn wants(&self, operation: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == operation)
    }
}

fn number(variable: &str, default: u64) -> Result<u64> {
    let Ok(text) = std::env::var(variable) else { return Ok(default) };
    text.parse()
        .ok()
        .filter(|number| *number > 0)
        .with_context(|| format!("{variable} must be 1 or more, not `{text}`"))
}

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "the report is what the program is for")]
fn main() -> ExitCode {
    match run() {
        Ok(report) => {
            print!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("qairon-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    if command.as_deref() == Some("fill") {
        let order = fill::Order::read(arguments)?;
        return until_stopped(fill::fill(&order));
    }
    let settings = Settings::read(command.into_iter().chain(arguments).collect())?;
    until_stopped(bench(&settings))
}

fn until_stopped(work: impl Future<Output = Result<String>>) -> Result<String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // Whoever comes first: dropping the work stops what it started and removes its files.
        tokio::select! {
            report = work => report,
            _ = terminate.recv() => anyhow::bail!("stopped by SIGTERM"),
            _ = interrupt.recv() => anyhow::bail!("stopped by SIGINT"),
        }
    })
}

async fn bench(settings: &Settings) -> Result<String> {
    let mut reports = Vec::new();
    if measure::OPERATIONS.iter().any(|operation| settings.wants(operation)) {
        reports.push(operations(settings).await?);
    }
    if settings.wants(ask::OPERATION) {
        reports.push(ask::ask(settings).await?);
    }
    if bulk::OPERATIONS.iter().any(|operation| settings.wants(operation)) {
        reports.push(bulk::bulk(settings).await?);
    }
    anyhow::ensure!(
        !reports.is_empty(),
        "nothing to measure: {}, {} and {} are",
        measure::OPERATIONS.join(", "),
        bulk::OPERATIONS.join(", "),
        ask::OPERATION
    );
    Ok(reports.join("\n"))
}

async fn operations(settings: &Settings) -> Result<String> {
    progress("starting a PostgreSQL of its own and filling it");
    let cluster = cluster::Cluster::start().await?;
    let statements = {
        let service = service::Service::start(&cluster, service::Purpose::Observed)?;
        organisation::fill(&cluster).await?;
        statements::Statements::observe(&cluster, &service).await?
    };
    let service = service::Service::start(&cluster, service::Purpose::Measured)?;
    let rows = measure::measure(settings, &cluster, &service, &statements).await?;
    Ok(report::report(settings, &rows, &statements))
}

#[allow(clippy::print_stderr, reason = "a run takes minutes; somebody may be watching")]
fn progress(message: &str) {
    eprintln!("bench: {message}");
}
