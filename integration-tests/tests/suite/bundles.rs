//! Bundles: many resources in files, applied, compared, exported and pruned by the real command line.

use std::fs;

use qairon_integration_tests::{Program, Qcli, program, workspace};
use serde_json::{Value, json};

use crate::csv_import::round_trip::{content, nasty_world};
use crate::csv_import::{Desk, text};
use crate::stage::entities;

const SHOP: &str = "\
# What refers to others may stand before them.
- resource: service
  stack_id: shop:web
  name: cart
  artifact_name: \"0012\"
  repos: [git:cart, git:shared]
- resource: stack
  application_id: shop
  name: web
  defaults: {owner: team-web, replicas: 2}
---
resource: application
id: shop
";

/// A directory with files of every format, and some that are none of its business.
fn shop(desk: &Desk) -> String {
    desk.file("bundle/apps.yaml", SHOP);
    let rows = json!([{"resource": "repo_type", "id": "git"}, {"resource": "application", "id": "other"}]);
    desk.file("bundle/sub/more.json", rows.to_string());
    let repo =
        |name: &str| json!({"resource": "repo", "repo_type_id": "git", "name": name, "url": "https://x"}).to_string();
    desk.file("bundle/repos.jsonl", format!("{}\n{}\n", repo("cart"), repo("shared")));
    desk.file("bundle/02_language.csv", "id\nrust\n");
    desk.file("bundle/.hidden.yaml", "not: [a bundle");
    desk.file("bundle/README.md", "not a bundle");
    text(&desk.path("bundle"))
}

#[tokio::test]
async fn a_directory_is_applied_in_any_order_and_then_nothing_differs() {
    let desk = Desk::set().await;
    let directory = shop(&desk);
    let plan = desk.qcli.run(&["apply", "-f", &directory, "--dry-run"]).await;
    assert_eq!(plan.code, Some(0), "{plan:?}");
    for line in
        ["+ application shop", "+ stack shop:web", "+ service shop:web:cart", "+ language rust", "+ repo_type git"]
    {
        assert!(plan.stdout.lines().any(|told| told == line), "{line} is not in {}", plan.stdout);
    }
    let last = plan.stdout.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("would create 8 (2 application, ") && last.ends_with("), update 0 and delete 0; 0 unchanged"),
        "{last}"
    );
    assert_eq!(desk.stage.rows().await, 0);
    assert_eq!(desk.qcli.run(&["diff", "-f", &directory]).await.code, Some(1));
    let applied = desk.qcli.text(&["apply", "-f", &directory]).await;
    let last = applied.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("8 created (2 application, ") && last.ends_with("), 0 updated, 0 deleted, 0 unchanged"),
        "{last}"
    );
    assert_eq!(desk.qcli.json(&["service", "get_field", "shop:web:cart", "artifact_name", "-o", "json"]).await, "0012");
    assert_eq!(desk.count("service_repo").await, 2);
    let diff = desk.qcli.run(&["diff", "-f", &directory]).await;
    assert_eq!((diff.code, diff.stdout.as_str(), diff.stderr.as_str()), (Some(0), "", ""));
    // Links are exactly those that are given, and null clears.
    let change = "resource: service\nid: shop:web:cart\nartifact_name: null\nrepos: []\n---\nresource: stack\n\
                  id: shop:web\ndefaults: {owner: team-cart, replicas: 2}\n";
    let diff = desk.qcli.run_with_input(&["diff", "-f", "-"], change.as_bytes()).await;
    assert_eq!(diff.code, Some(1), "{diff:?}");
    assert!(
        diff.stdout.contains("~ stack shop:web: defaults.owner: \"team-web\" -> \"team-cart\"\n"),
        "{}",
        diff.stdout
    );
    let rows = desk.qcli.run_with_input(&["apply", "-f", "-", "-o", "json"], change.as_bytes()).await;
    assert_eq!(rows.code, Some(0), "{rows:?}");
    let rows: Value = serde_json::from_str(&rows.stdout).expect("JSON");
    let of_service =
        rows.as_array().and_then(|rows| rows.iter().find(|row| row["resource"] == "service")).expect("a row");
    assert_eq!((&of_service["change"], &of_service["id"]), (&json!("update"), &json!("shop:web:cart")));
    let cleared = json!({"field": "artifact_name", "before": "0012", "after": null});
    assert_eq!(of_service["fields"][0], cleared, "{rows}");
    // The last row has the numbers.
    let totals = rows.as_array().and_then(|rows| rows.last()).expect("a row");
    let updated = json!({"service": 1, "stack": 1});
    assert_eq!((&totals["change"], &totals["updated"]), (&json!("summary"), &updated), "{rows}");
    assert_eq!((&totals["created"], &totals["unchanged"]), (&json!({}), &json!(0)), "{rows}");
    assert_eq!(desk.count("service_repo").await, 0);
    assert_eq!(desk.qcli.run_with_input(&["apply", "-qf", "-"], change.as_bytes()).await.stdout, "");
}

