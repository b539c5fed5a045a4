//! Alternation: a repeat measures PostgreSQL alone, then the service, so that a slow minute of the machine slows both,
//! and the median of the repeats is what counts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::cluster::Cluster;
use crate::load::{self, Work};
use crate::programs::Purpose;
use crate::service::Service;
use crate::statements::{Statement, Statements};
use crate::{Settings, pgbench, process, programs, progress};

/// A pool of the service may have grown meanwhile, so the wait for fewer sessions has an end.
const SETTLE: Duration = Duration::from_millis(500);

/// One measurement.
#[derive(Clone, Default)]
pub struct Sample {
    pub calls: u64,
    /// A second.
    pub rate: f64,
    pub p50: Duration,
    pub p99: Duration,
    pub cpu: Cpu,
}

impl Sample {
    pub fn new(mut latencies: Vec<Duration>, elapsed: Duration) -> Self {
        latencies.sort_unstable();
        let at = |percent: usize| latencies.get(latencies.len() * percent / 100).copied().unwrap_or_default();
        let calls = latencies.len() as u64;
        Self { calls, rate: calls as f64 / elapsed.as_secs_f64(), p50: at(50), p99: at(99), cpu: Cpu::default() }
    }
}

/// CPU time, by who used it.
#[derive(Clone, Copy, Default)]
pub struct Cpu {
    pub service: Duration,
    /// Our client, pgbench, or the processes started.
    pub client: Duration,
    pub postgresql: Duration,
    /// Everything else on the machine: noise.
    pub others: Duration,
    /// The time that passed.
    pub elapsed: Duration,
}

/// One line of the report: an operation with this many concurrent calls, compared with PostgreSQL alone.
pub struct Row {
    pub operation: &'static str,
    pub in_flight: usize,
    pub ours: Vec<Sample>,
    pub beside: Beside,
    /// The ratio that is to be reached.
    pub goal: Option<f64>,
}

/// What a row is compared with.
pub struct Beside {
    pub program: &'static str,
    pub in_flight: usize,
    pub samples: Vec<Sample>,
}

/// An operation: its name, what does it, and what with: calls under way, those of the other side, and the goal.
struct Plan {
    operation: &'static str,
    what: What,
    runs: &'static [(usize, usize, Option<f64>)],
}

enum What {
    Calls(Work, Statement),
    Processes(Statement, programs::Purpose),
}

impl What {
    fn beside(&self) -> &'static str {
        match self {
            Self::Calls(..) => "pgbench",
            Self::Processes(..) => "psql",
        }
    }
}

/// The names of what is measured here.
pub const OPERATIONS: [&str; 6] = ["get", "list", "qcli", "complete", "start", "create"];

/// What is measured, and the goals. Creates come last: they add to what the others read.
async fn plans(service: &Service, statements: &Statements) -> Result<Vec<Plan>> {
    let (get, list, create) = (statements.get.clone(), statements.list.clone(), statements.create.clone());
    let pages = Work::List(Arc::new(load::pages(service.address).await?));
    let processes = |purpose| What::Processes(get.clone(), purpose);
    let plan = |operation, what, runs| Plan { operation, what, runs };
    Ok(vec![
        plan("get", What::Calls(Work::Get, get.clone()), &[(1, 1, None), (16, 16, Some(0.35)), (64, 16, Some(0.45))]),
        plan("list", What::Calls(pages, list), &[(1, 1, None), (16, 16, Some(0.3))]),
        plan("qcli", processes(Purpose::Get), &[(1, 1, Some(1.0)), (16, 16, Some(1.0))]),
        plan("complete", processes(Purpose::Complete), &[(1, 1, Some(0.5))]),
        plan("start", processes(Purpose::Start), &[(1, 1, None)]),
        plan("create", What::Calls(Work::Create, create), &[(1, 1, None), (16, 16, Some(0.5))]),
    ])
}

