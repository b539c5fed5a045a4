//! Callers as there should be: they read ([`reads`]) and write ([`writes`]), repeat what got no answer with the same
//! request ID, and now and then go away in the middle of a call. Latencies are those of [`probes`], which do not wait for each other.

mod probes;
pub mod reads;
mod trees;
mod writes;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fastrand::Rng;
use qairon_integration_tests::{Client, Failure};
use serde_json::Value;
use tonic::Code;
use tonic::transport::Channel;

pub use probes::{PROBES, probe};
pub use reads::Subjects;

use crate::journal::{Journal, Thing};
use crate::record::Record;
use crate::stage::Stage;

/// How long a caller waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a write is repeated before it is left open, and the pause between.
const ATTEMPTS: usize = 10;
const PAUSE: Duration = Duration::from_millis(300);

/// What is said of one write.
pub enum Decision {
    Done,
    /// It did nothing.
    Refused(Failure),
    /// Nobody knows.
    Open,
}

/// An honest caller.
pub struct Caller {
    pub number: usize,
    client: Client,
    channel: Channel,
    record: Arc<Record>,
    subjects: Arc<Subjects>,
    rng: Rng,
    journal: Journal,
    counter: i64,
}

impl Caller {
    pub fn new(number: usize, stage: &Stage, record: Arc<Record>, subjects: Arc<Subjects>, seed: u64) -> Self {
        let channel = stage.channel();
        Self {
            number,
            client: Client::new(channel.clone()).with_timeout(PATIENCE),
            channel,
            record,
            subjects,
            rng: Rng::with_seed(seed.wrapping_mul(1000).wrapping_add(number as u64)),
            journal: Journal::default(),
            counter: 0,
        }
    }

    /// Calls until `stop` is set, and returns what it wrote.
    pub async fn run(mut self, stop: Arc<AtomicBool>) -> Journal {
        self.found_home().await;
        while !stop.load(Ordering::Relaxed) {
            if self.rng.u32(..10) < 6 {
                self.read().await
            } else {
                self.write().await
            }
            let pause = self.rng.u64(2_000..20_000);
            tokio::time::sleep(Duration::from_micros(pause)).await;
        }
        self.journal
    }

    fn next(&mut self) -> i64 {
        self.counter += 1;
        self.counter
    }

    fn request_id(&mut self) -> String {
        format!("soak-{}-{:016x}", self.number, self.rng.u64(..))
    }

    /// A read, which is noted and not repeated.
    async fn ask(&self, what: &'static str, method: &str, request: Value) {
        let at = self.record.now();
        let failure = self.client.call(method, request).await.err();
        self.record.call(what, at, failure.as_ref());
        self.judge(method, failure.as_ref());
    }

    /// A write with a request ID, until there is an answer.
    async fn decide(&mut self, what: &'static str, method: &str, request: &Value) -> Decision {
        for attempt in 0..ATTEMPTS {
            let at = self.record.now();
            let call = self.client.call(method, request.clone());
            // One of fifty goes away in the middle of the call, and comes back with it.
            let outcome = if attempt == 0 && self.rng.u32(..50) == 0 {
                let soon = Duration::from_micros(self.rng.u64(..20_000));
                match tokio::time::timeout(soon, call).await {
                    Ok(outcome) => outcome,
                    Err(_) => continue,
                }
            } else {
                call.await
            };
            self.record.call(what, at, outcome.as_ref().err());
            match outcome {
                Ok(_) => return Decision::Done,
                Err(failure) if is_open(&failure) => {
                    self.judge(method, Some(&failure));
                    tokio::time::sleep(PAUSE).await;
                }
                Err(failure) => {
                    self.judge(method, Some(&failure));
                    return Decision::Refused(failure);
                }
            }
        }
        Decision::Open
    }

    /// An honest call is never the service's own fault.
    fn judge(&self, method: &str, failure: Option<&Failure>) {
        let Some(failure) = failure.filter(|failure| !failure.reason.is_empty()) else { return };
        if matches!(failure.code, Code::Internal | Code::Unknown | Code::DataLoss) {
            self.record.fault(format!("an honest {method} ended with {failure}"));
        }
    }

    /// Things of which the state is known and that have a row of this kind, and none of another.
    fn pick(&mut self, fits: impl Fn(&Thing) -> bool) -> Option<usize> {
        let things = &self.journal.things;
        if things.is_empty() {
            return None;
        }
        // Among the newest: the older ones stay as they are, for the check in the end.
        let start = things.len().saturating_sub(200);
        let tries = (0..16).map(|_| self.rng.usize(start..things.len())).collect::<Vec<_>>();
        tries.into_iter().find(|&place| fits(&things[place]))
    }
}

/// Whether a write may have been done all the same.
fn is_open(failure: &Failure) -> bool {
    // Without a reason it is from the network, and not from the service.
    let is_transient = matches!(
        failure.code,
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Aborted | Code::ResourceExhausted
    );
    is_transient || failure.reason.is_empty() || matches!(failure.code, Code::Internal | Code::Unknown)
}
