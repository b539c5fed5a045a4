//! `qairon-soak`: the service for half an hour among honest callers, faults and hostile callers, and what is left of
//! the data.
//!
//! A PostgreSQL of its own, filled with an organisation, the released service and a proxy make the [`stage`]. Callers
//! ([`honest`]) write journals of what was acknowledged ([`journal`]). Meanwhile one event after the other takes
//! place, in an order drawn from the seed: a fault ([`faults`]) or an attack ([`hostile`]), with a quiet time before
//! each. In the end every journal and every invariant of the database is checked ([`check`]), and [`report`] draws what
//! was noted ([`record`], [`watch`]) and gives a verdict.

mod chart;
mod check;
mod faults;
mod honest;
mod hostile;
mod journal;
mod proxy;
mod record;
mod report;
mod settings;
mod stage;
mod watch;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use fastrand::Rng;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::sleep;

use faults::Fault;
use hostile::Attack;
use record::{Kind, Record};
use settings::Settings;
use stage::Stage;

/// The time of an event, at most and at least.
const EVENT: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(15));
/// What an event has left is gone by then: queues of callers, connections to be made again.
const AFTERMATH: Duration = Duration::from_secs(2);

/// Something that takes place.
#[derive(Clone, Copy)]
enum Event {
    Fault(Fault),
    Attack(Attack),
}

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "the report is what the program is for")]
fn main() -> ExitCode {
    match run() {
        Ok((report, wrong)) if wrong.is_empty() => {
            println!("{report}\nPASSED");
            ExitCode::SUCCESS
        }
        Ok((report, wrong)) => {
            println!("{report}\nFAILED, {} findings", wrong.len());
            wrong.iter().take(100).for_each(|finding| println!("  {finding}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("qairon-soak: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(String, Vec<String>)> {
    let settings = Settings::read()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // Dropping the work stops what it started.
        tokio::select! {
            outcome = soak(&settings) => outcome,
            _ = terminate.recv() => anyhow::bail!("stopped by SIGTERM"),
            _ = interrupt.recv() => anyhow::bail!("stopped by SIGINT"),
        }
    })
}

async fn soak(settings: &Settings) -> Result<(String, Vec<String>)> {
    progress(&format!("SOAK_SEED={}: starting a PostgreSQL and filling it", settings.seed));
    let stage = Stage::set(settings).await?;
    let subjects = Arc::new(honest::Subjects::find(&stage).await?);
    let record = Arc::new(Record::new());
    let watching = tokio::spawn(watch::watch(stage.clone(), record.clone()));
    let stop = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for number in 0..settings.callers {
        let caller = honest::Caller::new(number, &stage, record.clone(), subjects.clone(), settings.seed);
        callers.spawn(caller.run(stop.clone()));
    }
    for (number, what) in honest::PROBES.into_iter().enumerate() {
        let seed = settings.seed.wrapping_add(number as u64);
        callers.spawn(honest::probe(what, stage.clone(), record.clone(), subjects.clone(), seed, stop.clone()));
    }
    // What was noted until then is worth a report in any case.
    if let Err(error) = take_place(settings, &stage, &record).await {
        record.fault(format!("the run ended early: {error:#}"));
    }
    stop.store(true, Ordering::Relaxed);
    let journals = callers.join_all().await;
    watching.abort();
    progress("checking what is left");
    let findings = check::check(&stage, journals).await.unwrap_or_else(|error| check::Findings {
        faults: vec![format!("the check ended early: {error:#}")],
        ..check::Findings::default()
    });
    let errors = stage.errors().await;
    Ok(report::report(settings, &record, &findings, &errors))
}

/// Lets one event after the other take place until the time is over: all of them in an order of their own, then all in
/// another.
async fn take_place(settings: &Settings, stage: &Arc<Stage>, record: &Arc<Record>) -> Result<()> {
    let mut rng = Rng::with_seed(settings.seed);
    let faults = Fault::ALL.into_iter().map(Event::Fault);
    let all: Vec<Event> = faults.chain(hostile::attacks().into_iter().map(Event::Attack)).collect();
    let parts = u32::try_from(all.len() + 1)?;
    let each = (settings.duration / parts).clamp(EVENT.0, EVENT.1);
    let mut left: Vec<Event> = Vec::new();
    sleep(each).await;
    while record.now() + each * 2 < settings.duration {
        if left.is_empty() {
            left.clone_from(&all);
            rng.shuffle(&mut left);
        }
        let Some(event) = left.pop() else { break };
        let lasting = each / 2;
        match event {
            Event::Fault(fault) => {
                progress(&format!("{:>4.0} s: {}", record.now().as_secs_f64(), fault.name()));
                let place = record.begin(Kind::Fault, fault.name());
                let recovery = fault.happen(stage, lasting).await.with_context(|| fault.name())?;
                sleep(AFTERMATH).await;
                record.end(place, format!("writes succeed after {:.1} s", recovery.as_secs_f64()));
            }
            Event::Attack(attack) => {
                progress(&format!("{:>4.0} s: {}", record.now().as_secs_f64(), attack.name));
                let place = record.begin(Kind::Hostile, attack.name);
                attack.run(stage, record, lasting, rng.u64(..)).await;
                sleep(AFTERMATH).await;
                record.end(place, String::new());
            }
        }
        sleep(each / 2).await;
    }
    // Connections and descriptors go back to what they were.
    sleep(each.max(Duration::from_secs(5))).await;
    Ok(())
}

#[allow(clippy::print_stderr, reason = "a run takes half an hour; somebody may be watching")]
fn progress(message: &str) {
    eprintln!("soak: {message}");
}
