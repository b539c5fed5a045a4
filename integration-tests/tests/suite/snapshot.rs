//! The whole content of a database, by what stays the same under every change of ID: the uids.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use qairon::model::{Entity, LinkScope};
use qairon_integration_tests::{Database, Factory, World};
use serde_json::Value;

use crate::stage::entities;

/// The uid of an object.
pub type Uid = String;

/// What an object refers to: the field, the object, whether the field is required.
type Reference = (&'static str, Uid, bool);

/// Objects with their fields as PostgreSQL shows them, and links.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Entity and row by uid.
    pub objects: BTreeMap<Uid, (&'static str, Value)>,
    /// Links by table, as the uids of owner and target.
    pub links: BTreeSet<(String, Uid, Uid)>,
    by_id: HashMap<(&'static str, String), Uid>,
}

impl Snapshot {
    /// Reads everything.
    pub async fn take(database: &Database) -> Self {
        let client = database.session().await;
        let (mut objects, mut by_id) = (BTreeMap::new(), HashMap::new());
        for entity in entities() {
            let sql = format!("SELECT row_to_json(t) FROM \"{}\" t", entity.name);
            for row in client.query(&sql, &[]).await.expect("a table for each entity") {
                let value: Value = row.get(0);
                let uid = value["uid"].as_str().expect("a uid").to_owned();
                by_id.insert((entity.name.as_str(), value["id"].as_str().expect("an ID").to_owned()), uid.clone());
                objects.insert(uid, (entity.name.as_str(), value));
            }
        }
        let mut links = BTreeSet::new();
        for (owner, link) in entities().iter().flat_map(|entity| entity.links.iter().map(move |link| (entity, link))) {
            let sql = format!(
                "SELECT o.uid::text, t.uid::text FROM \"{}\" l JOIN \"{}\" o ON o.id = l.\"{}\" JOIN \"{}\" t ON t.id = l.\"{}\"",
                link.table, owner.name, link.owner_column, link.target, link.target_column
            );
            for row in client.query(&sql, &[]).await.expect("a table for each link") {
                links.insert((link.table.clone(), row.get(0), row.get(1)));
            }
        }
        Self { objects, links, by_id }
    }

    /// The uid of the object of an entity with an ID.
    pub fn uid(&self, entity: &'static str, id: &str) -> Option<&Uid> {
        self.by_id.get(&(entity, id.to_owned()))
    }

    /// The ID of an object.
    pub fn id(&self, uid: &str) -> &str {
        self.objects[uid].1["id"].as_str().expect("an ID")
    }

    /// The objects that the fields of an object refer to.
    pub fn references(&self, uid: &str) -> Vec<Reference> {
        let (name, row) = &self.objects[uid];
        let entity = qairon::model().target(name);
        let mut found = Vec::new();
        for field in &entity.fields {
            let target = match (&field.reference, &field.object_of) {
                (Some(reference), _) => reference.entity.as_str(),
                (None, Some(of)) => {
                    let type_name = row[of].as_str().expect("a type");
                    &qairon::model().entity_of_type(type_name).expect("a known type").name
                }
                _ => continue,
            };
            let Some(id) = row[&field.name].as_str() else { continue };
            let target = self.uid(target, id).unwrap_or_else(|| panic!("{name}.{} names `{id}`, which is not there", field.name));
            found.push((field.name.as_str(), target.clone(), field.required));
        }
        found
    }

    /// What everything is, apart from the IDs and the columns that every write changes.
    pub fn shape(&self) -> BTreeMap<Uid, (Value, Vec<Reference>)> {
        let strip = |uid: &Uid| {
            let (name, row) = &self.objects[uid];
            let entity = qairon::model().target(name);
            let mut row = row.clone();
            let members = row.as_object_mut().expect("a row");
            members.retain(|column, _| {
                let field = entity.field(column);
                let follows = field.is_some_and(|field| field.reference.is_some() || field.object_of.is_some());
                !follows && !["id", "version", "last_updated_at"].contains(&column.as_str())
            });
            (row, self.references(uid))
        };
        self.objects.keys().map(|uid| (uid.clone(), strip(uid))).collect()
    }

    /// Everything that refers to an object by a required reference, however far: what goes with it.
    pub fn closure(&self, uid: &str) -> BTreeSet<Uid> {
        let mut referring: HashMap<Uid, Vec<&Uid>> = HashMap::new();
        for uid in self.objects.keys() {
            for (_, target, _) in self.references(uid).into_iter().filter(|(.., required)| *required) {
                referring.entry(target).or_default().push(uid);
            }
        }
        let mut found = BTreeSet::new();
        let mut next = vec![uid.to_owned()];
        while let Some(uid) = next.pop() {
            if found.insert(uid.clone()) {
                next.extend(referring.get(&uid).into_iter().flatten().map(|uid| (*uid).clone()));
            }
        }
        found
    }

    /// What stands against the deletion of an object: direct dependents, and links that it is the target of.
    pub fn dependents(&self, uid: &str) -> (Vec<&Uid>, usize) {
        let refers = |other: &&Uid| self.references(other).iter().any(|(_, target, required)| *required && target == uid);
        let links = self.links.iter().filter(|(_, _, target)| target == uid).count();
        (self.objects.keys().filter(refers).collect(), links)
    }
}

/// A world with an object of every entity, links of every kind and a current release. Objects of every entity are named
/// by a relatable.
pub async fn full_world(factory: &Factory, client: &qairon_integration_tests::Client) -> World {
    let mut world = World::new();
    for entity in entities() {
        factory.object_in(&entity.name, &mut world).await;
    }
    let (deployment, release) = (world.id("deployment").expect("made"), world.id("release").expect("made"));
    let change = serde_json::json!({ "id": deployment, "current_release_id": release });
    client.update("deployment", change).await.expect("its own release");
    for entity in entities() {
        for link in &entity.links {
            let owner = world.id(&entity.name).expect("made");
            let target = match link.scope {
                // A home is linked anyway; another target shows more.
                Some(LinkScope::Partition) => {
                    factory.create_in(&link.target, &mut world.clone()).await.id().to_owned()
                }
                _ => world.id(&link.target).expect("made").to_owned(),
            };
            client.add_link(&entity.name, owner, &link.relation, &target).await.expect("inside its scope");
        }
        if !is_polymorphic(entity) {
            let relatable = serde_json::json!({ "relatable_type": entity.type_name, "object_id": world.id(&entity.name) });
            let there = client.create("relatable", relatable).await;
            assert!(there.is_ok() || there.is_err_and(|failure| failure.reason == "ALREADY_EXISTS"), "{}", entity.name);
        }
    }
    world
}

/// Whether objects of the entity name objects of any type, or hang on such.
fn is_polymorphic(entity: &Entity) -> bool {
    entity.fields.iter().any(|field| field.object_of.is_some())
        || entity.references().filter(|field| field.required).any(|field| field.reference.as_ref().is_some_and(|to| is_polymorphic(qairon::model().target(&to.entity))))
}
