//! The report: rates, latencies and ratios with their goals, and where the CPU time went.

use std::fmt::Write;
use std::time::Duration;

use crate::Settings;
use crate::load::PAGE;
use crate::measure::{Cpu, Row, Sample};
use crate::organisation::TOTAL;
use crate::statements::Statements;

/// The whole report.
pub fn report(settings: &Settings, rows: &[Row], statements: &Statements) -> String {
    let mut out = String::new();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let _ = writeln!(
        out,
        "{TOTAL} services, pages of {PAGE}; {} repeats of {} s, in turn with PostgreSQL alone; medians; {cores} cores \
         shared by client, service and PostgreSQL\n",
        settings.repeats,
        settings.duration.as_secs(),
    );
    rates(&mut out, rows);
    out.push('\n');
    costs(&mut out, rows);
    let _ = write!(
        out,
        "\nThe statements, on both sides, read from PostgreSQL's log:\n  get     {}\n  list    {}\n  create  {}\n",
        statements.get.sql, statements.list.sql, statements.create.sql
    );
    out
}

fn rates(out: &mut String, rows: &[Row]) {
    let _ = writeln!(
        out,
        "{:<9}{:>10} {:>9} {:>15} {:>8} {:>8} | {:<8}{:>10} {:>9} {:>15} {:>8} {:>8} | {:>6} {:>6}",
        "",
        "in flight",
        "rate/s",
        "least..most",
        "p50 ms",
        "p99 ms",
        "beside",
        "in flight",
        "rate/s",
        "least..most",
        "p50 ms",
        "p99 ms",
        "ratio",
        "goal"
    );
    for row in rows {
        let ratio = rate(&row.ours) / rate(&row.beside.samples);
        let goal = match row.goal {
            Some(goal) if ratio >= goal => format!("{goal:>6.2} met"),
            Some(goal) => format!("{goal:>6.2} MISSED"),
            None => String::new(),
        };
        let _ = writeln!(
            out,
            "{:<9}{:>10} {} | {:<8}{:>10} {} | {ratio:>6.2} {goal}",
            row.operation,
            row.in_flight,
            side(&row.ours),
            row.beside.program,
            row.beside.in_flight,
            side(&row.beside.samples)
        );
    }
}

fn side(samples: &[Sample]) -> String {
    let rates = samples.iter().map(|sample| sample.rate);
    let range = format!("{:.0}..{:.0}", rates.clone().fold(f64::INFINITY, f64::min), rates.fold(0.0, f64::max));
    let millis = |time: fn(&Sample) -> Duration| median(samples.iter().map(|sample| time(sample).as_secs_f64() * 1e3));
    format!(
        "{:>9.0} {range:>15} {:>8.2} {:>8.2}",
        rate(samples),
        millis(|sample| sample.p50),
        millis(|sample| sample.p99)
    )
}

fn costs(out: &mut String, rows: &[Row]) {
    let _ = writeln!(out, "CPU time, microseconds a call, and the share of the machine that other programs took:");
    let _ = writeln!(
        out,
        "{:<9}{:>10} {:>9} {:>9} {:>11} {:>8} | {:<8}{:>10} {:>9} {:>11} {:>8}",
        "",
        "in flight",
        "service",
        "client",
        "PostgreSQL",
        "others",
        "beside",
        "in flight",
        "itself",
        "PostgreSQL",
        "others"
    );
    for row in rows {
        let (ours, beside) = (&row.ours, &row.beside.samples);
        let _ = writeln!(
            out,
            "{:<9}{:>10} {:>9.0} {:>9.0} {:>11.0} {:>7.0}% | {:<8}{:>10} {:>9.0} {:>11.0} {:>7.0}%",
            row.operation,
            row.in_flight,
            cost(ours, |cpu| cpu.service),
            cost(ours, |cpu| cpu.client),
            cost(ours, |cpu| cpu.postgresql),
            noise(ours),
            row.beside.program,
            row.beside.in_flight,
            cost(beside, |cpu| cpu.client),
            cost(beside, |cpu| cpu.postgresql),
            noise(beside)
        );
    }
}

/// Microseconds a call.
fn cost(samples: &[Sample], part: fn(&Cpu) -> Duration) -> f64 {
    median(samples.iter().map(|sample| part(&sample.cpu).as_secs_f64() * 1e6 / sample.calls.max(1) as f64))
}

/// Percent of all cores.
fn noise(samples: &[Sample]) -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    median(
        samples
            .iter()
            .map(|sample| 100.0 * sample.cpu.others.as_secs_f64() / (cores * sample.cpu.elapsed.as_secs_f64())),
    )
}

fn rate(samples: &[Sample]) -> f64 {
    median(samples.iter().map(|sample| sample.rate))
}

/// The one in the middle.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        length if length % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
        assert_eq!(median(std::iter::empty()), 0.0);
    }
}
