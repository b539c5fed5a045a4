//! What cannot be held is refused, with its path and everywhere alike.

use prost::Message;
use prost_types::value::Kind;
use prost_types::{Any, FieldMask, ListValue, Struct, Value};
use qairon::v1::{
    Application, ApplyOptions, BulkObject, CreateApplicationRequest, ImportObjectsRequest, LoadOptions,
    UpdateApplicationRequest,
};
use qairon_integration_tests::{Failure, Report};
use serde_json::json;
use tonic::Code;

use crate::apply::apply;
use crate::csv_import::Desk;
use crate::load::{each, loaded, message, with};
use crate::stage::Stage;

fn object(key: &str, kind: Kind) -> Struct {
    Struct { fields: [(key.to_owned(), Value { kind: Some(kind) })].into() }
}

/// `{"a": [0, 1, {"b": number}]}`
fn holding(number: f64) -> Struct {
    let value = |kind| Value { kind: Some(kind) };
    let values = [
        value(Kind::NumberValue(0.0)),
        value(Kind::NumberValue(1.0)),
        value(Kind::StructValue(object("b", Kind::NumberValue(number)))),
    ];
    object("a", Kind::ListValue(ListValue { values: values.to_vec() }))
}

const PATH: &str = "defaults.a[2].b";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_number_of_json_is_refused_on_every_way() {
    let stage = Stage::set().await;
    stage.client.create("application", json!({ "id": "old" })).await.expect("a new one");
    let mut report = Report::new();
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let of = |id: &str| Application { id: id.to_owned(), defaults: Some(holding(number)), ..Default::default() };
        let packed = |id: &str| Any {
            type_url: "type.googleapis.com/qairon.v1.Application".to_owned(),
            value: of(id).encode_to_vec(),
        };
        for request_id in ["", "a-request"] {
            let request_id = request_id.to_owned();
            let create = CreateApplicationRequest {
                application: Some(of("new")),
                request_id: request_id.clone(),
                ..Default::default()
            };
            let update = UpdateApplicationRequest {
                application: Some(of("old")),
                request_id: request_id.clone(),
                ..Default::default()
            };
            let missing = UpdateApplicationRequest {
                application: Some(of("new")),
                allow_missing: true,
                request_id,
                ..Default::default()
            };
            for (method, request) in [
                ("CreateApplication", create.encode_to_vec()),
                ("UpdateApplication", update.encode_to_vec()),
                ("UpdateApplication", missing.encode_to_vec()),
            ] {
                let method = qairon::model().methods().iter().find(|known| known.path.ends_with(&format!("/{method}")));
                let result = stage.client.call_encoded(method.expect("a method"), request).await;
                let result = result.map_err(|status| Failure::new(&status));
                report.refused(format!("{number} by {method:?}"), result, Code::InvalidArgument, "INVALID_VALUE", PATH);
            }
        }
        let upsert = LoadOptions { upsert: true, ..each() };
        let import = ImportObjectsRequest { objects: vec![packed("new")], ..Default::default() };
        let mut bulk = qairon::v1::bulk_service_client::BulkServiceClient::new(stage.server.channel());
        let bundle = [
            BulkObject { object: Some(packed("new")), ..Default::default() },
            BulkObject {
                object: Some(packed("old")),
                fields: Some(FieldMask { paths: vec!["defaults".to_owned()] }),
                ..Default::default()
            },
        ];
        for (way, errors) in [
            ("load", loaded(&stage.server, vec![message(vec![packed("new")])]).await.errors),
            ("upsert", loaded(&stage.server, with(upsert, vec![vec![packed("new"), packed("old")]])).await.errors),
            ("import", bulk.import_objects(tokio_stream::once(import)).await.expect("an answer").into_inner().errors),
            ("apply", apply(&stage.server, ApplyOptions::default(), bundle.to_vec()).await.errors),
        ] {
            report.check(!errors.is_empty(), way, format!("{number} is accepted"));
            for error in errors {
                let found = (error.code, error.reason.as_str(), error.field.as_str());
                report.equal(
                    format!("{number} by {way}"),
                    found,
                    (Code::InvalidArgument as i32, "INVALID_VALUE", PATH),
                );
                report.check(error.message.contains(PATH), way, &error.message);
            }
        }
    }
    report.finish();
    assert_eq!(stage.rows().await, 1);
}

/// In the texts that people write.
#[tokio::test(flavor = "multi_thread")]
async fn whole_numbers_beyond_2_to_the_53_are_refused_in_every_text() {
    let desk = Desk::set().await;
    let mut report = Report::new();
    desk.stage.client.create("application", json!({ "id": "old" })).await.expect("a new one");
    for number in [
        "9007199254740993",
        "-9007199254740993",
        "9007199254740994",
        "1152921504606846976",
        "18446744073709551616",
        "1e400",
    ] {
        let literal = format!("{{\"a\": [0, 1, {{\"b\": {number}}}]}}");
        let yaml = format!("resource: application\nid: new\ndefaults:\n  a: [0, 1, {{b: {number}}}]\n");
        let flow = format!("[{{resource: application, id: new, defaults: {literal}}}]");
        let json = format!("{{\"resource\": \"application\", \"id\": \"new\", \"defaults\": {literal}}}");
        let csv = format!("id,defaults\nnew,\"{}\"\n", literal.replace('"', "\"\""));
        let files =
            [("a.yaml", yaml), ("b.yaml", flow), ("a.json", json.clone()), ("a.jsonl", json), ("application.csv", csv)];
        for (name, content) in files {
            let file = desk.file(name, content);
            let output = desk.qcli.run(&["apply", "-f", &file]).await;
            let told = output.code != Some(0) && output.stderr.contains("a[2].b") && output.stderr.contains(number);
            report.check(told, name, format!("{output:?}"));
            if name.ends_with("csv") {
                let output = desk.import("application", &file, &[]).await;
                let told = output.code != Some(0) && output.stderr.contains("a[2].b");
                report.check(told, "import_csv", format!("{output:?}"));
            }
        }
        let output = desk.qcli.run(&["application", "set_field", "old", "defaults", &literal]).await;
        report.check(output.code == Some(2) && output.stderr.contains("a[2].b"), "set_field", format!("{output:?}"));
        for filter in [
            format!("defaults.a.b = {number}"),
            format!("defaults.a.b:{number}"),
            format!("in(defaults.a.b, 1, {number})"),
            format!("defaults.a.b = (1 OR {number})"),
            format!("{{\"filters\": [{{\"name\": \"defaults.a.b\", \"op\": \"eq\", \"val\": {number}}}]}}"),
        ] {
            let failure = desk.stage.client.list("application", &filter).await.err();
            let told = failure.as_ref().is_some_and(|failure| {
                failure.reason == "INVALID_FILTER"
                    && failure.message.contains("defaults.a.b")
                    && failure.message.contains(number)
            });
            report.check(told, &filter, format!("{failure:?}"));
        }
    }
    report.finish();
    assert_eq!(desk.stage.rows().await, 1);
}