#[tokio::test]
async fn mistakes_are_told_by_file_and_line_and_change_nothing() {
    let desk = Desk::set().await;
    let good = desk.file("good.yaml", "resource: application\nid: shop\n");
    let bad = desk.file("bad.yaml", "- resource: stack\n  application_id: shop\n  nme: x\n- resource: stak\n");
    let output = desk.qcli.run(&["apply", "-f", &good, "-f", &bad]).await;
    assert_eq!(output.code, Some(1), "{output:?}");
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(lines[0], format!("qcli: {bad}:3: unknown field of `stack` `nme`, did you mean `name`?"));
    assert_eq!(lines[1], format!("qcli: {bad}:4: unknown resource `stak`, did you mean `stack`?"));
    assert_eq!(lines[2], "qcli: 2 objects were refused, nothing was changed");
    let far = desk.file(
        "far.yaml",
        "\n- resource: stack\n  application_id: shop\n  name: a\n\n- resource: stack\n  \
                        application_id: nowhere\n  name: b\n",
    );
    for (command, code) in [("apply", 1), ("diff", 2)] {
        let output = desk.qcli.run(&[command, "-f", &good, "-f", &far]).await;
        assert_eq!(output.code, Some(code), "{output:?}");
        assert!(output.stderr.starts_with(&format!("qcli: {far}:6: ")), "{}", output.stderr);
        assert!(output.stderr.contains("nowhere"), "{}", output.stderr);
    }
    assert_eq!(desk.stage.rows().await, 0);
    let odd = desk.file("bundle.txt", "");
    let empty = desk.file("empty.yaml", "");
    for (args, told) in [
        (&["apply"][..], "--file"),
        (&["apply", "-f", "/nowhere.yaml"], "cannot read `/nowhere.yaml`"),
        (&["apply", "-f", &odd], "has no known ending"),
        (&["apply", "-f", &good, "--prune"], "--scope"),
        (&["apply", "-f", &empty, "--prune", "--scope", "application/shop"], "have no objects"),
        (&["diff", "-f", &good, "--prune", "--scope", "shop"], "such as `application/shop`"),
        (&["diff", "-f", &good, "--prune", "--scope", "aplication/shop"], "did you mean `application`?"),
        (&["export", "-o", "table"], "use `-o yaml`"),
    ] {
        let output = desk.qcli.run(args).await;
        assert_eq!(output.code, Some(2), "{args:?}: {output:?}");
        assert!(output.stderr.contains(told), "{told} is not in {}", output.stderr);
    }
    let away = Qcli::at("http://127.0.0.1:1").run(&["diff", "-f", &good]).await;
    assert_eq!(away.code, Some(2), "{away:?}");
}

#[tokio::test]
async fn prune_deletes_what_the_bundle_no_longer_names_within_its_scope() {
    let desk = Desk::set().await;
    let all = "[{resource: application, id: shop}, {resource: application, id: other},\n\
               {resource: stack, application_id: shop, name: web}, {resource: stack, application_id: shop, name: old},\n\
               {resource: stack, application_id: other, name: old}]\n";
    let all = desk.file("all.yaml", all);
    desk.qcli.text(&["apply", "-f", &all]).await;
    let kept = desk.file("kept.yaml", "resource: stack\nid: shop:web\n");
    let prune = ["-f", &kept, "--prune", "--scope", "application/shop"];
    let diff = desk.qcli.run(&[&["diff"][..], &prune].concat()).await;
    assert_eq!((diff.code, diff.stdout.as_str()), (Some(1), "- stack shop:old\n"), "{diff:?}");
    let other = [&["diff"][..], &prune, &["--prune-resource", "service"]].concat();
    assert_eq!(desk.qcli.run(&other).await.code, Some(0));
    let applied = desk.qcli.text(&[&["apply"][..], &prune].concat()).await;
    assert_eq!(applied, "- stack shop:old\n0 created, 0 updated, 1 deleted (1 stack), 1 unchanged");
    assert_eq!(desk.qcli.text(&["stack", "list", "-o", "plain", "-f", "id"]).await, "other:old\nshop:web");
}

