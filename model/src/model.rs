//! The whole of the model, and look-ups in it.

use std::collections::HashMap;

use prost_reflect::DescriptorPool;

use crate::entity::Entity;
use crate::method::{Method, Verb};

/// Every entity and every method of the API.
#[derive(Debug)]
pub struct Model {
    pub(crate) pool: DescriptorPool,
    pub(crate) entities: Vec<Entity>,
    pub(crate) by_rank: Vec<usize>,
    pub(crate) by_name: HashMap<String, usize>,
    pub(crate) by_type: HashMap<String, usize>,
    pub(crate) methods: Vec<Method>,
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

    /// The entity at a place in the order in which a search names entities: those that people look for come first.
    pub fn ranked(&self, rank: usize) -> &Entity {
        &self.entities[self.by_rank[rank]]
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
