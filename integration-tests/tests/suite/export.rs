//! ExportObjects: everything at one moment.

use std::collections::BTreeSet;

use prost_reflect::DynamicMessage;
use prost_types::Any;
use qairon::model::Entity;
use qairon::v1::bulk_service_client::BulkServiceClient;
use qairon::v1::{BulkObject, BulkScope, ExportObjectsRequest};
use qairon_integration_tests::{Client, Failure, Server, poll_until, soon};
use serde_json::{Value, json};
use tonic::Status;

use super::load::{loaded, message};
use super::organisation::random_organisation;
use super::stage::{Stage, entities};

async fn export(server: &Server, request: ExportObjectsRequest) -> Result<Vec<BulkObject>, Status> {
    let mut bulk = BulkServiceClient::new(server.channel());
    let mut answers = bulk.export_objects(request).await?.into_inner();
    let mut all = Vec::new();
    while let Some(answer) = answers.message().await? {
        all.extend(answer.objects);
    }
    Ok(all)
}

fn of(resource: &str) -> ExportObjectsRequest {
    ExportObjectsRequest { resources: vec![resource.to_owned()], ..Default::default() }
}

fn object(exported: &BulkObject) -> &Any {
    exported.object.as_ref().expect("an object")
}

fn entity(object: &Any) -> &'static Entity {
    let name = object.type_url.rsplit('/').next().expect("a name");
    entities().iter().find(|entity| entity.message.full_name() == name).expect("an entity")
}

/// The fields that an object has, by their names.
fn fields(object: &Any) -> Value {
    let message = DynamicMessage::decode(entity(object).message.clone(), object.value.as_slice()).expect("a message");
    Client::object(&message)
}

fn ids(exported: &[BulkObject]) -> Vec<String> {
    exported.iter().map(|one| fields(object(one))["id"].as_str().expect("an ID").to_owned()).collect()
}

#[tokio::test]
async fn what_is_exported_can_be_loaded_elsewhere() {
    let stage = Stage::set().await;
    random_organisation(&stage, 11).await;
    let exported = export(&stage.server, ExportObjectsRequest::default()).await.expect("an export");
    let wanted: BTreeSet<&str> = entities().iter().map(|entity| entity.name.as_str()).collect();
    let found: BTreeSet<&str> = exported.iter().map(|one| entity(object(one)).name.as_str()).collect();
    assert_eq!(found, wanted);
    // Resources in sequence, IDs in order, and nothing that callers cannot set.
    let sequence = qairon::model().sequence();
    let place = |one: &BulkObject| sequence.iter().position(|other| other.index == entity(object(one)).index);
    let keys: Vec<_> = exported.iter().map(place).zip(ids(&exported)).collect();
    assert!(keys.is_sorted());
    for one in &exported {
        let shown = fields(object(one));
        let entity = entity(object(one));
        for (name, value) in shown.as_object().expect("an object") {
            let field = entity.field(name).expect("a field");
            let nothing = value.is_null() || value == "" || *value == json!([]) || *value == json!(0);
            assert!(nothing || field.is_settable() || name == "id", "{}.{name}: {value}", entity.name);
        }
        let row = stage.client.get(&entity.name, shown["id"].as_str().expect("an ID")).await.expect("it is there");
        for field in entity.fields.iter().filter(|field| field.is_settable()) {
            assert_eq!(shown[&field.name], row[&field.name], "{}.{}", entity.name, field.name);
        }
        for link in &entity.links {
            let sql = format!(
                "SELECT {} FROM {} WHERE {} = '{}' ORDER BY 1",
                link.target_column,
                link.table,
                link.owner_column,
                row.id()
            );
            let linked: Vec<String> = stage.database.query(&sql).await.into_iter().flatten().flatten().collect();
            let set = one.links.iter().find(|set| set.relation == link.relation);
            assert_eq!(set.map(|set| set.ids.clone()).unwrap_or_default(), linked, "{} {}", row.id(), link.relation);
            assert_eq!(set.is_some(), !linked.is_empty(), "empty sets are left out");
        }
    }
    let elsewhere = Stage::set().await;
    let objects: Vec<Any> = exported.iter().map(|one| object(one).clone()).collect();
    let done = loaded(&elsewhere.server, objects.chunks(25).map(|part| message(part.to_vec())).collect()).await;
    assert_eq!(
        (done.created, done.refused, done.committed),
        (i64::try_from(objects.len()).expect("few"), 0, true),
        "{done:?}"
    );
    let without_links = ExportObjectsRequest { omit_links: true, ..Default::default() };
    let again = export(&elsewhere.server, without_links.clone()).await.expect("an export");
    assert_eq!(again, export(&stage.server, without_links).await.expect("an export"));
    assert!(again.iter().all(|one| one.links.is_empty()));
}

