//! The table: rates of both sides, their ratio, and times.

use std::fmt::Write;
use std::time::Duration;

use super::{Memory, Row};
use crate::Settings;
use crate::report::median;

pub fn report(settings: &Settings, rows: &[Row], memory: &Memory) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "whole processes of qcli and psql, {} repeats in turn; medians; every constraint and trigger in force\n",
        settings.repeats
    );
    let _ = writeln!(
        out,
        "{:<22}{:>9} | {:>9} {:>9} {:>17} | {:<7}{:>9} {:>9} {:>17} | {:>6} {:>6}",
        "", "rows", "qcli/s", "ms", "least..most", "beside", "rows/s", "ms", "least..most", "ratio", "goal"
    );
    for row in rows {
        for (index, (beside, times)) in row.beside.iter().enumerate() {
            let ratio = rate(row.amount, &row.ours) / rate(row.amount, times);
            // The goal is for the first of the other ways.
            let goal = match row.goal.filter(|_| index == 0) {
                Some(goal) if ratio >= goal => format!("{goal:>6.2} met"),
                Some(goal) => format!("{goal:>6.2} MISSED"),
                None => String::new(),
            };
            let _ = writeln!(
                out,
                "{:<22}{:>9} | {} | {beside:<7}{} | {ratio:>6.2} {goal}",
                row.name,
                row.amount,
                side(row.amount, &row.ours),
                side(row.amount, times)
            );
        }
    }
    let _ = writeln!(
        out,
        "\nmemory of the service during the imports: {:.1} MB before, {:.1} MB at its peak",
        memory.before as f64 / 1e6,
        memory.peak as f64 / 1e6
    );
    out
}

fn side(amount: usize, times: &[Duration]) -> String {
    let least = times.iter().map(|time| millis(*time)).fold(f64::INFINITY, f64::min);
    let most = times.iter().map(|time| millis(*time)).fold(0.0, f64::max);
    let middle = median(times.iter().map(|time| millis(*time)));
    format!("{:>9.0} {middle:>9.0} {:>17}", rate(amount, times), format!("{least:.0}..{most:.0}"))
}

fn rate(amount: usize, times: &[Duration]) -> f64 {
    amount as f64 / (median(times.iter().map(|time| millis(*time))) / 1e3)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
