//! Relations: the ways from one entity to another.

use crate::dependence::Crossing;

/// A way from objects of one entity to objects of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Relation {
    /// The name, and others under which it is known too; the canonical one first.
    pub names: Vec<String>,
    /// The entity at the other end.
    pub target: String,
    /// How it is stored.
    pub kind: RelationKind,
    /// How those at the other end depend on this one; `None` when they do not.
    pub dependents: Option<Crossing>,
}

/// How a relation is stored.
#[derive(Debug, Clone, PartialEq)]
pub enum RelationKind {
    /// A reference of this entity.
    ToOne {
        /// The reference, a field of this entity.
        field: String,
    },
    /// References of the other entity to this one.
    ToMany {
        /// The reference, a field of the other entity.
        field: String,
    },
    /// A many-to-many link.
    Linked {
        /// The table of the links.
        table: String,
        /// Its column that holds the ID of this end.
        own_column: String,
        /// Its column that holds the ID of the other end.
        target_column: String,
        /// Whether this end is the owner.
        owner: bool,
    },
}

impl Relation {
    /// The canonical name.
    pub fn name(&self) -> &str {
        &self.names[0]
    }

    /// Whether it leads to at most one object.
    pub fn is_to_one(&self) -> bool {
        matches!(self.kind, RelationKind::ToOne { .. })
    }
}
