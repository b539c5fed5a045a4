//! Rows of the command line in every format, and the fields that paths lead to.

mod page;
mod paths;
mod terminal;
mod widths;

use qairon_integration_tests::{Output, Qcli, Report, World};
use serde_json::{Value, json};

use crate::stage::{Stage, entities};

const FORMATS: [&str; 6] = ["json", "jsonl", "yaml", "plain", "table", "wide"];

/// One line of what is wrong, and nothing on standard output.
fn refused(output: &Output, code: i32, told: &str) {
    assert_eq!((output.code, output.stdout.as_str()), (Some(code), ""), "{}", output.stderr);
    assert!(output.stderr.starts_with("qcli: ") && output.stderr.lines().count() == 1, "{}", output.stderr);
    assert!(output.stderr.contains(told), "{told}: {}", output.stderr);
}

#[tokio::test]
async fn rows_of_every_entity_are_the_same_in_every_format_for_programs() {
    let stage = Stage::set().await;
    let (qcli, mut report) = (Qcli::new(&stage.server), Report::new());
    let mut world = World::new();
    for entity in entities() {
        for _ in 0..2 {
            stage.factory.create_in(&entity.name, &mut world).await;
        }
        let list = async |format: &str| qcli.text(&[&entity.name, "list", "-o", format]).await;
        let json = list("json").await;
        let rows: Vec<Value> = serde_json::from_str(&json).expect("JSON");
        report.check(rows.len() >= 2, &entity.name, "there are rows");
        // A line for each row in both: the same text.
        let lines: Vec<&str> = json.lines().filter(|line| line.starts_with('{')).collect();
        let jsonl = list("jsonl").await;
        let without_commas: Vec<&str> = lines.iter().map(|line| line.trim_end_matches(',')).collect();
        report.equal(format!("{} jsonl", entity.name), jsonl.lines().collect::<Vec<_>>(), without_commas);
        let yaml = list("yaml").await;
        report.equal(format!("{} yaml", entity.name), yaml.matches("- resource: ").count() >= rows.len(), true);
        report.equal(format!("{} plain", entity.name), list("plain").await.lines().count(), rows.len());
        report.equal(format!("{} table", entity.name), list("table").await.lines().count(), rows.len() + 1);
        let wide = list("wide").await;
        let header = wide.lines().next().unwrap_or_default().to_owned();
        for column in ["ID", "DEFAULTS", "CREATED", "UPDATED"] {
            report.check(
                header.split_whitespace().any(|name| name == column),
                &entity.name,
                format!("{column}: {wide}"),
            );
        }
        report.check(!wide.contains('\u{1b}'), &entity.name, "a pipe has no colours");
    }
    report.finish();
}

#[tokio::test]
async fn texts_keep_their_type_and_their_lines_in_yaml() {
    let stage = Stage::set().await;
    let qcli = Qcli::new(&stage.server);
    let mut world = World::new();
    stage.factory.create_in("config_template", &mut world).await;
    let id = world.id("config_template").expect("it was created");
    for (doc, yaml) in [
        ("no", "\"no\""),
        ("1e3", "\"1e3\""),
        ("0x1f", "\"0x1f\""),
        ("2026-01-01", "\"2026-01-01\""),
        ("~", "\"~\""),
        ("a: b", "\"a: b\""),
        ("a ", "\"a \""),
        ("a\rb", "\"a\\rb\""),
        ("\u{1b}[2J", "\"\\e[2J\""),
        ("😀", "😀"),
        ("a:b:c", "a:b:c"),
        ("{% if x %}\n  y: 1\n{% endif %}\n", "|\n  {% if x %}\n    y: 1\n  {% endif %}"),
        ("a\nb", "|-\n  a\n  b"),
    ] {
        stage.client.update("config_template", json!({ "id": id, "doc": doc })).await.expect("any text");
        let one = qcli.text(&["config_template", "get", id, "-f", "doc", "-o", "yaml"]).await;
        assert_eq!(one, format!("doc: {yaml}"), "{doc:?}");
        let list = qcli.text(&["config_template", "list", "-f", "doc", "-o", "yaml"]).await;
        assert_eq!(list, format!("- doc: {}", yaml.replace("\n", "\n  ")), "{doc:?}");
        let value = qcli.text(&["config_template", "get_field", id, "doc", "-o", "yaml"]).await;
        assert_eq!(value.lines().next(), yaml.lines().next(), "{doc:?}");
        assert_eq!(qcli.json(&["config_template", "get_field", id, "doc", "-o", "jsonl"]).await, json!(doc));
    }
}

