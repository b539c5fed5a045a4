//! Messages that are small on the wire, or huge, or many at once, cost the server and its other callers little.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use prost::Message;
use prost_types::value::Kind;
use prost_types::{Any, FieldMask, Struct, Value};
use qairon::v1::bulk_service_client::BulkServiceClient;
use qairon::v1::{
    Application, ApplyObjectsRequest, BatchGetApplicationsRequest, BulkObject, CompleteIdsRequest,
    CreateApplicationRequest, GetApplicationRequest, LoadObjectsRequest,
};
use qairon_integration_tests::{Client, Database, Failure, Report, Server, long, poll_until, soon};
use serde_json::json;
use tokio_stream::StreamExt;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::transport::raw::{flagged_frame, frame, post};
use crate::transport::{CREATE, gzip};

const LOAD: &str = "/qairon.v1.BulkService/LoadObjects";
const IMPORT: &str = "/qairon.v1.BulkService/ImportObjects";
const APPLY: &str = "/qairon.v1.BulkService/ApplyObjects";
const COMPLETE: &str = "/qairon.v1.SearchService/CompleteIds";
const BATCH_GET: &str = "/qairon.v1.CatalogService/BatchGetApplications";
const GET: &str = "/qairon.v1.CatalogService/GetApplication";

/// What the server may take of memory while it is attacked, in MiB.
const MOST_MEMORY: u64 = 300;

/// The memory of a server in MiB: `VmRSS` now, `VmHWM` at most so far.
fn memory(server: &Server, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it runs");
    let line = status.lines().find(|line| line.starts_with(what)).expect("its memory is listed");
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).expect("a number") / 1024
}

/// An application whose JSON has so many keys.
fn with_keys(many: usize) -> Vec<u8> {
    let value = Value { kind: Some(Kind::BoolValue(true)) };
    let keys = (0..many).map(|key| (key.to_string(), value.clone())).collect();
    let application =
        Application { id: "keys".to_owned(), defaults: Some(Struct { fields: keys }), ..Default::default() };
    CreateApplicationRequest { application: Some(application), ..Default::default() }.encode_to_vec()
}

/// Two million objects in four kilobytes.
fn empty_objects() -> Vec<u8> {
    // Objects are field 2 of the message, and these have no length.
    flagged_frame(1, &gzip(&[0x12, 0].repeat(2_000_000)))
}

fn long_resource() -> Vec<u8> {
    CompleteIdsRequest { resource: "deployment".repeat(400_000), ..Default::default() }.encode_to_vec()
}

const GZIP: &[(&str, &str)] = &[("grpc-encoding", "gzip")];

#[tokio::test]
async fn what_has_too_many_elements_is_refused_before_it_is_decoded() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let mut report = Report::new();
    let mask = FieldMask { paths: vec!["id".to_owned(); 1001] };
    let masked = GetApplicationRequest { id: "a".to_owned(), read_mask: Some(mask) }.encode_to_vec();
    let ids = BatchGetApplicationsRequest { ids: vec![String::new(); 1_000_000], ..Default::default() }.encode_to_vec();
    let objects = |many| ApplyObjectsRequest { objects: vec![BulkObject::default(); many], ..Default::default() };
    let cases = [
        ("empty objects to load", LOAD, GZIP, empty_objects(), "objects"),
        ("objects to import", IMPORT, &[], frame(&[0x0a, 0].repeat(10_001)), "objects"),
        ("objects to apply", APPLY, &[], frame(&objects(10_001).encode_to_vec()), "objects"),
        ("IDs", BATCH_GET, &[], frame(&ids), "ids"),
        ("paths", GET, &[], frame(&masked), "read_mask"),
        ("keys of JSON", CREATE, &[], frame(&with_keys(100_000)), ""),
    ];
    for (name, path, headers, body, field) in cases {
        let answer = post(server.channel(), path, headers, body).await;
        report.refused(name, Err::<(), _>(answer.failure()), Code::ResourceExhausted, "TOO_MANY_ELEMENTS", field);
    }
    // Whatever the method is: fields that nobody knows count as well.
    let unknown = frame(&[0xf8, 0x7f, 0].repeat(300_000));
    for method in qairon::model().methods() {
        let answer = post(server.channel(), &method.path, &[], unknown.clone()).await;
        let place = &method.path;
        report.refused(place, Err::<(), _>(answer.failure()), Code::ResourceExhausted, "TOO_MANY_ELEMENTS", "");
    }
    report.equal("rows", database.number("SELECT count(*) FROM application").await, 0);
    let fitting = post(server.channel(), CREATE, &[], frame(&with_keys(40_000))).await;
    report.equal("forty thousand keys", fitting.code(), Code::Ok);
    report.finish();
}

