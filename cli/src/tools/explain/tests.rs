//! The text for every resource, field and relation.

use serde_json::{Value as Json, json};

use super::*;

fn facts(path: &str) -> Json {
    let subject = Subject::of(path).expect(path);
    serde_json::to_value(facts::of(&subject, &Docs::load())).expect("JSON")
}

fn lines(path: &str) -> String {
    text::lines(&facts::of(&Subject::of(path).expect(path), &Docs::load())).join("\n")
}

#[test]
fn everything_there_is_can_be_explained() {
    let docs = Docs::load();
    for entity in qairon::model().entities() {
        let resource = facts::of(&Subject::of(&entity.name).expect("a resource"), &docs);
        let resource = serde_json::to_value(resource).expect("JSON");
        assert_ne!(resource["description"], "", "{}", entity.name);
        assert_eq!(resource["fields"].as_array().map(Vec::len), Some(entity.fields.len()));
        assert_eq!(resource["relations"].as_array().map(Vec::len), Some(entity.relations.len()));
        for field in resource["fields"].as_array().expect("a list") {
            let place = format!("{} {}", entity.name, field["name"]);
            assert!(field["description"].as_str().is_some_and(|text| !text.is_empty()), "{place}");
            assert!(field["type"].as_str().is_some_and(|text| !text.is_empty()), "{place}");
            for value in field["values"].as_array().into_iter().flatten() {
                assert!(value["description"].as_str().is_some_and(|text| !text.is_empty()), "{place} {value}");
            }
        }
        for name in entity.relations.iter().flat_map(|relation| &relation.names) {
            let path = format!("{}.{name}", entity.name);
            assert!(!text::lines(&facts::of(&Subject::of(&path).expect(&path), &docs)).is_empty());
        }
    }
}

#[test]
fn a_field_tells_what_it_takes_and_where_it_goes() {
    let tag = facts("deployment.tag");
    for (name, value) in [
        ("resource", json!("deployment")),
        ("type", json!("name")),
        ("json", json!("text")),
        ("required", json!(false)),
        ("default", json!("default")),
        ("place_in_id", json!(3)),
        ("create_argument", Json::Null),
        ("create_flag", json!("-t, --tag")),
    ] {
        assert_eq!(tag[name], value, "{name}");
    }
    let stack = facts("deployment.service.stack_id");
    assert_eq!([&stack["references"], &stack["relation"]], ["stack", "stack"]);
    assert_eq!([&stack["create_argument"], &stack["place_in_id"]], [&json!(1); 2]);
    assert_eq!(facts("stack.id")["output_only"], true);
    assert_eq!(facts("application.id")["output_only"], false);
    let watermark = facts("allocation.watermark");
    assert_eq!([&watermark["values"][0]["value"], &watermark["values"][1]["value"]], ["HIGH", "LOW"]);
}

#[test]
fn a_relation_leads_to_its_resource() {
    for path in ["deployment.service.stack", "deployments.service.stack", "release.deployment.service.stack"] {
        let relation = facts(path);
        assert_eq!(
            [&relation["resource"], &relation["relation"], &relation["leads_to"]],
            ["service", "stack", "stack"]
        );
        assert_eq!(relation["target"]["resource"], "stack");
    }
    assert_eq!(facts("deployment.zones")["many"], true);
    assert_eq!(facts("deployment-target.type")["leads_to"], "deployment_target_type");
    let text = lines("deployment.service.stack");
    assert!(text.starts_with("RESOURCE  service\nRELATION  stack\nLEADS TO  stack\n"), "{text}");
    assert!(text.contains("ID FORM   <application_id>:<name>\n"), "{text}");
    assert!(text.contains("\n  application_id  <id, required, of an application>\n"), "{text}");
    assert!(text.contains("\n  services  <many service>  by the field stack_id of service"), "{text}");
}

#[test]
fn what_there_is_not_suggests_the_nearest() {
    for (path, told) in [
        ("deploymnt", "unknown resource `deploymnt`, did you mean `deployment`?"),
        ("deployment.servce", "unknown field or relation of `deployment` `servce`, did you mean `service`?"),
        ("deployment.service.stak", "did you mean `stack`?"),
        ("deployment.service_id.stack", "use the relation `service`"),
        ("deployment.defaults.x", "its content is not described"),
        ("deployment.tag.x", "has no fields of its own"),
        ("deployment.", "unknown field or relation of `deployment` ``"),
        ("", "unknown resource ``"),
    ] {
        let error = Subject::of(path).expect_err(path);
        assert!(matches!(error, Error::Usage(_)), "{path}");
        assert!(error.to_string().contains(told), "{path}: {error}");
    }
}