#[tokio::test]
async fn parts_can_be_asked_for() {
    let stage = Stage::set().await;
    let fill = "INSERT INTO application (id) SELECT 'a' || n FROM generate_series(1, 3) n; \
                INSERT INTO stack (application_id, name) SELECT id, 's' || n FROM application, generate_series(1, 3) n; \
                INSERT INTO service (stack_id, name) SELECT id, 'v' FROM stack";
    stage.database.execute(fill).await.expect("rows");
    let get = async |request| ids(&export(&stage.server, request).await.expect("an export"));
    let scope = |resource: &str, id: &str| BulkScope { resource: resource.to_owned(), id: id.to_owned() };
    assert_eq!(get(of("application")).await, ["a1", "a2", "a3"]);
    let both = ExportObjectsRequest {
        resources: ["stack", "application", "stack"].map(str::to_owned).to_vec(),
        ..Default::default()
    };
    assert_eq!(get(both.clone()).await.len(), 12);
    let filter = "name = \"s2\"".to_owned();
    assert_eq!(get(ExportObjectsRequest { filter: filter.clone(), ..of("stack") }).await, ["a1:s2", "a2:s2", "a3:s2"]);
    let scopes = vec![scope("stack", "a1:s2"), scope("application", "a3")];
    let inside = ExportObjectsRequest { scopes: scopes.clone(), ..Default::default() };
    let wanted = ["a3", "a1:s2", "a3:s1", "a3:s2", "a3:s3", "a1:s2:v", "a3:s1:v", "a3:s2:v", "a3:s3:v"];
    assert_eq!(get(inside).await, wanted);
    assert_eq!(get(ExportObjectsRequest { scopes: scopes.clone(), filter, ..of("stack") }).await, ["a1:s2", "a3:s2"]);
    assert_eq!(get(ExportObjectsRequest { scopes, ..of("environment") }).await, [""; 0]);
    let read_mask = Some(prost_types::FieldMask { paths: vec!["uid".to_owned()] });
    let masked =
        export(&stage.server, ExportObjectsRequest { read_mask, ..of("application") }).await.expect("an export");
    let shown = fields(object(&masked[0]));
    assert_eq!((shown["id"].as_str(), shown["uid"].as_str().map(str::len)), (Some("a1"), Some(36)));
    assert!(shown["defaults"].is_null(), "{shown}");
}

