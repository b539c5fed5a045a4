//! The real grpcurl against a real server: reflection, a call of every service, streams, errors, and the protoset.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;

use futures_util::{StreamExt, stream};
use qairon::model::Verb;
use qairon_integration_tests::{Database, Program, Report, Server, program, workspace};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::filter_docs::load_demo;
use crate::stage::Stage;

/// What `scripts/tools.sh` installed, or what is on the PATH.
fn grpcurl() -> PathBuf {
    let installed = workspace().join(".tools/bin/grpcurl");
    if installed.exists() { installed } else { "grpcurl".into() }
}

/// Runs grpcurl with something on its standard input. `Err` has what it said and its exit code.
async fn run(args: &[&str], input: &str) -> Result<String, (String, Option<i32>)> {
    let mut child = Command::new(grpcurl())
        .args(["-plaintext", "-max-time", "60"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("grpcurl can be run: `make grpcurl` installs it");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).await.expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().await.expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    Err((text(&output.stdout) + &text(&output.stderr), output.status.code()))
}

/// Runs the section "Tour" of a page, with the programs under test on the PATH.
pub async fn assert_tour(page: &str, server: &Server) {
    let programs = program(Program::Service).parent().expect("a folder").to_owned();
    let mut path = vec![programs, workspace().join(".tools/bin")];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let output = Command::new("python3")
        .args(["scripts/check-tour.py", page])
        .current_dir(workspace())
        .env("QAIRON_ENDPOINT", server.endpoint())
        .env("PATH", std::env::join_paths(path).expect("a PATH"))
        .output()
        .await
        .expect("python3 can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn services() -> BTreeSet<String> {
    let pool = qairon::model().pool();
    let ours = pool.services().map(|service| service.full_name().to_owned());
    ours.filter(|name| name.starts_with("qairon.")).collect()
}

/// A method of each service, with a request: a List where there is one.
fn calls() -> Vec<(String, Value)> {
    let listed: BTreeSet<String> = services();
    let mut calls = Vec::new();
    for service in listed {
        let prefix = format!("/{service}/");
        let list =
            |method: &&qairon::model::Method| method.verb == Some(Verb::List) && method.path.starts_with(&prefix);
        let call = match (qairon::model().methods().iter().find(list), service.as_str()) {
            (Some(method), _) => (method.path[1..].to_owned(), json!({ "page_size": 1 })),
            (None, "qairon.v1.BulkService") => (format!("{service}/ImportObjects"), json!({})),
            (None, "qairon.v1.SearchService") => (format!("{service}/FindObjects"), json!({ "text": "wik" })),
            (None, "qairon.v1.ServerService") => (format!("{service}/GetServerInfo"), json!({})),
            (None, "qairon.v1.TraceService") => (format!("{service}/TraceBuilds"), json!({ "vcs_ref": "abcd" })),
            (None, other) => panic!("`{other}` has no List; say here what to call"),
        };
        calls.push(call);
    }
    calls
}

#[tokio::test]
async fn every_service_is_listed_and_every_symbol_described() {
    let stage = Stage::set().await;
    let address = stage.server.address();
    let listed = run(&[address, "list"], "").await.expect("a list");
    let listed: BTreeSet<&str> = listed.lines().collect();
    let mut report = Report::new();
    for service in services() {
        report.check(listed.contains(service.as_str()), &service, "is not listed");
    }
    let others = ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"];
    report.equal("what is listed", listed.len(), services().len() + others.len());
    let messages = qairon::model().pool().all_messages().map(|message| message.full_name().to_owned());
    let ours = messages.filter(|name| name.starts_with("qairon."));
    let symbols = ours.chain(services()).chain(others.map(str::to_owned));
    let described = stream::iter(symbols)
        .map(|symbol| async move { (run(&[address, "describe", &symbol], "").await, symbol) })
        .buffer_unordered(4);
    for (described, symbol) in described.collect::<Vec<_>>().await {
        let described = described.unwrap_or_else(|(text, _)| text);
        report.check(described.starts_with(&format!("{symbol} is a ")), &symbol, &described);
        // Ours have their comments.
        report.check(described.contains("\n// ") || !symbol.starts_with("qairon."), &symbol, "has no comment");
    }
    report.finish();
}

#[tokio::test]
async fn a_method_of_every_service_is_called() {
    let stage = Stage::set().await;
    let mut report = Report::new();
    for (method, request) in calls() {
        let request = request.to_string();
        let answer = run(&["-d", &request, stage.server.address(), &method], "").await;
        report.check(answer.is_ok(), &method, format!("{answer:?}"));
    }
    report.finish();
}

#[tokio::test]
async fn the_tour_of_the_page_on_grpcurl_prints_what_it_says() {
    let stage = Stage::set().await;
    load_demo(&stage).await;
    assert_tour("docs/clients/grpcurl.md", &stage.server).await;
}

#[tokio::test]
async fn a_load_is_acknowledged_message_by_message() {
    let stage = Stage::set().await;
    let input = r#"
        {"objects": [{"@type": "type.googleapis.com/qairon.v1.Application", "id": "one"}]}
        {"objects": [{"@type": "type.googleapis.com/qairon.v1.Application", "id": "two"}]}
    "#;
    let answer = run(&["-d", "@", stage.server.address(), "qairon.v1.BulkService/LoadObjects"], input).await;
    let answer = answer.unwrap_or_else(|(text, _)| panic!("{text}"));
    let answers: Vec<Value> =
        serde_json::Deserializer::from_str(&answer).into_iter().collect::<Result<_, _>>().expect("JSON");
    let last = answers.last().expect("an answer");
    assert_eq!((&last["created"], &last["committed"]), (&json!("2"), &json!(true)), "{answer}");
    assert_eq!(stage.client.list("application", "").await.expect("a list").len(), 2);
}

#[tokio::test]
async fn without_reflection_the_protoset_takes_its_place() {
    let database = Database::new().await;
    let server = Server::start(&database, &["--reflection=off"]).await;
    let (text, code) = run(&[server.address(), "list"], "").await.expect_err("there is no reflection");
    assert!(text.contains("server does not support the reflection API"), "{code:?}: {text}");
    let written = Command::new(program(Program::Service)).arg("protoset").output().await.expect("it can be run");
    assert!(written.status.success());
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), &written.stdout).expect("a file");
    let protoset = file.path().to_str().expect("a path");
    let mut report = Report::new();
    for (method, request) in calls().into_iter().chain([("grpc.health.v1.Health/Check".to_owned(), json!({}))]) {
        let request = request.to_string();
        let answer = run(&["-protoset", protoset, "-d", &request, server.address(), &method], "").await;
        report.check(answer.is_ok(), &method, format!("{answer:?}"));
    }
    report.finish();
    let request = ["-protoset", protoset, "-d", "{}", server.address(), "qairon.v1.CatalogService/GetStack"];
    let (text, code) = run(&request, "").await.expect_err("an ID is required");
    assert_eq!(code, Some(64 + 3), "{text}");
    assert!(text.contains("\"reason\": \"REQUIRED\"") && text.contains("\"field\": \"id\""), "{text}");
}
