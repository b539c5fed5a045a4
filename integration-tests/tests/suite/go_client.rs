//! The Go stubs against a real server: their tests, their example, and their page.

use std::fs;
use std::path::Path;

use qairon_integration_tests::{Report, Row, World, long, workspace};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::filter_docs::load_demo;
use crate::grpcurl::assert_tour;
use crate::stage::{Stage, entities};
use crate::tls::Site;

#[tokio::test]
async fn the_tests_of_the_go_stubs_pass_on_a_real_server() {
    let stage = Stage::set().await;
    let site = Site::of(&stage.server).await;
    let objects = objects(&stage).await;
    let output = Command::new("go")
        .args(["test", "-count=1", &format!("-timeout={}s", long().as_secs()), "./..."])
        .current_dir(workspace().join("stubs/go"))
        .env("QAIRON_ENDPOINT", stage.server.endpoint())
        .envs(site.environment())
        .env("QAIRON_OBJECTS", objects.path())
        .kill_on_drop(true)
        .output()
        .await
        .expect("go can be run");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    // The lost answer still created one object, and no test was skipped because of a missing server.
    let stacks = stage.client.list("stack", "application_id = \"lost\"").await.expect("a list");
    assert_eq!(stacks.len(), 1, "{text}");
}

/// An object of every entity, in a file for the tests of the stubs.
async fn objects(stage: &Stage) -> tempfile::NamedTempFile {
    let mut world = World::new();
    stage.fill(&mut world).await;
    let mut objects = Vec::new();
    for entity in entities() {
        let id = stage.factory.object_in(&entity.name, &mut world).await;
        let Row(object) = stage.client.get(&entity.name, &id).await.expect("it exists");
        objects.push(json!({ "type": entity.message.full_name(), "id": id, "object": object }));
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), Value::from(objects).to_string()).expect("written");
    file
}

#[tokio::test]
async fn the_pipeline_in_go_records_a_build_through_to_its_release_once() {
    let stage = Stage::set().await;
    load_demo(&stage).await;
    assert_tour("docs/clients/go.md", &stage.server).await;
    let rows = stage.rows().await;
    assert_tour("docs/clients/go.md", &stage.server).await;
    assert_eq!(stage.rows().await, rows, "a repeated run wrote something");
    let release = stage.client.list("release", "build.vcs_ref = \"3f786850e387550fdab836ed7e6dc881de23001b\"").await;
    assert_eq!(release.expect("a list").len(), 1);
}

#[test]
fn the_go_code_of_the_page_stands_in_sources_that_are_tested() {
    let page = fs::read_to_string(workspace().join("docs/clients/go.md")).expect("the page is there");
    let mut sources = String::new();
    collect(&workspace().join("stubs/go"), &mut sources);
    let sources = unindented(&sources);
    let mut report = Report::new();
    let blocks: Vec<&str> = page.split("```go\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 5, "{} blocks", blocks.len());
    for block in blocks {
        report.check(sources.contains(&unindented(block)), block, "is in no source below stubs/go");
    }
    report.finish();
}

fn unindented(text: &str) -> String {
    text.lines().map(|line| line.trim().to_owned() + "\n").collect()
}

fn collect(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "go") {
            sources.push_str(&fs::read_to_string(path).expect("a text"));
        }
    }
}
