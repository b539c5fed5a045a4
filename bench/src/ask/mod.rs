//! Questions to a large organisation: each through the service and, for comparison, as the best SQL that we can write
//! for that one question, through pgbench. Both alternate.
//!
//! [`subjects`] chooses what is asked about, [`questions`] holds the requests and the SQL (in `sql/`). Both sides must
//! give the same rows ([`compare`]) before anything is measured. The answer counts as a whole, from the call to the last
//! byte.

mod compare;
mod questions;
mod report;
mod subjects;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::client::Connection;
use crate::cluster::Cluster;
use crate::measure::Sample;
use crate::service::{Purpose, Service};
use crate::{Settings, fill, number, pgbench, process, progress};
use questions::Question;

/// The name of these measurements among the operations.
pub const OPERATION: &str = "ask";
const ROWS: u64 = 1_000_000;
const SEED: u64 = 2026;

/// A question, answered.
struct Row {
    question: Question,
    /// Of the answer.
    rows: usize,
    ours: Vec<Sample>,
    beside: Vec<Sample>,
}

/// What the service needed in memory, in bytes, for the largest answer.
struct Memory {
    question: &'static str,
    before: u64,
    peak: u64,
    answer: u64,
}

/// Fills a cluster, asks everything, and reports.
pub async fn ask(settings: &Settings) -> Result<String> {
    let rows = usize::try_from(number("BENCH_ROWS", ROWS)?)?;
    progress(&format!("filling another PostgreSQL with {rows} rows"));
    let cluster = Cluster::start().await?;
    // Started once for its migrations, and ended.
    drop(Service::start(&cluster, Purpose::Measured)?);
    let order = fill::Order::new(cluster.url(), rows, SEED)?;
    let filled = fill::fill(&order).await?;
    cluster.session().await?.batch_execute("CHECKPOINT").await?;
    let service = Service::start(&cluster, Purpose::Measured)?;
    let subjects = subjects::choose(&cluster.session().await?).await?;
    let mut answered = Vec::new();
    for question in questions::all(&subjects)? {
        answered.push(answer(settings, &cluster, &service, question).await?);
    }
    let memory = match answered.iter().max_by_key(|row| row.rows) {
        Some(largest) => Some(memory(&service, &largest.question).await?),
        None => None,
    };
    Ok(report::report(settings, filled.lines().next().unwrap_or_default(), &subjects, &answered, memory.as_ref()))
}

/// Compares and measures, one after the other.
async fn answer(settings: &Settings, cluster: &Cluster, service: &Service, question: Question) -> Result<Row> {
    progress(&format!("asking: {}", question.name));
    let rows = compare::compare(cluster, service, &question).await.with_context(|| question.name)?;
    let mut row = Row { question, rows, ours: Vec::new(), beside: Vec::new() };
    let script = format!("{};\n", row.question.sql);
    for _ in 0..settings.repeats {
        row.beside.push(pgbench::run(cluster, &script, 1, settings.duration, 1).await?);
        row.ours.push(through_service(service, &row.question, settings.duration).await?);
    }
    Ok(row)
}

/// Asks again and again for a while. The first answer comes before the clock starts.
async fn through_service(service: &Service, question: &Question, duration: Duration) -> Result<Sample> {
    let connection = Connection::open(service.address).await?;
    let method = connection.method_of(question.service, question.method)?;
    connection.stream(&method, question.request.clone(), |_| ()).await?;
    let started = Instant::now();
    let mut latencies = Vec::new();
    while started.elapsed() < duration {
        let began = Instant::now();
        connection.stream(&method, question.request.clone(), |_| ()).await?;
        latencies.push(began.elapsed());
    }
    Ok(Sample::new(latencies, started.elapsed()))
}

/// Watches the memory of a fresh run of one question.
async fn memory(service: &Service, question: &Question) -> Result<Memory> {
    let connection = Connection::open(service.address).await?;
    let method = connection.method_of(question.service, question.method)?;
    process::forget_peak(service.pid())?;
    let before = process::memory(service.pid())?;
    let mut answer = 0;
    connection.stream(&method, question.request.clone(), |message| answer += message.len() as u64).await?;
    Ok(Memory { question: question.name, before, peak: process::peak_memory(service.pid())?, answer })
}
