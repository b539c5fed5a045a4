//! Large requests, large answers, and many of them at once.

use futures_util::future::join_all;
use prost::Message;
use qairon::model::Verb;
use qairon_integration_tests::{Client, Database, Report, Server, World, find_entity, poll_until, soon};
use serde_json::json;
use tonic::Code;

use super::raw::{Answer, frame, post};
use super::{CREATE, create_request};

#[tokio::test]
async fn a_hundred_kilobytes_of_metadata_are_taken() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let large = "m".repeat(100_000);
    let answer = post(server.channel(), CREATE, &[("x-large", &large)], frame(&create_request("a"))).await;
    assert_eq!(answer.code(), Code::Ok, "{answer:?}");
    let many: Vec<(String, String)> = (0..100).map(|index| (format!("x-{index}"), "m".repeat(1000))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = post(server.channel(), CREATE, &many, frame(&create_request("b"))).await;
    assert_eq!(answer.code(), Code::Ok, "{answer:?}");
}

/// The bytes of headers that clients in every language take, less what proxies add.
const HEADERS: usize = 12 * 1024;

#[tokio::test]
async fn errors_about_huge_inputs_fit_into_headers() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let mut report = Report::new();
    let texts =
        ["x".repeat(300_000), "€".repeat(100_000), "\u{1}".repeat(50_000), "a:".repeat(50_000), "\"".repeat(50_000)];
    for text in &texts {
        let network = json!({ "partition_id": "a:b:c:d:e", "name": "n", "cidr": text });
        let requests = [
            ("GetApplication", json!({ "id": text })),
            ("GetApplication", json!({ "id": "a", "read_mask": [text, text] })),
            ("BatchGetApplications", json!({ "ids": [text, text, text] })),
            ("CreateApplication", json!({ "application": { "id": text } })),
            ("CreateService", json!({ "service": { "stack_id": text, "name": text } })),
            ("UpdateApplication", json!({ "application": { "id": "a" }, "update_mask": [text, text] })),
            ("UpdateApplication", json!({ "application": { "id": "a" }, "new_id": text })),
            ("DeleteApplication", json!({ "id": "a", "request_id": text })),
            ("ListServices", json!({ "filter": text })),
            ("ListServices", json!({ "filter": format!("{text} = 1") })),
            ("ListServices", json!({ "filter": format!("{} = 1", "n".repeat(5000)) })),
            ("ListServices", json!({ "order_by": text })),
            ("ListServices", json!({ "page_token": text })),
            ("AddServiceRepo", json!({ "service_id": text, "repo_id": text })),
            ("CreateNetwork", json!({ "network": network })),
            ("CreateRelatable", json!({ "relatable": { "relatable_type": text, "object_id": text } })),
            ("AllocateSubnet", json!({ "network_id": text, "name": text, "additional_mask_bits": 1 })),
            ("CloneDeployment", json!({ "id": text, "deployment_target_id": text })),
        ];
        for (index, (method, request)) in requests.into_iter().enumerate() {
            let place = format!("{method} ({index}) with {:?}…", text.chars().take(4).collect::<String>());
            let methods = qairon::model().methods();
            let method = methods.iter().find(|known| known.descriptor.name() == method).expect("a method");
            let request = Client::message(&method.descriptor.input(), request).encode_to_vec();
            let answer = post(server.channel(), &method.path, &[], frame(&request)).await;
            report.refused_somehow(&place, &answer);
            report.equal(&place, answer.code(), Code::InvalidArgument);
        }
        let path = format!("/{}", text.chars().filter(char::is_ascii_alphanumeric).take(50_000).collect::<String>());
        let unknown = post(server.channel(), &path, &[], frame(&[])).await;
        report.refused_somehow("a long path", &unknown);

        let object = prost_types::Any { type_url: text.clone(), value: Vec::new() };
        let import = qairon::v1::ImportObjectsRequest { objects: vec![object], ..Default::default() };
        let path = "/qairon.v1.BulkService/ImportObjects";
        let answer = post(server.channel(), path, &[], frame(&import.encode_to_vec())).await;
        let told = answer.messages.first().map(|told| qairon::v1::ImportObjectsResponse::decode(told.clone()));
        let told = told.expect("refusals are returned in a message").expect("a response");
        report.equal("an import", told.refused, 1);
        report.check(told.encoded_len() < HEADERS, "an import", format!("{} bytes of refusal", told.encoded_len()));
    }
    report.finish();
}

