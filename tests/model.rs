//! The model as parsed from the shipped protos.

use qairon::model::{RelationKind, Verb};

#[test]
fn the_model_has_every_entity_with_every_standard_method() {
    let model = qairon::model();
    assert_eq!(model.entities().len(), 36);
    for entity in model.entities() {
        for verb in [Verb::Get, Verb::BatchGet, Verb::List, Verb::Create, Verb::Update, Verb::Delete] {
            assert!(model.method(entity, verb).path.starts_with(&format!("/{}/", entity.service)), "{}", entity.name);
        }
    }
}

#[test]
fn relations_are_known_from_both_sides() {
    let model = qairon::model();
    let repo = model.entity("repo").expect("repo");
    let published = repo.relation("build_artifacts").expect("the short name");
    assert_eq!(published.name(), "output_build_artifacts");
    assert_eq!(published.kind, RelationKind::ToMany { field: "output_repo_id".into() });
    let zones = model.entity("deployment").and_then(|e| e.relation("zones")).expect("zones");
    assert!(matches!(&zones.kind, RelationKind::Linked { table, owner: true, .. } if table == "deployment_zone"));
}

#[test]
fn ids_are_checked_by_their_number_of_components() {
    let model = qairon::model();
    let deployment = model.entity("deployment").expect("deployment");
    assert_eq!(model.id_components(deployment), (11, false));
    let related = model.entity("related").expect("related");
    assert!(model.id_components(related).1);
    let stack = model.entity("stack").expect("stack");
    assert!(model.check_id(stack, "shop:web").is_ok());
    for bad in ["", "shop", "shop:", "shop:a b", "shop:web:x", "shop:\u{a0}"] {
        assert!(model.check_id(stack, bad).is_err(), "{bad:?}");
    }
}
