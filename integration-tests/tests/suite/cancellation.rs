//! Calls that are given up, by their callers or by their deadlines.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use qairon::v1::ImportObjectsRequest;
use qairon::v1::bulk_service_client::BulkServiceClient;
use qairon_integration_tests::{Client, Database, Server, World, poll_until, soon};
use serde_json::json;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use super::lifecycle::applications;

const POOL: f64 = 8.0;

/// A server with something to list, and a network to allocate from.
async fn prepared(database: &Database) -> (Server, String) {
    let server = Server::start(database, &["--pool-size", "8"]).await;
    let network = server.client().factory().create_in("network", &mut World::new()).await.id().to_owned();
    let fill = "INSERT INTO application (id) SELECT 'app-' || n FROM generate_series(1, 300) n; \
                INSERT INTO stack (application_id, name) SELECT 'app-' || n, 's' FROM generate_series(1, 300) n; \
                INSERT INTO service (stack_id, name) SELECT 'app-' || n || ':s', 'v' || m \
                FROM generate_series(1, 300) n, generate_series(1, 10) m";
    database.execute(fill).await.expect("rows");
    (server, network)
}

/// An import of many objects in several messages.
fn import(id: &str) -> Vec<ImportObjectsRequest> {
    let ids: Vec<String> = (0..60).map(|part| format!("{id}-{part}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    ids.chunks(20).map(applications).collect()
}

/// One of many kinds of calls. Every one of them succeeds when it is left alone.
async fn call(
    server: &Server,
    client: &Client,
    network: &str,
    number: usize,
    timeout: Option<Duration>,
) -> Result<(), Code> {
    let id = format!("call-{number}");
    let filter = "stack.application.id >= \"app-2\" AND defaults.owner != \"nobody\"";
    let page = json!({ "filter": filter, "order_by": "name desc", "page_size": 1000, "include_total_size": true });
    let app = format!("app-{}", number % 300 + 1);
    let done = match number % 8 {
        0 => client.get("application", &app).await.map(drop),
        1 | 2 => client.page("service", page).await.map(drop),
        3 => client.create("application", json!({ "id": id, "defaults": { "n": number } })).await.map(drop),
        4 => client.update("application", json!({ "id": app, "defaults": { "n": number } })).await.map(drop),
        5 => {
            let request = json!({ "network_id": network, "additional_mask_bits": 12, "name": id });
            client.call("AllocateSubnet", request).await.map(drop)
        }
        6 => {
            let options = json!({ "force": true, "validate_only": true });
            client.delete_with("application", &app, options).await.map(drop)
        }
        _ => {
            let mut request = tonic::Request::new(tokio_stream::iter(import(&id)));
            if let Some(timeout) = timeout {
                request.set_timeout(timeout);
            }
            let answer = BulkServiceClient::new(server.channel()).import_objects(request).await;
            return answer
                .map(|answer| assert_eq!(answer.get_ref().created, 60, "{answer:?}"))
                .map_err(|status| status.code());
        }
    };
    done.map_err(|failure| failure.code)
}

/// Numbers without an order, the same in every run.
fn scattered(number: usize) -> u64 {
    let mut x = (number as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 31;
    x.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
}

/// Nothing is left of what was given up: no transaction, no lock, no slot of the pool, nothing half done.
async fn nothing_is_left(database: &Database, server: &Server) {
    let busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = \
                'qairon-service' AND state <> 'idle'";
    let locks = "SELECT count(*) FROM pg_locks WHERE pid IN (SELECT pid FROM pg_stat_activity WHERE datname = \
                 current_database() AND application_name = 'qairon-service')";
    poll_until(soon(), "no statement, transaction, lock or permit is left", || async {
        let free = server.metric("qairon_pool_free_permits", &[]).await;
        let in_flight = server.metric("qairon_requests_in_flight", &[]).await;
        let quiet = database.number(busy).await == 0 && database.number(locks).await == 0;
        (quiet && free == POOL && in_flight == 0.0).then_some(())
    })
    .await;
    let halves = "SELECT count(*) FROM (SELECT regexp_replace(id, '-[0-9]+$', '') FROM application WHERE id LIKE \
                  'call-%-%' GROUP BY 1 HAVING count(*) <> 60) half";
    assert_eq!(database.number(halves).await, 0, "imports are whole or absent");
    let overlaps = "SELECT count(*) FROM subnet a JOIN subnet b ON a.id < b.id AND a.cidr && b.cidr";
    assert_eq!(database.number(overlaps).await, 0);
    // Connections that were in use when their callers left serve others at once.
    let client = server.client().with_timeout(soon());
    let calls = (0..64).map(|number| {
        let client = client.clone();
        async move { client.list("application", &format!("id = \"app-{}\"", number + 1)).await }
    });
    for listed in join_all(calls).await {
        assert_eq!(listed.expect("calls succeed").len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_cancelled_calls_leave_nothing_behind() {
    let database = Database::new().await;
    let (server, network) = prepared(&database).await;
    let server = Arc::new(server);
    let (next, finished, cancelled) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let callers = (0..40).map(|_| async {
        let client = server.client();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= 1000 {
                return;
            }
            let patience = Duration::from_micros(200 + scattered(number) % 60_000);
            // What is dropped here is reset on the wire.
            match tokio::time::timeout(patience, call(&server, &client, &network, number, None)).await {
                Ok(outcome) => {
                    assert_eq!(outcome, Ok(()), "call {number}");
                    finished.fetch_add(1, Ordering::Relaxed);
                }
                Err(_) => _ = cancelled.fetch_add(1, Ordering::Relaxed),
            }
        }
    });
    join_all(callers).await;
    let (finished, cancelled) = (finished.into_inner(), cancelled.into_inner());
    assert!(cancelled >= 200, "{cancelled} cancelled, {finished} finished");
    nothing_is_left(&database, &server).await;
    assert!(server.metric("qairon_requests_total", &[r#"code="Cancelled""#]).await > 0.0);
    for code in ["Internal", "Unknown", "Unavailable", "Aborted"] {
        assert_eq!(server.metric("qairon_requests_total", &[&format!("code=\"{code}\"")]).await, 0.0, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_short_deadlines_leave_nothing_behind() {
    let database = Database::new().await;
    let (server, network) = prepared(&database).await;
    let server = Arc::new(server);
    let (next, late) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let callers = (0..40).map(|_| async {
        let client = server.client();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= 1000 {
                return;
            }
            let deadline = Duration::from_millis(1 + scattered(number) % 50);
            let client = client.clone().with_timeout(deadline);
            match call(&server, &client, &network, number, Some(deadline)).await {
                Ok(()) => {}
                // The one is the server's; the other says that the client did not wait for it.
                Err(Code::DeadlineExceeded | Code::Cancelled) => _ = late.fetch_add(1, Ordering::Relaxed),
                Err(code) => panic!("call {number} ended with {code:?}"),
            }
        }
    });
    join_all(callers).await;
    assert!(late.load(Ordering::Relaxed) >= 100, "{late:?} were late");
    nothing_is_left(&database, &server).await;
    assert!(server.metric("qairon_requests_total", &[r#"code="DeadlineExceeded""#]).await > 0.0);
    for code in ["Internal", "Unknown", "Unavailable", "Aborted"] {
        assert_eq!(server.metric("qairon_requests_total", &[&format!("code=\"{code}\"")]).await, 0.0, "{code}");
    }
}

#[tokio::test]
async fn the_server_answers_in_time_even_when_the_database_does_not() {
    let database = Database::new().await;
    let server = Server::start(&database, &["--request-timeout", "300ms", "--lock-timeout", "2s"]).await;
    let client = server.client();
    // By SQL: on a busy machine a call may take longer than this server gives it.
    database.execute("INSERT INTO application (id) VALUES ('a')").await.expect("a row");
    let session = database.connect().await;
    session.batch_execute("BEGIN; LOCK TABLE application").await.expect("a lock");
    let failures = [
        client.get("application", "a").await.expect_err("it is locked"),
        client.create("application", json!({ "id": "b" })).await.expect_err("it is locked"),
    ];
    let listed = client.list("application", "").await.expect_err("it is locked");
    for failure in failures.iter().chain([&listed]) {
        assert_eq!((failure.code, failure.reason.as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"), "{failure}");
        assert!(failure.flaws().is_empty(), "{:?}", failure.flaws());
    }
    session.batch_execute("ROLLBACK").await.expect("the end of the lock");
    let got = || async { client.get("application", "a").await.ok() };
    poll_until(soon(), "reads work again", got).await;
}

#[tokio::test]
async fn an_import_that_breaks_off_writes_nothing() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in \
                transaction' AND query LIKE '%RELEASE%'";
    let probe = |wanted: i64| {
        let database = &database;
        move || async move { (database.number(open).await == wanted).then_some(()) }
    };
    // Its end and the news of it reach the server on different ways.
    for round in 0..20 {
        let mut bulk = BulkServiceClient::new(server.channel());
        let (sender, receiver) = tokio::sync::mpsc::channel(8);
        let running = tokio::spawn(async move { bulk.import_objects(ReceiverStream::new(receiver)).await });
        for message in import(&format!("call-{round}")) {
            sender.send(message).await.expect("the import takes it");
        }
        poll_until(soon(), "the import has begun to write", probe(1)).await;
        running.abort();
        poll_until(soon(), "its transaction has ended", probe(0)).await;
        assert_eq!(database.number("SELECT count(*) FROM application").await, 0, "in round {round}");
    }
}

/// PostgreSQL ends one of two transactions that wait for each other. What an import has sent is gone then: it must not
/// go on with the rest.
#[tokio::test]
async fn an_import_that_loses_a_deadlock_writes_nothing() {
    import_loses_a_deadlock(&Database::new().await).await;
}

/// An import and a session wait for each other, and the import is the one to give way.
pub async fn import_loses_a_deadlock(database: &Database) {
    let server = Server::start(database, &[]).await;
    let session = database.connect().await;
    // The import notices first, and is the one to give way.
    session
        .batch_execute("SET deadlock_timeout = '60s'; BEGIN; INSERT INTO application (id) VALUES ('b')")
        .await
        .expect("a row");
    let mut bulk = BulkServiceClient::new(server.channel());
    let (sender, receiver) = tokio::sync::mpsc::channel(8);
    let running = tokio::spawn(async move { bulk.import_objects(ReceiverStream::new(receiver)).await });
    sender.send(applications(&["a"])).await.expect("the import takes it");
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = \
                'qairon-service' AND state = 'idle in transaction' AND query LIKE '%RELEASE%'";
    poll_until(soon(), "`a` is written", || async { (database.number(open).await == 1).then_some(()) }).await;
    let other =
        tokio::spawn(async move { session.batch_execute("INSERT INTO application (id) VALUES ('a'); ROLLBACK").await });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    poll_until(soon(), "the other waits for it", || async { (database.number(waits).await >= 1).then_some(()) }).await;
    sender.send(applications(&["b"])).await.expect("the import takes it");
    sender.send(applications(&["c"])).await.expect("the import takes it");
    drop(sender);
    let outcome = running.await.expect("no panic");
    _ = other.await.expect("no panic");
    let written = database.number("SELECT count(*) FROM application").await;
    match outcome {
        Ok(answer) => panic!("{answer:?}, and {written} of 3 are written"),
        Err(status) => assert_eq!((status.code(), written), (Code::Aborted, 0), "{status}"),
    }
}
