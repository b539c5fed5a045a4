//! Fair shares: however much there is of one kind of work, the others find connections.

use qairon::v1::{LoadObjectsRequest, LoadOptions, bulk_service_client::BulkServiceClient};
use qairon_integration_tests::{Client, Database, Failure, Server, long, poll_until};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use super::load::{packed, with};
use super::stage::{Stage, entities};

/// More than the pool has connections.
const CROWD: usize = 40;

/// Calls that are under way at the same time, each on a channel of its own.
fn crowd(server: &Server, method: &'static str, request: impl Fn(usize) -> Value) -> Vec<JoinHandle<Outcome>> {
    let calls = (0..CROWD).map(|number| (server.client(), request(number)));
    calls.map(|(client, request)| tokio::spawn(async move { client.call(method, request).await })).collect()
}

type Outcome = Result<Value, Failure>;

/// What became of a crowd: how many were answered, and the others, which were refused in words.
async fn outcomes(crowd: Vec<JoinHandle<Outcome>>, reasons: &[&str]) -> usize {
    let mut answered = 0;
    for call in crowd {
        match call.await.expect("no panic") {
            Ok(_) => answered += 1,
            Err(failure) => {
                assert!(reasons.contains(&failure.reason.as_str()), "{failure}");
                assert_eq!(failure.flaws(), Vec::<String>::new());
            }
        }
    }
    answered
}

/// Waits until so many connections are in a lane.
async fn in_lane(server: &Server, lane: &str, wanted: f64) {
    let label = format!("lane=\"{lane}\"");
    poll_until(long(), "the lane is full", || async {
        (server.metric("qairon_pool_lane_connections", &[&label]).await == wanted).then_some(())
    })
    .await;
}

/// What others do meanwhile.
async fn others_are_served(client: &Client, name: &str) {
    for number in 0..20 {
        let id = format!("{name}{number}");
        client.create("application", json!({ "id": id })).await.expect("a create");
        client.get("application", &id).await.expect("a get");
        client.page("application", json!({ "page_size": 10 })).await.expect("a list");
        client.update("application", json!({ "id": id, "defaults": { "n": number } })).await.expect("an update");
        client.delete("application", &id).await.expect("a delete");
    }
}

#[tokio::test]
async fn reads_that_take_long_leave_room_for_others() {
    let stage = Stage::set().await;
    let session = stage.database.connect().await;
    session.batch_execute("BEGIN; LOCK TABLE deployment").await.expect("a lock");
    let lists = crowd(&stage.server, "ListDeployments", |_| json!({}));
    in_lane(&stage.server, "long_reads", 3.0).await;
    others_are_served(&stage.client, "a").await;
    session.batch_execute("ROLLBACK").await.expect("the end of the lock");
    assert!(outcomes(lists, &["OVERLOADED"]).await >= 3);
}

#[tokio::test]
async fn writes_that_wait_for_one_object_leave_room_for_others() {
    let stage = Stage::set().await;
    stage.client.create("application", json!({ "id": "hot" })).await.expect("an application");
    let session = stage.database.connect().await;
    session.batch_execute("BEGIN; UPDATE application SET defaults = '{}' WHERE id = 'hot'").await.expect("a lock");
    let writes = crowd(
        &stage.server,
        "UpdateApplication",
        |number| json!({ "application": { "id": "hot", "defaults": { "n": number } }, "update_mask": ["defaults"] }),
    );
    in_lane(&stage.server, "waits_for_locks", 2.0).await;
    others_are_served(&stage.client, "a").await;
    session.batch_execute("ROLLBACK").await.expect("the end of the lock");
    assert!(outcomes(writes, &["OVERLOADED", "DEADLINE_EXCEEDED"]).await >= 2);
}

#[tokio::test]
async fn a_write_that_was_set_aside_is_done_once() {
    let stage = Stage::set().await;
    let session = stage.database.connect().await;
    session.batch_execute("BEGIN; LOCK TABLE application IN SHARE MODE").await.expect("a lock");
    let creates = crowd(
        &stage.server,
        "CreateApplication",
        |number| json!({ "application": { "id": format!("a{number}") }, "request_id": format!("r{}", number / 2) }),
    );
    in_lane(&stage.server, "waits_for_locks", 2.0).await;
    session.batch_execute("ROLLBACK").await.expect("the end of the lock");
    // Two of them have each request ID, with requests that differ.
    let answered = outcomes(creates, &["REQUEST_ID_REUSED", "OVERLOADED"]).await;
    let there = stage.database.number("SELECT count(*) FROM application").await;
    assert_eq!(usize::try_from(there).expect("a count"), answered);
    assert!((2..=CROWD / 2).contains(&answered), "{answered}");
}

