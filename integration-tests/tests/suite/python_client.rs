//! The Python distribution against a real server: its tests, its types, its examples, and their page.

use std::fs;
use std::path::PathBuf;

use qairon_integration_tests::{Program, Report, Server, program, workspace};
use tokio::process::Command;

use crate::filter_docs::load_demo;
use crate::grpcurl::assert_tour;
use crate::stage::Stage;

/// The commit of the page's tour.
const COMMIT: &str = "3f786850e387550fdab836ed7e6dc881de23001b";

#[tokio::test]
async fn the_tests_of_the_python_distribution_pass_on_a_real_server() {
    let stage = Stage::set().await;
    let told = run(Some(&stage.server), &["-m", "pytest", "--tb=short", "-p", "no:cacheprovider"]).await;
    assert!(!told.contains("skipped"), "{told}");
    // The answer that was lost came to one object all the same.
    let stacks = stage.client.list("stack", "application_id = \"lost\"").await.expect("a list");
    assert_eq!(stacks.len(), 1, "{told}");
}

#[tokio::test]
async fn the_python_sources_and_examples_have_strict_types() {
    let environment = ["-m", "mypy", "--cache-dir", ".mypy_cache"];
    run(None, &[&environment[..], &["-p", "qairon", "-p", "qairon_qcli"]].concat()).await;
    run(None, &[&environment[..], &["examples/pipeline.py"]].concat()).await;
    run(None, &[&environment[..], &["examples/automation.py"]].concat()).await;
}

#[tokio::test]
async fn the_pipeline_in_python_records_a_build_through_to_its_release_once() {
    let stage = Stage::set().await;
    load_demo(&stage).await;
    let before = stage.rows().await;
    assert_tour("docs/clients/python.md", &stage.server).await;
    let rows = stage.rows().await;
    // A build, a release, an artifact of each, and the subnet of the automation.
    assert_eq!(rows - before, 5);
    assert_tour("docs/clients/python.md", &stage.server).await;
    assert_eq!(stage.rows().await, rows, "a repeated run wrote something");

    let builds = stage.client.list("build", &format!("vcs_ref = \"{COMMIT}\"")).await.expect("a list");
    let build = builds.first().expect("the build is recorded");
    assert_eq!(build.id(), "ecommerce:checkout:order-processor:9001");
    let releases = stage.client.list("release", &format!("build_id = \"{}\"", build.id())).await.expect("a list");
    let release = releases.first().expect("the release is recorded");
    let current = format!("current_release_id = \"{}\"", release.id());
    assert_eq!(stage.client.list("deployment", &current).await.expect("a list").len(), 1, "it is not the current one");
    for (resource, field, id) in
        [("build_artifact", "build_id", build.id()), ("release_artifact", "release_id", release.id())]
    {
        let path = "ecommerce/order-processor:9001-3f78685";
        let filter = format!("{field} = \"{id}\" AND upload_path = \"{path}\"");
        assert_eq!(stage.client.list(resource, &filter).await.expect("a list").len(), 1, "{resource}");
    }
}

#[test]
fn the_python_code_of_the_page_stands_in_sources_that_are_tested() {
    let page = fs::read_to_string(workspace().join("docs/clients/python.md")).expect("the page is there");
    let mut sources = String::new();
    for folder in ["examples", "tests"] {
        for entry in fs::read_dir(workspace().join("stubs/python").join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "py") {
                sources.push_str(&unindented(&fs::read_to_string(path).expect("a text")));
            }
        }
    }
    let mut report = Report::new();
    let blocks: Vec<&str> = page.split("```python\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() >= 5, "{} blocks", blocks.len());
    for block in blocks {
        report.check(sources.contains(&unindented(block)), block, "stands in no source that is tested");
    }
    report.finish();
}

/// What Python prints when it is run in the distribution's folder with these arguments; it has to succeed.
async fn run(server: Option<&Server>, arguments: &[&str]) -> String {
    let python: PathBuf = workspace().join(".tools/python/bin/python");
    assert!(python.is_file(), "the Python tools are missing: run `scripts/python-env.sh`");
    let mut command = Command::new(python);
    command.args(arguments).current_dir(workspace().join("stubs/python")).env("QAIRON_QCLI", program(Program::Qcli));
    if let Some(server) = server {
        command.env("QAIRON_ENDPOINT", server.endpoint());
    }
    let output = command.kill_on_drop(true).output().await.expect("python can be run");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {text}");
    text
}

fn unindented(text: &str) -> String {
    text.lines().map(|line| line.trim().to_owned() + "\n").collect()
}
