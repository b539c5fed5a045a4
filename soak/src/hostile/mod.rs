//! Callers who mean harm, or whose programs are broken. Every attack is made by several at a time, again and again for
//! its while; every answer is to be a refusal in words, and never the service's own fault.

mod messages;
mod raw;
mod sockets;
mod streams;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use bytes::Bytes;
use fastrand::Rng;
use qairon_bench::client::Connection;
use tokio::task::JoinSet;

use crate::record::Record;
use crate::stage::Stage;

/// What a hostile caller has.
pub struct Attacker {
    stage: Arc<Stage>,
    rng: Rng,
    until: Instant,
}

/// An attack: its name, how many make it at a time, and one move.
#[derive(Clone, Copy)]
pub struct Attack {
    pub name: &'static str,
    attackers: usize,
    how: How,
}

#[derive(Clone, Copy)]
enum How {
    /// A request, made anew every time.
    Request(fn(&mut Rng) -> Result<Request>),
    /// Connections that say half of what they should.
    Socket(sockets::Half),
    /// A load that stays open, and writers to what it holds.
    OpenLoad,
    /// A great bundle.
    Bundle,
}

/// A request as it goes over the wire: path, headers, and everything after them.
pub struct Request {
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

/// All attacks.
pub fn attacks() -> Vec<Attack> {
    let request = |name, attackers, how| Attack { name, attackers, how: How::Request(how) };
    let mut all = vec![
        request("deep filters", 16, messages::deep_filter),
        request("two million empty objects", 4, messages::empty_objects),
        request("280,000 JSON keys", 4, messages::many_keys),
        request("a resource name of 4 MB", 4, messages::long_resource),
        request("numbers that are none", 4, messages::strange_numbers),
        request("invisible names", 4, messages::invisible_names),
        request("random bytes", 8, messages::random_bytes),
        request("random methods", 8, messages::random_method),
        request("metadata beyond the limit", 4, messages::much_metadata),
        request("a malformed grpc-timeout", 4, messages::malformed_timeout),
        request("a wrong content type", 4, messages::wrong_content_type),
        request("two messages of one", 4, messages::two_messages),
        request("a length that does not come", 4, messages::wrong_length),
        request("gzip that is none", 4, messages::broken_gzip),
    ];
    let other = |name, attackers, how| Attack { name, attackers, how };
    all.extend([
        other("half a preface of HTTP/2", 64, How::Socket(sockets::Half::Preface)),
        other("half a request for metrics", 64, How::Socket(sockets::Half::Metrics)),
        other("an open load and 24 writers", 1, How::OpenLoad),
        other("bundles of 160 MiB", 6, How::Bundle),
    ]);
    all
}

impl Attack {
    /// Attacks for a while. What comes back is noted.
    pub async fn run(self, stage: &Arc<Stage>, record: &Arc<Record>, lasting: Duration, seed: u64) {
        let until = Instant::now() + lasting;
        let mut attackers = JoinSet::new();
        for number in 0..self.attackers {
            let rng = Rng::with_seed(seed.wrapping_add(number as u64));
            let attacker = Attacker { stage: stage.clone(), rng, until };
            let record = record.clone();
            attackers.spawn(async move { self.attack(attacker, &record).await });
        }
        attackers.join_all().await;
    }

    async fn attack(self, mut attacker: Attacker, record: &Record) {
        let note = |answer: String| record.answer(self.name, answer);
        match self.how {
            How::Request(make) => {
                let mut connection = None;
                while Instant::now() < attacker.until {
                    match make(&mut attacker.rng) {
                        Ok(request) => note(attacker.send(&mut connection, request).await),
                        Err(error) => return record.fault(format!("{} cannot be made: {error:#}", self.name)),
                    }
                }
            }
            How::Socket(half) => note(attacker.hold(half).await),
            How::OpenLoad => attacker.open_load(note).await,
            How::Bundle => {
                while Instant::now() < attacker.until {
                    note(attacker.bundle().await);
                }
            }
        }
    }
}

impl Attacker {
    /// Sends a request and names the answer.
    async fn send(&self, connection: &mut Option<Connection>, request: Request) -> String {
        if connection.is_none() {
            let Ok(address) = self.stage.api().parse() else { return "no address".to_owned() };
            match Connection::open(address).await {
                Ok(open) => *connection = Some(open),
                Err(_) => return "connection refused".to_owned(),
            }
        }
        let Some(open) = connection.as_ref() else { return "no connection".to_owned() };
        let left = self.until.saturating_duration_since(Instant::now()) + Duration::from_secs(35);
        match tokio::time::timeout(left, raw::exchange(open, request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => {
                // Its end is an answer as well.
                *connection = None;
                "connection closed".to_owned()
            }
            Err(_) => {
                *connection = None;
                "no answer".to_owned()
            }
        }
    }
}

/// Attacks that no method may take for a call: not even to find that there is no such object.
const NO_CALLS: [&str; 4] =
    ["a malformed grpc-timeout", "a wrong content type", "two messages of one", "invisible names"];

/// Whether an answer is a refusal in words, or a success that costs little. `INTERNAL` and `UNKNOWN` are the service's
/// own faults, and no answer is worse.
pub fn is_allowed(attack: &str, answer: &str) -> bool {
    let bad = ["Internal", "Unknown", "DataLoss", "no answer", "connection refused", "open after", "closed later"];
    let is_served = NO_CALLS.contains(&attack) && (answer == "Ok" || answer.starts_with("NotFound"));
    // gRPC has a status of HTTP for one case alone.
    let is_http = answer.starts_with("HTTP ") && !(answer == "HTTP 415" && attack == "a wrong content type");
    !is_served && !is_http && !bad.iter().any(|bad| answer.starts_with(bad))
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn refusals_in_words_are_allowed_and_nothing_else() {
        for (attack, answer) in [
            ("random bytes", "InvalidArgument MALFORMED_MESSAGE"),
            ("random bytes", "NotFound NOT_FOUND"),
            ("a wrong content type", "HTTP 415"),
            ("half a preface of HTTP/2", "closed within 10 s"),
            ("deep filters", "Ok"),
        ] {
            assert!(is_allowed(attack, answer), "{attack}: {answer}");
        }
        for (attack, answer) in [
            ("random bytes", "Internal INTERNAL"),
            ("random bytes", "Unknown"),
            ("metadata beyond the limit", "HTTP 431"),
            ("a wrong content type", "NotFound NOT_FOUND"),
            ("invisible names", "Ok"),
            ("half a preface of HTTP/2", "open after 10 s"),
            ("deep filters", "no answer"),
        ] {
            assert!(!is_allowed(attack, answer), "{attack}: {answer}");
        }
    }
}
