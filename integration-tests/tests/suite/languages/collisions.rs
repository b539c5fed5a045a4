//! Writers that wait for each other. PostgreSQL ends one of them.

use qairon_integration_tests::{Database, Server, poll_until, soon};
use serde_json::json;

use super::{german, in_both};
use crate::stage::Stage;

/// Waits until a number of sessions of the database wait for a lock.
async fn waiting(database: &Database, wanted: i64) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    poll_until(soon(), "sessions wait for each other", || async {
        (database.number(sql).await >= wanted).then_some(())
    })
    .await;
}

/// A rename goes from the application to its stack, and another writer from the stack to the application.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_loses_a_deadlock_is_repeated() {
    let calls = |database: Database| async move {
        let server = Server::start(&database, &[]).await;
        let client = server.client();
        client.create("application", json!({ "id": "a" })).await.expect("a new one");
        client.create("stack", json!({ "application_id": "a", "name": "s" })).await.expect("a new one");
        let session = database.connect().await;
        // The service notices first, and is the one to give way.
        let first = "SET deadlock_timeout = '60s'; BEGIN; UPDATE stack SET defaults = '{\"n\": 1}'";
        session.batch_execute(first).await.expect("a lock");
        let rename = {
            let client = client.clone();
            tokio::spawn(async move {
                client.update_with("application", json!({ "id": "a" }), json!({ "new_id": "b" })).await
            })
        };
        waiting(&database, 1).await;
        let second = "UPDATE application SET defaults = '{\"n\": 1}'; COMMIT";
        session.batch_execute(second).await.expect("the other writer goes on");
        let renamed = rename.await.expect("no panic").map(|response| response["application"]["id"].clone());
        let stack = client.get("stack", "b:s").await.map(|row| row["defaults"].clone());
        let retries = server.metric("qairon_database_retries_total", &[]).await;
        (renamed, stack, retries)
    };
    let (english, german) = in_both(calls).await;
    assert_eq!((&german.0, &german.1), (&Ok(json!("b")), &Ok(json!({ "n": 1 }))));
    assert!(german.2 >= 1.0, "there was no deadlock: {} retries", german.2);
    assert_eq!(english, german);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_loses_a_deadlock_is_written_again() {
    let (database, _cluster) = german().await;
    crate::load::load_loses_a_deadlock(&database).await;
}

/// What is deleted by force has got a dependent meanwhile, at its foreign key.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_is_outdated_is_repeated() {
    let (database, _cluster) = german().await;
    crate::outdated::force_takes_what_has_come_meanwhile(&Stage::on(database).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_loses_a_deadlock_is_given_back() {
    let (database, _cluster) = german().await;
    crate::cancellation::import_loses_a_deadlock(&database).await;
}
