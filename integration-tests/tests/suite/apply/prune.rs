//! What a bundle deletes.

use qairon::v1::{ApplyOptions, BulkObject};
use qairon_integration_tests::World;
use serde_json::json;

use super::bundle::{applied, object, pruning, rehearse_and_apply, try_apply};
use crate::stage::Stage;

fn stack(id: &str) -> BulkObject {
    let (application, name) = id.split_once(':').expect("two parts");
    object("stack", json!({ "application_id": application, "name": name }))
}

fn service(id: &str) -> BulkObject {
    let (stack, name) = id.rsplit_once(':').expect("two parts");
    object("service", json!({ "stack_id": stack, "name": name }))
}

/// Three applications with two stacks of two services each.
async fn filled() -> Stage {
    let stage = Stage::set().await;
    let mut objects = Vec::new();
    for application in ["a", "b", "c"] {
        objects.push(object("application", json!({ "id": application })));
        for name in ["s", "t"] {
            let id = format!("{application}:{name}");
            objects.push(stack(&id));
            objects.extend(["v", "w"].map(|name| service(&format!("{id}:{name}"))));
        }
    }
    assert_eq!(applied(&stage.server, ApplyOptions::default(), objects).await.counts(), [21, 0, 0, 0]);
    stage
}

async fn ids(stage: &Stage, entity: &str) -> Vec<String> {
    stage.client.list(entity, "").await.expect("a list").iter().map(|row| row.id().to_owned()).collect()
}

#[tokio::test]
async fn what_lies_in_the_scopes_and_is_not_given_goes() {
    let stage = filled().await;
    let options = pruning(&[("application", "a"), ("stack", "b:t")], &[]);
    // A new service, one of the old ones, and their stack: everything else of `a` goes, and all services of `b:t`,
    // which stays itself.
    let objects = vec![service("a:s:new"), service("a:s:v"), stack("a:s")];
    let done = applied(&stage.server, options.clone(), objects.clone()).await;
    assert_eq!(done.counts(), [1, 0, 2, 6]);
    let told = [
        "delete service a:s:w",
        "delete service a:t:v",
        "delete service a:t:w",
        "delete service b:t:v",
        "delete service b:t:w",
        "delete stack a:t",
        "create service a:s:new stack_id=\"a:s\" name=\"new\"",
    ];
    assert_eq!(done.told(), told);
    assert_eq!(ids(&stage, "application").await, ["a", "b", "c"]);
    assert_eq!(ids(&stage, "stack").await, ["a:s", "b:s", "b:t", "c:s", "c:t"]);
    let left = ["a:s:new", "a:s:v", "b:s:v", "b:s:w", "c:s:v", "c:s:w", "c:t:v", "c:t:w"];
    assert_eq!(ids(&stage, "service").await, left);
    assert_eq!(applied(&stage.server, options, objects).await.counts(), [0, 0, 3, 0]);

    // Other resources are left alone.
    let done = applied(&stage.server, pruning(&[("application", "c")], &["service"]), vec![service("c:s:v")]).await;
    assert_eq!(done.counts(), [0, 0, 1, 3]);
    assert_eq!(ids(&stage, "stack").await, ["a:s", "b:s", "b:t", "c:s", "c:t"]);
    // An empty bundle names no resource, and one with a resource empties the scope.
    assert_eq!(applied(&stage.server, pruning(&[("application", "c")], &[]), vec![]).await.counts(), [0; 4]);
    let all = pruning(&[("application", "c")], &["service", "stack"]);
    assert_eq!(applied(&stage.server, all, vec![]).await.counts(), [0, 0, 0, 3]);
}

