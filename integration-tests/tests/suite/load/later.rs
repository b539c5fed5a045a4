//! Objects that refer to others which come later in the stream.

use prost_types::Any;
use qairon::v1::LoadOptions;
use qairon_integration_tests::World;
use serde_json::json;

use super::super::stage::Stage;
use super::{counts, each, loaded, packed, with};

fn service(number: usize) -> Any {
    packed("service", json!({ "stack_id": "a:s", "name": format!("v{number}") }))
}

fn relatable(of: &str, id: &str) -> Any {
    packed("relatable", json!({ "relatable_type": of, "object_id": id }))
}

/// A chain, the wrong way round, over entities, messages and places of one message.
fn chain() -> Vec<Vec<Any>> {
    vec![
        vec![
            relatable("Relatable", "Relatable:Service:a:s:v3"),
            relatable("Relatable", "Service:a:s:v3"),
            relatable("Service", "a:s:v3"),
            service(1),
        ],
        vec![service(2), service(3), packed("stack", json!({ "application_id": "a", "name": "s" }))],
        vec![packed("application", json!({ "id": "a" })), service(4)],
    ]
}

#[tokio::test]
async fn what_is_referred_to_may_come_later() {
    for options in [LoadOptions::default(), each(), LoadOptions { upsert: true, ..Default::default() }] {
        let stage = Stage::set().await;
        let mut broken = chain();
        broken[0].insert(1, relatable("Service", "nobody:s:v"));
        let done = loaded(&stage.server, with(options.clone(), broken)).await;
        let kept = options.atomicity == each().atomicity;
        assert_eq!((counts(&done), done.committed), ([9, 0, 0, 1], kept), "{done:?}");
        // Missing objects are reported at the end, with the same error as alone.
        let error = &done.errors[0];
        assert_eq!((error.index, error.reason.as_str(), error.field.as_str()), (1, "REFERENCE_NOT_FOUND", "object_id"));
        assert_eq!(stage.rows().await, if kept { 9 } else { 0 });
        if !kept {
            let done = loaded(&stage.server, with(options, chain())).await;
            assert_eq!((counts(&done), done.committed, stage.rows().await), ([9, 0, 0, 0], true, 9), "{done:?}");
        }
    }
}

/// A release needs its deployment, and the deployment names the release as its current one.
#[tokio::test]
async fn two_objects_may_refer_to_each_other() {
    let stage = Stage::set().await;
    let mut world = World::new();
    let deployment = stage.factory.draft("deployment", &mut world).await;
    let made = stage.client.create("deployment", deployment.clone()).await.expect("a deployment");
    world.put("deployment", made.id());
    let release = stage.factory.draft("release", &mut world).await;
    let released = stage.client.create("release", release.clone()).await.expect("a release");
    for (entity, id) in [("release", released.id()), ("deployment", made.id())] {
        stage.client.delete(entity, id).await.expect("it goes");
    }
    let mut current = deployment;
    current["current_release_id"] = released.id().into();
    let messages = |release: &serde_json::Value| {
        vec![vec![packed("deployment", current.clone())], vec![packed("release", release.clone())]]
    };
    for upsert in [false, true] {
        let options = LoadOptions { upsert, ..Default::default() };
        let mut other = release.clone();
        other["build_id"] = "a:s:v:1".into();
        let done = loaded(&stage.server, with(options.clone(), messages(&other))).await;
        assert_eq!((done.refused, done.committed), (2, false), "neither is there: {done:?}");
        let done = loaded(&stage.server, with(options, messages(&release))).await;
        assert_eq!((counts(&done), done.committed), ([2, 0, 0, 0], true), "{done:?}");
        let row = stage.client.get("deployment", made.id()).await.expect("it is there");
        assert_eq!(row.text("current_release_id"), released.id());
        stage
            .database
            .execute("UPDATE deployment SET current_release_id = NULL; DELETE FROM release; DELETE FROM deployment")
            .await
            .expect("they go");
    }
}

#[tokio::test]
async fn what_waits_is_bounded() {
    let stage = Stage::set().await;
    // 20 MB wait, and 16 MiB may.
    let text = "x".repeat(400_000);
    let service = |number| {
        let object = json!({ "stack_id": "a:s", "name": format!("v{number}"), "defaults": { "text": text } });
        packed("service", object)
    };
    let mut messages: Vec<Vec<Any>> = (0..10).map(|part| (0..5).map(|one| service(5 * part + one)).collect()).collect();
    let application = packed("application", json!({ "id": "a" }));
    messages.push(vec![application, packed("stack", json!({ "application_id": "a", "name": "s" }))]);
    let done = loaded(&stage.server, with(each(), messages)).await;
    assert!((1..20).contains(&done.refused), "{} and {}", done.refused, done.created);
    assert_eq!(done.created + done.refused, 52);
    let error = &done.errors[0];
    assert_eq!((error.reason.as_str(), error.field.as_str()), ("REFERENCE_NOT_FOUND", "stack_id"));
    assert!(error.message.contains("put it before the objects that refer to it"), "{}", error.message);
    assert_eq!(stage.rows().await, done.created);
}
