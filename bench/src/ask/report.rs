//! The table of questions: milliseconds to the whole answer on both sides, and their ratio.

use std::fmt::Write;
use std::time::Duration;

use super::subjects::Subjects;
use super::{Memory, Row};
use crate::Settings;
use crate::measure::Sample;
use crate::report::median;

/// The most that the service may take of the time of the SQL.
const GOAL: f64 = 1.5;

pub fn report(settings: &Settings, filled: &str, subjects: &Subjects, rows: &[Row], memory: Option<&Memory>) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "questions, one at a time, to {filled}; {} repeats of {} s, in turn with SQL written for the question alone, \
         through pgbench; milliseconds to the whole answer\n",
        settings.repeats,
        settings.duration.as_secs()
    );
    let _ = writeln!(
        out,
        "{:<32}{:>8} | {:>9} {:>17} {:>9} | {:>9} {:>17} {:>9} | {:>6} {:>6}",
        "question", "rows", "p50 ms", "least..most", "p99 ms", "pgbench", "least..most", "p99 ms", "ratio", "goal"
    );
    for row in rows {
        let ratio = p50(&row.ours) / p50(&row.beside);
        let met = if ratio <= GOAL { "met" } else { "MISSED" };
        let _ = writeln!(
            out,
            "{:<32}{:>8} | {} | {} | {ratio:>6.2} {GOAL:>6.2} {met}",
            row.question.name,
            row.rows,
            side(&row.ours),
            side(&row.beside)
        );
    }
    if let Some(memory) = memory {
        let _ = writeln!(
            out,
            "\nmemory of the service during `{}` ({:.1} MB of answer): {:.1} MB before, {:.1} MB at its peak",
            memory.question,
            megabytes(memory.answer),
            megabytes(memory.before),
            megabytes(memory.peak)
        );
    }
    let Subjects { region, application, service, fleet, deployment, text } = subjects;
    let _ = writeln!(
        out,
        "\nasked about: region {region}, application {application}, service {service}, fleet {fleet}, deployment \
         {deployment}, text {text}"
    );
    out
}

fn side(samples: &[Sample]) -> String {
    let each = samples.iter().map(|sample| millis(sample.p50));
    let range = format!("{:.2}..{:.2}", each.clone().fold(f64::INFINITY, f64::min), each.fold(0.0, f64::max));
    format!("{:>9.2} {range:>17} {:>9.2}", p50(samples), median(samples.iter().map(|sample| millis(sample.p99))))
}

fn p50(samples: &[Sample]) -> f64 {
    median(samples.iter().map(|sample| millis(sample.p50)))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
