//! The server and PostgreSQL killed, stopped and started again in the middle of writes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::future::join_all;
use qairon::v1::bulk_service_client::BulkServiceClient;
use qairon::v1::{Application, ImportObjectsRequest, Service, Stack};
use qairon_integration_tests::{
    Client, Cluster, Database, Durability, Failure, Server, long, poll_until, soon, violations,
};
use serde_json::json;
use tonic::Code;

/// What a writer knows of one of its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    /// Asked for, and no answer came.
    Maybe,
    /// Acknowledged.
    There,
}

/// What one writer did, by the ID of the application that each of its writes is about.
#[derive(Debug, Default)]
struct Journal {
    created: HashMap<String, Known>,
    imported: HashMap<String, Known>,
    /// From the old ID; the new one has `-renamed` appended.
    renamed: HashMap<String, Known>,
    failures: Vec<Failure>,
}

/// An application with a stack and two services, as one import.
fn tree(id: &str) -> ImportObjectsRequest {
    fn any<M: prost::Message>(name: &str, message: &M) -> prost_types::Any {
        prost_types::Any { type_url: format!("type.googleapis.com/qairon.v1.{name}"), value: message.encode_to_vec() }
    }
    let application = Application { id: id.to_owned(), ..Default::default() };
    let stack = Stack { application_id: id.to_owned(), name: "s".to_owned(), ..Default::default() };
    let service = |name: &str| Service { stack_id: format!("{id}:s"), name: name.to_owned(), ..Default::default() };
    let services = ["v", "w"].map(|name| any("Service", &service(name)));
    let mut objects = vec![any("Application", &application), any("Stack", &stack)];
    objects.extend(services);
    ImportObjectsRequest { objects, ..Default::default() }
}

/// Creates, imports and renames until the first failure.
async fn write(
    client: Client,
    channel: tonic::transport::Channel,
    writer: usize,
    acknowledged: Arc<AtomicUsize>,
) -> Journal {
    let mut journal = Journal::default();
    let mut bulk = BulkServiceClient::new(channel);
    for turn in 0.. {
        let id = format!("w{writer}-{turn}");
        journal.created.insert(id.clone(), Known::Maybe);
        match client.create("application", json!({ "id": id })).await {
            Ok(_) => journal.created.insert(id, Known::There),
            Err(failure) => {
                journal.failures.push(failure);
                break;
            }
        };
        let id = format!("t{writer}-{turn}");
        journal.imported.insert(id.clone(), Known::Maybe);
        match bulk.import_objects(tokio_stream::iter([tree(&id)])).await {
            Ok(answer) => {
                assert_eq!(answer.get_ref().created, 4, "{answer:?}");
                journal.imported.insert(id.clone(), Known::There);
            }
            Err(status) => {
                journal.failures.push(Failure::new(&status));
                break;
            }
        }
        if turn % 2 == 0 {
            journal.renamed.insert(id.clone(), Known::Maybe);
            let options = json!({ "new_id": format!("{id}-renamed") });
            match client.update_with("application", json!({ "id": id }), options).await {
                Ok(_) => journal.renamed.insert(id, Known::There),
                Err(failure) => {
                    journal.failures.push(failure);
                    break;
                }
            };
        }
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    journal
}

/// Everything acknowledged exists; everything else exists completely or not at all.
async fn check(database: &Database, journals: &[Journal]) {
    let rows = database
        .query("SELECT id FROM application UNION ALL SELECT id FROM stack UNION ALL SELECT id FROM service")
        .await;
    let mut present: HashSet<String> = rows.into_iter().filter_map(|mut row| row.remove(0)).collect();
    let (mut acknowledged, mut lost) = (0, 0);
    for journal in journals {
        for (id, known) in &journal.created {
            let there = present.remove(id);
            assert!(there || *known == Known::Maybe, "`{id}` was acknowledged and is gone");
            acknowledged += usize::from(*known == Known::There);
            lost += usize::from(!there);
        }
        for (id, known) in &journal.imported {
            let parts = |id: &str| [id.to_owned(), format!("{id}:s"), format!("{id}:s:v"), format!("{id}:s:w")];
            let old = parts(id).iter().filter(|part| present.remove(*part)).count();
            let new = parts(&format!("{id}-renamed")).iter().filter(|part| present.remove(*part)).count();
            assert!(
                matches!((old, new), (4, 0) | (0, 4) | (0, 0)),
                "`{id}`: {old} of 4 as imported, {new} of 4 renamed"
            );
            assert!(old + new == 4 || *known == Known::Maybe, "`{id}` was acknowledged and is gone");
            match journal.renamed.get(id) {
                Some(Known::There) => assert_eq!(new, 4, "the new name of `{id}` was acknowledged and is gone"),
                Some(Known::Maybe) => {}
                None => assert_eq!(new, 0, "nobody renamed `{id}`"),
            }
            acknowledged += usize::from(*known == Known::There);
        }
    }
    assert!(present.is_empty(), "nobody wrote {present:?}");
    assert!(acknowledged > 50, "{acknowledged} acknowledged, {lost} lost");
    let broken = violations(&database.connect().await).await.expect("the invariants can be asked for");
    assert_eq!(broken, Vec::<String>::new());
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    poll_until(soon(), "no transaction is left open", || async { (database.number(open).await == 0).then_some(()) })
        .await;
}

/// Writes from many clients, and something that happens in the middle of it. Nobody stops by itself, so that every
/// writer is interrupted however slow the machine is.
async fn interrupted<F: Future<Output = ()>>(server: &Server, event: impl FnOnce() -> F) -> Vec<Journal> {
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..16)
        .map(|writer| tokio::spawn(write(server.client(), server.channel(), writer, acknowledged.clone())))
        .collect();
    let enough = || async { (acknowledged.load(Ordering::Relaxed) >= 64).then_some(()) };
    poll_until(long(), "writes are under way", enough).await;
    event().await;
    let ended = tokio::time::timeout(long(), join_all(writers)).await.expect("every writer is interrupted");
    ended.into_iter().map(|journal| journal.expect("no panic")).collect()
}