/// What is asked of every refusal here.
trait Refusals {
    fn refused_somehow(&mut self, place: &str, answer: &Answer);
}

impl Refusals for Report {
    fn refused_somehow(&mut self, place: &str, answer: &Answer) {
        for flaw in answer.failure().flaws() {
            self.check(false, place, flaw);
        }
        let bytes = answer.header_bytes();
        self.check(bytes < HEADERS, place, format!("{bytes} bytes of headers"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_go_over_one_connection_at_once() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let client = server.client();
    client.create("application", json!({ "id": "a" })).await.expect("an application");
    let session = database.connect().await;
    session.batch_execute("BEGIN; LOCK TABLE application").await.expect("a lock");
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.get("application", "a").await })
        })
        .collect();
    poll_until(soon(), "a thousand calls are under way", || async {
        let in_flight = server.metric("qairon_requests_in_flight", &[]).await;
        (in_flight >= 1000.0).then_some(())
    })
    .await;
    session.batch_execute("ROLLBACK").await.expect("the end of the lock");
    for call in join_all(calls).await {
        assert_eq!(call.expect("no panic").expect("every call succeeds").id(), "a");
    }
}

#[tokio::test]
async fn pages_are_cut_by_bytes_and_lose_nothing() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let (client, mut report) = (server.client(), Report::new());
    let ids: Vec<String> = (0..14).map(|index| format!("large-{index:02}")).collect();
    for id in &ids {
        let text = id.repeat(100_000);
        client
            .create("application", json!({ "id": id, "defaults": { "text": text } }))
            .await
            .expect("up to 1 MiB fits");
    }
    let method = qairon::model().method(find_entity("application"), Verb::List);
    let (mut listed, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let request = Client::message(&method.descriptor.input(), json!({ "page_size": 1000, "page_token": token }));
        let page = client.call_encoded(method, request.encode_to_vec()).await.expect("a page");
        report.check(page.encoded_len() < 4 << 20, "a page", format!("{} bytes", page.encoded_len()));
        let page = qairon::v1::ListApplicationsResponse::decode(page.encode_to_vec().as_slice()).expect("a page");
        listed.extend(page.applications.into_iter().map(|application| application.id));
        pages += 1;
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    report.equal("the rows", &listed, &ids);
    report.check((4..=7).contains(&pages), "14 rows of 0.8 MB", format!("came on {pages} pages"));

    let all = client.call("BatchGetApplications", json!({ "ids": ids })).await;
    report.refused("all at once", all, Code::ResourceExhausted, "MESSAGE_TOO_LARGE", "");
    let slim = client.call("BatchGetApplications", json!({ "ids": ids, "read_mask": ["id"] })).await;
    report.equal("without their weight", slim.map(|slim| slim["applications"].as_array().map(Vec::len)), Ok(Some(14)));
    let too_large = json!({ "id": "huge", "defaults": { "text": "x".repeat(1 << 20) } });
    report.refused(
        "more than 1 MiB",
        client.create("application", too_large).await,
        Code::InvalidArgument,
        "VALUE_TOO_LARGE",
        "defaults",
    );
    report.finish();
}

#[tokio::test]
async fn an_object_that_embeds_too_much_can_be_read_in_part() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let (client, mut report) = (server.client(), Report::new());
    let (factory, mut world) = (client.factory(), World::new());
    let release = factory.create_in("release", &mut world).await;
    for _ in 0..6 {
        let mut artifact = factory.draft("release_artifact", &mut world).await;
        artifact["defaults"] = json!({ "text": "x".repeat(1_000_000) });
        client.create("release_artifact", artifact).await.expect("an artifact");
    }
    let deployment = world.id("deployment").expect("a release has a deployment");
    let mask = json!({ "update_mask": ["current_release_id"] });
    _ = client.update_with("deployment", json!({ "id": deployment, "current_release_id": release.id() }), mask).await;
    let whole = client.get("deployment", deployment).await;
    report.refused("the whole", whole, Code::ResourceExhausted, "MESSAGE_TOO_LARGE", "");
    report.refused("a page", client.list("deployment", "").await, Code::ResourceExhausted, "MESSAGE_TOO_LARGE", "");
    let part = client.call("GetDeployment", json!({ "id": deployment, "read_mask": ["id", "tag"] })).await;
    report.equal("a part", part.map(|part| part["deployment"]["id"].clone()), Ok(json!(deployment)));
    report.finish();
}
