//! `qcli trace`, `qcli find` and `qcli native_id` against a real server.

mod broken;
mod hyphens;
mod pictures;
mod scripted;

use qairon_integration_tests::{Output, Qcli, World};
use serde_json::{Value, json};

use crate::stage::Stage;

/// A deployment with all that a trace of it finds, one of each, and the command line for them.
pub struct Delivery {
    pub qcli: Qcli,
    pub world: World,
    pub stage: Stage,
}

impl Delivery {
    /// Sets it up: the release is in effect.
    pub async fn set() -> Self {
        let stage = Stage::set().await;
        let mut world = World::new();
        for entity in ["release_artifact", "build_artifact", "fleet"] {
            stage.factory.create_in(entity, &mut world).await;
        }
        let id = |entity| world.id(entity).expect("it was created").to_owned();
        let current = json!({ "id": id("deployment"), "current_release_id": id("release") });
        stage.client.update("deployment", current).await.expect("it is one of its releases");
        Self { qcli: Qcli::new(&stage.server), world, stage }
    }

    /// The ID of the object of an entity.
    pub fn id(&self, entity: &str) -> &str {
        self.world.id(entity).unwrap_or_else(|| panic!("there is no {entity}"))
    }
}

/// The names of an object's members, in their order.
fn names(text: &str) -> Vec<String> {
    let row: serde_json::Map<String, Value> = serde_json::from_str(text.trim_end_matches(',')).expect("an object");
    // Members are sorted once they are parsed: the text has the order.
    let mut names: Vec<String> = row.keys().cloned().collect();
    names.sort_by_key(|name| text.find(&format!("\"{name}\":")));
    names
}

#[tokio::test]
async fn rows_begin_with_their_resource_and_have_the_fields_of_the_protos() {
    let delivery = Delivery::set().await;
    let (qcli, id) = (&delivery.qcli, |entity| delivery.id(entity));
    let infrastructure = qcli.text(&["trace", "infrastructure", id("service")]).await;
    let row = infrastructure.lines().nth(1).expect("a row");
    let fields = ["resource", "id", "deployment_target_id", "fleet_ids", "partition_id", "region_id", "provider_id"];
    assert_eq!(names(row), [&fields[..], &["environment_id"]].concat());
    assert_eq!(
        serde_json::from_str::<Value>(&infrastructure).expect("JSON"),
        json!([{
            "resource": "deployment", "id": id("deployment"), "deployment_target_id": id("deployment_target"),
            "fleet_ids": [id("fleet")], "partition_id": id("partition"), "region_id": id("region"),
            "provider_id": id("provider"), "environment_id": id("environment"),
        }])
    );
    let impact = qcli.text(&["trace", "impact", "fleet", id("fleet"), "--to", "deployment,service"]).await;
    assert_eq!(names(impact.lines().nth(1).expect("a row")), ["resource", "id", "depth", "via"]);
    assert_eq!(
        serde_json::from_str::<Value>(&impact).expect("JSON"),
        json!([
            { "resource": "deployment", "id": id("deployment"), "depth": 2, "via": "deployments" },
            { "resource": "service", "id": id("service"), "depth": 3, "via": "service" },
        ])
    );
    let fields = ["trace", "impact", "fleet", id("fleet"), "--to", "service", "-f", "parent_resource,parent_id,id"];
    let service = json!({ "parent_resource": "deployment", "parent_id": id("deployment"), "id": id("service") });
    assert_eq!(qcli.json(&fields).await, json!([service]));
    let near = qcli.json(&["trace", "impact", "fleet", id("fleet"), "--max-depth", "1", "-f", "depth,resource"]).await;
    assert_eq!(near, json!([{ "depth": 1, "resource": "deployment_target" }]));
    let plain = qcli.text(&["trace", "impact", "fleet", id("fleet"), "--to=service", "-o", "plain"]).await;
    assert_eq!(plain, format!("service {} 3 service", id("service")));

    let mut world = delivery.world.clone();
    world.forget("service");
    let other = delivery.stage.factory.create_in("deployment", &mut world).await;
    assert_eq!(
        qcli.json(&["trace", "neighbors", id("deployment")]).await,
        json!([{
            "resource": "deployment", "id": other.id(), "deployment_target_id": id("deployment_target"),
            "service_id": world.id("service"), "tag": other.text("tag"), "current_release_id": null,
        }])
    );
}

