//! The entity model: what the annotated protos say of entities, their fields, references, relations and methods.
//!
//! Server, command line and tests read this one structure; none of them keeps a list of entities of its own. It is
//! built once from descriptors and never changes, so names are plain strings and look-ups are by map.

mod dependence;
mod entity;
mod field;
mod id;
mod method;
mod options;
mod parse;
mod relation;
mod sequence;

use std::collections::HashMap;

use prost_reflect::DescriptorPool;

pub use dependence::{Crossing, Dependence, Mood};
pub use entity::{Entity, Link, LinkEnd, LinkScope};
pub use field::{Embed, Field, Kind, Reference};
pub use id::{IdError, MAX_NAME_BYTES, is_name};
pub use method::{Method, Verb};
pub use relation::{Relation, RelationKind};

/// Every entity and every method of the API.
#[derive(Debug)]
pub struct Model {
    pool: DescriptorPool,
    entities: Vec<Entity>,
    by_name: HashMap<String, usize>,
    by_type: HashMap<String, usize>,
    methods: Vec<Method>,
}

impl Model {
    /// The descriptors the model was parsed from.
    pub fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// Every entity, in the order of the protos: what an entity refers to need not come before it.
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// The entity with a resource name such as `deployment_target`.
    pub fn entity(&self, name: &str) -> Option<&Entity> {
        self.by_name.get(name).map(|&index| &self.entities[index])
    }

    /// The entity with a type name such as `DeploymentTarget`.
    pub fn entity_of_type(&self, type_name: &str) -> Option<&Entity> {
        self.by_type.get(type_name).map(|&index| &self.entities[index])
    }

    /// Every method of every service, standard or not.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// The standard method of an entity.
    pub fn method(&self, entity: &Entity, verb: Verb) -> &Method {
        let found = self.methods.iter().find(|method| method.verb == Some(verb) && method.entity == Some(entity.index));
        found.expect("parsing made sure that every entity has every standard method")
    }

    /// The entity a reference, a relation or a link names. Parsing made sure that it exists.
    pub fn target(&self, name: &str) -> &Entity {
        self.entity(name).expect("parsing made sure that every named entity exists")
    }
}
