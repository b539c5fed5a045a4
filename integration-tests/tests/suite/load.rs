//! LoadObjects and ImportObjects: many objects in a stream.

mod later;
mod overlapping;
mod streams;
mod upsert;

pub use overlapping::load_loses_a_deadlock;
pub use streams::resident;

use prost::Message;
use prost_types::Any;
use qairon::model::{Kind, Verb};
use qairon::v1::bulk_service_client::BulkServiceClient;
use qairon::v1::{
    ImportError, ImportObjectsRequest, LoadAtomicity, LoadObjectsRequest, LoadObjectsResponse, LoadOptions,
};
use qairon_integration_tests::{Client, Failure, Row, Server, World, find_entity};
use serde_json::{Map, Value, json};
use tonic::Status;

use super::stage::{Stage, entities, settable, unknown_id};

/// An object as it travels.
pub fn packed(entity: &str, object: Value) -> Any {
    let message = &find_entity(entity).message;
    let value = Client::message(message, object).encode_to_vec();
    Any { type_url: format!("type.googleapis.com/{}", message.full_name()), value }
}

/// One of many stacks of an application.
pub fn stack(application: &str, name: &str) -> Any {
    packed("stack", json!({ "application_id": application, "name": name }))
}

/// One message.
pub fn message(objects: Vec<Any>) -> LoadObjectsRequest {
    LoadObjectsRequest { options: None, objects }
}

/// Messages with options in front.
pub fn with(options: LoadOptions, messages: Vec<Vec<Any>>) -> Vec<LoadObjectsRequest> {
    let mut messages: Vec<_> = messages.into_iter().map(message).collect();
    if messages.is_empty() {
        messages.push(message(Vec::new()));
    }
    messages[0].options = Some(options);
    messages
}

/// Options that keep what is good.
pub fn each() -> LoadOptions {
    LoadOptions { atomicity: LoadAtomicity::Object.into(), ..Default::default() }
}

/// Loads, and collects the acknowledgements.
pub async fn load(server: &Server, messages: Vec<LoadObjectsRequest>) -> Result<Vec<LoadObjectsResponse>, Status> {
    let mut bulk = BulkServiceClient::new(server.channel()).max_decoding_message_size(64 << 20);
    let mut answers = bulk.load_objects(tokio_stream::iter(messages)).await?.into_inner();
    let mut all = Vec::new();
    while let Some(answer) = answers.message().await? {
        all.push(answer);
    }
    Ok(all)
}

/// The last acknowledgement, with the errors of all of them.
pub async fn loaded(server: &Server, messages: Vec<LoadObjectsRequest>) -> LoadObjectsResponse {
    let answers = load(server, messages).await.expect("the load answers");
    let errors = answers.iter().flat_map(|answer| answer.errors.clone()).collect();
    LoadObjectsResponse { errors, ..answers.last().expect("there is a last answer").clone() }
}

/// Created, updated, unchanged, refused.
pub fn counts(answer: &LoadObjectsResponse) -> [i64; 4] {
    [answer.created, answer.updated, answer.unchanged, answer.refused]
}

/// The row without what differs between two creations of the same object.
fn lasting(row: Row) -> Value {
    let mut object = row.0;
    for field in ["uid", "etag", "created_at"] {
        object.as_object_mut().expect("an object").remove(field);
    }
    object
}

#[tokio::test]
async fn every_entity_is_loaded_as_it_is_created() {
    let stage = Stage::set().await;
    let mut world = World::new();
    for entity in entities() {
        for whole in [true, false] {
            let name = &entity.name;
            let draft = match whole {
                true => stage.factory.draft(name, &mut world).await,
                false => stage.factory.minimal_draft(name, &mut world).await,
            };
            let request = json!({ name: draft.clone(), "validate_only": true });
            let created = stage.client.standard(entity, Verb::Create, request).await.expect("a valid object");
            let id = created[name]["id"].as_str().expect("an ID").to_owned();
            let done = loaded(&stage.server, vec![message(vec![packed(name, draft.clone())])]).await;
            assert_eq!((counts(&done), done.committed), ([1, 0, 0, 0], true), "{name} {draft}: {done:?}");
            let loaded = lasting(stage.client.get(name, &id).await.expect("it is there"));
            stage.client.delete_with(name, &id, json!({ "force": true })).await.expect("it goes");
            let created = lasting(stage.client.create(name, draft).await.expect("it comes again"));
            assert!(Row(loaded.clone()).same_as(&Row(created.clone())), "{name}: {loaded} and {created}");
            world.put(name, &id);
        }
    }
}