#[tokio::test]
async fn what_others_depend_on_is_refused_unless_the_bundle_turns_them_away() {
    let stage = filled().await;
    let options = pruning(&[("application", "a")], &["stack"]);
    let done = rehearse_and_apply(&stage.server, options, vec![stack("a:new"), stack("a:s")]).await;
    assert_eq!(done.refusals(), [(-1, 9, "HAS_DEPENDENTS", "")]);
    let message = "stack `a:t` has dependents: 2 × service, such as `a:t:v`, `a:t:w`; give it in the bundle, or delete \
                   those first";
    assert_eq!(done.errors[0].message, message);
    assert_eq!((done.counts(), done.summary.refused, done.changes.len()), ([0; 4], 1, 0));
    assert_eq!(ids(&stage, "stack").await, ["a:s", "a:t", "b:s", "b:t", "c:s", "c:t"]);

    // A template that nothing uses any more once the bundle is applied.
    let templates = ["old", "new"].map(|id| object("config_template", json!({ "id": id, "language_id": "l" })));
    let language = object("language", json!({ "id": "l" }));
    let mut objects = vec![language];
    objects.extend(templates.clone());
    assert_eq!(applied(&stage.server, ApplyOptions::default(), objects).await.counts(), [3, 0, 0, 0]);
    let [_, new] = templates;
    let scope = pruning(&[("config_template", "old")], &["stack_config"]);
    assert_eq!(applied(&stage.server, scope, vec![new]).await.counts(), [0, 0, 1, 0]);
}

#[tokio::test]
async fn deleting_makes_room_and_turning_away_makes_deleting_possible() {
    let stage = Stage::set().await;
    let mut world = World::new();
    let network = stage.factory.create_in("network", &mut world).await.id().to_owned();
    let subnet = |name: &str| object("subnet", json!({ "network_id": network, "name": name, "cidr": "10.7.0.0/24" }));
    let options = || pruning(&[("network", network.as_str())], &[]);
    assert_eq!(applied(&stage.server, options(), vec![subnet("old")]).await.counts(), [1, 0, 0, 0]);
    assert_eq!(applied(&stage.server, options(), vec![subnet("new")]).await.counts(), [1, 0, 0, 1]);

    // The current release of a deployment goes once another is current.
    let release = stage.factory.create_in("release", &mut world).await;
    let deployment = release.text("deployment_id").to_owned();
    let give = |id: &str| object("deployment", json!({ "id": deployment, "current_release_id": id }));
    assert_eq!(applied(&stage.server, ApplyOptions::default(), vec![give(release.id())]).await.counts(), [0, 1, 0, 0]);
    let options = pruning(&[("deployment", &deployment)], &["release"]);
    let refused = rehearse_and_apply(&stage.server, options.clone(), vec![]).await;
    assert_eq!(refused.refusals(), [(-1, 9, "HAS_DEPENDENTS", "")]);
    let next = format!("{deployment}:4711");
    let other = json!({ "deployment_id": deployment, "build_id": release.text("build_id"), "build_num": 4711 });
    let done = applied(&stage.server, options, vec![give(&next), object("release", other)]).await;
    assert_eq!(done.counts(), [1, 1, 0, 1]);
    assert_eq!(done.changes[2].id, release.id(), "it goes when nothing needs it any more: {done:?}");
}

#[tokio::test]
async fn scopes_that_make_no_sense_are_refused() {
    let stage = filled().await;
    let bad = [
        (pruning(&[], &[]), "prune.scopes"),
        (pruning(&[("stacks", "a:s")], &[]), "prune.scopes"),
        (pruning(&[("stack", "a")], &[]), "prune.scopes"),
        (pruning(&[("stack", "a:s")], &["servce"]), "prune.resources"),
        (pruning(&[("stack", "a:s")], &["repo"]), "prune.resources"),
    ];
    for (options, field) in bad {
        let status = try_apply(&stage.server, options.clone(), vec![service("a:s:v")]).await.expect_err("refused");
        assert_eq!(status.code(), tonic::Code::InvalidArgument, "{options:?}");
        let failure = qairon_integration_tests::Failure::new(&status);
        assert_eq!(failure.fields, [field], "{failure:?}");
    }
    let nowhere = pruning(&[("application", "nobody")], &[]);
    let done = rehearse_and_apply(&stage.server, nowhere, vec![service("a:s:v")]).await;
    assert_eq!(done.refusals(), [(-1, 5, "NOT_FOUND", "prune.scopes")]);
    assert_eq!(ids(&stage, "service").await.len(), 12);
}
