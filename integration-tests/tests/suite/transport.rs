//! The transport: malformed, oversized and odd calls, and what every answer carries.

mod connections;
mod discovery;
mod limits;
pub mod raw;

use std::collections::HashSet;
use std::io::Write;
use std::process::{Command, Stdio};

use prost::Message;
use prost_types::value::Kind;
use prost_types::{Struct, Value as ProtoValue};
use qairon::model::Verb;
use qairon_integration_tests::{Client, Database, Failure, Report, Server, World, poll_until, soon};
use serde_json::json;
use tonic::Code;

use raw::{flagged_frame, frame, post};

pub const CREATE: &str = "/qairon.v1.CatalogService/CreateApplication";
const EXPORT: &str = "/qairon.v1.BulkService/ExportObjects";
const GET: &str = "/qairon.v1.CatalogService/GetApplication";

fn create_request(id: &str) -> Vec<u8> {
    let application = qairon::v1::Application { id: id.to_owned(), ..Default::default() };
    qairon::v1::CreateApplicationRequest { application: Some(application), ..Default::default() }.encode_to_vec()
}

/// What `gzip` makes of its input.
pub fn gzip(input: &[u8]) -> Vec<u8> {
    let mut child =
        Command::new("gzip").arg("-c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("gzip runs");
    let mut stdin = child.stdin.take().expect("its input is a pipe");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("gzip ends");
    writer.join().expect("no panic").expect("gzip reads");
    output.stdout
}

#[tokio::test]
async fn what_is_no_call_is_refused_with_the_right_code() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let mut report = Report::new();
    let good = create_request("good");
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 1 << 20, "it goes through the limit of what is received");
    let encoding: &[(&str, &str)] = &[("grpc-encoding", "gzip")];
    let invalid = (Code::InvalidArgument, "MALFORMED_MESSAGE");
    let too_large = (Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
    let unknown = (Code::Unimplemented, "UNKNOWN_METHOD");
    let cases = [
        ("no body", CREATE, &[][..], Vec::new(), invalid),
        ("half a frame's head", CREATE, &[], vec![0, 0], invalid),
        ("half a frame", CREATE, &[], frame(&good)[..7].to_vec(), invalid),
        ("an unknown flag", CREATE, &[], flagged_frame(7, &good), invalid),
        ("compressed without an encoding", CREATE, &[], flagged_frame(1, &good), invalid),
        ("no gzip", CREATE, encoding, flagged_frame(1, b"garbage"), invalid),
        ("no protobuf", CREATE, &[], frame(&[0xff; 20]), invalid),
        ("groups without an end", CREATE, &[], frame(&[0x0b; 20]), invalid),
        ("another type", CREATE, &[], frame(&[0x08, 0x01]), invalid),
        ("no UTF-8", CREATE, &[], frame(&[0x0a, 0x04, 0x0a, 0x02, 0xff, 0xfe]), invalid),
        ("a length beyond the end", CREATE, &[], frame(&[0x0a, 0x7f, 0x0a]), invalid),
        ("an oversize message", CREATE, &[], frame(&vec![0x0a; 5 << 20]), too_large),
        ("an announced oversize message", CREATE, &[], vec![0, 0xff, 0xff, 0xff, 0xff, 1], too_large),
        ("a bomb", CREATE, encoding, flagged_frame(1, &bomb), too_large),
        ("an unknown method", "/qairon.v1.CatalogService/MakeCoffee", &[], frame(&good), unknown),
        ("an unknown service", "/coffee.v1.CoffeeService/MakeCoffee", &[], frame(&good), unknown),
        ("the root", "/", &[], frame(&good), unknown),
        ("two messages", CREATE, &[], [frame(&good), frame(&create_request("better"))].concat(), invalid),
        ("a second message that is none", CREATE, &[], [frame(&good), flagged_frame(0, &[0xff])].concat(), invalid),
        ("two messages for a stream of answers", EXPORT, &[], [frame(&[]), frame(&[])].concat(), invalid),
    ];
    for (name, path, headers, body, (code, reason)) in cases {
        let answer = post(server.channel(), path, headers, body).await;
        report.refused(name, Err::<(), _>(answer.failure()), code, reason, "");
        report.check(answer.headers.contains_key("x-request-id"), name, "there is a request ID");
    }
    let unsupported = post(server.channel(), CREATE, &[("grpc-encoding", "snappy")], flagged_frame(1, &good)).await;
    report.equal("another compression", unsupported.code(), Code::Unimplemented);
    report.equal("rows", database.number("SELECT count(*) FROM application").await, 0);

    let compressed = post(server.channel(), CREATE, encoding, flagged_frame(1, &gzip(&good))).await;
    report.equal("gzip", compressed.code(), Code::Ok);
    let mut unknown_field = create_request("unknown-field");
    // Field 9,999 with the value 1, as a newer client would send it.
    unknown_field.extend([0xf8, 0xf0, 0x04, 0x01]);
    report.equal(
        "a field of a newer client",
        post(server.channel(), CREATE, &[], frame(&unknown_field)).await.code(),
        Code::Ok,
    );
    report.finish();
}

