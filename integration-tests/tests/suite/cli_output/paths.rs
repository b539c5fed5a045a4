//! `-f` over relations and into JSON: what is printed, and what it costs.

use qairon_integration_tests::{Qcli, Report, World};
use serde_json::{Value, json};

use super::refused;
use crate::stage::{Stage, entities};

#[tokio::test]
async fn every_relation_to_one_can_be_followed_from_every_entity() {
    let stage = Stage::set().await;
    let (qcli, mut report) = (Qcli::new(&stage.server), Report::new());
    let mut world = World::new();
    for entity in entities() {
        stage.factory.create_in(&entity.name, &mut world).await;
    }
    for entity in entities() {
        let id = world.id(&entity.name).expect("it was created");
        let own = stage.client.get(&entity.name, id).await.expect("it exists");
        for relation in entity.relations.iter().filter(|relation| relation.is_to_one()) {
            let name = relation.name();
            let reference = entity.references().find(|field| field.relation() == Some(name)).expect("its field");
            let place = format!("{} {name}", entity.name);
            let [uid, whole, bare] = [format!("{name}.uid"), name.to_owned(), format!("{name}.id")];
            let asked = format!("{uid},{whole},{bare}");
            let row = qcli.json(&[&entity.name, "get", id, "-f", &asked]).await;
            let Some(other) = own[&reference.name].as_str() else {
                report.equal(place, row, json!({ uid: null, whole: null, bare: null }));
                continue;
            };
            let target = stage.client.get(&relation.target, other).await.expect("it exists");
            report.equal(format!("{place}: uid"), &row[&uid], &target["uid"]);
            report.equal(format!("{place}: id"), &row[&bare], &json!(other));
            report.equal(format!("{place}: whole"), &row[&whole]["id"], &json!(other));
            report.equal(format!("{place}: resource"), &row[&whole]["resource"], &json!(relation.target));
        }
    }
    report.finish();
}

#[tokio::test]
async fn paths_are_keys_in_every_command_that_prints_rows() {
    let stage = Stage::set().await;
    let qcli = Qcli::new(&stage.server);
    let mut world = World::new();
    let build = stage.factory.create_in("build", &mut world).await;
    stage.factory.create_in("release", &mut world).await;
    let id = |entity| world.id(entity).expect("it was created").to_owned();
    let (deployment, release, service, stack) = (id("deployment"), id("release"), id("service"), id("stack"));
    let fields = "id,service.stack_id,deployment_target.partition.region.provider_id,current_release.build.vcs_ref,\
                  current_release.build.service.name";
    let row = |commit: Value, name: Value| {
        json!({
            "id": deployment, "service.stack_id": stack,
            "deployment_target.partition.region.provider_id": id("provider"),
            "current_release.build.vcs_ref": commit, "current_release.build.service.name": name,
        })
    };
    let get: &[&str] = &["deployment", "get", &deployment, "-f", fields];
    assert_eq!(qcli.json(get).await, row(Value::Null, Value::Null), "an unset reference leads to null");
    let set = ["deployment", "set_field", &deployment, "current_release_id", &release, "-f", fields];
    let name = service.rsplit(':').next().expect("a name");
    let wanted = row(build["vcs_ref"].clone(), json!(name));
    assert_eq!(qcli.json(&set).await, wanted);
    assert_eq!(qcli.json(get).await, wanted);
    // The keys are in the order in which they were asked for.
    let text = qcli.text(get).await;
    let places: Vec<_> = fields.split(',').map(|field| text.find(&format!("\"{field}\":"))).collect();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{text}");
    let query = "[{\"name\":\"tag\",\"op\":\"is_not_null\"}]";
    for rows in [
        &["deployment", "list", "-f", fields][..],
        &["deployment", "query", query, "-f", fields],
        &["service", "get_field", &service, "deployments", "-f", fields],
        &["release", "get_field_query", "deployment", "[]", "-f", fields],
    ] {
        assert_eq!(qcli.json(rows).await, json!([wanted]), "{rows:?}");
    }
    let lists = qcli.json(&["service", "get_field_query", "deployments", "[]", "-f", fields]).await;
    assert_eq!(lists, json!([[wanted]]));
    assert_eq!(qcli.json(&["release", "get_field", &release, "deployment", "-f", fields]).await, wanted);
    let embedded = ["deployment", "get_field", &deployment, "current_release", "-f", "build.service.stack_id"];
    assert_eq!(qcli.json(&embedded).await, json!({ "build.service.stack_id": stack }));
    let each = ["deployment", "get_field_query", "current_release", "[]", "-f", "build.service.stack_id"];
    assert_eq!(qcli.json(&each).await, json!([{ "build.service.stack_id": stack }]));
    let clone = ["build", "create", &service, "99", "v9", "-o", "json", "-f", "id,service.stack.application.id"];
    let created = json!({ "id": format!("{service}:99"), "service.stack.application.id": id("application") });
    assert_eq!(qcli.json(&[&clone[..], &["--dry-run"]].concat()).await, created);
    assert_eq!(qcli.json(&clone).await, created);
    // For people, an object is its ID, and what is null is empty.
    let plain = ["deployment", "get", &deployment, "-o", "plain", "-f", "service,current_release.build"];
    assert_eq!(qcli.text(&plain).await, format!("{service} {}", build.id()));
    let table = ["deployment", "list", "-o", "table", "-f", "service,tag"];
    assert_eq!(qcli.text(&table).await.lines().nth(1).and_then(|line| line.split_whitespace().next()), Some(&*service));
}