/// Objects that are refused, for every entity and every field.
async fn bad_drafts(stage: &Stage, world: &mut World) -> Vec<(&'static str, Value)> {
    let mut bad = Vec::new();
    for entity in entities() {
        let draft = stage.factory.draft(&entity.name, world).await;
        let mut put = |field: &str, value: Value| {
            let mut object: Map<String, Value> = draft.as_object().expect("an object").clone();
            object.insert(field.to_owned(), value);
            bad.push((entity.name.as_str(), Value::Object(object)));
        };
        for field in settable(entity) {
            match (&field.reference, &field.kind) {
                (Some(reference), _) => {
                    put(&field.name, unknown_id(find_entity(&reference.entity)).into());
                    put(&field.name, "a b".into());
                }
                (_, Kind::Name) => put(&field.name, "a:b".into()),
                (_, Kind::Cidr) => put(&field.name, "10.0.0.1/8".into()),
                (_, Kind::Integer | Kind::Double) => put(&field.name, (-1).into()),
                (_, Kind::EntityType) => put(&field.name, "Nothing".into()),
                (_, Kind::Text) if field.object_of.is_some() => put(&field.name, "nobody".into()),
                (_, Kind::Text) => put(&field.name, "a\u{0}b".into()),
                _ => {}
            }
            if field.required {
                put(&field.name, Value::Null);
            }
        }
    }
    bad
}

#[tokio::test]
async fn a_refusal_is_that_of_a_single_create() {
    let stage = Stage::set().await;
    let mut world = World::new();
    for entity in entities() {
        stage.factory.object_in(&entity.name, &mut world).await;
    }
    let mut bad = bad_drafts(&stage, &mut world).await;
    // What exists already is refused too.
    for entity in entities() {
        let row = stage.client.get(&entity.name, world.id(&entity.name).expect("one of each")).await.expect("a row");
        let fields = entity.fields.iter().filter(|field| field.is_settable() || field.number == 1);
        let object: Map<String, Value> =
            fields.map(|field| (field.name.clone(), row[&field.name].clone())).filter(|(_, v)| !v.is_null()).collect();
        bad.push((&entity.name, object.into()));
    }
    let rows = stage.rows().await;
    let mut expected = Vec::new();
    let mut objects = Vec::new();
    for (index, (entity, object)) in (0i64..).zip(bad) {
        let request = json!({ entity: object.clone(), "validate_only": true });
        let told = stage.client.standard(find_entity(entity), Verb::Create, request).await;
        // Some drafts are good after all, such as two objects that may be alike.
        if let Err(Failure { code, message, reason, fields, .. }) = told {
            let field = fields.first().cloned().unwrap_or_default();
            expected.push(ImportError { index, code: code as i32, reason, field, message });
        }
        objects.push(packed(entity, object));
    }
    assert!(expected.len() > 200, "only {} bad objects", expected.len());
    for size in [1000, 7] {
        let messages = objects.chunks(size).map(<[Any]>::to_vec).collect();
        let options = LoadOptions { validate_only: true, ..each() };
        let mut done = loaded(&stage.server, with(options, messages)).await;
        done.errors.sort_by_key(|error| error.index);
        for (told, wanted) in done.errors.iter().zip(&expected) {
            assert_eq!(told, wanted, "in messages of {size}");
        }
        assert_eq!(done.refused, i64::try_from(expected.len()).expect("few"), "in messages of {size}");
        assert!(!done.committed);
    }
    let import = ImportObjectsRequest { objects: objects.clone(), validate_only: false };
    let mut bulk = BulkServiceClient::new(stage.server.channel());
    let answer = bulk.import_objects(tokio_stream::iter([import])).await.expect("an answer").into_inner();
    assert_eq!((answer.created, answer.errors), (0, expected));
    assert_eq!(stage.rows().await, rows, "nothing was written");
}

