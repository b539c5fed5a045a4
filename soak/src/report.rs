//! The report of a run, and its verdict.

use std::fmt::Write as _;
use std::time::Duration;

use crate::chart::{line, parts};
use crate::check::Findings;
use crate::honest::PROBES;
use crate::hostile::is_allowed;
use crate::record::{Call, Kind, Phase, Record, State, kind_of};
use crate::settings::Settings;

const WIDTH: usize = 90;
/// What the service is to stay under whatever is done to it, in MiB.
const MEMORY: u64 = 300;
/// What may be more in the end than before the first event, when everything is closed again.
const MORE_DESCRIPTORS: usize = 16;
const MORE_CONNECTIONS: usize = 4;

/// The report, and what is wrong: nothing when the run passes.
pub fn report(settings: &Settings, record: &Record, findings: &Findings, errors: &[String]) -> (String, Vec<String>) {
    let (phases, calls, states) = (record.phases(), record.calls(), record.states());
    let end = states.last().map_or(1.0, |state| state.at.as_secs_f64()).max(1.0);
    let mut text = format!(
        "{:.1} minutes with {} callers on {} rows; SOAK_SEED={}\n\n",
        end / 60.0,
        settings.callers,
        settings.rows,
        settings.seed
    );
    charts(&mut text, &phases, &calls, &states, end);
    events(&mut text, &phases, &calls, &states);
    answers(&mut text, record);
    latencies(&mut text, &phases, &calls);
    refusals(&mut text, record);

    let missed = missed(settings, &phases, &calls);
    if !missed.is_empty() {
        let _ = writeln!(text, "\ngoals missed under attack: p99 of {:?}", settings.bound);
        missed.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    }

    let mut wrong = findings.faults.clone();
    wrong.extend(record.faults());
    wrong.extend(too_large(&phases, &states));
    wrong.extend(slow(settings, &phases, &calls));
    wrong.extend(failed(record));
    wrong.extend(unsettled(&phases, &states));
    let bad = record.answers().into_iter().filter(|((attack, answer), _)| !is_allowed(attack, answer));
    wrong.extend(bad.map(|((attack, answer), count)| format!("{attack}: {count} times `{answer}`")));
    let _ = writeln!(
        text,
        "\n{} things were written, {} of them left open and decided in the end; {} lines of the log are errors",
        findings.things,
        findings.open,
        errors.len()
    );
    for error in errors.iter().take(5) {
        let _ = writeln!(text, "  {error}");
    }
    memory(&mut text, &states);
    (text, wrong)
}

fn charts(text: &mut String, phases: &[Phase], calls: &[Call], states: &[State], end: f64) {
    let mut marks = vec!['.'; WIDTH];
    for (place, mark) in marks.iter_mut().enumerate() {
        let at = |place: usize| Duration::from_secs_f64(place as f64 / WIDTH as f64 * end);
        *mark = match kind_of(phases, at(place), at(place + 1)) {
            Kind::Fault => 'F',
            Kind::Hostile => 'h',
            Kind::Quiet => '.',
        };
    }
    let _ = writeln!(text, "{:>22}  {}", "F faults, h hostile", marks.into_iter().collect::<String>());
    let mut draw = |name: &str, unit: &str, values: Vec<(f64, f64)>| {
        let drawn = parts(&values, end, WIDTH);
        let most = drawn.iter().flatten().copied().fold(0.0, f64::max);
        let _ = writeln!(text, "{name:>22}  {}  up to {most:.0}{unit}", line(&drawn));
    };
    let state = |value: fn(&State) -> Option<f64>| -> Vec<(f64, f64)> {
        states.iter().filter_map(|state| Some((state.at.as_secs_f64(), value(state)?))).collect()
    };
    draw("RSS", " MiB", state(|state| state.memory.map(|bytes| bytes as f64 / 1_048_576.0)));
    draw("descriptors", "", state(|state| state.descriptors.map(|count| count as f64)));
    draw("connections", "", state(|state| state.connections.map(|count| count as f64)));
    draw("database sessions", "", state(|state| state.sessions.map(|count| count as f64)));
    for what in PROBES {
        for (name, percent) in [("p50", 50), ("p99", 99)] {
            let mut parts: Vec<Vec<Duration>> = vec![Vec::new(); WIDTH];
            for call in calls.iter().filter(|call| call.what == what && call.is_ok) {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within the width")]
                let place = ((call.at.as_secs_f64() / end * WIDTH as f64) as usize).min(WIDTH - 1);
                parts[place].push(call.took);
            }
            let values = parts.into_iter().enumerate().filter(|(_, part)| !part.is_empty());
            let middle = |place: usize| (place as f64 + 0.5) / WIDTH as f64 * end;
            let values = values.map(|(place, part)| (middle(place), millis(quantile(part, percent))));
            draw(&format!("{what} {name}"), " ms", values.collect());
        }
    }
    let refused = calls.iter().filter(|call| !call.is_ok);
    let mut counts = vec![0.0; WIDTH];
    for call in refused {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within the width")]
        let place = ((call.at.as_secs_f64() / end * WIDTH as f64) as usize).min(WIDTH - 1);
        counts[place] += 1.0;
    }
    let counted =
        counts.into_iter().enumerate().map(|(place, count)| ((place as f64 + 0.5) / WIDTH as f64 * end, count));
    draw("honest calls refused", "", counted.collect());
}

