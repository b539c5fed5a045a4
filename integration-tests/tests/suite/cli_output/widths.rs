//! Tables at terminals of different widths, and colours there.

use std::fs;

use qairon_integration_tests::{Qcli, Report};

use super::terminal::at_terminal;
use crate::filter_docs::load_demo;
use crate::stage::{Stage, entities};

const WIDTHS: [u16; 3] = [80, 120, 200];
const PLAIN: &[(&str, &str)] = &[("NO_COLOR", "1")];

/// The lines that are too long, whatever they are.
fn too_long(text: &str, columns: u16) -> Vec<&str> {
    text.lines().filter(|line| line.chars().count() > usize::from(columns)).collect()
}

#[tokio::test]
async fn tables_of_every_entity_fit_every_terminal_and_begin_with_the_whole_id() {
    let stage = Stage::set().await;
    load_demo(&stage).await;
    let (qcli, endpoint, mut report) = (Qcli::new(&stage.server), stage.server.endpoint(), Report::new());
    for entity in entities() {
        let name = entity.name.as_str();
        let ids = qcli.text(&[name, "list", "--limit", "20", "-f", "id", "-o", "plain"]).await;
        let fields: Vec<&str> =
            entity.fields.iter().filter(|field| field.is_shown()).map(|field| &*field.name).collect();
        let asked = fields.iter().rev().copied().collect::<Vec<_>>().join(",");
        for columns in WIDTHS {
            let place = format!("{name} at {columns}");
            let list = at_terminal(&endpoint, columns, PLAIN, &[name, "list", "--limit", "20"]).await;
            report.equal(&place, too_long(&list, columns), Vec::<&str>::new());
            let header: Vec<&str> = list.lines().next().unwrap_or_default().split_whitespace().collect();
            report.equal(format!("{place}: header"), header.first().copied(), Some("ID"));
            let mut distinct = header.clone();
            distinct.sort_unstable();
            distinct.dedup();
            report.equal(format!("{place}: {header:?}"), distinct.len(), header.len());
            for field in entity.fields.iter().filter(|field| entity.id_fields.contains(&field.name) || field.derived) {
                let repeats = field.relation().unwrap_or(&field.name).to_uppercase();
                report.check(!header.contains(&&*repeats), &place, format!("{repeats} repeats the ID"));
            }
            let room = usize::from(columns) - 1;
            let shown = list.lines().skip(1).filter_map(|line| line.split_whitespace().next());
            for (shown, id) in shown.zip(ids.lines()) {
                // One that has no room shows where it begins and, at length, how it ends.
                let fits = match shown.split_once('…') {
                    None => shown == id,
                    Some((begin, end)) => {
                        id.chars().count() > room
                            && shown.chars().count() == room
                            && begin.len() < end.len()
                            && id.starts_with(begin)
                            && id.ends_with(end)
                    }
                };
                report.check(fits, &place, format!("{shown} for {id}"));
            }
            // Fields that are asked for are all there, in their order.
            let rows = at_terminal(&endpoint, columns, PLAIN, &[name, "list", "--limit", "3", "-f", &asked]).await;
            report.equal(format!("{place}: -f"), too_long(&rows, columns), Vec::<&str>::new());
            let header = rows.lines().next().unwrap_or_default().split_whitespace().count();
            report.equal(format!("{place}: {rows}"), header, fields.len());
            let id = ids.lines().next().unwrap_or_default();
            let one = at_terminal(&endpoint, columns, PLAIN, &[name, "get", id]).await;
            report.equal(format!("{place}: get"), too_long(&one, columns), Vec::<&str>::new());
            report.check(
                fields
                    .iter()
                    .all(|field| one.contains(field) || entity.field(field).is_some_and(|field| field.embed.is_some())),
                &place,
                &one,
            );
        }
        let wide = at_terminal(&endpoint, 80, PLAIN, &[name, "list", "--limit", "20", "-o", "wide"]).await;
        report.check(ids.lines().all(|id| wide.contains(id)) && !wide.contains('…'), name, wide);
    }
    report.finish();
}

#[tokio::test]
async fn answers_of_traces_and_searches_fit_too() {
    let stage = Stage::set().await;
    load_demo(&stage).await;
    let (endpoint, mut report) = (stage.server.endpoint(), Report::new());
    let service = "ecommerce:checkout:order-processor";
    let deployment =
        "prod:aws:123456789012:us-east-1:us-east-1a:eks:main-cluster:ecommerce:checkout:order-processor:default";
    for args in [
        &["find", "checkout", "--limit", "30"][..],
        &["trace", "impact", "service", service],
        &["trace", "infrastructure", service],
        &["trace", "neighbors", deployment],
        &["trace", "provenance", deployment],
        &[
            "trace",
            "path",
            "service",
            service,
            "deployment_target",
            "prod:aws:123456789012:us-east-1:us-east-1a:eks:main-cluster",
        ],
        &["api-resources"],
        &["deployment", "get_field", deployment, "zones"],
    ] {
        for columns in WIDTHS {
            let text = at_terminal(&endpoint, columns, PLAIN, args).await;
            report.equal(format!("{args:?} at {columns}"), too_long(&text, columns), Vec::<&str>::new());
            report.check(text.lines().count() > 1, args.join(" "), &text);
        }
    }
    let found = at_terminal(&endpoint, 80, PLAIN, &["find", "checkout", "--limit", "30"]).await;
    report.check(found.starts_with(" ID ") && found.contains("RESOURCE"), "find", &found);
    report.check(found.ends_with("(no room for MATCH; -o wide shows all)\n"), "find", &found);
    report.finish();
}