#[tokio::test]
async fn what_cannot_be_exported_is_refused_with_its_field() {
    let stage = Stage::set().await;
    stage.client.create("application", json!({ "id": "a" })).await.expect("an application");
    let scope = |resource: &str, id: &str| vec![BulkScope { resource: resource.to_owned(), id: id.to_owned() }];
    let mask = |path: &str| Some(prost_types::FieldMask { paths: vec![path.to_owned()] });
    let everything = ExportObjectsRequest::default;
    let cases = [
        (of("stakc"), "resources", "INVALID_VALUE", "did you mean `stack`?"),
        (
            ExportObjectsRequest { filter: "id = \"a\"".to_owned(), ..everything() },
            "filter",
            "INVALID_VALUE",
            "exactly one resource",
        ),
        (ExportObjectsRequest { filter: "nmae = \"a\"".to_owned(), ..of("stack") }, "filter", "INVALID_FILTER", "nmae"),
        (
            ExportObjectsRequest { filter: "{\"limit\": 1}".to_owned(), ..of("stack") },
            "filter",
            "INVALID_FILTER",
            "limit",
        ),
        (
            ExportObjectsRequest { read_mask: mask("id"), ..everything() },
            "read_mask",
            "INVALID_VALUE",
            "exactly one resource",
        ),
        (
            ExportObjectsRequest { read_mask: mask("nmae"), ..of("stack") },
            "read_mask",
            "UNKNOWN_FIELD",
            "did you mean `name`?",
        ),
        (
            ExportObjectsRequest { scopes: scope("stakc", "a"), ..everything() },
            "scopes.resource",
            "INVALID_VALUE",
            "`stack`",
        ),
        (
            ExportObjectsRequest { scopes: scope("stack", "a"), ..everything() },
            "scopes.id",
            "INVALID_ID",
            "<application_id>:<name>",
        ),
        (
            ExportObjectsRequest { scopes: scope("stack", "a:b"), ..everything() },
            "scopes",
            "NOT_FOUND",
            "there is no stack `a:b`",
        ),
        (
            ExportObjectsRequest { scopes: vec![scope("application", "a").remove(0); 101], ..everything() },
            "scopes",
            "OUT_OF_RANGE",
            "100",
        ),
    ];
    for (request, field, reason, text) in cases {
        let failure = Failure::new(&export(&stage.server, request).await.expect_err("a refusal"));
        assert_eq!(
            (failure.fields.as_slice(), failure.reason.as_str()),
            (&[field.to_owned()][..], reason),
            "{failure}"
        );
        assert!(failure.message.contains(text), "{failure}");
        assert!(failure.flaws().is_empty(), "{:?}", failure.flaws());
    }
}

/// What is written while an export is read does not show in it: neither what comes nor what goes nor what changes.
#[tokio::test]
async fn an_export_is_of_one_moment_and_takes_little_memory() {
    let stage = Stage::set().await;
    let fill = "INSERT INTO application (id) VALUES ('a'); \
                INSERT INTO stack (application_id, name, defaults) SELECT 'a', 's' || n, jsonb_build_object('text', repeat('x', 2000)) \
                FROM generate_series(1, 30000) n; \
                INSERT INTO service (stack_id, name) SELECT id, 'v' FROM stack WHERE name LIKE 's1%'";
    stage.database.execute(fill).await.expect("rows");
    let services = stage.database.number("SELECT count(*) FROM service").await;
    let mut bulk = BulkServiceClient::new(stage.server.channel());
    let before = super::load::resident(&stage.server);
    let mut answers = bulk.export_objects(ExportObjectsRequest::default()).await.expect("it begins").into_inner();
    let first = answers.message().await.expect("no error").expect("a message");
    assert!(first.objects.len() < 2000, "it is read bit by bit");
    let change = "DELETE FROM service; UPDATE stack SET defaults = '{}'; INSERT INTO application (id) VALUES ('b')";
    stage.database.execute(change).await.expect("nothing is locked");
    let mut all = first.objects;
    let mut most = 0;
    while let Some(answer) = answers.message().await.expect("no error") {
        most = most.max(super::load::resident(&stage.server));
        all.extend(answer.objects);
    }
    let count = |name: &str| all.iter().filter(|one| entity(object(one)).name == name).count();
    assert_eq!((count("application"), count("stack")), (1, 30_000));
    assert_eq!(i64::try_from(count("service")), Ok(services));
    assert!(all.iter().filter(|one| entity(object(one)).name == "stack").all(|one| object(one).value.len() > 2000));
    assert!(most < before + 32, "{before} MiB before, {most} at most");
    // A client that disconnects leaves no transaction open.
    let mut answers = bulk.export_objects(ExportObjectsRequest::default()).await.expect("it begins").into_inner();
    answers.message().await.expect("no error").expect("a message");
    drop(answers);
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = \
                'qairon-service' AND state <> 'idle'";
    poll_until(soon(), "no transaction is left", || async { (stage.database.number(open).await == 0).then_some(()) })
        .await;
}
