//! Links that are set to what a bundle gives.

use qairon::v1::{ApplyOptions, BulkObject, LinkSet};
use qairon_integration_tests::World;
use serde_json::json;

use super::bundle::{applied, linked, object, rehearse_and_apply};
use crate::stage::Stage;

#[tokio::test]
async fn links_are_exactly_those_given_from_either_end() {
    let stage = Stage::set().await;
    let (mut world, server) = (World::new(), &stage.server);
    let service = stage.factory.create_in("service", &mut world).await.id().to_owned();
    let repos = [stage.factory.create("repo").await, stage.factory.create("repo").await];
    let [one, two] = repos.each_ref().map(|row| row.id());
    let list = |ids: &[&str]| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        json!(ids).to_string()
    };
    let given = |ids: &[&str]| vec![linked("service", json!({ "id": service }), "repos", ids)];
    let etag = stage.client.get("service", &service).await.expect("a row").etag().to_owned();

    let done = applied(server, ApplyOptions::default(), given(&[two, one, two])).await;
    assert_eq!(done.told(), [format!("update service {service} repos={}", list(&[one, two]))]);
    let done = applied(server, ApplyOptions::default(), given(&[one, two])).await;
    assert_eq!(done.counts(), [0, 0, 1, 0]);
    let done = applied(server, ApplyOptions::default(), given(&[one])).await;
    assert_eq!(done.told(), [format!("update service {service} repos={}→{}", list(&[one, two]), list(&[one]))]);
    // From the other end, and both at once.
    let other = linked("repo", json!({ "id": two }), "services", &[&service]);
    let done = applied(server, ApplyOptions::default(), vec![other.clone()]).await;
    assert_eq!(done.told(), [format!("update repo {two} services={}", list(&[&service]))]);
    let both = [given(&[one, two]), vec![other.clone()]].concat();
    assert_eq!(applied(server, ApplyOptions::default(), both).await.counts(), [0, 0, 2, 0]);
    let torn = rehearse_and_apply(server, ApplyOptions::default(), [given(&[one]), vec![other]].concat()).await;
    assert_eq!(torn.refusals(), [(1, 3, "INVALID_VALUE", "services")]);
    let done = applied(server, ApplyOptions::default(), given(&[])).await;
    assert_eq!(done.told(), [format!("update service {service} repos={}→", list(&[one, two]))]);
    assert_eq!(stage.client.get("service", &service).await.expect("a row").etag(), etag, "a link is no field");
}

#[tokio::test]
async fn the_home_of_a_fleet_is_kept_from_either_end() {
    let stage = Stage::set().await;
    let (mut world, server) = (World::new(), &stage.server);
    let fleet = stage.factory.create_in("fleet", &mut world).await;
    let (id, home) = (fleet.id(), fleet.text("deployment_target_id"));
    let other = stage.factory.create_in("deployment_target", &mut world.clone()).await;
    let relation = "deployment_targets";

    let given = vec![linked("fleet", json!({ "id": id }), relation, &[other.id()])];
    assert_eq!(applied(server, ApplyOptions::default(), given.clone()).await.counts(), [0, 1, 0, 0]);
    assert_eq!(applied(server, ApplyOptions::default(), given).await.counts(), [0, 0, 1, 0]);
    assert_eq!(stage.database.number("SELECT count(*) FROM fleet_deployment_target").await, 2);
    for target in [home, other.id()] {
        let empty = linked("deployment_target", json!({ "id": target }), "fleets", &[]);
        let changed = i64::from(target != home);
        assert_eq!(applied(server, ApplyOptions::default(), vec![empty]).await.counts(), [0, changed, 1 - changed, 0]);
    }
    let left = format!("SELECT count(*) FROM fleet_deployment_target WHERE deployment_target_id = '{home}'");
    assert_eq!(stage.database.number(&left).await, 1);
}

#[tokio::test]
async fn links_that_cannot_be_are_told_with_their_relation() {
    let stage = Stage::set().await;
    let (mut world, server) = (World::new(), &stage.server);
    let deployment = stage.factory.create_in("deployment", &mut world).await.id().to_owned();
    let far = stage.factory.create("zone").await.id().to_owned();
    let near = stage.factory.create_in("zone", &mut world).await.id().to_owned();
    let gone = format!("{near}x");
    let of = |relation: &str, ids: &[&str]| linked("deployment", json!({ "id": deployment }), relation, ids);
    let cases = [
        (of("zones", &[&near, &far]), (0, 9, "ISOLATION")),
        (of("zones", &[&near, &gone]), (0, 5, "NOT_FOUND")),
        (of("zones", &["a"]), (0, 3, "INVALID_ID")),
        (of("zone", &[]), (0, 3, "INVALID_VALUE")),
        (of("releases", &[]), (0, 3, "INVALID_VALUE")),
    ];
    for (given, expected) in cases {
        let done = rehearse_and_apply(server, ApplyOptions::default(), vec![given.clone()]).await;
        let [error] = done.errors.as_slice() else { panic!("{given:?}: {done:?}") };
        assert_eq!((error.index, error.code, error.reason.as_str()), expected, "{error:?}");
        assert_eq!(stage.database.number("SELECT count(*) FROM deployment_zone").await, 0, "{error:?}");
    }
    let twice = LinkSet { relation: "zones".to_owned(), ids: vec![near] };
    let given = object("deployment", json!({ "id": deployment }));
    let given = BulkObject { links: vec![twice.clone(), twice], ..given };
    let done = rehearse_and_apply(server, ApplyOptions::default(), vec![given]).await;
    assert_eq!(done.refusals(), [(0, 3, "INVALID_VALUE", "links")]);
}
