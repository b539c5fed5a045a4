//! The server's start and end.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use qairon::v1::bulk_service_client::BulkServiceClient;
use qairon::v1::{Application, ImportObjectsRequest};
use qairon_integration_tests::{Database, Output, Program, Server, poll_until, program, soon, workspace};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use super::transport::raw::{NOT_SERVING, SERVING, health_request, next, open};

/// A message of an import that holds applications.
pub fn applications(ids: &[&str]) -> ImportObjectsRequest {
    let any = |id: &&str| {
        let application = Application { id: (*id).to_owned(), ..Default::default() };
        let value = prost::Message::encode_to_vec(&application);
        prost_types::Any { type_url: "type.googleapis.com/qairon.v1.Application".to_owned(), value }
    };
    ImportObjectsRequest { objects: ids.iter().map(any).collect(), ..Default::default() }
}

async fn somebody_waits_for_a_lock(database: &Database) {
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let probe = || async { (database.number(waiting).await > 0).then_some(()) };
    poll_until(soon(), "a call waits for a lock", probe).await;
}

/// `qairon-service` with any arguments, to its end.
async fn service(args: &[&str]) -> Output {
    let mut command = Command::new(program(Program::Service));
    command.args(args).env_remove("DATABASE_URL").kill_on_drop(true);
    let output = command.output().await.expect("the service can be run");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Output { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// Starts a server that has to refuse, in one line that holds these texts.
pub async fn assert_refuses(args: &[&str], texts: &[&str]) {
    let Err((status, log)) = Server::try_start(args, &[]).await else { panic!("{args:?} started") };
    assert_eq!(status.code(), Some(1), "{log}");
    let told: Vec<&str> = log.lines().filter(|line| line.starts_with("qairon-service: ")).collect();
    assert!(matches!(told[..], [line] if texts.iter().all(|text| line.contains(text))), "{texts:?} in\n{log}");
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
}

#[tokio::test]
async fn sigterm_lets_calls_under_way_finish_and_tells_balancers_first() {
    let database = Database::new().await;
    let mut server = Server::start(&database, &[]).await;
    let client = server.client();
    client.create("application", json!({ "id": "a" })).await.expect("a new one");
    let request = health_request("qairon.v1.CatalogService");
    let watch = open(server.channel(), "/grpc.health.v1.Health/Watch", &[], request).await;
    let mut watch = watch.expect("health can be watched");
    while next(&mut watch).await.expect("a status") != SERVING {}
    let session = database.connect().await;
    session.batch_execute("BEGIN; SELECT id FROM application WHERE id = 'a' FOR UPDATE").await.expect("a lock");
    let change = json!({ "id": "a", "defaults": { "changed": true } });
    let call = tokio::spawn(async move { client.update("application", change).await });
    somebody_waits_for_a_lock(&database).await;

    server.signal(Signal::SIGTERM);
    assert_eq!(next(&mut watch).await.expect("a status"), NOT_SERVING);
    assert_eq!(next(&mut watch).await.expect_err("the end of the stream").code(), Code::Unavailable);
    let refused = || async { TcpStream::connect(server.address()).await.is_err().then_some(()) };
    poll_until(soon(), "connections are refused", refused).await;
    assert!(!call.is_finished(), "the call is still under way");
    session.batch_execute("ROLLBACK").await.expect("the end of the lock");
    let changed = call.await.expect("no panic").expect("the call under way finishes");
    assert_eq!(changed["defaults"], json!({ "changed": true }));
    assert!(server.wait().await.success());
    assert_eq!(database.number("SELECT count(*) FROM application WHERE defaults @> '{\"changed\": true}'").await, 1);
}

#[tokio::test]
async fn what_never_ends_holds_up_no_stop() {
    let database = Database::new().await;
    // Longer than the server is waited for: nothing of what is open uses up the drain.
    let mut server = Server::start(&database, &["--drain-timeout", "1h"]).await;
    let silent = TcpStream::connect(server.address()).await.expect("a connection");
    let reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let mut client = BulkServiceClient::new(server.channel());
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let import = tokio::spawn(async move { client.import_objects(ReceiverStream::new(receiver)).await });
    sender.send(applications(&["never"])).await.expect("the import takes it");
    let mut unsent = BulkServiceClient::new(server.channel());
    let (never_used, receiver) = tokio::sync::mpsc::channel(1);
    let unsent = tokio::spawn(async move { unsent.import_objects(ReceiverStream::new(receiver)).await });
    let mut watch =
        open(server.channel(), "/grpc.health.v1.Health/Watch", &[], health_request("")).await.expect("a watch");
    assert_eq!(next(&mut watch).await.expect("a status"), SERVING);
    let in_flight = || async { (server.metric("qairon_requests_in_flight", &[]).await >= 2.0).then_some(()) };
    poll_until(soon(), "both imports are under way", in_flight).await;
    let _answered = super::transport::raw::post(server.channel(), reflection, &[], Vec::new()).await;

    assert!(server.stop().await.success());
    for import in [import, unsent] {
        let ended = import.await.expect("no panic").expect_err("the import is not at its end");
        assert_eq!(ended.code(), Code::Unavailable, "{ended}");
    }
    assert_eq!(database.number("SELECT count(*) FROM application").await, 0);
    drop((silent, sender, never_used));
}

#[tokio::test]
async fn calls_that_do_not_finish_end_with_the_drain() {
    let database = Database::new().await;
    let mut server = Server::start(
        &database,
        &["--drain-timeout", "1s", "--lock-timeout", "1h", "--statement-timeout", "1h", "--request-timeout", "1h"],
    )
    .await;
    let client = server.client();
    client.create("application", json!({ "id": "a" })).await.expect("a new one");
    let session = database.connect().await;
    session.batch_execute("BEGIN; SELECT id FROM application WHERE id = 'a' FOR UPDATE").await.expect("a lock");
    let change = json!({ "id": "a", "defaults": { "changed": true } });
    let call = tokio::spawn(async move { client.update("application", change).await });
    somebody_waits_for_a_lock(&database).await;
    let began = Instant::now();
    // A lock is waited for without an end: only the drain ends the call.
    assert!(server.stop().await.success());
    assert!(began.elapsed() >= Duration::from_secs(1), "the call had its time");
    assert!(call.await.expect("no panic").is_err());
    let gone = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'qairon-service'";
    let probe = || async { (database.number(gone).await == 0).then_some(()) };
    poll_until(soon(), "PostgreSQL notices", probe).await;
    session.batch_execute("ROLLBACK").await.expect("the end of the lock");
    assert_eq!(database.number("SELECT count(*) FROM application WHERE defaults = '{}'").await, 1);
}

#[tokio::test]
async fn a_port_in_use_is_told_before_anything_is_started() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let url = database.url();
    let (api, metrics) = (server.address(), server.metrics_address());
    assert_refuses(&["--database-url", url, "--listen", api], &[api, "in use", "--listen"]).await;
    assert_refuses(&["--database-url", url, "--metrics-listen", metrics], &[metrics, "in use", "--metrics-listen"])
        .await;
}

#[tokio::test]
async fn a_second_service_serves_its_metrics_elsewhere() {
    let database = Database::new().await;
    // Whoever has it.
    let _taken = std::net::TcpListener::bind("127.0.0.1:9464");
    let server = Server::start_with_usual_metrics(&database).await;
    assert_ne!(server.metrics_address(), "127.0.0.1:9464");
    assert!(server.metric("qairon_pool_free_permits", &[]).await > 0.0);
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_left_alone() {
    let database = Database::new().await;
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000001')";
    database.execute(newer).await.expect("a row");
    let url = database.url();
    let texts = ["29990101000001", "newer program", "install that version"];
    assert_refuses(&["--database-url", url], &texts).await;
    assert_refuses(&["--database-url", url, "--migrate"], &texts).await;
    for args in [
        &["migrate", "--database-url", url][..],
        &["migrate", "--dry-run", "--database-url", url],
        &["migrate", "--revert-all", "--database-url", url],
    ] {
        let output = service(args).await;
        assert_eq!(output.code, Some(1), "{output:?}");
        assert!(texts.iter().all(|text| output.stderr.contains(text)), "{output:?}");
    }
    assert_eq!(database.number("SELECT count(*) FROM application").await, 0, "the tables are still there");
}

#[tokio::test]
async fn pending_migrations_are_told_and_applied_when_asked() {
    let database = Database::empty().await;
    let url = database.url();
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_refuses(&["--database-url", url], &["lacks", "`qairon-service migrate`", "--migrate"]).await;
    let planned = service(&["migrate", "--dry-run", "--database-url", url]).await;
    assert_eq!(planned.code, Some(0), "{planned:?}");
    let folders = std::fs::read_dir(workspace().join("migrations")).expect("migrations");
    let all = folders.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().is_dir())).count();
    assert!(planned.stdout.starts_with(&format!("0 applied, {all} pending\n")), "{}", planned.stdout);
    assert_eq!(planned.stdout.matches("would apply ").count(), all);
    assert_eq!(database.number(tables).await, 0, "a dry run does nothing");

    let applied = service(&["migrate", "--database-url", url]).await;
    assert_eq!(applied.code, Some(0), "{applied:?}");
    assert!(applied.stdout.ends_with(&format!("applied {all} migrations\n")), "{}", applied.stdout);
    let planned = service(&["migrate", "--dry-run", "--database-url", url]).await;
    assert_eq!(planned.stdout, format!("{all} applied, 0 pending\n"));
    let again = service(&["migrate", "--database-url", url]).await;
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), "applied 0 migrations\n"));
    let reverted = service(&["migrate", "--revert-all", "--database-url", url]).await;
    assert_eq!(reverted.code, Some(0), "{reverted:?}");
    assert_eq!(database.number(&format!("{tables} AND tablename <> '__diesel_schema_migrations'")).await, 0);
}