#[tokio::test]
async fn a_page_costs_a_call_for_each_relation_however_many_rows_it_has() {
    let stage = Stage::set().await;
    stage
        .database
        .execute(
            "INSERT INTO application (id, defaults) VALUES ('a', '{\"tier\": 1}'), ('b', '{}');
             INSERT INTO stack (application_id, name) SELECT a, 's' || n FROM unnest('{a,b}'::text[]) a, generate_series(1, 20) n;
             INSERT INTO service (stack_id, name) SELECT id, 'v' || n FROM stack, generate_series(1, 50) n;",
        )
        .await
        .unwrap_or_else(|error| panic!("{error:?}"));
    let qcli = Qcli::new(&stage.server);
    let calls = async |method: &str| {
        stage.server.metric("qairon_requests_total", &[&format!("CatalogService/{method}\"")]).await
    };
    let fields = "id,stack.name,stack.application.defaults.tier,stack.application_id,stack.application.id";
    for (pages, page_size) in [(2.0, "1000"), (8.0, "250")] {
        let before = [calls("ListServices").await, calls("BatchGetStacks").await, calls("BatchGetApplications").await];
        let all = stage.server.metric("qairon_requests_total", &[]).await;
        let args = ["service", "list", "-f", fields, "--page-size", page_size];
        let rows = qcli.json(&args).await;
        let rows = rows.as_array().expect("rows");
        assert_eq!(rows.len(), 2_000);
        for row in rows {
            let id = row["id"].as_str().expect("an ID");
            let names: Vec<&str> = id.split(':').collect();
            let tier = if names[0] == "a" { json!(1) } else { Value::Null };
            assert_eq!([&row["stack.name"], &row["stack.application_id"]], [names[1], names[0]], "{id}");
            assert_eq!(
                [&row["stack.application.defaults.tier"], &row["stack.application.id"]],
                [&tier, &json!(names[0])]
            );
        }
        let after = [calls("ListServices").await, calls("BatchGetStacks").await, calls("BatchGetApplications").await];
        // The last page can be empty, and an empty page leads nowhere.
        assert!((pages..=pages + 1.0).contains(&(after[0] - before[0])), "{before:?} {after:?}");
        assert_eq!([after[1] - before[1], after[2] - before[2]], [pages; 2], "{before:?} {after:?}");
        let made = stage.server.metric("qairon_requests_total", &[]).await - all;
        assert_eq!(made, after[0] - before[0] + 2.0 * pages, "there were no others");
    }
    // Only the ID: nothing has to be read.
    let before = stage.server.metric("qairon_requests_total", &[]).await;
    qcli.json(&["service", "list", "--limit", "10", "-f", "stack.id,stack.resource"]).await;
    assert_eq!(stage.server.metric("qairon_requests_total", &[]).await - before, 1.0);
}

#[tokio::test]
async fn paths_that_lead_nowhere_are_wrong_usage_before_anything_is_sent() {
    // Nobody listens there.
    let qcli = Qcli::at("http://127.0.0.1:1");
    for (args, told) in [
        (&["stack", "list", "-f", "services.name"][..], "list them with `qcli stack get_field <id> services`"),
        (&["deployment", "get", "x", "-f", "zones"], "`qcli deployment get_field <id> zones`"),
        (&["deployment", "list", "-f", "service.procs"], "`qcli service get_field <id> procs`"),
        (&["deployment", "list", "-f", "servce.name"], "did you mean `service`?"),
        (&["deployment", "query", "[]", "-f", "service.nmae"], "did you mean `name`?"),
        (&["deployment", "list", "-f", "service_id.name"], "use the relation: `service.name`"),
        (&["deployment", "list", "-f", "tag.x"], "has no fields of its own"),
        (&["stack", "list", "-f", "application."], "has an empty part"),
        (&["stack", "create", "a", "b", "-o", "json", "-f", "services"], "leads to many objects"),
        (&["stack", "set_field", "a:b", "name", "c", "-f", "applcation.id"], "did you mean `application`?"),
        (&["stack", "get_field", "a:b", "services", "-f", "stack.services.id"], "leads to many objects"),
        (&["stack", "get_field_query", "services", "[]", "-f", "stack.nope.id"], "unknown field of `stack` `nope`"),
        (&["network", "allocate_subnet", "a", "4", "n", "-f", "network.subnets"], "leads to many objects"),
    ] {
        refused(&qcli.run(args).await, 2, told);
    }
}