fn events(text: &mut String, phases: &[Phase], calls: &[Call], states: &[State]) {
    let _ = writeln!(
        text,
        "\n{:>7}  {:<36} {:>6} {:>9} {:>9} {:>9} {:>9}  outcome",
        "at", "event", "for", "RSS MiB", "get p99", "list p99", "create p99"
    );
    for phase in phases {
        let during = |at: Duration| phase.from <= at && at <= phase.to;
        let most = states.iter().filter(|state| during(state.at)).filter_map(|state| state.memory).max();
        let p99 = |what: &str| {
            let took: Vec<Duration> =
                calls.iter().filter(|call| call.what == what && overlaps(phase, call)).map(|call| call.took).collect();
            if took.is_empty() { "-".to_owned() } else { format!("{:.0} ms", millis(quantile(took, 99))) }
        };
        let _ = writeln!(
            text,
            "{:>5.0} s  {:<36} {:>4.1} s {:>9} {:>9} {:>9} {:>9}  {}",
            phase.from.as_secs_f64(),
            phase.name,
            phase.to.saturating_sub(phase.from).as_secs_f64(),
            most.map_or_else(|| "-".to_owned(), |bytes| (bytes >> 20).to_string()),
            p99("get"),
            p99("list"),
            p99("create"),
            phase.outcome
        );
    }
}

/// Whether a call was under way during a phase: one that began before may have waited for its end.
fn overlaps(phase: &Phase, call: &Call) -> bool {
    phase.from <= call.at + call.took && call.at <= phase.to
}

/// Attacks under which others were slower than the bound. It is a goal: who attacks is on the same processors, so the
/// verdict leaves it aside.
fn missed(settings: &Settings, phases: &[Phase], calls: &[Call]) -> Vec<String> {
    let mut found = Vec::new();
    for phase in phases.iter().filter(|phase| phase.kind == Kind::Hostile) {
        for what in PROBES {
            let during = calls.iter().filter(|call| call.what == what && overlaps(phase, call)).map(|call| call.took);
            let p99 = quantile(during.collect(), 99);
            if p99 > settings.bound {
                found.push(format!("{}: p99 of {what} is {p99:.0?}", phase.name));
            }
        }
    }
    found
}

/// Attacks under which the service was greater than it is to be.
fn too_large(phases: &[Phase], states: &[State]) -> Vec<String> {
    let hostile = phases.iter().filter(|phase| phase.kind == Kind::Hostile);
    let most = hostile.map(|phase| {
        let during = states.iter().filter(|state| phase.from <= state.at && state.at <= phase.to);
        (phase, during.filter_map(|state| state.memory).max().unwrap_or_default() >> 20)
    });
    most.filter(|(_, most)| *most > MEMORY).map(|(phase, most)| format!("{}: RSS of {most} MiB", phase.name)).collect()
}

fn answers(text: &mut String, record: &Record) {
    let _ = writeln!(text, "\nanswers to hostile callers");
    for ((attack, answer), count) in record.answers() {
        let mark = if is_allowed(attack, &answer) { ' ' } else { '!' };
        let _ = writeln!(text, "{mark} {attack:<36} {count:>8}  {answer}");
    }
}