#[tokio::test]
async fn unknown_numbers_of_enums_are_refused() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let (client, mut report) = (server.client(), Report::new());
    let mut checked = 0;
    for entity in qairon::model().entities() {
        let method = qairon::model().method(entity, Verb::Create);
        for field in entity.fields.iter().filter(|field| matches!(field.kind, qairon::model::Kind::Enum(_))) {
            let draft = client.factory().draft(&entity.name, &mut World::new()).await;
            for number in [0, 99, -1] {
                let mut message = Client::message(&method.descriptor.input(), json!({ &entity.name: draft.clone() }));
                let object = message.get_field_by_name_mut(&entity.name).expect("the object");
                let object = object.as_message_mut().expect("a message");
                object.set_field(&field.descriptor, prost_reflect::Value::EnumNumber(number));
                let refused = client.call_encoded(method, message.encode_to_vec()).await;
                let refused = refused.map_err(|status| Failure::new(&status));
                let code = refused.as_ref().err().map(|failure| failure.code);
                let place = format!("{}.{} = {number}", entity.name, field.name);
                report.equal(&place, code, Some(Code::InvalidArgument));
                report.check(
                    refused.is_err_and(|failure| failure.flaws().is_empty()),
                    &place,
                    "the error has no flaws",
                );
            }
            checked += 1;
        }
    }
    assert!(checked > 0, "some fields are enums");
    report.finish();
}

#[tokio::test]
async fn metadata_says_what_is_wrong_with_it_and_leaves_the_connection_alone() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let (channel, mut report) = (server.channel(), Report::new());
    let invalid = (Code::InvalidArgument, "MALFORMED_MESSAGE");
    let no_time = (Code::InvalidArgument, "INVALID_VALUE");
    let too_large = (Code::ResourceExhausted, "METADATA_TOO_LARGE");
    let large = "m".repeat(140_000);
    let larger = "m".repeat(1_000_000);
    let mut cases = vec![
        ("140 KB of metadata", vec![("x-large", large.as_str())], 200, too_large),
        ("1 MB of metadata", vec![("x-large", larger.as_str())], 200, too_large),
    ];
    let many: Vec<String> = (0..2000).map(|index| format!("x-{index}")).collect();
    let value = "m".repeat(50);
    cases.push(("2,000 entries", many.iter().map(|name| (name.as_str(), value.as_str())).collect(), 200, too_large));
    for kind in ["application/json", "application/grpc+json", "application/grpc-web", "text/plain", ""] {
        cases.push(("another content type", vec![("content-type", kind)], 415, invalid));
    }
    for timeout in ["soon", "5", "S", "-1S", "1.5S", "123456789S", "1d", ""] {
        cases.push(("a timeout that is none", vec![("grpc-timeout", timeout)], 200, no_time));
    }
    cases.push(("two timeouts", vec![("grpc-timeout", "5S"), ("grpc-timeout", "6S")], 200, no_time));
    let good = frame(&create_request("good"));
    for (name, headers, http, (code, reason)) in &cases {
        for path in [CREATE, "/qairon.v1.BulkService/LoadObjects", "/nowhere.v1.Nothing/Nothing"] {
            let place = format!("{name} to {path}");
            let answer = post(channel.clone(), path, headers, good.clone()).await;
            report.refused(&place, Err::<(), _>(answer.failure()), *code, reason, "");
            report.equal(&place, answer.http, *http);
            report.check(answer.headers.contains_key("x-request-id"), &place, "there is a request ID");
        }
        let health = post(channel.clone(), "/grpc.health.v1.Health/Check", headers, raw::health_request("")).await;
        report.equal(format!("{name} to health"), health.code(), *code);
    }
    report.equal("rows", database.number("SELECT count(*) FROM application").await, 0);
    let taken = post(channel.clone(), CREATE, &[("grpc-timeout", "5S")], good).await;
    report.equal("a good one", taken.code(), Code::Ok);
    let log = server.log();
    let peers = log.lines().filter_map(|line| line.split_once(" peer=")?.1.split(' ').next());
    report.equal("connections", peers.collect::<HashSet<_>>().len(), 1);
    report.finish();
}