/// A bundle of applications of a megabyte each, in messages of three.
async fn bundle(channel: Channel, mebibytes: usize, name: usize) -> Result<(), Status> {
    let text = "x".repeat(1_000_000);
    let object = move |number: usize| {
        let text = Value { kind: Some(Kind::StringValue(text.clone())) };
        let defaults = Struct { fields: [("text".to_owned(), text)].into() };
        let application =
            Application { id: format!("bundle-{name}-{number}"), defaults: Some(defaults), ..Default::default() };
        let type_url = "type.googleapis.com/qairon.v1.Application".to_owned();
        BulkObject { object: Some(Any { type_url, value: application.encode_to_vec() }), ..Default::default() }
    };
    let messages = (0..mebibytes / 3).map(move |part| ApplyObjectsRequest {
        objects: (part * 3..part * 3 + 3).map(&object).collect(),
        ..Default::default()
    });
    let mut bulk = BulkServiceClient::new(channel).max_decoding_message_size(64 << 20);
    let mut answers = bulk.apply_objects(tokio_stream::iter(messages)).await?.into_inner();
    while let Some(answer) = answers.next().await {
        answer?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bundles_share_one_budget_and_give_it_back() {
    let database = Database::new().await;
    let server = Server::start(&database, &["--max-bundle-memory", "64MiB"]).await;
    let alone = Failure::new(&bundle(server.channel(), 60, 0).await.expect_err("too large"));
    assert_eq!((alone.code, alone.reason.as_str()), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"), "{alone}");
    assert!(alone.message.contains("--max-bundle-memory") && alone.flaws().is_empty(), "{alone}");
    // One that is open leaves too little for another.
    let mut bulk = BulkServiceClient::new(server.channel());
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let held = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let text = Value { kind: Some(Kind::StringValue("x".repeat(1_000_000))) };
    let defaults = Struct { fields: [("text".to_owned(), text)].into() };
    let application = Application { id: "held".to_owned(), defaults: Some(defaults), ..Default::default() };
    let value = application.encode_to_vec();
    let object = BulkObject {
        object: Some(Any { type_url: "type.googleapis.com/qairon.v1.Application".to_owned(), value }),
        ..Default::default()
    };
    let call = tokio::spawn(async move { bulk.apply_objects(held).await });
    for _ in 0..9 {
        let message = ApplyObjectsRequest { objects: vec![object.clone()], ..Default::default() };
        sender.send(message).await.expect("it is taken");
    }
    // These go when the server has taken what is before them, but for the window of the stream.
    for _ in 0..3 {
        sender.send(ApplyObjectsRequest::default()).await.expect("it is taken");
    }
    let crowded = Failure::new(&bundle(server.channel(), 12, 1).await.expect_err("there is too little room"));
    assert_eq!((crowded.code, crowded.reason.as_str()), (Code::ResourceExhausted, "MEMORY_EXHAUSTED"), "{crowded}");
    assert!(crowded.message.contains("try again") && crowded.flaws().is_empty(), "{crowded}");
    // Given up, it leaves its share to others.
    call.abort();
    drop(sender);
    poll_until(long(), "its share is free again", || async { bundle(server.channel(), 12, 2).await.ok() }).await;
    bundle(server.channel(), 12, 3).await.expect("one after the other there is room");
}

/// Gets an object again and again, and returns how often. How long others wait is measured by `make soak`.
async fn calls(client: Client, over: Arc<AtomicBool>) -> usize {
    let mut answered = 0;
    while !over.load(Ordering::Relaxed) {
        client.get("application", "a").await.expect("it exists");
        answered += 1;
    }
    answered
}

/// Runs an attack, and checks what it cost the server and other callers.
async fn cost(report: &mut Report, server: &Server, name: &str, attack: impl Future<Output = ()>) {
    let over = Arc::new(AtomicBool::new(false));
    let others: Vec<_> = (0..4).map(|_| server.client().with_timeout(soon())).collect();
    let others: Vec<_> = others.into_iter().map(|client| tokio::spawn(calls(client, over.clone()))).collect();
    attack.await;
    over.store(true, Ordering::Relaxed);
    for answered in join_all(others).await {
        report.check(answered.expect("every call is answered") > 0, name, "others were answered meanwhile");
    }
    let most = memory(server, "VmHWM");
    report.check(most < MOST_MEMORY, name, format!("{most} MiB were in use"));
}

/// Eight callers send the same again and again.
async fn repeated(server: &Server, path: &str, headers: &[(&str, &str)], body: Vec<u8>, many: usize) {
    let each = (0..8).map(|_| async {
        for _ in 0..many {
            post(server.channel(), path, headers, body.clone()).await;
        }
    });
    _ = join_all(each).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_callers_and_memory_stay_as_they_are() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let (client, mut report) = (server.client(), Report::new());
    client.create("application", json!({ "id": "a" })).await.expect("an application");
    let large = json!({ "id": "large", "defaults": { "text": "x".repeat(1_000_000) } });
    client.create("application", large).await.expect("up to 1 MiB fits");
    cost(&mut report, &server, "empty objects", repeated(&server, LOAD, GZIP, empty_objects(), 10)).await;
    cost(&mut report, &server, "long names", repeated(&server, COMPLETE, &[], frame(&long_resource()), 5)).await;
    cost(&mut report, &server, "keys of JSON", repeated(&server, CREATE, &[], frame(&with_keys(49_000)), 3)).await;
    cost(&mut report, &server, "too many keys", repeated(&server, CREATE, &[], frame(&with_keys(280_000)), 5)).await;
    let packed = LoadObjectsRequest {
        objects: vec![Any { type_url: "x".repeat(300), value: vec![0; 50] }; 10_000],
        options: None,
    };
    cost(&mut report, &server, "refused objects", repeated(&server, LOAD, &[], frame(&packed.encode_to_vec()), 3))
        .await;
    let ids = BatchGetApplicationsRequest { ids: vec!["large".to_owned(); 1000], ..Default::default() };
    cost(&mut report, &server, "large answers", repeated(&server, BATCH_GET, &[], frame(&ids.encode_to_vec()), 3))
        .await;
    cost(&mut report, &server, "bundles", async {
        let refused = join_all((0..6).map(|name| bundle(server.channel(), 160, name))).await;
        let refused =
            refused.into_iter().filter(|done| matches!(done, Err(status) if status.code() == Code::ResourceExhausted));
        assert_eq!(refused.count(), 6, "none of them fits");
    })
    .await;
    cost(&mut report, &server, "bundles that fit one by one", async {
        _ = join_all((0..6).map(|name| bundle(server.channel(), 36, name))).await;
    })
    .await;
    poll_until(soon(), "memory goes back to the system", || async {
        (memory(&server, "VmRSS") < MOST_MEMORY / 2).then_some(())
    })
    .await;
    report.finish();
}