fn latencies(text: &mut String, phases: &[Phase], calls: &[Call]) {
    let _ = writeln!(text, "\n{:<16} {:>30} {:>30} {:>30}", "honest calls", "quiet", "hostile", "faults");
    let mut kinds: Vec<&str> = calls.iter().map(|call| call.what).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for what in kinds {
        let of = |kind: Kind| {
            let took = of_kind(phases, calls, what, kind);
            let (count, p50) = (took.len(), millis(quantile(took.clone(), 50)));
            format!("{count:>8}  p50 {p50:>5.1}  p99 {:>6.1}", millis(quantile(took, 99)))
        };
        let _ = writeln!(text, "{what:<16} {:>30} {:>30} {:>30}", of(Kind::Quiet), of(Kind::Hostile), of(Kind::Fault));
    }
}

fn refusals(text: &mut String, record: &Record) {
    let _ = writeln!(text, "\nhonest calls refused");
    for ((kind, what, answer), count) in record.failures() {
        let answer = if answer.ends_with(' ') { format!("{answer}(network)") } else { answer };
        let _ = writeln!(text, "  {:<8} {what:<16} {count:>7}  {answer}", format!("{kind:?}").to_lowercase());
    }
}

/// Calls of a kind of moment that were answered.
fn of_kind(phases: &[Phase], calls: &[Call], what: &str, kind: Kind) -> Vec<Duration> {
    let fits = |call: &&Call| call.what == what && call.is_ok && kind_of(phases, call.at, call.at + call.took) == kind;
    calls.iter().filter(fits).map(|call| call.took).collect()
}

/// Calls that are slower than the bound while nothing else goes on.
fn slow(settings: &Settings, phases: &[Phase], calls: &[Call]) -> Vec<String> {
    let p99 = |what| (what, quantile(of_kind(phases, calls, what, Kind::Quiet), 99));
    let slow = PROBES.into_iter().map(p99).filter(|(_, p99)| *p99 > settings.bound);
    slow.map(|(what, p99)| format!("p99 of {what} is {p99:.0?} in quiet times, more than {:?}", settings.bound))
        .collect()
}

/// Honest calls that failed while nothing else went on.
fn failed(record: &Record) -> Vec<String> {
    let failures = record.failures().into_iter().filter(|((kind, _, _), _)| *kind == Kind::Quiet);
    failures.map(|((_, what, answer), count)| format!("{count} times {what} failed in quiet times: {answer}")).collect()
}

/// Descriptors and connections that did not go back to what they were before the first event.
fn unsettled(phases: &[Phase], states: &[State]) -> Vec<String> {
    let first = phases.iter().map(|phase| phase.from).min().unwrap_or(Duration::MAX);
    let last = phases.iter().map(|phase| phase.to).max().unwrap_or_default();
    let most =
        |value: fn(&State) -> Option<usize>| states.iter().filter(|state| state.at < first).filter_map(value).max();
    let least =
        |value: fn(&State) -> Option<usize>| states.iter().filter(|state| state.at > last).filter_map(value).min();
    let mut found = Vec::new();
    for (what, value, more) in [
        ("descriptors", (|state| state.descriptors) as fn(&State) -> Option<usize>, MORE_DESCRIPTORS),
        ("connections", |state| state.connections, MORE_CONNECTIONS),
    ] {
        match (most(value), least(value)) {
            (Some(before), Some(after)) if after > before + more => {
                found.push(format!("{after} {what} are left, there were {before}"));
            }
            (None, _) | (_, None) => found.push(format!("nobody looked at the {what} in quiet times")),
            _ => {}
        }
    }
    found
}

fn memory(text: &mut String, states: &[State]) {
    let quarter = states.len() / 4;
    let median = |states: &[State]| {
        let mut all: Vec<u64> = states.iter().filter_map(|state| state.memory).collect();
        all.sort_unstable();
        all.get(all.len() / 2).map_or(0, |bytes| bytes >> 20)
    };
    let _ = writeln!(
        text,
        "RSS, median: {} MiB in the first quarter, {} MiB in the last",
        median(&states[..quarter]),
        median(&states[states.len() - quarter..])
    );
}

fn quantile(mut values: Vec<Duration>, percent: usize) -> Duration {
    values.sort_unstable();
    values.get((values.len() * percent / 100).min(values.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
