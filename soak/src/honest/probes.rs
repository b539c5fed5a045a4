//! The calls whose latencies have a bound. They begin at fixed times, however long those before them take: a caller who
//! waits for his answer would not notice how many others could have asked meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fastrand::Rng;
use qairon_integration_tests::Client;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::{PATIENCE, Subjects};
use crate::journal::{Image, Journal, Open, Thing};
use crate::record::Record;
use crate::stage::Stage;

/// One at a time of each in so much time.
const PACE: Duration = Duration::from_millis(50);
/// Calls that are given up at once do not pile up in memory.
const MOST: usize = 400;

/// The names of the probes.
pub const PROBES: [&str; 3] = ["get", "list", "create"];

/// Calls until `stop` is set, and returns what was written.
pub async fn probe(
    what: &'static str,
    stage: Arc<Stage>,
    record: Arc<Record>,
    subjects: Arc<Subjects>,
    seed: u64,
    stop: Arc<AtomicBool>,
) -> Journal {
    let client = stage.client().with_timeout(PATIENCE);
    let mut rng = Rng::with_seed(seed);
    let (mut journal, mut calls) = (Journal::default(), JoinSet::new());
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        pace.tick().await;
        while let Some(done) = calls.try_join_next() {
            journal.things.extend(done.unwrap_or_default());
        }
        if calls.len() >= MOST {
            continue;
        }
        let service = subjects.services[rng.usize(..subjects.services.len())].clone();
        let request_id = format!("soak-probe-{:016x}", rng.u64(..));
        calls.spawn(call(what, client.clone(), record.clone(), service, number, request_id));
    }
    journal.things.extend(calls.join_all().await.into_iter().flatten());
    journal
}

async fn call(
    what: &'static str,
    client: Client,
    record: Arc<Record>,
    service: String,
    number: i64,
    request_id: String,
) -> Option<Thing> {
    let id = format!("soak-probe-{number}");
    let (method, request) = match what {
        "get" => ("GetService", json!({ "id": service })),
        "list" => ("ListServices", json!({ "page_size": 10, "skip": number % 500 })),
        _ => ("CreateApplication", json!({ "application": { "id": id }, "request_id": request_id })),
    };
    let at = record.now();
    let outcome = client.call(method, request.clone()).await;
    record.call(what, at, outcome.as_ref().err());
    if what != "create" {
        return None;
    }
    let after = Image::from([(format!("application {id}"), 0)]);
    let mut thing = Thing { possible: vec![Image::default()], open: None };
    match outcome {
        Ok(_) => thing.is_now(after),
        Err(failure) if super::is_open(&failure) => {
            let open = Open { method: method.to_owned(), request, after: after.clone() };
            thing.may_be(after, Some(open));
        }
        Err(failure) => record.fault(format!("{method} {request} was refused: {failure}")),
    }
    Some(thing)
}