/// Measures everything that the settings ask for.
pub async fn measure(
    settings: &Settings,
    cluster: &Cluster,
    service: &Service,
    statements: &Statements,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let bench = Bench { cluster, service, duration: settings.duration };
    for plan in plans(service, statements).await? {
        if settings.wants(plan.operation) {
            progress(&format!("measuring {} beside {}", plan.operation, plan.what.beside()));
            rows.extend(bench.repeat(&plan, settings.repeats).await?);
        }
    }
    Ok(rows)
}

struct Bench<'a> {
    cluster: &'a Cluster,
    service: &'a Service,
    duration: Duration,
}

impl Bench<'_> {
    async fn repeat(&self, plan: &Plan, repeats: usize) -> Result<Vec<Row>> {
        let mut rows: Vec<Row> = Vec::new();
        for &(in_flight, other, goal) in plan.runs {
            let beside = Beside { program: plan.what.beside(), in_flight: other, samples: Vec::new() };
            rows.push(Row { operation: plan.operation, in_flight, ours: Vec::new(), beside, goal });
        }
        for _ in 0..repeats {
            for index in 0..rows.len() {
                let other = rows[index].beside.in_flight;
                // Two rows with the same comparison share its measurement.
                let shared = rows[..index].iter().find(|row| row.beside.in_flight == other);
                let sample = match shared.and_then(|row| row.beside.samples.last().cloned()) {
                    Some(sample) => sample,
                    None => self.metered(self.beside(&plan.what, other)).await?,
                };
                rows[index].beside.samples.push(sample);
                let ours = self.metered(self.ours(&plan.what, rows[index].in_flight)).await?;
                rows[index].ours.push(ours);
            }
        }
        Ok(rows)
    }

    async fn ours(&self, what: &What, in_flight: usize) -> Result<Sample> {
        match what {
            What::Calls(work, _) => load::run(self.service.address, work, in_flight, self.duration).await,
            What::Processes(_, purpose) => programs::qcli(self.service, *purpose, in_flight, self.duration).await,
        }
    }

    async fn beside(&self, what: &What, in_flight: usize) -> Result<Sample> {
        match what {
            What::Calls(_, statement) => {
                pgbench::run(self.cluster, &statement.script, in_flight, self.duration, pgbench::LOG_ONE_IN).await
            }
            What::Processes(get, purpose) => {
                programs::psql(self.cluster, get, *purpose, in_flight, self.duration).await
            }
        }
    }

    /// Runs a measurement and adds what CPU time it took, and whose.
    async fn metered(&self, work: impl Future<Output = Result<Sample>>) -> Result<Sample> {
        let sessions = process::count_children(self.cluster.pid());
        let (before, machine, began) = (self.cpu(), process::cpu_of_machine(), Instant::now());
        let mut sample = work.await?;
        self.settle(sessions).await;
        let after = self.cpu();
        let spent: Vec<Duration> =
            after.iter().zip(before).map(|(after, before)| after.saturating_sub(before)).collect();
        let machine = process::cpu_of_machine().saturating_sub(machine);
        sample.cpu = Cpu {
            service: spent[0],
            client: spent[1],
            postgresql: spent[2],
            others: machine.saturating_sub(spent.iter().sum()),
            elapsed: began.elapsed(),
        };
        Ok(sample)
    }

    /// Waits until the sessions of pgbench have ended: while one ends, its CPU time is nowhere to be read.
    async fn settle(&self, sessions: usize) {
        let deadline = Instant::now() + SETTLE;
        let mut pause = tokio::time::interval(Duration::from_millis(5));
        while process::count_children(self.cluster.pid()) > sessions && Instant::now() < deadline {
            pause.tick().await;
        }
    }

    fn cpu(&self) -> [Duration; 3] {
        [
            process::cpu(self.service.pid()),
            process::cpu_of_self() + process::cpu_of_ended_children(),
            process::cpu_with_children(self.cluster.pid()),
        ]
    }
}