#[tokio::test]
async fn a_binary_leads_to_its_commit_and_back() {
    let delivery = Delivery::set().await;
    let (qcli, id) = (&delivery.qcli, |entity| delivery.id(entity));
    let artifact = delivery.stage.client.get("release_artifact", id("release_artifact")).await.expect("it exists");
    let repo = delivery.stage.client.get("repo", id("repo")).await.expect("it exists");
    let build = delivery.stage.client.get("build", id("build")).await.expect("it exists");
    let location = format!("{}/{}", repo.text("url"), artifact.text("upload_path"));

    let text = qcli.text(&["trace", "provenance", id("deployment")]).await;
    assert_eq!(text.lines().count(), 1, "one object: {text}");
    assert_eq!(names(&text)[..3], ["resource", "id", "deployment_id"]);
    let provenance: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(provenance["resource"], "deployment");
    assert_eq!([&provenance["id"], &provenance["deployment_id"]], [id("deployment"); 2]);
    assert_eq!(provenance["release_artifacts"][0]["id"], id("release_artifact"));
    assert_eq!(provenance["release_artifacts"][0]["resource"], "release_artifact");
    assert_eq!(provenance["release_artifacts"][0]["location"], location);
    assert_eq!(provenance["build_artifacts"][0]["id"], id("build_artifact"));
    assert_eq!(provenance["vcs_ref"], build["vcs_ref"]);
    let release = ["trace", "provenance", id("deployment"), "--release", id("release"), "-f", "release_id"];
    assert_eq!(qcli.json(&release).await, json!({ "release_id": id("release") }));

    let lineage = qcli.json(&["trace", "lineage", "release-artifact", id("release_artifact")]).await;
    assert_eq!([&lineage["resource"], &lineage["id"]], ["release_artifact", id("release_artifact")]);
    assert_eq!(lineage["artifact"]["location"], location);
    assert_eq!([&lineage["release_id"], &lineage["build_id"]], [id("release"), id("build")]);
    assert_eq!([&lineage["build_num"], &lineage["vcs_ref"]], [&build["build_num"], &build["vcs_ref"]]);
    let lineage = qcli.json(&["trace", "lineage", "build_artifact", id("build_artifact")]).await;
    assert_eq!([&lineage["release_id"], &lineage["deployment_id"]], [&Value::Null; 2]);

    let commit = build.text("vcs_ref");
    let builds = qcli.json(&["trace", "builds", "--vcs-ref", commit]).await;
    let found = builds.as_array().expect("an array").iter();
    let found: Vec<_> = found.map(|row| (row["resource"].as_str().expect("a text"), &row["id"])).collect();
    for entity in ["build", "build_artifact", "release", "release_artifact", "deployment"] {
        assert!(found.contains(&(entity, &json!(id(entity)))), "{entity}: {found:?}");
    }
    assert_eq!(found.len(), 5);
    let prefix = ["trace", "builds", "--vcs_ref", &commit[..4], "--prefix"];
    assert_eq!(qcli.json(&prefix).await, builds, "`{commit}` is the only commit");
    assert_eq!(qcli.text(&["trace", "builds", "--vcs-ref", "no such commit"]).await, "[]");
}