#[tokio::test]
async fn columns_is_the_width_and_without_a_terminal_there_is_none() {
    let stage = Stage::set().await;
    let (qcli, endpoint) = (Qcli::new(&stage.server), stage.server.endpoint());
    let name = "n".repeat(100);
    qcli.text(&["application", "create", "a", "-d", "{\"x\": \"a long text that has no room in a table\"}"]).await;
    qcli.text(&["stack", "create", "a", &name]).await;
    let whole = " ID\n a\n";
    assert_eq!(qcli.run(&["application", "list", "-o", "table", "-f", "id"]).await.stdout, whole);
    let uncut = qcli.text(&["stack", "list", "-o", "table"]).await;
    assert!(uncut.contains(&name), "{uncut}");
    let cut = at_terminal(&endpoint, 200, &[("NO_COLOR", "1"), ("COLUMNS", "40")], &["stack", "list"]).await;
    assert_eq!(
        cut,
        format!(" ID\n a:{}…{}\n(no room for CREATED, UPDATED; -o wide …\n", "n".repeat(10), "n".repeat(26))
    );
    let asked = ["application", "list", "-f", "id,defaults"];
    let cut = at_terminal(&endpoint, 30, PLAIN, &asked).await;
    assert_eq!(cut, " ID  DEFAULTS\n a   {\"x\":\"a long text that h…\n");
}

#[tokio::test]
async fn a_table_without_rows_is_a_sentence_on_standard_error() {
    let stage = Stage::set().await;
    let (qcli, mut report) = (Qcli::new(&stage.server), Report::new());
    for entity in entities() {
        let told = format!("No {} found.\n", entity.plural.replace('_', " "));
        for format in ["table", "wide", "json", "jsonl", "yaml", "plain"] {
            let output = qcli.run(&[&entity.name, "list", "-o", format]).await;
            let is_table = matches!(format, "table" | "wide");
            let wanted = if is_table { told.as_str() } else { "" };
            report.equal(format!("{} {format}", entity.name), (output.code, output.stderr.as_str()), (Some(0), wanted));
            report.check(!is_table || output.stdout.is_empty(), &entity.name, output.stdout);
        }
    }
    for (args, told) in [
        (&["find", "x"][..], "No objects found.\n"),
        (&["native_id", "x"], "No objects found.\n"),
        (&["trace", "builds", "--vcs-ref", "x"], "No builds found.\n"),
    ] {
        let output = qcli.run(&[args, &["-o", "table"]].concat()).await;
        report.equal(args.join(" "), (output.code, &*output.stdout, &*output.stderr), (Some(0), "", told));
    }
    let quiet = qcli.run(&["service", "list", "-o", "table", "-q"]).await;
    report.equal("quiet", quiet.stderr, String::new());
    report.finish();
}

#[tokio::test]
async fn errors_and_changes_have_colours_at_a_terminal_alone() {
    let stage = Stage::set().await;
    let (qcli, endpoint) = (Qcli::new(&stage.server), stage.server.endpoint());
    for id in ["old", "same"] {
        qcli.text(&["application", "create", id]).await;
    }
    qcli.text(&["stack", "create", "same", "s"]).await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("bundle.yaml");
    fs::write(&file, "- resource: application\n  id: old\n  defaults: {a: 1}\n- resource: application\n  id: new\n")
        .expect("it is ours");
    let file = file.to_str().expect("a path is text");
    let diff = ["diff", "-f", file, "--prune", "--scope", "application/same", "--prune-resource", "stack"];
    let painted = at_terminal(&endpoint, 80, &[], &diff).await;
    for line in [
        "\u{1b}[32m+ application new\u{1b}[0m\n",
        "\u{1b}[33m~ application old: ",
        "\u{1b}[31m- stack same:s\u{1b}[0m\n",
    ] {
        assert!(painted.contains(line), "{line:?}: {painted:?}");
    }
    let refused = ["application", "get", "none"];
    assert!(at_terminal(&endpoint, 80, &[], &refused).await.starts_with("\u{1b}[31mqcli:\u{1b}[0m "));
    for args in [&diff[..], &refused, &["application", "list"]] {
        for off in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let text = at_terminal(&endpoint, 80, &[off], args).await;
            assert!(!text.contains('\u{1b}'), "{off:?}: {text:?}");
        }
        let piped = qcli.run(args).await;
        assert!(!piped.stdout.contains('\u{1b}') && !piped.stderr.contains('\u{1b}'), "{piped:?}");
    }
}