#[tokio::test]
async fn two_servers_that_start_together_migrate_once() {
    let database = Database::empty().await;
    let start = || Server::start(&database, &["--migrate"]);
    let (first, second, third) = tokio::join!(start(), start(), start());
    first.client().create("application", json!({ "id": "a" })).await.expect("a new one");
    for server in [&second, &third] {
        assert_eq!(server.client().get("application", "a").await.expect("it exists").id(), "a");
    }
    let twice = "SELECT count(*) - count(DISTINCT version) FROM __diesel_schema_migrations";
    assert_eq!(database.number(twice).await, 0);
}

#[tokio::test]
async fn a_wrong_database_url_is_told_in_one_line() {
    let database = Database::new().await;
    let other = database.url().replace(database.name(), "no_such_database");
    assert_refuses(&["--database-url", &other], &["no_such_database", "does not exist", "--database-url"]).await;
    let role = database.url().replace("postgres@", "nobody_like_that@");
    assert_refuses(&["--database-url", &role], &["nobody_like_that", "--database-url"]).await;
    assert_refuses(&["--database-url", "mysql://root@localhost/x"], &["postgres://"]).await;
    assert_refuses(&["--database-url", "postgres://u:secret@host:port/x"], &["postgres://"]).await;
    let away = ["--database-url", "postgres://postgres@127.0.0.1:1/x", "--database-wait", "500ms"];
    assert_refuses(&away, &["--database-url", "onnection refused"]).await;
}

