//! Faults that were found by using the service, each with the test that would have found it.

use qairon_integration_tests::World;
use serde_json::json;
use tonic::Code;

use crate::stage::Stage;

#[tokio::test]
async fn an_update_that_sets_nothing_leaves_the_etag() {
    let stage = Stage::set().await;
    let client = &stage.client;
    let made = client.create("application", json!({ "id": "idle" })).await.expect("created");
    client.update("application", json!({ "id": "idle" })).await.expect("accepted");
    let masked = json!({ "update_mask": ["uid"] });
    client.update_with("application", json!({ "id": "idle" }), masked).await.expect("output only fields are ignored");
    assert_eq!(client.get("application", "idle").await.expect("there").etag(), made.etag());
    let missing = client.update("application", json!({ "id": "nobody" })).await.expect_err("not there");
    assert_eq!(missing.code, Code::NotFound);
}

#[tokio::test]
async fn a_rehearsal_of_a_repeated_request_gives_its_first_result() {
    let stage = Stage::set().await;
    let create = |options: serde_json::Value| {
        let mut request = json!({ "application": { "id": "again" }, "request_id": "once" });
        request.as_object_mut().expect("an object").extend(options.as_object().expect("an object").clone());
        stage.client.call("CreateApplication", request)
    };
    let first = create(json!({})).await.expect("created");
    assert_eq!(create(json!({})).await.expect("repeated"), first);
    assert_eq!(create(json!({ "validate_only": true })).await.expect("rehearsed"), first);
}

#[tokio::test]
async fn a_current_release_is_not_deleted_under_its_deployment() {
    let stage = Stage::set().await;
    let (client, mut world) = (&stage.client, World::new());
    let release = stage.factory.create_in("release", &mut world).await;
    let deployment = release.text("deployment_id").to_owned();
    let current = json!({ "id": deployment, "current_release_id": release.id() });
    client.update("deployment", current).await.expect("made current");

    let refused = client.delete("release", release.id()).await.expect_err("it is in effect");
    assert_eq!((refused.code, refused.reason.as_str()), (Code::FailedPrecondition, "HAS_DEPENDENTS"), "{refused}");
    assert!(refused.message.contains(&deployment), "{refused}");
    let answer = client.delete_with("release", release.id(), json!({ "force": true })).await.expect("forced");
    let kept = json!({
        "resource": "deployment", "id": deployment, "new_id": deployment, "effect": "AFFECTED_EFFECT_UNLINKED",
        "fields": ["current_release_id"]
    });
    assert!(answer["affected"]["objects"].as_array().expect("objects").contains(&kept), "{answer}");
    assert_eq!(client.get("deployment", &deployment).await.expect("it stays").text("current_release_id"), "");
}

#[tokio::test]
async fn a_clone_that_is_there_already_is_named() {
    let stage = Stage::set().await;
    let (client, mut world) = (&stage.client, World::new());
    let deployment = stage.factory.create_in("deployment", &mut world).await;
    let request = json!({ "id": deployment.id(), "deployment_target_id": deployment.text("deployment_target_id") });
    let refused = client.call("CloneDeployment", request).await.expect_err("it is its own clone");
    assert_eq!(refused.code, Code::AlreadyExists, "{refused}");
    assert_eq!(refused.resource, Some(("deployment".to_owned(), deployment.id().to_owned())));
}
