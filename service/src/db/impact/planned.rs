//! What an impact is asked for, planned.

use std::collections::BTreeMap;

use qairon::model::Mood;

use crate::domain::impact::{Below, Plan};

/// Ranks below a distance: how many relations and dependency cases can be distinguished.
pub(super) const RANKS: i64 = 1 << 20;
/// Digits of a code in the key that finds a parent.
pub(super) const DIGITS: usize = 19;

/// An object from which a walk begins: the traced one, or one reached by a declared dependency. The least is the one returned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Root {
    /// How far it is from the traced one.
    pub depth: i64,
    /// The dependency case it was reached by; empty for the traced one.
    pub case: String,
    /// The object it was reached from, as entity and ID; empty for the traced one.
    pub parent: (String, String),
}

/// The roots, by entity name, ID and the mood in which the walk goes on.
pub type Roots = BTreeMap<(String, String, Mood), Root>;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The plan.
    pub roots: Roots,
    /// The largest distance; zero for any.
    pub max_depth: i64,
    /// Whether the object before each is returned.
    pub parents: bool,
    /// Distance, entity and ID of the last row that the caller has.
    pub after: Option<(i64, String, String)>,
}

/// An impact as a statement, and how to read its rows.
#[derive(Debug)]
pub struct Impact {
    pub(super) plan: Plan,
    pub(super) cases: Vec<String>,
    pub(super) question: Question,
    /// The sets that hold all there is below the traced object.
    pub(super) below: Vec<Option<Below>>,
    /// The first ID below the traced object, and the first after all of them.
    pub(super) range: (String, String),
    /// Whether a set has objects besides those below the traced one.
    pub(super) gathered: Vec<bool>,
}

/// Ranks as part of a code. There are fewer relations and cases than would not fit.
pub(super) fn rank(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(RANKS - 1).min(RANKS - 1)
}