/// An object that holds an object that holds an object, and so on.
fn nested(depth: usize) -> Struct {
    let mut object = Struct::default();
    for _ in 0..depth {
        let inner = ProtoValue { kind: Some(Kind::StructValue(object)) };
        object = Struct { fields: [("in".to_owned(), inner)].into() };
    }
    object
}

#[tokio::test]
async fn deep_objects_are_refused_or_come_back_as_they_were() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let (mut accepted, mut refused) = (0, 0);
    for depth in [1, 5, 10, 20, 24, 25, 28, 29, 30, 31, 32, 33, 34, 35, 40, 60, 100, 500] {
        let id = format!("deep-{depth}");
        let application =
            qairon::v1::Application { id: id.clone(), defaults: Some(nested(depth)), ..Default::default() };
        let request = qairon::v1::CreateApplicationRequest { application: Some(application), ..Default::default() };
        let created = post(server.channel(), CREATE, &[], frame(&request.encode_to_vec())).await;
        if created.code() != Code::Ok {
            assert_eq!(created.code(), Code::InvalidArgument, "{depth}: {}", created.status());
            assert!(created.failure().flaws().is_empty(), "{depth}: {:?}", created.failure().flaws());
            refused += 1;
            continue;
        }
        accepted += 1;
        let mut typed = qairon::v1::catalog_service_client::CatalogServiceClient::new(server.channel());
        let listed = typed.list_applications(qairon::v1::ListApplicationsRequest {
            filter: format!("id = \"{id}\""),
            ..Default::default()
        });
        let listed =
            listed.await.unwrap_or_else(|status| panic!("depth {depth} cannot be read: {status}")).into_inner();
        assert_eq!(listed.applications[0].defaults, Some(nested(depth)), "{depth}");
    }
    assert!(accepted >= 4 && refused >= 1, "{accepted} accepted, {refused} refused");
}

#[tokio::test]
async fn every_answer_has_the_request_id_and_every_request_one_line_of_log() {
    let database = Database::new().await;
    let server = Server::start(&database, &["--log-format", "json"]).await;
    let headers = [("x-request-id", "from-outside"), ("x-qairon-actor", "ops@example.com")];
    let created = post(server.channel(), CREATE, &headers, frame(&create_request("a"))).await;
    assert_eq!(created.headers["x-request-id"], "from-outside");
    let refused = post(server.channel(), CREATE, &headers, frame(&create_request("a"))).await;
    assert_eq!(refused.headers["x-request-id"], "from-outside");
    let unnamed = post(server.channel(), GET, &[], frame(&[])).await;
    let given = unnamed.headers["x-request-id"].to_str().expect("a text").to_owned();
    assert_eq!(given.len(), 36, "{given}");
    // What would break a line of the log or a header does not get there.
    let odd =
        post(server.channel(), GET, &[("x-request-id", "tab\tstop"), ("x-qairon-actor", "\"quoted\"")], frame(&[]))
            .await;
    assert_eq!(odd.headers["x-request-id"], "tabstop");
    let long = post(server.channel(), GET, &[("x-request-id", &"r".repeat(5000))], frame(&[])).await;
    assert_eq!(long.headers["x-request-id"].len(), 128);

    let lines: Vec<serde_json::Value> = poll_until(soon(), "the log has a line for each request", || async {
        let lines = server.log();
        let lines: Vec<serde_json::Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
            .collect();
        let lines: Vec<_> = lines.into_iter().filter(|line| line["message"] == "request").collect();
        (lines.len() >= 5).then_some(lines)
    })
    .await;
    assert_eq!(lines.len(), 5, "{lines:?}");
    let method = "qairon.v1.CatalogService/CreateApplication";
    for (line, code) in lines.iter().zip(["Ok", "AlreadyExists"]) {
        assert_eq!((&line["method"], &line["code"]), (&json!(method), &json!(code)));
        assert_eq!((&line["request_id"], &line["actor"]), (&json!("from-outside"), &json!("ops@example.com")));
        assert!(line["ms"].as_f64().is_some_and(|ms| ms > 0.0), "{line}");
    }
    assert!(lines[1]["note"].as_str().is_some_and(|note| note.contains("`a`")), "{}", lines[1]);
    assert_eq!((&lines[2]["request_id"], &lines[2]["actor"]), (&json!(given), &json!("")));
    assert_eq!(lines[3]["actor"], "\"quoted\"");
}