#[tokio::test]
async fn what_comes_twice_is_refused_the_second_time() {
    let stage = Stage::set().await;
    stage.client.create("application", json!({ "id": "a" })).await.expect("an application");
    let inside = vec![stack("a", "s1"), stack("a", "s2"), stack("a", "s1"), stack("a", "s3")];
    let done = loaded(&stage.server, with(each(), vec![inside, vec![stack("a", "s3"), stack("a", "s4")]])).await;
    assert_eq!(counts(&done), [4, 0, 0, 2]);
    let told: Vec<_> = done.errors.iter().map(|error| (error.index, error.message.as_str())).collect();
    assert_eq!(told, [(2, "there already is a stack `a:s1`"), (4, "there already is a stack `a:s3`")]);
    assert_eq!(stage.database.number("SELECT count(*) FROM stack").await, 4);
}

#[tokio::test]
async fn a_rehearsal_answers_as_the_real_load() {
    let stage = Stage::set().await;
    stage.client.create("application", json!({ "id": "a" })).await.expect("an application");
    let messages = vec![
        vec![stack("a", "s1"), stack("nobody", "s"), packed("service", json!({ "stack_id": "a:s2", "name": "v" }))],
        vec![stack("a", "s2"), stack("a", "bad name"), stack("a", "s1")],
    ];
    for options in [LoadOptions::default(), each()] {
        let rehearsal = LoadOptions { validate_only: true, ..options.clone() };
        let before = stage.rows().await;
        let rehearsed = loaded(&stage.server, with(rehearsal, messages.clone())).await;
        assert_eq!(stage.rows().await, before, "a rehearsal writes nothing");
        let real = loaded(&stage.server, with(options.clone(), messages.clone())).await;
        let kept = i64::from(options.atomicity == i32::from(LoadAtomicity::Object));
        assert_eq!(real.committed, kept == 1);
        assert_eq!(LoadObjectsResponse { committed: false, ..real }, rehearsed);
        assert_eq!(counts(&rehearsed), [3, 0, 0, 3]);
        assert_eq!(stage.rows().await, before + 3 * kept);
    }
}

#[tokio::test]
async fn options_that_do_not_fit_are_refused() {
    let stage = Stage::set().await;
    let mask = |path: &str| Some(prost_types::FieldMask { paths: vec![path.to_owned()] });
    let cases = [
        (LoadOptions { update_mask: mask("defaults"), ..Default::default() }, "options.update_mask", "INVALID_VALUE"),
        (
            LoadOptions { upsert: true, update_mask: mask("deflauts"), ..Default::default() },
            "options.update_mask",
            "UNKNOWN_FIELD",
        ),
        (LoadOptions { atomicity: 9, ..Default::default() }, "options.atomicity", "INVALID_VALUE"),
    ];
    for (options, field, reason) in cases {
        let status = load(&stage.server, with(options, vec![vec![packed("application", json!({ "id": "a" }))]])).await;
        let failure = Failure::new(&status.expect_err("a refusal"));
        assert_eq!(
            (failure.fields.as_slice(), failure.reason.as_str()),
            (&[field.to_owned()][..], reason),
            "{failure}"
        );
        assert!(failure.flaws().is_empty(), "{:?}", failure.flaws());
    }
    let foreign = Any { type_url: "type.googleapis.com/google.protobuf.Empty".to_owned(), value: Vec::new() };
    let done = loaded(&stage.server, vec![message(vec![foreign])]).await;
    assert_eq!((counts(&done), done.errors[0].field.as_str()), ([0, 0, 0, 1], "objects"));
    let nothing = loaded(&stage.server, Vec::new()).await;
    assert_eq!((counts(&nothing), nothing.chunks, nothing.committed), ([0; 4], 0, true));
    assert_eq!(stage.rows().await, 0);
}
