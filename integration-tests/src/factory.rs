//! Valid objects of any entity, from the model.
//!
//! A [`World`] remembers one object of each entity. What is created in it refers to those objects, so that the rules
//! between objects hold by themselves: a release's build and its deployment are of one service, for there is but one
//! service in the world. What is special in the values is a matter of a field's kind, never of the entity.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use qairon::model::{Entity, Field, Kind};
use serde_json::{Map, Value, json};

use crate::client::{Client, Row, find_entity};

/// The range of every network. Subnets are ranges of 256 addresses in it.
const NETWORK: &str = "10.0.0.0/8";

/// Creates objects.
#[derive(Debug, Clone)]
pub struct Factory {
    client: Client,
    counter: Arc<AtomicU64>,
}

/// One object of each entity, by the entity's name, as far as they were needed.
#[derive(Debug, Clone, Default)]
pub struct World {
    ids: HashMap<String, String>,
}

impl World {
    /// An empty world.
    pub fn new() -> Self {
        Self::default()
    }

    /// The ID of the object of an entity, when there is one.
    pub fn id(&self, entity: &str) -> Option<&str> {
        self.ids.get(entity).map(String::as_str)
    }

    /// Makes an object the one of its entity.
    pub fn put(&mut self, entity: &str, id: &str) {
        self.ids.insert(entity.to_owned(), id.to_owned());
    }

    /// Forgets the object of an entity: the next that is needed will be another.
    pub fn forget(&mut self, entity: &str) {
        self.ids.remove(entity);
    }
}

impl Factory {
    /// A factory that uses a client. Its names are unique within it and its clones.
    pub fn new(client: Client) -> Self {
        Self { client, counter: Arc::default() }
    }

    /// A number that this factory has not given out yet.
    pub fn number(&self) -> u64 {
        self.counter.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A name that this factory has not given out yet.
    pub fn name(&self) -> String {
        format!("n{}", self.number())
    }

    /// Creates an object and everything it refers to, all of it new.
    pub async fn create(&self, entity: &str) -> Row {
        self.create_in(entity, &mut World::new()).await
    }

    /// Creates an object in a world, which has it from then on.
    pub async fn create_in(&self, entity: &str, world: &mut World) -> Row {
        let object = self.draft(entity, world).await;
        let row = self.client.create(entity, object.clone()).await;
        let row = row.unwrap_or_else(|failure| panic!("{entity} {object} was refused: {failure}"));
        world.put(entity, row.id());
        row
    }

    /// An object with every settable field, ready to be created; what it refers to is created. Optional references
    /// stay unset.
    pub async fn draft(&self, entity: &str, world: &mut World) -> Value {
        self.draft_of(find_entity(entity), world, true).await
    }

    /// The same with required fields only.
    pub async fn minimal_draft(&self, entity: &str, world: &mut World) -> Value {
        self.draft_of(find_entity(entity), world, false).await
    }

    async fn draft_of(&self, entity: &Entity, world: &mut World, whole: bool) -> Value {
        if let Some(field) = told_apart_by(entity) {
            let target = field.reference.as_ref().map(|reference| reference.entity.as_str()).unwrap_or_default();
            world.forget(target);
        }
        let mut object = Map::new();
        for field in &entity.fields {
            let given_id = field.number == 1 && entity.id_is_given();
            let wanted = given_id || (field.is_settable() && (field.required || (whole && field.reference.is_none())));
            if wanted {
                object.insert(field.name.clone(), self.value(entity, field, world).await);
            }
        }
        Value::Object(object)
    }

    /// A valid value for a field, and another one every time as far as the kind allows. For a reference: an object of
    /// the world.
    pub async fn value(&self, entity: &Entity, field: &Field, world: &mut World) -> Value {
        if let Some(reference) = &field.reference {
            return self.object_in(&reference.entity, world).await.into();
        }
        if field.object_of.is_some() {
            return self.object_of_type(world).await.into();
        }
        let number = self.number();
        match &field.kind {
            Kind::Cidr if encloses(entity).is_some() => {
                assert!(number < 65_536, "the ranges of the factory are used up");
                format!("10.{}.{}.0/24", number / 256, number % 256).into()
            }
            Kind::Cidr => NETWORK.into(),
            Kind::EntityType => any_type().into(),
            Kind::Text if field.number != 1 => format!("text {number}").into(),
            Kind::Text | Kind::Name => format!("n{number}").into(),
            Kind::Integer => number.into(),
            #[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
            Kind::Double => (number as f64 + 0.5).into(),
            Kind::Bool => true.into(),
            Kind::Enum(descriptor) => {
                let last = descriptor.values().last().expect("an enum has values");
                last.name().into()
            }
            Kind::Json => json!({ "number": number, "nested": { "list": [1, "two", null, false] } }),
            kind => panic!("{}.{}: {kind:?} is not for callers to set", entity.name, field.name),
        }
    }

    /// Another valid value for a field of an object that was created in a world; for a reference, another object in
    /// that world. The world stays as it was.
    pub async fn other_value(&self, entity: &Entity, field: &Field, world: &World) -> Value {
        let mut world = world.clone();
        if let Some(reference) = &field.reference {
            return Box::pin(self.create_in(&reference.entity, &mut world)).await.id().into();
        }
        match &field.kind {
            // It holds what the other range holds.
            Kind::Cidr if encloses(entity).is_none() => "10.0.0.0/7".into(),
            Kind::Enum(descriptor) => {
                let first = descriptor.values().find(|value| value.number() != 0);
                first.expect("an enum has values").name().into()
            }
            _ => self.value(entity, field, &mut world).await,
        }
    }

    /// The object of an entity in a world, created when there is none.
    pub async fn object_in(&self, entity: &str, world: &mut World) -> String {
        match world.id(entity) {
            Some(id) => id.to_owned(),
            None => Box::pin(self.create_in(entity, world)).await.id().to_owned(),
        }
    }

    /// A new object of the type that [`any_type`] names.
    async fn object_of_type(&self, world: &World) -> String {
        let entity = qairon::model().entity_of_type(any_type()).expect("a type names an entity");
        Box::pin(self.create_in(&entity.name, &mut world.clone())).await.id().to_owned()
    }
}

/// The type used where any type is allowed: that of the first entity whose ID callers give.
fn any_type() -> &'static str {
    let found = qairon::model().entities().iter().find(|entity| entity.id_is_given());
    &found.expect("some entities are roots").type_name
}

/// The reference to an entity whose objects have a range that contains the range of this entity.
fn encloses(entity: &Entity) -> Option<&Field> {
    let has_range = |field: &&Field| {
        let target = field.reference.as_ref().and_then(|reference| qairon::model().entity(&reference.entity));
        target.is_some_and(|target| target.fields.iter().any(|field| field.kind == Kind::Cidr))
    };
    entity.references().find(has_range)
}

/// For an entity whose ID is made of references and enums alone: the reference that has to be another one for a second
/// object in one world.
fn told_apart_by(entity: &Entity) -> Option<&Field> {
    let parts: Vec<&Field> = entity.id_fields.iter().filter_map(|name| entity.field(name)).collect();
    let has_own = |field: &&Field| matches!(field.kind, Kind::Name | Kind::Integer) || field.object_of.is_some();
    if parts.iter().any(has_own) {
        return None;
    }
    parts.into_iter().rev().find(|field| field.reference.is_some())
}
