//! What depends on what: how a walk goes from an object to its dependents. `options.proto` has the rules.

use super::{Entity, Model, Relation};

/// What a reference says of dependence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependence {
    /// The holder depends on the named.
    Depends,
    /// The holder lives in the named, and has means of its own.
    LivesIn,
    /// The holder uses the named.
    Uses,
    /// The holder depends on the named and carries it.
    Carries,
    /// Neither depends on the other.
    None,
}

/// How dependants are reached over a relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crossing {
    /// They depend on this end.
    Depends,
    /// They live here.
    LivesIn,
    /// They use this end.
    Uses,
    /// They are carried by this end.
    Rises,
}

/// What a walk has crossed so far, as far as it decides where it may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mood {
    /// At the start, and among what depends on it or lives in it.
    AtHome,
    /// Among those that use it.
    Abroad,
    /// Among what these carry.
    Rising,
}

impl Dependence {
    pub(super) fn from_number(number: i32) -> Self {
        match number {
            2 => Self::LivesIn,
            3 => Self::Uses,
            4 => Self::Carries,
            5 => Self::None,
            _ => Self::Depends,
        }
    }

    /// From the named to its holders.
    pub(super) fn of_holder(self) -> Option<Crossing> {
        match self {
            Self::Depends | Self::Carries => Some(Crossing::Depends),
            Self::LivesIn => Some(Crossing::LivesIn),
            Self::Uses => Some(Crossing::Uses),
            Self::None => None,
        }
    }

    /// From a holder to the named.
    pub(super) fn of_named(self) -> Option<Crossing> {
        (self == Self::Carries).then_some(Crossing::Rises)
    }
}

impl Mood {
    /// The mood after a crossing; `None` if the walk does not take it.
    pub fn after(self, crossing: Crossing) -> Option<Self> {
        match (self, crossing) {
            (_, Crossing::Rises) => Some(Self::Rising),
            (Self::Rising, _) | (Self::Abroad, Crossing::LivesIn) => None,
            (_, Crossing::Uses) => Some(Self::Abroad),
            (mood, Crossing::Depends | Crossing::LivesIn) => Some(mood),
        }
    }
}

impl Model {
    /// The relations from an object of the entity to its dependents, and the mood after each.
    pub fn dependents<'m>(&'m self, entity: &'m Entity, mood: Mood) -> impl Iterator<Item = (&'m Relation, Mood)> {
        entity.relations.iter().filter_map(move |relation| Some((relation, mood.after(relation.dependents?)?)))
    }
}

/// Refuses a model in which a walk could go round in a circle over relations alone: depth would have no end that the
/// model knows of. Declared dependencies may be circular, for they are walked one by one.
pub(super) fn check(model: &Model) -> Result<(), String> {
    let mut done = std::collections::HashSet::new();
    for entity in model.entities() {
        let mut way = Vec::new();
        visit(model, entity, Mood::AtHome, &mut way, &mut done)?;
    }
    Ok(())
}

fn visit(
    model: &Model,
    entity: &Entity,
    mood: Mood,
    way: &mut Vec<(usize, Mood)>,
    done: &mut std::collections::HashSet<(usize, Mood)>,
) -> Result<(), String> {
    let here = (entity.index, mood);
    if done.contains(&here) {
        return Ok(());
    }
    if way.contains(&here) {
        return Err(format!(
            "`{}` depends on itself over relations; give one of the references on the way the dependence NONE, USES or \
             LIVES_IN",
            entity.name
        ));
    }
    way.push(here);
    for (relation, after) in model.dependents(entity, mood) {
        visit(model, model.target(&relation.target), after, way, done)?;
    }
    way.pop();
    done.insert(here);
    Ok(())
}
