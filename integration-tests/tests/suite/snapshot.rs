//! The whole content of a database, by what stays the same under every change of ID: the uids.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use qairon::model::Entity;
use qairon_integration_tests::{Client, Database, Factory, World};
use serde_json::{Value, json};

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
        let rows = entities().iter().map(|entity| format!("SELECT '{0}', row_to_json(t) FROM \"{0}\" t", entity.name));
        let rows = rows.collect::<Vec<_>>().join(" UNION ALL ");
        for row in client.query(&rows, &[]).await.expect("a table for each entity") {
            let (name, value): (&str, Value) = (row.get(0), row.get(1));
            let name = qairon::model().target(name).name.as_str();
            let uid = value["uid"].as_str().expect("a uid").to_owned();
            by_id.insert((name, value["id"].as_str().expect("an ID").to_owned()), uid.clone());
            objects.insert(uid, (name, value));
        }
        let links = entities().iter().flat_map(|entity| entity.links.iter().map(move |link| (entity, link)));
        let rows = links.map(|(owner, link)| {
            format!(
                "SELECT '{0}', o.uid::text, t.uid::text FROM \"{0}\" l JOIN \"{1}\" o ON o.id = l.\"{2}\" JOIN \"{3}\" t ON t.id = l.\"{4}\"",
                link.table, owner.name, link.owner_column, link.target, link.target_column
            )
        });
        let rows = rows.collect::<Vec<_>>().join(" UNION ALL ");
        let rows = client.query(&rows, &[]).await.expect("a table for each link");
        let links = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
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
            let target = self
                .uid(target, id)
                .unwrap_or_else(|| panic!("{name}.{} names `{id}`, which is not there", field.name));
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

    /// What blocks the deletion of an object: direct dependents, and links that it is the target of.
    pub fn dependents(&self, uid: &str) -> (Vec<&Uid>, usize) {
        let refers =
            |other: &&Uid| self.references(other).iter().any(|(_, target, required)| *required && target == uid);
        let links = self.links.iter().filter(|(_, _, target)| target == uid).count();
        (self.objects.keys().filter(refers).collect(), links)
    }

    /// Whether an object names another, holds nothing else, and relates it to nothing: it goes with what it names.
    pub fn is_bare(&self, uid: &str) -> bool {
        let entity = |uid: &str| qairon::model().target(self.objects[uid].0);
        let names = |uid: &str| entity(uid).fields.iter().any(|field| field.object_of.is_some());
        let holds = |uid: &str| entity(uid).references().next().is_some();
        names(uid) && !holds(uid) && !self.closure(uid).iter().any(|uid| names(uid) && holds(uid))
    }
}

/// Completes a world: an object of every entity, links of every kind and a current release, and a relatable that names
/// each object it adds.
pub async fn fill(world: &mut World, factory: &Factory, client: &Client) {
    let missing: Vec<&Entity> = entities().iter().filter(|entity| world.id(&entity.name).is_none()).collect();
    for entity in entities() {
        factory.object_in(&entity.name, world).await;
    }
    let (deployment, release) = (world.id("deployment").expect("made"), world.id("release").expect("made"));
    let change = json!({ "id": deployment, "current_release_id": release });
    client.update("deployment", change).await.expect("its own release");
    for entity in entities() {
        for link in &entity.links {
            let owner = world.id(&entity.name).expect("made");
            let target = match link.home {
                // The home is linked anyway; another target shows more.
                Some(_) => factory.create_in(&link.target, &mut world.clone()).await.id().to_owned(),
                None => world.id(&link.target).expect("made").to_owned(),
            };
            client.add_link(&entity.name, owner, &link.relation, &target).await.expect("inside its scope");
        }
    }
    for entity in missing.into_iter().filter(|entity| !is_polymorphic(entity)) {
        let relatable = json!({ "relatable_type": entity.type_name, "object_id": world.id(&entity.name) });
        client.create("relatable", relatable).await.unwrap_or_else(|failure| panic!("{}: {failure}", entity.name));
    }
}

/// A whole world.
pub async fn full_world(factory: &Factory, client: &Client) -> World {
    let mut world = World::new();
    fill(&mut world, factory, client).await;
    world
}

/// Whether objects of the entity name objects of any type, or hang on such.
fn is_polymorphic(entity: &Entity) -> bool {
    entity.fields.iter().any(|field| field.object_of.is_some())
        || entity
            .references()
            .filter(|field| field.required)
            .any(|field| field.reference.as_ref().is_some_and(|to| is_polymorphic(qairon::model().target(&to.entity))))
}
