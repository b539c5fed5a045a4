//! Changes that can be read.

use qairon::Model;
use qairon::model::{Entity, Field, Link};
use uuid::Uuid;

use super::compare::Wanted;
use super::single::{Change, Otherwise};
use super::upsert::{Upsert, wanted};
use super::{allocate, delete, insert, links, single, update};
use crate::db::etag::Etag;
use crate::db::golden::Goldens;
use crate::db::projection::Projection;
use crate::db::transaction::Lone;
use crate::domain::draft::Value;
use crate::domain::keys::KeyChanges;

const ID: &str = "shop:web:api";

fn values(entity: &'static Entity, given: &[(&str, &str)]) -> Vec<(&'static Field, Value)> {
    let field = |name| entity.field(name).expect("a field of the entity");
    given.iter().map(|(name, value)| (field(*name), Value::Text((*value).to_owned()))).collect()
}

pub(in crate::db) fn show(goldens: &mut Goldens) {
    let model = qairon::model();
    let service = model.target("service");
    show_single(goldens, model, service);
    show_many(goldens, service);
    show_deletion(goldens, model);
    goldens.show(
        "allocate_a_subnet",
        "Which ranges are taken in a network, which is locked first? The gaps between them are free.",
        [allocate::lock("office"), allocate::taken("office")],
    );
    let link: &Link = service.links.first().expect("services have links");
    let statement = |add| links::statement(link, add, vec![ID.to_owned()], vec!["git:shop".to_owned()]);
    goldens.show(
        "add_and_remove_links",
        "Adds links of services where there is none yet, and removes those there are. The ends of a new one are held.",
        [links::hold(service, ID), statement(true), statement(false)],
    );
}

fn show_single(goldens: &mut Goldens, model: &'static Model, service: &'static Entity) {
    let projection = Projection::new(model, service, None).expect("the fields of services");
    let new = values(service, &[("stack_id", "shop:web"), ("name", "api")]);
    let lone = Lone { identity: String::new(), lock_timeout: Some(std::time::Duration::from_millis(50)) };
    goldens.show(
        "create_a_service",
        "Inserts a service and returns it.",
        [single::insert(service, &new, &projection, Some(lone.clone()))],
    );
    let change = Change {
        entity: service,
        id: ID.to_owned(),
        etag: Some(Etag { version: 7, uid_tail: "0123456789ab".to_owned() }),
        values: values(service, &[("artifact_name", "api-server")]),
        keys: Vec::new(),
        new_id: None,
        otherwise: Otherwise::Refuse,
        max_affected: 0,
    };
    goldens.show(
        "update_a_service",
        "Updates a service if it is still in the version that the caller has read, and returns it.",
        [change.sql(&projection, Some(lone.clone()))],
    );
    let defaults = service.field("defaults").expect("a field of all");
    let keys = vec![KeyChanges { field: defaults, changes: r#"[[["recon","k8s_context"],"prod"]]"#.to_owned() }];
    let change = Change { keys, values: Vec::new(), etag: None, ..change };
    goldens.show(
        "update_keys_of_a_service",
        "Sets a key of the defaults of a service; the others stay, also those that another sets at the same time.",
        [change.sql(&projection, Some(lone))],
    );
}

fn show_many(goldens: &mut Goldens, service: &'static Entity) {
    let item = Upsert {
        index: 0,
        entity: service,
        id: ID.to_owned(),
        create: Ok(values(service, &[("stack_id", "shop:web"), ("name", "api"), ("artifact_name", "api-server")])),
        set: values(service, &[("artifact_name", "api-server")]),
    };
    let own = || wanted(&[&item], false);
    let create = item.create.as_ref().expect("values");
    goldens.show(
        "upsert_services",
        "Which of many services exist, and which of them differ from the values given? Sets what differs, and inserts \
         the missing.",
        [own().differences(), own().update(), insert::insert_missing(service, &[create.as_slice()])],
    );
    goldens.show("insert_services", "Inserts many services.", [insert::insert(service, &[create.as_slice()])]);

    let fields: Vec<&Field> = item.set.iter().map(|(field, _)| *field).collect();
    let named = || Wanted::new(service, fields.clone(), true, [(ID, item.set.as_slice())].into_iter());
    goldens.show(
        "apply_to_services",
        "Which services of a bundle differ in the fields it names? Locks those, and sets what differs.",
        [named().differences(), update::locking(service, &fields, vec![ID.to_owned()]), named().update()],
    );
}

fn show_deletion(goldens: &mut Goldens, model: &'static Model) {
    let mut show = |name, question, entity, id: &str| {
        let statements = delete::deletion(model, model.target(entity), vec![Uuid::nil()], &[id.to_owned()]);
        goldens.show(name, question, statements);
    };
    show(
        "delete_a_release",
        "Deletes a release whose artifacts are deleted already; deployments lose it as their current one.",
        "release",
        "shop:web:api:x:1",
    );
    show(
        "delete_a_repo",
        "Deletes a repo that no artifact refers to any more, with the links to it.",
        "repo",
        "git:shop",
    );
}