#[tokio::test]
async fn the_help_is_complete() {
    let documented = include_str!("../../../docs/OPERATIONS.md");
    for command in ["serve", "migrate"] {
        let help = service(&[command, "--help"]).await;
        assert_eq!(help.code, Some(0));
        let text = help.stdout.as_str();
        let (_, options) = text.split_once("Options:\n").unwrap_or_else(|| panic!("no options: {text}"));
        let mut entries: Vec<String> = Vec::new();
        for line in options.lines() {
            match line.trim_start() {
                start if start.starts_with("--") || start.starts_with("-h, ") => entries.push(start.to_owned()),
                rest => entries.last_mut().expect("an option comes first").push_str(&format!(" {rest}")),
            }
        }
        assert!(entries.len() >= 10, "{entries:?}");
        for entry in &entries {
            let flag = entry.trim_start_matches("-h, ").split(' ').next().unwrap_or_default();
            let about = entry.rsplit_once('>').map_or(entry.trim_start_matches(flag), |(_, about)| about);
            assert!(about.trim().len() > 5, "`{command} {flag}` has no description: {entry}");
            let takes_value = entry.starts_with(&format!("{flag} <"));
            assert!(
                !takes_value || entry.contains("[env: "),
                "`{command} {flag}` has no environment variable: {entry}"
            );
        }
        let flags = documented.lines().filter_map(|line| line.strip_prefix("| `--")?.split('`').next());
        for flag in flags.filter(|_| command == "serve") {
            assert!(
                entries.iter().any(|entry| entry.starts_with(&format!("--{flag}"))),
                "`--{flag}` is not in the help"
            );
        }
    }
    for args in [
        &["serve", "--pool-size", "0"][..],
        &["serve", "--drain-timeout", "5"],
        &["serve", "--nonsense"],
        &["dance"],
        &[],
    ] {
        let refused = service(args).await;
        assert_eq!(refused.code, Some(2), "{args:?}: {refused:?}");
        assert!(refused.stderr.contains("Usage") || refused.stderr.contains("--help"), "{args:?}: {refused:?}");
    }
}