#[tokio::test]
async fn every_command_that_prints_rows_knows_every_format() {
    let stage = Stage::set().await;
    let qcli = Qcli::new(&stage.server);
    for (round, format) in FORMATS.iter().enumerate() {
        let (application, stack) = (format!("a{round}"), format!("a{round}:s"));
        // Without a format, the ID alone; with one, the row; `plain` is the ID all the same.
        assert_eq!(qcli.text(&["application", "create", &application]).await, application);
        let created = qcli.text(&["stack", "create", &application, "s", "-o", format]).await;
        let wanted = match *format {
            "json" | "jsonl" => format!("{{\"resource\":\"stack\",\"id\":\"{stack}\""),
            "yaml" => format!("resource: stack\nid: {stack}\n"),
            "plain" => stack.clone(),
            _ => format!(" id               {stack}\n"),
        };
        assert!(created.starts_with(&wanted), "{format}: {created}");
        let set = ["stack", "set_field", &stack, "defaults", "{\"a\": 1}", "-f", "defaults", "-o", format];
        let set = qcli.text(&set).await;
        let wanted = match *format {
            "json" | "jsonl" => "{\"defaults\":{\"a\":1}}",
            "yaml" => "defaults:\n  a: 1",
            "plain" => "{\"a\":1}",
            _ => " defaults  {\"a\":1}",
        };
        assert_eq!(set, wanted, "{format}");
        let count = qcli.text(&["stack", "list", "--count", "-o", format]).await;
        let wanted = match *format {
            "json" | "jsonl" => format!("{{\"resource\":\"stack\",\"count\":{}}}", round + 1),
            "yaml" => format!("resource: stack\ncount: {}", round + 1),
            _ => (round + 1).to_string(),
        };
        assert_eq!(count, wanted, "{format}");
        let found = qcli.text(&["find", &stack, "--limit", "1", "-f", "id", "-o", format]).await;
        let impact = qcli.text(&["trace", "impact", "application", &application, "-f", "id", "-o", format]).await;
        let listed = qcli.text(&["application", "get_field", &application, "stacks", "-f", "id", "-o", format]).await;
        let wanted = match *format {
            "json" => format!("[\n{{\"id\":\"{stack}\"}}\n]"),
            "jsonl" => format!("{{\"id\":\"{stack}\"}}"),
            "yaml" => format!("- id: {stack}"),
            "plain" => stack.clone(),
            _ => format!(" ID\n {stack}"),
        };
        assert_eq!([&found, &impact, &listed], [&wanted; 3], "{format}");
        let empty = qcli.text(&["service", "list", "-o", format]).await;
        assert_eq!(empty, if matches!(*format, "json" | "yaml") { "[]" } else { "" }, "{format}");
        let deleted = qcli.text(&["stack", "delete", &stack, "-o", format]).await;
        assert!(deleted.contains(&stack) && deleted.contains("204"), "{format}: {deleted}");
        qcli.text(&["stack", "create", &application, "s"]).await;
    }
    refused(&qcli.run(&["stack", "list", "-o", "ymal"]).await, 2, "yaml");
    refused(&qcli.run(&["stack", "get", "a0:none", "-o", "yaml"]).await, 1, "(NOT_FOUND)");
}

#[tokio::test]
async fn resources_are_listed_and_explained_without_a_server() {
    // Nobody listens there.
    let qcli = Qcli::at("http://127.0.0.1:1");
    for name in ["api-resources", "api_resources"] {
        let rows = qcli.json(&[name]).await;
        let names: Vec<&str> =
            rows.as_array().expect("rows").iter().filter_map(|row| row["resource"].as_str()).collect();
        assert_eq!(names, entities().iter().map(|entity| entity.name.as_str()).collect::<Vec<_>>());
    }
    for format in FORMATS {
        let text = qcli.text(&["api-resources", "-o", format]).await;
        assert!(text.contains("deployment_target"), "{format}: {text}");
        let text = qcli.text(&["explain", "deployment.service.stack", "-o", format]).await;
        assert!(text.contains("Stack is an independently deployable unit"), "{format}: {text}");
    }
    let plain = qcli.text(&["explain", "deployment.tag", "-o", "plain"]).await;
    assert_eq!(plain, qcli.text(&["explain", "deployment.tag"]).await);
    assert_eq!(qcli.json(&["explain", "deployment.tag", "-o", "json"]).await["default"], "default");
    for (args, told) in [
        (&["explain", "deploymnt"][..], "did you mean `deployment`?"),
        (&["explain", "deployment.zonse"], "did you mean `zones`?"),
        (&["explain"], "resource[.field…]"),
        (&["explain", "stack", "name"], "name"),
        (&["explain", "stack", "-f", "id"], "leave out `--field`"),
        (&["api-resources", "-f", "plurl"], "did you mean `plural`?"),
        (&["api-resources", "x"], "x"),
    ] {
        refused(&qcli.run(args).await, 2, told);
    }
}