fn assert_all_unavailable(journals: &[Journal]) {
    for failure in journals.iter().flat_map(|journal| &journal.failures) {
        assert_eq!(failure.code, Code::Unavailable, "{failure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_nothing_it_acknowledged() {
    let database = Database::new().await;
    let server = tokio::sync::Mutex::new(Server::start(&database, &[]).await);
    let pid = nix::unistd::Pid::from_raw(server.lock().await.pid());
    let journals = {
        let server = server.lock().await;
        interrupted(&server, || async {
            nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).expect("it runs")
        })
        .await
    };
    server.lock().await.wait().await;
    let server = Server::start(&database, &[]).await;
    check(&database, &journals).await;
    server.client().create("application", json!({ "id": "after" })).await.expect("the new server writes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_postgresql_loses_nothing_that_was_acknowledged() {
    let mut cluster = Cluster::start(Durability::Full).await;
    let database = Database::in_cluster(&cluster).await;
    let server = Server::start(&database, &[]).await;
    let journals = interrupted(&server, || cluster.kill()).await;
    assert_all_unavailable(&journals);
    let client = server.client();
    for refused in [client.get("application", "a").await, client.create("application", json!({ "id": "a" })).await] {
        let failure = refused.expect_err("PostgreSQL is away");
        assert_eq!((failure.code, failure.reason.as_str()), (Code::Unavailable, "DATABASE_UNAVAILABLE"), "{failure}");
    }
    assert!(client.list("application", "").await.is_err_and(|failure| failure.code == Code::Unavailable));
    cluster.resume().await;
    answers_again(&server, "after").await;
    client.delete("application", "after").await.expect("it was just created");
    check(&database, &journals).await;
}

/// Without a restart of the server every kind of call works again, on every connection.
async fn answers_again(server: &Server, id: &str) {
    let client = server.client();
    let created = || async { client.create("application", json!({ "id": id })).await.ok() };
    poll_until(soon(), "writes work again", created).await;
    let calls = (0..64).map(|_| async { (client.get("application", id).await, client.list("application", "").await) });
    for (got, listed) in join_all(calls).await {
        got.expect("reads work again");
        listed.expect("lists work again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgresql_that_is_stopped_for_a_while_is_survived() {
    let mut cluster = Cluster::start(Durability::None).await;
    let database = Database::in_cluster(&cluster).await;
    // Callers get the error at once: nobody waits for a connection as long as that.
    let server = Server::start(&database, &["--pool-timeout", "1h"]).await;
    for round in 0..2 {
        answers_again(&server, &format!("before-{round}")).await;
        cluster.stop().await;
        let client = server.client().with_timeout(long());
        for _ in 0..20 {
            let failures = [
                client.get("application", "before-0").await.expect_err("it is away"),
                client.list("application", "").await.expect_err("it is away"),
                client.create("application", json!({ "id": "x" })).await.expect_err("it is away"),
            ];
            for failure in failures {
                assert_eq!(
                    (failure.code, failure.reason.as_str()),
                    (Code::Unavailable, "DATABASE_UNAVAILABLE"),
                    "{failure}"
                );
            }
        }
        let down = || async { (server.metric("qairon_database_up", &[]).await == 0.0).then_some(()) };
        poll_until(soon(), "the metrics show it", down).await;
        cluster.resume().await;
        answers_again(&server, &format!("after-{round}")).await;
        let up = || async { (server.metric("qairon_database_up", &[]).await == 1.0).then_some(()) };
        poll_until(soon(), "the metrics show it", up).await;
    }
    assert_eq!(database.number("SELECT count(*) FROM application WHERE id = 'x'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn terminated_backends_are_replaced() {
    ended_connections_are_replaced(&Database::new().await).await;
}

/// Connections are ended again and again under calls of every kind.
pub async fn ended_connections_are_replaced(database: &Database) {
    let server = Server::start(database, &["--pool-size", "8"]).await;
    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..12)
        .map(|caller| {
            let (client, stop) = (server.client(), stop.clone());
            tokio::spawn(async move {
                let (mut succeeded, mut failures) = (Vec::new(), Vec::new());
                for turn in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let id = format!("c{caller}-{turn}");
                    match client.create("application", json!({ "id": id })).await {
                        Ok(_) => succeeded.push(id.clone()),
                        Err(failure) => failures.push(failure),
                    }
                    failures.extend(client.get("application", &id).await.err().filter(|f| f.code != Code::NotFound));
                    failures.extend(client.list("application", &format!("id = \"{id}\"")).await.err());
                    let options = json!({ "force": true, "allow_missing": true, "validate_only": true });
                    failures.extend(client.delete_with("application", &id, options).await.err());
                }
                (succeeded, failures)
            })
        })
        .collect();
    // Not as a condition, which PostgreSQL would try on sessions of other databases as well.
    let terminate = "SELECT string_agg(pid::text, ', ') FILTER (WHERE is_ended) FROM (SELECT pid, \
                     pg_terminate_backend(pid) AS is_ended FROM pg_stat_activity WHERE datname = current_database() \
                     AND application_name = 'qairon-service') session";
    let mut terminated = String::new();
    for _ in 0..40 {
        terminated = poll_until(soon(), "there are backends to end", || async {
            database.query(terminate).await.remove(0).remove(0)
        })
        .await;
    }
    // On a busy machine they live on for a while, and would fail a call that comes later.
    let alive = format!("SELECT count(*) FROM pg_stat_activity WHERE pid IN ({terminated})");
    poll_until(soon(), "they have ended", || async { (database.number(&alive).await == 0).then_some(()) }).await;
    stop.store(true, Ordering::Relaxed);
    let (mut acknowledged, mut failed) = (Vec::new(), 0);
    for caller in join_all(callers).await {
        let (succeeded, failures) = caller.expect("no panic");
        acknowledged.extend(succeeded);
        failed += failures.len();
        for failure in failures {
            assert_eq!(failure.code, Code::Unavailable, "{failure}");
        }
    }
    assert!(failed > 0, "something was interrupted");
    let present = database.query("SELECT id FROM application").await;
    let present: HashSet<String> = present.into_iter().filter_map(|mut row| row.remove(0)).collect();
    assert!(acknowledged.iter().all(|id| present.contains(id)), "something acknowledged is gone");
    answers_again(&server, "after").await;
    let whole = || async { (server.metric("qairon_pool_free_permits", &[]).await == 8.0).then_some(()) };
    poll_until(soon(), "the pool is whole again", whole).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_a_postgresql_that_starts_late() {
    let mut cluster = Cluster::start(Durability::None).await;
    let database = Database::in_cluster(&cluster).await;
    cluster.stop().await;
    // Bound before the database is looked for: what can be connected to is about to wait.
    let reserved = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = reserved.local_addr().expect("it has an address").to_string();
    drop(reserved);
    let args = ["--listen", &address];
    let start = Server::start(&database, &args);
    let resume = async {
        let bound = || async { tokio::net::TcpStream::connect(&address).await.ok() };
        poll_until(soon(), "the server has begun", bound).await;
        cluster.resume().await;
    };
    let (server, ()) = tokio::join!(start, resume);
    assert!(server.log().contains("waiting for the database"), "{}", server.log());
    server.client().create("application", json!({ "id": "a" })).await.expect("it serves");
}
