//! Entities and the links they own.

use prost_reflect::MessageDescriptor;

use crate::field::Field;
use crate::relation::Relation;

/// One entity.
#[derive(Debug)]
pub struct Entity {
    /// Its place in [`crate::Model::entities`].
    pub index: usize,
    /// Its place in the order of [`crate::Model::ranked`].
    pub rank: usize,
    /// The resource name, which is also the name of its table: `deployment_target`.
    pub name: String,
    /// The plural: `deployment_targets`.
    pub plural: String,
    /// The message name: `DeploymentTarget`.
    pub type_name: String,
    /// The full name of the service that keeps it: `qairon.v1.InfrastructureService`.
    pub service: String,
    /// The message.
    pub message: MessageDescriptor,
    /// The fields, in the order of output: the ID, the entity's own, then those that all entities share.
    pub fields: Vec<Field>,
    /// The fields that make up the ID, in order; empty when the caller gives it.
    pub id_fields: Vec<String>,
    /// The positional arguments of `create`.
    pub create_args: Vec<String>,
    /// The many-to-many relations it owns.
    pub links: Vec<Link>,
    /// Every relation, declared by either side.
    pub relations: Vec<Relation>,
}

/// A many-to-many relation without attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The relation on the owner.
    pub relation: String,
    /// The entity at the other end.
    pub target: String,
    /// The relation on the target.
    pub inverse: String,
    /// What both ends must have in common.
    pub scope: Option<LinkScope>,
    /// The reference of the owner whose object is always linked.
    pub home: Option<String>,
    /// The end that depends on the other.
    pub dependent: Option<LinkEnd>,
    /// The table.
    pub table: String,
    /// The column of the owner's ID.
    pub owner_column: String,
    /// The column of the target's ID.
    pub target_column: String,
}

/// One end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkEnd {
    /// The entity that declares it.
    Owner,
    /// The other.
    Target,
}

/// The part of the infrastructure inside which a link stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkScope {
    /// One environment.
    Environment,
    /// One region.
    Region,
    /// One partition.
    Partition,
}

impl LinkScope {
    /// How many leading components of both IDs are the same.
    pub fn components(self) -> usize {
        match self {
            Self::Environment => 1,
            Self::Region => 4,
            Self::Partition => 5,
        }
    }

    /// The word for it, as in the name of the constraint.
    pub fn label(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::Region => "region",
            Self::Partition => "partition",
        }
    }
}

impl Entity {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The relation of this name, canonical or not.
    pub fn relation(&self, name: &str) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.names.iter().any(|known| known == name))
    }

    /// Whether the caller gives the ID.
    pub fn id_is_given(&self) -> bool {
        self.id_fields.is_empty()
    }

    /// The fields that refer to other entities.
    pub fn references(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.reference.is_some())
    }

    /// The name for people, with its article: `an application`.
    pub fn a_human(&self) -> String {
        let article = if self.name.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        format!("{article} {}", self.human())
    }

    /// The name for people: `deployment target`.
    pub fn human(&self) -> String {
        self.name.replace('_', " ")
    }
}
