//! What is noted during the run: phases, calls, and the state of the service.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use qairon_integration_tests::Failure;

/// What goes on beside the honest callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Quiet,
    Hostile,
    Fault,
}

/// Something that went on for a while.
#[derive(Debug, Clone)]
pub struct Phase {
    pub kind: Kind,
    pub name: &'static str,
    pub from: Duration,
    pub to: Duration,
    /// How it went.
    pub outcome: String,
}

/// An honest call.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    pub what: &'static str,
    pub at: Duration,
    pub took: Duration,
    pub is_ok: bool,
}

/// The state of the service at a moment. What cannot be read is `None`.
#[derive(Debug, Clone, Copy)]
pub struct State {
    pub at: Duration,
    pub memory: Option<u64>,
    pub descriptors: Option<usize>,
    pub connections: Option<usize>,
    pub sessions: Option<i64>,
}

/// Everything that is noted.
pub struct Record {
    began: Instant,
    phases: Mutex<Vec<Phase>>,
    calls: Mutex<Vec<Call>>,
    states: Mutex<Vec<State>>,
    failures: Mutex<BTreeMap<(Kind, &'static str, String), usize>>,
    faults: Mutex<Vec<String>>,
    answers: Mutex<BTreeMap<(&'static str, String), usize>>,
}

impl Record {
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            phases: Mutex::default(),
            calls: Mutex::default(),
            states: Mutex::default(),
            failures: Mutex::default(),
            faults: Mutex::default(),
            answers: Mutex::default(),
        }
    }

    /// The time since the start of the run.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Begins a phase, and returns its place for [`Record::end`].
    pub fn begin(&self, kind: Kind, name: &'static str) -> usize {
        let mut phases = held(&self.phases);
        phases.push(Phase { kind, name, from: self.now(), to: Duration::MAX, outcome: String::new() });
        phases.len() - 1
    }

    pub fn end(&self, place: usize, outcome: String) {
        let mut phases = held(&self.phases);
        (phases[place].to, phases[place].outcome) = (self.now(), outcome);
    }

    /// Notes an honest call.
    pub fn call(&self, what: &'static str, at: Duration, failure: Option<&Failure>) {
        held(&self.calls).push(Call { what, at, took: self.now() - at, is_ok: failure.is_none() });
        let Some(failure) = failure else { return };
        let kind = self.kind_of(at, self.now());
        let text = format!("{:?} {}", failure.code, failure.reason);
        *held(&self.failures).entry((kind, what, text)).or_default() += 1;
    }

    pub fn state(&self, state: State) {
        held(&self.states).push(state);
    }

    /// Notes something that must not happen.
    pub fn fault(&self, what: String) {
        held(&self.faults).push(what);
    }

    /// Notes the answer to a hostile call.
    pub fn answer(&self, attack: &'static str, answer: String) {
        *held(&self.answers).entry((attack, answer)).or_default() += 1;
    }

    /// What went on in a span of time: the worst of it.
    pub fn kind_of(&self, from: Duration, to: Duration) -> Kind {
        kind_of(&held(&self.phases), from, to)
    }

    pub fn phases(&self) -> Vec<Phase> {
        held(&self.phases).clone()
    }

    pub fn calls(&self) -> Vec<Call> {
        held(&self.calls).clone()
    }

    pub fn states(&self) -> Vec<State> {
        held(&self.states).clone()
    }

    pub fn failures(&self) -> BTreeMap<(Kind, &'static str, String), usize> {
        held(&self.failures).clone()
    }

    pub fn faults(&self) -> Vec<String> {
        held(&self.faults).clone()
    }

    pub fn answers(&self) -> BTreeMap<(&'static str, String), usize> {
        held(&self.answers).clone()
    }
}

/// What went on in a span of time, among these phases.
pub fn kind_of(phases: &[Phase], from: Duration, to: Duration) -> Kind {
    let during = phases.iter().filter(|phase| phase.from <= to && from <= phase.to);
    during.map(|phase| phase.kind).max().unwrap_or(Kind::Quiet)
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_belongs_to_the_worst_that_went_on_during_it() {
        let second = Duration::from_secs;
        let phase =
            |kind, from, to| Phase { kind, name: "", from: second(from), to: second(to), outcome: String::new() };
        let phases = [phase(Kind::Hostile, 10, 20), phase(Kind::Fault, 30, 40)];
        let of = |from, to| kind_of(&phases, second(from), second(to));
        assert_eq!([of(0, 9), of(21, 29), of(41, 50)], [Kind::Quiet; 3]);
        assert_eq!([of(9, 11), of(12, 13), of(19, 25)], [Kind::Hostile; 3]);
        assert_eq!([of(5, 50), of(35, 36), of(25, 30)], [Kind::Fault; 3]);
    }
}
