//! Paths to columns, without a server.

use serde_json::json;

use super::*;

fn fields(entity: &str, asked: &[&str]) -> Result<Fields> {
    let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
    Fields::of(qairon::model().target(entity), &asked)
}

/// The calls for a page: entity and read mask, the rows' own first.
fn calls(entity: &str, asked: &[&str]) -> Vec<String> {
    let fields = fields(entity, asked).expect("they are fields");
    let read = fields.nodes.iter().filter(|node| node.from.is_none() || node.is_read());
    read.map(|node| format!("{} {}", node.entity.name, node.mask().join(","))).collect()
}

#[test]
fn paths_share_their_way_and_the_last_id_is_known_before() {
    assert_eq!(calls("deployment", &[]), ["deployment id"]);
    assert_eq!(fields("deployment", &[]).expect("all").mask(), Vec::<String>::new());
    assert_eq!(calls("deployment", &["id", "resource", "tag", "tag"]), ["deployment id,tag"]);
    assert_eq!(calls("deployment", &["service.id", "service.resource"]), ["deployment id,service_id"]);
    assert_eq!(
        calls("deployment", &["service.stack_id", "service.stack.id", "service.name", "service.stack.application.id"]),
        ["deployment id,service_id", "service id,name,stack_id", "stack id,application_id"]
    );
    assert_eq!(
        calls("deployment", &["deployment_target.partition.region.provider_id", "current_release.build.vcs_ref"]),
        [
            "deployment id,current_release_id,deployment_target_id".to_owned(),
            "deployment_target id,partition_id".to_owned(),
            "partition id,region_id".to_owned(),
            "region id,provider_id".to_owned(),
            "release id,build_id".to_owned(),
            "build id,vcs_ref".to_owned(),
        ]
    );
    assert_eq!(calls("deployment", &["service", "service.name"]), ["deployment id,service_id", "service "]);
    assert_eq!(calls("stack", &["defaults.a.b"]), ["stack id,defaults"]);
}

#[test]
fn every_relation_to_one_is_a_field_and_none_to_many() {
    for entity in qairon::model().entities() {
        for relation in &entity.relations {
            for name in &relation.names {
                let found = fields(&entity.name, &[&format!("{name}.id")]);
                assert_eq!(found.is_ok(), relation.is_to_one(), "{} {name}", entity.name);
            }
        }
    }
}

#[test]
fn what_leads_nowhere_is_told_with_the_way_out() {
    for (entity, path, told) in [
        ("stack", "nmae", "unknown field of `stack` `nmae`, did you mean `name`?"),
        ("deployment", "servce.name", "did you mean `service`?"),
        ("deployment", "service.stak_id", "unknown field of `service` `stak_id`, did you mean `stack_id`?"),
        ("deployment", "service_id.stack_id", "use the relation: `service.stack_id`"),
        ("stack", "name.x", "`name` of a stack has no fields of its own"),
        ("stack", "services", "list them with `qcli stack get_field <id> services`"),
        ("deployment", "service.procs.name", "list them with `qcli service get_field <id> procs`"),
        ("deployment", "current_release.release_artifacts", "`qcli release get_field <id> release_artifacts`"),
        ("deployment", "zones.name", "leads to many objects"),
        ("stack", "resource.x", "unknown field of `stack` `resource`"),
        ("stack", "", "has an empty part"),
        ("stack", "application.", "`application.` has an empty part"),
        ("stack", ".name", "has an empty part"),
        ("stack", "defaults..a", "has an empty part"),
        ("stack", "defaults.\"a", "a quote that does not end"),
    ] {
        let error = fields(entity, &[path]).expect_err(path);
        assert!(matches!(error, crate::error::Error::Usage(_)), "{path}");
        assert!(error.to_string().contains(told), "{path}: {error}");
    }
}

#[test]
fn paths_into_json_take_keys_and_places_as_filters_do() {
    let json = json!({ "a": { "b.c/d": [1, "x", { "y": null }], "": 2, "q\"": 3 } });
    let read = |path: &str| {
        let fields = fields("stack", &[path]).expect(path);
        let What::Inside(_, keys) = &fields.columns[0].what else { panic!("{path} leads into JSON") };
        inside(Datum::Json(json.clone()), keys)
    };
    assert_eq!(read("defaults.a.\"b.c/d\".0"), Datum::Json(json!(1)));
    assert_eq!(read("defaults.a.\"b.c/d\".1"), Datum::Text("x".to_owned()));
    assert_eq!(read("defaults.a.\"b.c/d\".\"-2\""), Datum::Text("x".to_owned()));
    assert_eq!(read("defaults.a.\"\""), Datum::Json(json!(2)));
    assert_eq!(read("defaults.a.\"q\\\"\""), Datum::Json(json!(3)));
    for nothing in ["x", "a.x", "a.\"b.c/d\".3", "a.\"b.c/d\".-4", "a.\"b.c/d\".2.y.z", "a.\"b.c/d\".x", "a.\"\".b"] {
        assert_eq!(read(&format!("defaults.{nothing}")), Datum::Json(Json::Null), "{nothing}");
    }
}
