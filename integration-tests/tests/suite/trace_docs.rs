//! The examples of the page on traces, run against the demo organisation.

use std::fs;

use qairon_integration_tests::{Qcli, Report, workspace};
use serde_json::Value;

use crate::filter_docs::load_demo;
use crate::stage::Stage;

#[tokio::test]
async fn the_examples_of_the_page_on_traces_have_as_many_rows_as_it_says() {
    let page = fs::read_to_string(workspace().join("docs/TRACES.md")).expect("the page is there");
    let (_, rest) = page.split_once("```trace\n").expect("the page has examples");
    let (examples, _) = rest.split_once("```\n").expect("the examples have an end");
    assert!(examples.lines().count() > 10, "{} examples", examples.lines().count());
    let stage = Stage::set().await;
    load_demo(&stage).await;
    let (qcli, mut report) = (Qcli::new(&stage.server), Report::new());
    for line in examples.lines() {
        let (command, wanted) = line.split_once("   → ").unwrap_or_else(|| panic!("{line:?} has no number"));
        let args: Vec<&str> = command.split(' ').chain(["-o", "json"]).collect();
        let rows: Value = serde_json::from_str(&qcli.text(&args).await).expect("JSON");
        report.equal(command, rows.as_array().map(|rows| rows.len().to_string()), Some(wanted.to_owned()));
    }
    report.finish();
}
