//! A small random organisation of every entity and every link, and everything in it as plain maps.
//!
//! Objects are drawn at random from the model; those that the rules refuse are missing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fastrand::Rng;
use qairon::model::{Entity, Field, Kind, Relation, RelationKind};
use qairon_integration_tests::{Row, World};
use serde_json::{Map, Value};

use crate::stage::{Stage, entities};

/// How many objects of an entity are made, and how often that is tried.
const OBJECTS: usize = 5;
const TRIES: usize = 80;
/// How many targets are tried for a link or an optional reference.
const LINKS: usize = 5;

/// Everything that there is.
pub struct Organisation {
    rows: HashMap<String, BTreeMap<String, Row>>,
    /// By table: the IDs of owner and target.
    links: HashMap<String, BTreeSet<(String, String)>>,
}

impl Organisation {
    /// The IDs of an entity's objects, in order.
    pub fn ids(&self, entity: &str) -> Vec<String> {
        self.rows.get(entity).map(|rows| rows.keys().cloned().collect()).unwrap_or_default()
    }

    /// The objects at the other end of a relation.
    pub fn related(&self, entity: &Entity, relation: &Relation, id: &str) -> Vec<String> {
        match &relation.kind {
            RelationKind::ToOne { field } => {
                let text = self.rows[&entity.name][id].text(field);
                if text.is_empty() { Vec::new() } else { vec![text.to_owned()] }
            }
            RelationKind::ToMany { field } => {
                let Some(rows) = self.rows.get(&relation.target) else { return Vec::new() };
                rows.iter().filter(|(_, row)| row.text(field) == id).map(|(id, _)| id.clone()).collect()
            }
            RelationKind::Linked { table, owner, .. } => {
                let Some(links) = self.links.get(table) else { return Vec::new() };
                let ends = links.iter().map(|(one, two)| if *owner { (one, two) } else { (two, one) });
                ends.filter(|(own, _)| *own == id).map(|(_, other)| other.clone()).collect()
            }
        }
    }

    /// The objects that have a declared dependency on one, with the case of each.
    pub fn declared_on(&self, object: &(String, String)) -> Vec<(String, (String, String))> {
        let model = qairon::model();
        let type_name = &model.target(&object.0).type_name;
        let relateds = self.rows["related"].values();
        let on_it = relateds.filter(|row| row.text("related_type") == *type_name && row.text("object_id") == object.1);
        on_it
            .map(|related| {
                let dependency = &self.rows["dependency"][related.text("dependency_id")];
                let holder = &self.rows["relatable"][dependency.text("relatable_id")];
                let entity = model.entity_of_type(holder.text("relatable_type")).expect("a type");
                let case = dependency.text("dependency_case_id").to_owned();
                (case, (entity.name.clone(), holder.text("object_id").to_owned()))
            })
            .collect()
    }
}

/// Creates one and reads it back.
pub async fn random_organisation(stage: &Stage, seed: u64) -> Organisation {
    let mut random = Rng::with_seed(seed);
    let mut made: HashMap<String, Vec<String>> = HashMap::new();
    // Declared dependencies are between few types, so that they meet.
    let mut types: Vec<&Entity> = entities().iter().filter(|entity| !is_typed(entity)).collect();
    random.shuffle(&mut types);
    types.truncate(3);
    for entity in in_order() {
        for _ in 0..TRIES {
            if made.get(&entity.name).is_some_and(|made| made.len() == OBJECTS) {
                break;
            }
            let Some(object) = draw(stage, entity, &made, &types, &mut random).await else { continue };
            if let Ok(row) = stage.client.create(&entity.name, object).await {
                made.entry(entity.name.clone()).or_default().push(row.id().to_owned());
            }
        }
        assert!(made.contains_key(&entity.name), "no {} came about", entity.name);
    }
    for entity in entities() {
        for id in &made[&entity.name] {
            for field in entity.references().filter(|field| field.nullable) {
                let target = &field.reference.as_ref().expect("a reference").entity;
                for _ in 0..LINKS {
                    let other = pick(&made[target], &mut random);
                    let change = Map::from_iter([("id".into(), id.clone().into()), (field.name.clone(), other.into())]);
                    _ = stage.client.update(&entity.name, change.into()).await;
                }
            }
            for link in &entity.links {
                for _ in 0..LINKS {
                    let other = pick(&made[&link.target], &mut random);
                    _ = stage.client.add_link(&entity.name, id, &link.relation, &other).await;
                }
            }
        }
    }
    read(stage).await
}

async fn read(stage: &Stage) -> Organisation {
    let mut organisation = Organisation { rows: HashMap::new(), links: HashMap::new() };
    for entity in entities() {
        let rows = stage.client.list(&entity.name, "").await.expect("a list");
        let rows = rows.into_iter().map(|row| (row.id().to_owned(), row)).collect();
        organisation.rows.insert(entity.name.clone(), rows);
        for link in &entity.links {
            let sql = format!("SELECT {}, {} FROM {}", link.owner_column, link.target_column, link.table);
            let pairs = stage.database.query(&sql).await.into_iter().map(|row| {
                let mut ends = row.into_iter().flatten();
                (ends.next().expect("an owner"), ends.next().expect("a target"))
            });
            organisation.links.insert(link.table.clone(), pairs.collect());
        }
    }
    organisation
}

/// Whether its objects name others by type and ID, or types alone.
fn is_typed(entity: &Entity) -> bool {
    let own = |entity: &Entity| entity.fields.iter().any(|field| field.kind == Kind::EntityType);
    own(entity) || entity.references().any(|field| own(qairon::model().target(&target(field))))
}

fn target(field: &Field) -> String {
    field.reference.as_ref().map(|reference| reference.entity.clone()).unwrap_or_default()
}

/// Every entity after those it requires; those that can refer to any object at the end.
fn in_order() -> Vec<&'static Entity> {
    let mut ordered: Vec<&'static Entity> = Vec::new();
    let mut rest: Vec<&'static Entity> = entities().iter().collect();
    rest.sort_by_key(|entity| is_typed(entity));
    while !rest.is_empty() {
        let ready = rest.iter().position(|entity| {
            let mut needed = entity.references().filter(|field| !field.nullable).map(target);
            needed.all(|name| ordered.iter().any(|known| known.name == name))
        });
        ordered.push(rest.remove(ready.expect("required references are not circular")));
    }
    ordered
}

fn pick(ids: &[String], random: &mut Rng) -> String {
    ids[random.usize(..ids.len())].clone()
}

async fn draw(
    stage: &Stage,
    entity: &'static Entity,
    made: &HashMap<String, Vec<String>>,
    types: &[&Entity],
    random: &mut Rng,
) -> Option<Value> {
    let mut object = Map::new();
    for field in &entity.fields {
        let given_id = field.number == 1 && entity.id_is_given();
        let required = field.is_settable() && field.required;
        if !(given_id || required) {
            continue;
        }
        let value: Value = if field.reference.is_some() {
            pick(&made[&target(field)], random).into()
        } else if let Some(of) = &field.object_of {
            let entity = qairon::model().entity_of_type(object[of].as_str()?)?;
            pick(made.get(&entity.name)?, random).into()
        } else {
            match &field.kind {
                Kind::EntityType => types[random.usize(..types.len())].type_name.clone().into(),
                Kind::Enum(descriptor) => {
                    let values: Vec<_> = descriptor.values().filter(|value| value.number() != 0).collect();
                    values[random.usize(..values.len())].name().into()
                }
                _ => stage.factory.value(entity, field, &mut World::new()).await,
            }
        };
        object.insert(field.name.clone(), value);
    }
    Some(object.into())
}
