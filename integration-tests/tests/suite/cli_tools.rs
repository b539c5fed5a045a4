//! qcli about itself and the server: versions, the output of `-v`, and which calls are retried.

mod docs;
mod fake;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use qairon_integration_tests::{Cluster, Database, Durability, Qcli, Server, poll_until, soon, workspace};
use serde_json::{Value, json};

use crate::stage::Stage;
use fake::{Answer, Fake};

#[tokio::test]
async fn both_sides_have_a_version() {
    let stage = Stage::set().await;
    let info = stage.client.call("GetServerInfo", json!({})).await.expect("an answer");
    let qcli = Qcli::new(&stage.server);
    let version = qcli.json(&["version"]).await;
    let text = async |sql| stage.database.query(sql).await[0][0].clone().expect("a text");
    let migration = text("SELECT max(version)::text FROM __diesel_schema_migrations").await;
    let postgres = text("SELECT split_part(current_setting('server_version'), ' ', 1)").await;
    assert_eq!(
        version,
        json!({
            "client_version": env!("CARGO_PKG_VERSION"),
            "endpoint": stage.server.endpoint(),
            "server_version": env!("CARGO_PKG_VERSION"),
            "api_packages": ["qairon.v1"],
            "database_version": postgres,
            "schema_version": migration,
            "max_message_bytes": 4 * 1024 * 1024,
        })
    );
    for (field, name) in [("version", "server_version"), ("schema_version", "schema_version")] {
        assert_eq!(info[field], version[name]);
    }
    assert_eq!(qcli.text(&["version", "-o", "plain", "-f", "server_version"]).await, env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn the_server_is_asked_often_and_the_database_seldom() {
    let stage = Stage::set().await;
    let asked =
        || async { stage.server.metric("qairon_database_operation_duration_seconds_count", &["versions"]).await };
    let before = asked().await;
    let calls = (0..50).map(|_| stage.client.call("GetServerInfo", json!({})));
    for answer in futures_util::future::join_all(calls).await {
        assert_ne!(answer.expect("an answer")["database_version"], json!(""));
    }
    let after = asked().await;
    assert!(after >= 1.0 && after - before <= 10.0, "{before} and {after}");
}

#[tokio::test]
async fn the_server_answers_while_its_database_is_away() {
    let mut cluster = Cluster::start(Durability::None).await;
    let database = Database::in_cluster(&cluster).await;
    let server = Server::start(&database, &[]).await;
    let client = server.client();
    let there = || async {
        let info = client.call("GetServerInfo", json!({})).await.expect("an answer");
        assert_eq!(info["version"], env!("CARGO_PKG_VERSION"));
        let text = |field: &str| info[field].as_str().unwrap_or_default().to_owned();
        (text("database_version"), text("schema_version"))
    };
    assert_ne!(there().await.0, "");
    cluster.stop().await;
    let away = || async { (there().await == (String::new(), String::new())).then_some(()) };
    poll_until(soon(), "the database is reported as unreachable", away).await;
    let version = Qcli::new(&server).json(&["version"]).await;
    assert_eq!(
        (&version["database_version"], &version["server_version"]),
        (&Value::Null, &json!(env!("CARGO_PKG_VERSION")))
    );
}

#[tokio::test]
async fn calls_are_told_and_secrets_are_not() {
    let stage = Stage::set().await;
    let qcli = Qcli::new(&stage.server);
    let quiet =
        qcli.run(&["application", "create", "shop", "-d", r#"{"db":{"password":"hunter2","port":5432}}"#]).await;
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(0), ""));
    let told = qcli.run(&["application", "get", "shop", "-v"]).await;
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let line = told.stderr.trim_end();
    assert!(line.starts_with(&format!("qcli: GetApplication at {}: OK in ", stage.server.endpoint())), "{line}");
    assert!(line.ends_with(" ms") && line.lines().count() == 1, "{line}");
    let told = qcli.run(&["application", "get", "shop", "-vv"]).await.stderr;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 3, "{told}");
    assert!(
        lines[0].starts_with("qcli: request GetApplicationRequest {") && lines[0].contains(r#""id":"shop""#),
        "{told}"
    );
    assert!(lines[2].starts_with("qcli: response GetApplicationResponse {") && lines[2].contains("5432"), "{told}");
    assert!(!told.contains("hunter2") && told.contains(r#""password":"***""#), "{told}");
    let told = qcli.run(&["application", "get", "nobody", "-v"]).await;
    assert_eq!(told.code, Some(1));
    assert!(told.stderr.contains(": NOT_FOUND in ") && !told.stderr.contains("again"), "{}", told.stderr);
    let told = qcli.run(&["trace", "impact", "application", "shop", "-v"]).await.stderr;
    assert!(told.contains("qcli: TraceImpact at ") && told.contains(": OK"), "{told}");
    // A long message is cut, and says so.
    let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(20_000));
    let told = qcli.run(&["application", "set_field", "shop", "defaults", &long, "-vv"]).await.stderr;
    assert!(told.contains("bytes in all)") && told.lines().all(|line| line.len() < 5000));
}

#[tokio::test]
async fn what_passes_is_tried_again_and_what_stays_is_not() {
    let conflict = Answer::refusal(tonic::Code::Aborted, "CONFLICT");
    let away = Answer::refusal(tonic::Code::Unavailable, "DATABASE_UNAVAILABLE");
    let stale = Answer::refusal(tonic::Code::Aborted, "ETAG_MISMATCH");
    let refused = Answer::refusal(tonic::Code::FailedPrecondition, "HAS_DEPENDENTS");
    let create = ["stack", "create", "a", "b"];
    let get = ["stack", "get", "a:b"];
    for (name, args, answers, retries, calls, code) in [
        ("a conflict passes", &create[..], vec![conflict.clone(), conflict.clone(), Answer::Nothing], "4", 3, 0),
        ("a write is repeated", &create, vec![away.clone(), Answer::Nothing], "4", 2, 0),
        ("a read is repeated", &get, vec![away.clone(), Answer::Nothing], "1", 2, 0),
        ("as often as is said", &create, vec![conflict.clone()], "2", 3, 1),
        ("not at all", &create, vec![conflict.clone(), Answer::Nothing], "0", 1, 1),
        ("a stale etag stays stale", &create, vec![stale, Answer::Nothing], "4", 1, 1),
        ("so does what is refused", &create, vec![refused, Answer::Nothing], "4", 1, 1),
        (
            "and an ABORTED of somebody else",
            &create,
            vec![Answer::foreign(tonic::Code::Aborted), Answer::Nothing],
            "4",
            1,
            1,
        ),
    ] {
        let fake = Fake::start(answers).await;
        let args = [args, &["--retries", retries, "-v"]].concat();
        let output = Qcli::at(&fake.endpoint()).run(&args).await;
        assert_eq!((output.code, fake.requests().len()), (Some(code), calls), "{name}: {}", output.stderr);
        assert_eq!(output.stderr.matches("again in").count(), calls - 1, "{name}: {}", output.stderr);
        // A repetition is the same request, by which the server knows it.
        assert!(fake.requests().windows(2).all(|pair| pair[0] == pair[1]), "{name}");
    }
}

#[tokio::test]
async fn a_server_that_stops_in_the_middle_is_given_up_in_time() {
    let stage = Stage::set().await;
    let pid = Pid::from_raw(stage.server.pid());
    kill(pid, Signal::SIGSTOP).expect("the server runs");
    // A hundred times the time of one would be beyond what this test waits on a machine that is idle.
    let qcli = Qcli::new(&stage.server);
    let run = qcli.run(&["application", "list", "--timeout", "700ms", "--retries", "100"]);
    let output = tokio::time::timeout(soon(), run).await.expect("it ends");
    kill(pid, Signal::SIGCONT).expect("the server runs");
    assert_eq!(output.code, Some(3), "{}", output.stderr);
    assert!(output.stderr.contains("within 700ms"), "{}", output.stderr);
}

#[tokio::test]
async fn the_reference_of_the_command_line_is_current() {
    let (fresh, kept) = (tempfile::tempdir().expect("a directory"), workspace().join("docs/cli"));
    let qcli = Qcli::at("http://127.0.0.1:1");
    let write = async |directory: &Path| qcli.text(&["help_reference", directory.to_str().expect("UTF-8")]).await;
    write(fresh.path()).await;
    for entity in qairon::model().entities() {
        let page = fs::read_to_string(fresh.path().join(format!("{}.md", entity.name))).expect("a page");
        assert!(page.contains("\n## get_field_query\n"), "{}", entity.name);
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        write(&kept).await;
    }
    let pages = |directory: &Path| -> BTreeMap<String, String> {
        let files = fs::read_dir(directory).expect("the pages are there").map(|entry| entry.expect("an entry").path());
        let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
        files.map(|path| (name(&path), fs::read_to_string(&path).expect("text"))).collect()
    };
    let (wanted, found) = (pages(fresh.path()), pages(&kept));
    let names: BTreeSet<&String> = wanted.keys().chain(found.keys()).collect();
    let differ: Vec<_> = names.into_iter().filter(|name| wanted.get(*name) != found.get(*name)).collect();
    assert!(differ.is_empty(), "`make cli-docs` writes these pages of docs/cli anew: {differ:?}");
}