#[tokio::test]
async fn ways_are_arrays_of_steps() {
    let delivery = Delivery::set().await;
    let (qcli, id) = (&delivery.qcli, |entity| delivery.id(entity));
    let path = ["trace", "path", "service", id("service"), "deployment-target", id("deployment_target")];
    let text = qcli.text(&path).await;
    let first = text.lines().nth(1).expect("a way");
    assert_eq!(names(&first[1..first.find('}').expect("a step") + 1]), ["relation", "resource", "id"]);
    let ways: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        ways,
        json!([[
            { "relation": "", "resource": "service", "id": id("service") },
            { "relation": "deployments", "resource": "deployment", "id": id("deployment") },
            { "relation": "deployment_target", "resource": "deployment_target", "id": id("deployment_target") },
        ]])
    );
    let plain = qcli.text(&[&path[..], &["-o", "plain", "-f", "way,relation,id"]].concat()).await;
    assert_eq!(plain.lines().nth(1), Some(format!("1 deployments {}", id("deployment")).as_str()));
    // Every line has as many columns, the first of a way too.
    let plain = qcli.text(&[&path[..], &["-o", "plain"]].concat()).await;
    let lines: Vec<Vec<&str>> = plain.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        lines,
        [
            ["1", "-", "service", id("service")],
            ["1", "deployments", "deployment", id("deployment")],
            ["1", "deployment_target", "deployment_target", id("deployment_target")],
        ]
    );
    let relations = qcli.text(&[&path[..], &["-o", "plain", "-f", "relation"]].concat()).await;
    assert_eq!(relations, "-\ndeployments\ndeployment_target");
    let help = qcli.text(&["trace", "path", "--help"]).await.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("first object of a path has no relation: it is `-`"), "{help}");
    assert_eq!(qcli.text(&[&path[..], &["--max-length", "1"]].concat()).await, "[]");
    // Two targets, two paths, one of them printed.
    let mut world = delivery.world.clone();
    world.forget("deployment");
    let tag = json!({ "deployment_target_id": id("deployment_target"), "service_id": id("service"), "tag": "other" });
    delivery.stage.client.create("deployment", tag).await.expect("another tag");
    let output = qcli.run(&[&path[..], &["--max-paths", "1"]].concat()).await;
    assert_eq!((output.code, output.stdout.lines().count()), (Some(0), 3), "{}", output.stdout);
    assert!(output.stderr.contains("--max-paths"), "{}", output.stderr);
    assert_eq!(qcli.run(&[&path[..], &["--max-paths", "1", "-q"]].concat()).await.stderr, "");
    assert_eq!(qcli.json(&path).await.as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn searches_print_every_page_or_as_many_as_are_wanted() {
    let Stage { server, database, .. } = &Stage::set().await;
    database
        .execute(
            "INSERT INTO application (id) VALUES ('shop');
             INSERT INTO stack (application_id, name) SELECT 'shop', 'till' || n FROM generate_series(1, 2345) n;",
        )
        .await
        .unwrap_or_else(|error| panic!("{error:?}"));
    let qcli = Qcli::new(server);
    let all = qcli.json(&["find", "till"]).await;
    let ids: std::collections::BTreeSet<_> =
        all.as_array().expect("an array").iter().map(|row| row["id"].to_string()).collect();
    assert_eq!((all.as_array().map(Vec::len), ids.len()), (Some(2345), 2345));
    assert_eq!(all[0]["match"], "NAME_PREFIX");
    for limit in ["0", "1", "1001"] {
        let some = qcli.json(&["find", "TILL", "--limit", limit]).await;
        assert_eq!(some.as_array().map(|rows| rows.len().to_string()).as_deref(), Some(limit));
    }
    assert_eq!(qcli.text(&["find", "till7", "--resource", "stack-config"]).await, "[]");
    assert_eq!(qcli.text(&["find", "till77", "--limit=1", "-o", "plain"]).await, "stack shop:till77 EXACT");
    assert_eq!(
        qcli.text(&["find", "shop", "--resource=application", "-f", "id,resource", "-o", "plain"]).await,
        "shop application"
    );
}

#[tokio::test]
async fn a_native_id_leads_to_whoever_has_it() {
    let delivery = Delivery::set().await;
    let region = delivery.stage.client.get("region", delivery.id("region")).await.expect("it exists");
    let native = region.text("native_id");
    let row = json!({ "resource": "region", "id": region.id(), "native_id": native });
    for verb in ["native_id", "native-id"] {
        assert_eq!(delivery.qcli.json(&[verb, native]).await, json!([row]));
    }
    assert_eq!(delivery.qcli.text(&["native_id", native, "--limit", "0"]).await, "[]");
    assert_eq!(delivery.qcli.text(&["native_id", &native[..native.len() - 1]]).await, "[]", "it is not whole");
}

/// One line of what is wrong, and nothing on standard output.
fn refused(output: &Output, code: i32, told: &str) {
    assert_eq!((output.code, output.stdout.as_str()), (Some(code), ""), "{}", output.stderr);
    assert!(output.stderr.starts_with("qcli: ") && output.stderr.lines().count() == 1, "{}", output.stderr);
    assert!(output.stderr.contains(told), "{told}: {}", output.stderr);
}

#[tokio::test]
async fn wrong_usage_is_told_before_anything_is_sent() {
    // Nobody listens there.
    let qcli = Qcli::at("http://127.0.0.1:1");
    for (args, told) in [
        (&["trace", "imapct", "fleet", "x"][..], "did you mean `impact`?"),
        (&["trace", "impact", "flet", "x"], "unknown resource `flet`, did you mean `fleet`?"),
        (&["trace", "impact", "fleet", "x", "--to", "servce"], "did you mean `service`?"),
        (&["trace", "impact", "fleet", "x", "-f", "dept"], "did you mean `depth`?"),
        (&["trace", "impact", "fleet", "x", "--max-depth", "-1"], "-1"),
        (&["trace", "impact", "fleet", "x", "--tree", "--dot"], "`--tree`"),
        (&["trace", "impact", "fleet", "x", "--tree", "-o", "json"], "`--tree`"),
        (&["trace", "impact", "fleet", "x", "--dot", "-o", "json"], "`--dot`"),
        (&["trace", "provenance", "x", "--tree", "-f", "id"], "`--tree`"),
        (&["trace", "neighbors", "x", "--tree", "-o", "plain"], "`--tree`"),
        (&["trace", "neighbors", "x", "--tree", "--dot"], "`--tree`"),
        (&["trace", "lineage", "build_artifact", "x", "--dot", "-o", "json"], "`--dot`"),
        (&["trace", "lineage", "build_artifact", "x", "--tree", "-f", "id"], "`--tree`"),
        (&["trace", "builds", "--vcs-ref", "x", "--tree", "-f", "id"], "`--tree`"),
        (&["trace", "builds", "--prefix"], "--vcs-ref"),
        (&["trace", "path", "service", "x", "fleet"], "to_id"),
        (&["trace", "path", "service", "x", "fleet", "y", "-f", "relatoin"], "did you mean `relation`?"),
        (&["find", "x", "--resource", "stak"], "did you mean `stack`?"),
        (&["find", "x", "-f", "mach"], "did you mean `match`?"),
        (&["native_id"], "native_id"),
    ] {
        refused(&qcli.run(args).await, 2, told);
    }
}

#[tokio::test]
async fn refusals_and_silence_have_their_exit_codes() {
    let delivery = Delivery::set().await;
    let (qcli, id) = (&delivery.qcli, |entity| delivery.id(entity));
    for (args, told) in [
        (&["trace", "infrastructure", "a:b:c"][..], "there is no service `a:b:c` (NOT_FOUND)"),
        (&["trace", "impact", "stack", "a:b"], "there is no stack `a:b` (NOT_FOUND)"),
        (&["trace", "impact", "stack", "a:b", "--tree"], "there is no stack `a:b` (NOT_FOUND)"),
        (&["trace", "neighbors", "a"], "(INVALID_ID)"),
        (&["trace", "provenance", id("deployment"), "--release", &format!("{}:99", id("deployment"))], "(NOT_FOUND)"),
        (&["trace", "lineage", "stack", id("stack")], "build_artifact"),
        (&["trace", "path", "stack", "a:b", "stack", id("stack")], "`a:b` (NOT_FOUND)"),
        (&["find", ""], "`text`"),
    ] {
        refused(&qcli.run(args).await, 1, told);
    }
    let nobody = Qcli::at("http://127.0.0.1:1");
    for args in [&["trace", "impact", "stack", "a:b"][..], &["trace", "provenance", "a"], &["find", "x"]] {
        refused(&nobody.run(args).await, 3, "127.0.0.1:1");
    }
}