#[tokio::test]
async fn whoever_waits_for_a_load_hears_of_it() {
    let stage = Stage::set().await;
    stage.client.create("application", json!({ "id": "hot" })).await.expect("an application");
    let hot = packed("application", json!({ "id": "hot", "defaults": { "by": "load" } }));
    let options = LoadOptions { upsert: true, ..Default::default() };
    let mut bulk = BulkServiceClient::new(stage.server.channel());
    let (sender, receiver) = mpsc::channel::<LoadObjectsRequest>(4);
    for message in with(options, vec![vec![hot]]) {
        sender.send(message).await.expect("there is room");
    }
    let mut load = bulk.load_objects(ReceiverStream::new(receiver)).await.expect("it begins").into_inner();
    load.message().await.expect("it goes on").expect("the object is written");

    let update = json!({ "application": { "id": "hot", "defaults": { "by": "update" } }, "update_mask": ["defaults"] });
    let failure = stage.client.call("UpdateApplication", update.clone()).await.expect_err("the load holds it");
    assert_eq!((failure.code, failure.reason.as_str()), (Code::Aborted, "CONFLICT"), "{failure}");
    let who = "qairon.v1.BulkService/LoadObjects by `anonymous` (request `";
    assert!(failure.message.starts_with(who) && failure.message.contains("try again"), "{failure}");
    assert_eq!(failure.flaws(), Vec::<String>::new());

    drop(sender);
    while load.message().await.expect("it ends well").is_some() {}
    stage.client.call("UpdateApplication", update).await.expect("nobody holds it now");
    let now = stage.client.get("application", "hot").await.expect("it is there");
    assert_eq!(now.0["defaults"], json!({ "by": "update" }));
}

#[tokio::test]
async fn who_holds_an_object_is_named_when_the_wait_is_over() {
    let database = Database::new().await;
    let server = Server::start(&database, &["--lock-timeout", "3s"]).await;
    let client = server.client();
    client.create("application", json!({ "id": "hot" })).await.expect("an application");
    let session = database.connect().await;
    session.batch_execute("BEGIN; UPDATE application SET defaults = '{}' WHERE id = 'hot'").await.expect("a lock");
    let process = session.query_one("SELECT pg_backend_pid()", &[]).await.expect("a process").get::<_, i32>(0);
    let request = json!({ "application": { "id": "hot", "defaults": {} }, "update_mask": ["defaults"] });
    let failure = client.call("UpdateApplication", request).await.expect_err("it is held");
    assert_eq!(failure.reason, "DEADLINE_EXCEEDED", "{failure}");
    assert!(failure.message.ends_with(&format!("; process {process} of PostgreSQL holds it")), "{failure}");
}

/// A path that goes from many objects to others of theirs and back, so often.
fn back_and_forth(times: usize) -> String {
    format!("{}deployments.tag = \"x\"", "deployments.zones.".repeat(times))
}

#[tokio::test]
async fn a_filter_that_goes_back_and_forth_is_refused_before_it_runs() {
    let stage = Stage::set().await;
    stage.client.list("service", &back_and_forth(2)).await.expect("it is affordable");
    let nested = |step: &str, times: usize| {
        (0..times).fold("tag = \"x\"".to_owned(), |inner, _| format!("any({step}, ({inner}))"))
    };
    let many = [
        back_and_forth(4),
        vec![back_and_forth(2); 4].join(" AND "),
        format!("any(deployments, ({}))", nested("zones.deployments", 10)),
        format!("any(deployments, ({}))", nested("service.deployments", 10)),
        format!("any(deployments, (NOT {}))", nested("deployment_target.deployments", 10)),
    ];
    for filter in many {
        let failure = stage.client.list("service", &filter).await.expect_err("it is not affordable");
        assert_eq!((failure.code, failure.reason.as_str()), (Code::InvalidArgument, "FILTER_TOO_COSTLY"), "{failure}");
        assert!(failure.message.contains("from many objects to many others"), "{failure}");
        assert_eq!((failure.flaws(), failure.fields), (Vec::new(), vec!["filter".to_owned()]));
    }
    // There and back to the same object is no way at all, for every relation that has one back.
    for entity in entities() {
        for relation in entity.relations.iter().filter(|relation| !relation.is_to_one()) {
            let target = qairon::model().target(&relation.target);
            let back = target.relations.iter().find(|back| back.is_to_one() && back.target == entity.name);
            let Some(back) = back.filter(|_| relation.names.len() == 1) else { continue };
            let path = format!("{}.{}.", relation.names[0], back.names[0]);
            let filter = format!("{}{}:*", path.repeat(7), relation.names[0]);
            let found = stage.client.list(&entity.name, &filter).await;
            if let Err(failure) = found {
                assert_eq!(failure.reason, "FILTER_TOO_COSTLY", "{}: {filter}: {failure}", entity.name);
                assert!(back.names[0] != relation.names[0], "{failure}");
            }
        }
    }
}

#[tokio::test]
async fn an_empty_relation_is_null_however_the_path_leads_there() {
    let stage = Stage::set().await;
    stage.client.create("application", json!({ "id": "a" })).await.expect("an application");
    for stack in ["empty", "full"] {
        stage.client.create("stack", json!({ "application_id": "a", "name": stack })).await.expect("a stack");
    }
    stage.client.create("service", json!({ "stack_id": "a:full", "name": "s" })).await.expect("a service");
    // Services lead to a stack that has some, and from an empty stack nothing leads anywhere.
    for (filter, found) in [
        ("services = null", 1),
        ("services.stack.services = null", 0),
        ("is_null(services.stack.services)", 0),
        ("services.stack.services.stack.services = null", 0),
        ("any(services.stack, (is_null(services)))", 0),
        ("any(services, (is_null(stack.services)))", 0),
        ("services.stack.services:*", 1),
        ("NOT services.stack.services:*", 1),
        ("services.stack.services != null", 1),
        ("services.stack.services.name = \"s\"", 1),
        ("NOT services.stack.services.name = \"s\"", 1),
    ] {
        assert_eq!(stage.client.list("stack", filter).await.expect(filter).len(), found, "{filter}");
    }
}
