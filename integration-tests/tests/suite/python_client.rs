//! The Python distribution against a real server: its tests, its types, its examples, and their page.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use qairon_integration_tests::{Program, Qcli, Report, Server, program, workspace};
use serde_json::Value;
use tokio::process::Command;

use crate::filter_docs::load_demo;
use crate::grpcurl::assert_tour;
use crate::stage::Stage;
use crate::tls::Site;

/// The commit of the page's tour.
const COMMIT: &str = "3f786850e387550fdab836ed7e6dc881de23001b";

#[tokio::test]
async fn the_tests_of_the_python_distribution_pass_on_a_real_server() {
    let stage = Stage::set().await;
    let site = Site::of(&stage.server).await;
    let mut pytest = command(&["-m", "pytest", "--tb=short", "-p", "no:cacheprovider"]);
    pytest.env("QAIRON_ENDPOINT", stage.server.endpoint()).envs(site.environment());
    let output = pytest.output().await.expect("python can be run");
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(!told.contains("skipped"), "{told}");
    // The answer that was lost came to one object all the same.
    let stacks = stage.client.list("stack", "application_id = \"lost\"").await.expect("a list");
    assert_eq!(stacks.len(), 1, "{told}");
}

#[tokio::test]
async fn the_python_sources_and_examples_have_strict_types() {
    run(None, &["-m", "mypy", "-p", "qairon", "-p", "qairon_qcli"]).await;
    run(None, &["-m", "mypy", "examples", "tests"]).await;
}

#[tokio::test]
async fn the_pipeline_in_python_records_a_build_through_to_its_release_once() {
    let stage = Stage::set().await;
    load_demo(&stage).await;
    let before = stage.rows().await;
    assert_tour("docs/clients/python.md", &stage.server).await;
    let rows = stage.rows().await;
    // A build, a release, and an artifact of each.
    assert_eq!(rows - before, 4);
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

#[tokio::test]
async fn automation_in_python_prints_what_the_commands_print_and_fails_as_they_do() {
    let stage = Stage::set().await;
    load_demo(&stage).await;
    let before = stage.rows().await;
    let printed = run(Some(&stage.server), &["examples/automation.py"]).await;
    let rows: Vec<Value> =
        serde_json::Deserializer::from_str(&printed).into_iter().collect::<Result<_, _>>().expect("JSON documents");
    let [service, services, of_stack, subnet] = &rows[..] else { panic!("{printed}") };
    let qcli = Qcli::new(&stage.server);
    let told = |arguments: &'static [&'static str]| {
        let qcli = qcli.clone();
        async move { serde_json::from_str::<Value>(&qcli.text(arguments).await).expect("JSON") }
    };
    assert_eq!(*service, told(&["service", "get", "ecommerce:checkout:order-processor", "-o", "json"]).await);
    assert_eq!(*services, told(&["service", "list", "-o", "json"]).await);
    assert_eq!(*of_stack, told(&["stack", "get_field", "ecommerce:payments", "services", "-o", "json"]).await);
    let network = "prod:aws:123456789012:us-east-1:us-east-1a:main-vpc";
    assert_eq!(subnet["id"], format!("{network}:eks0"));
    assert_eq!(subnet["network_id"], network);
    assert!(
        subnet["cidr"].as_str().is_some_and(|cidr| cidr.starts_with("10.16.") && cidr.ends_with("/22")),
        "{subnet}"
    );
    assert_eq!(stage.rows().await, before + 1);

    // Once more: the name is taken, and nothing succeeds silently.
    let again = python(Some(&stage.server), &["examples/automation.py"]).await;
    let error = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && error.contains("AlreadyExists") && error.contains("eks0"), "{error}");
    assert_eq!(stage.rows().await, before + 1);
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
        report.check(sources.contains(&unindented(block)), block, "is in no tested source");
    }
    report.finish();
}

/// What Python prints when it is run in the distribution's folder with these arguments; it has to succeed.
async fn run(server: Option<&Server>, arguments: &[&str]) -> String {
    let output = python(server, arguments).await;
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {text}");
    text
}

async fn python(server: Option<&Server>, arguments: &[&str]) -> Output {
    let mut command = command(arguments);
    if let Some(server) = server {
        command.env("QAIRON_ENDPOINT", server.endpoint());
    }
    command.output().await.expect("python can be run")
}

fn command(arguments: &[&str]) -> Command {
    let python: PathBuf = workspace().join(".tools/python/bin/python");
    assert!(python.is_file(), "the Python tools are missing: run `scripts/python-env.sh`");
    let mut command = Command::new(python);
    command.args(arguments).current_dir(workspace().join("stubs/python")).env("QAIRON_QCLI", program(Program::Qcli));
    command.kill_on_drop(true);
    command
}

fn unindented(text: &str) -> String {
    text.lines().map(|line| line.trim().to_owned() + "\n").collect()
}
