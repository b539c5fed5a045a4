//! A PostgreSQL that speaks German. What went wrong has to be recognised by its code, never by its words: callers get
//! the same answers as from one that speaks English.

mod collisions;
mod values;

use std::sync::Arc;

use qairon_integration_tests::{Cluster, Database, Durability, Failure, Server, poll_until, soon, sql_error};
use serde_json::json;
use tokio::sync::OnceCell;
use tonic::Code;

/// A new database on a server that speaks German, and the cluster of all of them.
async fn german() -> (Database, Arc<Cluster>) {
    static GERMAN: OnceCell<Arc<Cluster>> = OnceCell::const_new();
    let start = || async {
        let cluster = Cluster::start_with(Durability::None, &["lc_messages=de_DE.UTF-8"]).await;
        let database = Database::in_cluster(&cluster).await;
        let error = database.execute("SELECT 1 / 0").await.expect_err("nothing can be divided by zero");
        let message = sql_error(&error).message().to_owned();
        assert_eq!(message, "Division durch Null", "PostgreSQL does not speak German: see scripts/ensure-locales.sh");
        Arc::new(cluster)
    };
    let cluster = GERMAN.get_or_init(start).await.clone();
    (Database::in_cluster(&cluster).await, cluster)
}

/// The same calls in both languages, and what came of them.
async fn in_both<T, F: Future<Output = T>>(calls: impl Fn(Database) -> F) -> (T, T) {
    let english = Database::new().await;
    let error = english.execute("SELECT 1 / 0").await.expect_err("nothing can be divided by zero");
    assert_eq!(sql_error(&error).message(), "division by zero");
    (calls(english).await, calls(german().await.0).await)
}

/// A write, a read by ID and a list that cannot get at a table, until a limit of the server's ends them.
async fn kept_waiting(database: Database, limits: &[&str]) -> Vec<Failure> {
    let server = Server::start(&database, limits).await;
    let client = server.client();
    client.create("application", json!({ "id": "a" })).await.expect("a new one");
    let session = database.connect().await;
    session.batch_execute("BEGIN; LOCK TABLE application").await.expect("a lock");
    let failures = vec![
        client.create("application", json!({ "id": "b" })).await.expect_err("it is locked"),
        client.update("application", json!({ "id": "a", "defaults": {} })).await.expect_err("it is locked"),
        client.get("application", "a").await.expect_err("it is locked"),
        client.list("application", "").await.expect_err("it is locked"),
    ];
    session.batch_execute("ROLLBACK").await.expect("the end of the lock");
    client.get("application", "a").await.expect("it is free again");
    // What was refused stays undone, also when its statement was still to be prepared.
    assert_eq!(client.get("application", "b").await.expect_err("it was refused").code, Code::NotFound);
    failures
}

fn assert_too_late(english: &[Failure], german: &[Failure], option: &str) {
    for failure in english.iter().chain(german) {
        assert_eq!((failure.code, failure.reason.as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"), "{failure}");
        assert!(failure.message.contains(option), "{failure}");
        assert_eq!(failure.flaws(), Vec::<String>::new(), "{failure}");
    }
    assert_eq!(english, german);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_takes_too_long_is_reported_in_the_same_words() {
    let limits = ["--lock-timeout", "200ms", "--statement-timeout", "30s"];
    let (english, german) = in_both(|database| kept_waiting(database, &limits)).await;
    assert_too_late(&english, &german, "--lock-timeout");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_reported_in_the_same_words() {
    let limits = ["--statement-timeout", "200ms", "--lock-timeout", "30s"];
    let (english, german) = in_both(|database| kept_waiting(database, &limits)).await;
    assert_too_late(&english, &german, "--statement-timeout");
}

/// The connection of a write is ended in the middle of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_connection_is_ended_is_reported_in_the_same_words() {
    let calls = |database: Database| async move {
        let server = Server::start(&database, &[]).await;
        let client = server.client();
        client.create("application", json!({ "id": "a" })).await.expect("a new one");
        let session = database.connect().await;
        session.batch_execute("BEGIN; UPDATE application SET defaults = '{}'").await.expect("a lock");
        let writer = client.clone();
        let change = json!({ "id": "a", "defaults": { "n": 1 } });
        let write = tokio::spawn(async move { writer.update("application", change).await });
        // Not as a condition, which PostgreSQL would try on sessions of other databases as well.
        let terminate = "SELECT max(pid) FILTER (WHERE is_ended) FROM (SELECT pid, pg_terminate_backend(pid) AS is_ended \
                         FROM pg_stat_activity WHERE datname = current_database() AND application_name = \
                         'qairon-service' AND wait_event_type = 'Lock') session";
        let pid = poll_until(soon(), "the write waits, and is ended", || async {
            database.query(terminate).await.remove(0).remove(0)
        })
        .await;
        // On a busy machine it lives long enough to get the lock, to finish the write, and to fail the next one.
        let alive = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}");
        poll_until(soon(), "its session has ended", || async { (database.number(&alive).await == 0).then_some(()) })
            .await;
        session.batch_execute("ROLLBACK").await.expect("the end of the lock");
        let written = write.await.expect("no panic").map(|row| row["defaults"].clone());
        client.update("application", json!({ "id": "a", "defaults": {} })).await.expect("writes go on");
        written
    };
    let (english, german) = in_both(calls).await;
    // Repeated, or given back to the caller to repeat.
    if let Err(failure) = &german {
        assert_eq!((failure.code, failure.reason.as_str()), (Code::Unavailable, "DATABASE_UNAVAILABLE"), "{failure}");
        assert_eq!(failure.flaws(), Vec::<String>::new(), "{failure}");
    }
    assert_eq!(english, german);
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_connections_are_replaced() {
    let (database, _cluster) = german().await;
    super::restart::ended_connections_are_replaced(&database).await;
}
