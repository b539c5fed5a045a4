//! What is searched for, and where in the order of what is found a page begins.

use std::collections::BTreeSet;

use qairon::Model;
use qairon::v1::Match;

use crate::domain::search::Text;

/// Up to so many matches of an entity are gathered; more are read for in order.
pub(super) const CAP: usize = 2000;

/// A place in the order of what is found, and so an object that is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// The number of the [`Match`].
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
    pub fn is_over(&self, search: &Search, kind: Match, rank: usize) -> bool {
        // No name holds a colon: an exact match is that of an ID then.
        let by_name = kind != Match::Id && !search.text.has_colon();
        if by_name { self.names_over.contains(&rank) } else { self.ids_over.contains(&rank) }
    }
}