#[tokio::test]
async fn an_export_changes_nothing_and_rebuilds_everything() {
    let (from, to) = (Desk::set().await, Desk::set().await);
    nasty_world(&from).await;
    for format in ["yaml", "json", "jsonl"] {
        let bundle = from.qcli.text(&["export", "-o", format]).await;
        let same = from.qcli.run_with_input(&["diff", "-f", "-"], bundle.as_bytes()).await;
        assert_eq!((same.code, same.stdout.as_str()), (Some(0), ""), "{format}: {same:?}");
    }
    let bundle = from.qcli.text(&["export"]).await;
    assert!(bundle.starts_with("- resource: "), "{bundle}");
    let applied = to.qcli.run_with_input(&["apply", "-f", "-"], bundle.as_bytes()).await;
    assert_eq!(applied.code, Some(0), "{applied:?}");
    for entity in entities() {
        assert_eq!(content(&to, entity).await, content(&from, entity).await, "{}", entity.name);
    }
    assert_eq!(to.qcli.text(&["export"]).await, bundle);
    let part = from.qcli.text(&["export", "stack", "--filter", "name = \"nothing*\""]).await;
    assert_eq!(part, "[]");
    let application = from.qcli.text(&["application", "list", "-o", "plain", "-f", "id"]).await;
    let first = application.lines().next().expect("an application");
    let scoped = from.qcli.json(&["export", "--scope", &format!("application/{first}"), "-o", "json"]).await;
    let rows = scoped.as_array().expect("a list");
    assert!(rows.len() > 1 && rows.len() < bundle.matches("- resource: ").count(), "{}", rows.len());
    // Deployments of its services are made of it, too.
    assert!(
        rows.iter().all(|row| row["id"].as_str().is_some_and(|id| id.split(':').any(|part| part == first))),
        "{scoped}"
    );
}

/// The commands of a block, each with what it prints.
fn commands(block: &str) -> Vec<(&str, Vec<&str>)> {
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, Vec::new())),
            (None, Some((_, told))) => told.push(line),
            (None, None) => panic!("{line:?} belongs to no command"),
        }
    }
    commands
}

#[tokio::test]
async fn the_pages_say_what_is_so() {
    for page in ["qcli-many-objects", "qcli-changes"] {
        let path = workspace().join(format!("docs/clients/{page}.md"));
        says_what_is_so(&fs::read_to_string(path).expect("the page is there")).await;
    }
}

async fn says_what_is_so(page: &str) {
    let desk = Desk::set().await;
    let program = program(Program::Qcli);
    let directory = program.parent().expect("a directory").display().to_string();
    let path = format!("{directory}:{}", std::env::var("PATH").expect("a path"));
    let mut ran = 0;
    for block in page.split("```").skip(1).step_by(2) {
        let (kind, block) = block.split_once('\n').expect("a block has lines");
        if let Some((_, name)) = kind.split_once(' ') {
            desk.file(name, block);
            continue;
        }
        for (line, wanted) in commands(block) {
            let mut shell = tokio::process::Command::new("bash");
            shell.args(["-c", line]).current_dir(desk.directory.path()).env("PATH", &path);
            shell.env("QAIRON_CONFIG", "/dev/null").env("EDITOR", "false").env_remove("VISUAL");
            let output = shell.env("QAIRON_ENDPOINT", desk.stage.server.endpoint()).output().await.expect("a shell");
            let told = [output.stdout, output.stderr].concat();
            let told = String::from_utf8_lossy(&told);
            assert_eq!(told.lines().collect::<Vec<_>>(), wanted, "{line}");
            ran += 1;
        }
    }
    assert!(ran > 8, "{ran} commands ran");
}
