//! What every method of the API has in common, whoever wrote it: a table of methods and columns.
//!
//! The methods come from the model, streams included; `arguments` has what those written by hand are called with. Each
//! is called once, with a caller who says who they are, and the traces that it left are collected ([`Observed`]). A
//! [`Column`] is a rule about it. Whoever adds a rule for all methods adds a column; whoever adds a method that breaks
//! one sees every place in one report.

mod arguments;
mod identity;
mod log;
mod observed;
mod sources;

use qairon_integration_tests::Report;

use observed::{Observed, Stand};

/// A rule that every method keeps.
pub struct Column {
    /// Its name, for the report.
    name: &'static str,
    /// Methods by their names that need not keep it, and why.
    exceptions: &'static [(&'static str, &'static str)],
    /// What of the rule a call has broken.
    faults: fn(&Observed) -> Vec<String>,
}

const COLUMNS: [Column; 3] = [identity::COLUMN, sources::COLUMN, log::COLUMN];

#[tokio::test(flavor = "multi_thread")]
async fn every_method_keeps_every_rule() {
    let mut report = Report::new();
    let stand = Stand::set().await;
    let observed = stand.observe_all(&mut report).await;
    for column in &COLUMNS {
        for observed in &observed {
            check(column, observed, &mut report);
        }
        for (name, _) in column.exceptions {
            let found = observed.iter().any(|observed| observed.method.descriptor.name() == *name);
            report.check(found, column.name, format!("the exception `{name}` is not a method that was called"));
        }
    }
    report.finish();
}

fn check(column: &Column, observed: &Observed, report: &mut Report) {
    let place = format!("{} × {}", &observed.method.path[1..], column.name);
    let faults = (column.faults)(observed);
    let exception = column.exceptions.iter().find(|(name, _)| observed.method.descriptor.name() == *name);
    match exception {
        Some((_, reason)) => {
            report.check(!faults.is_empty(), place, format!("keeps the rule; it is no exception any more ({reason})"));
        }
        None => report.check(faults.is_empty(), place, faults.join("; ")),
    }
}
