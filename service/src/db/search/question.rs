//! What is searched for, and where in the order of what is found a page begins.

use std::collections::BTreeSet;

use qairon::Model;

use crate::domain::search::Text;

/// Up to so many matches of an entity are gathered; more are read for in order.
pub(super) const CAP: usize = 2000;

/// How a text fits an object, best first. The answer of a search is in this order, which the numbers of
/// [`Match`](qairon::v1::Match) cannot have: what was added to it later has a later number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// The whole ID or the own name.
    Exact = 1,
    /// A component of the ID, while the own name contains the text as well.
    ComponentAndName = 2,
    /// A component of the ID, or a run of components.
    Component = 3,
    /// The own name begins with it.
    NamePrefix = 4,
    /// The own name contains it.
    Name = 5,
    /// The ID contains it.
    Id = 6,
}

impl Fit {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Exact, Self::ComponentAndName, Self::Component, Self::NamePrefix, Self::Name, Self::Id];

    /// Its number in statements and places.
    pub const fn number(self) -> i64 {
        self as i64
    }

    /// Whether such objects are all among those whose own names contain the text.
    pub const fn is_by_name(self) -> bool {
        !matches!(self, Self::Component | Self::Id)
    }
}

/// A place in the order of what is found, and so an object that is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// The number of the [`Fit`].
    pub kind: i64,
    /// The entity's rank.
    pub rank: usize,
    /// The ID.
    pub id: String,
}

/// A search.
#[derive(Debug)]
pub struct Search {
    /// The model.
    pub model: &'static Model,
    /// What is looked for.
    pub text: Text,
    /// The ranks of the entities to look among.
    pub entities: BTreeSet<usize>,
    /// Where to begin: after this place.
    pub start: Place,
}

/// What a walk has found.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The first objects, in order, of what is not passed over below.
    pub objects: Vec<Place>,
    /// The ranks of the entities of which too many match by their own names.
    pub names_over: BTreeSet<usize>,
    /// The ranks of the entities of which too many match by their IDs.
    pub ids_over: BTreeSet<usize>,
}

impl Known {
    /// Whether too many objects of an entity match in this way.
    pub fn is_over(&self, search: &Search, kind: Fit, rank: usize) -> bool {
        // No name holds a colon: an exact match is that of an ID then.
        let by_name = kind.is_by_name() && !search.text.has_colon();
        if by_name { self.names_over.contains(&rank) } else { self.ids_over.contains(&rank) }
    }
}
