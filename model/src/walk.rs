//! The relations that a walk to dependants takes from an entity, and the check that no walk goes on for ever.

use crate::dependence::Mood;
use crate::entity::Entity;
use crate::model::Model;
use crate::relation::Relation;

impl Model {
    /// The relations over which an object of the entity is left for those that depend on it, and the mood after each.
    pub fn dependents<'m>(&'m self, entity: &'m Entity, mood: Mood) -> impl Iterator<Item = (&'m Relation, Mood)> {
        entity.relations.iter().filter_map(move |relation| Some((relation, mood.after(relation.dependents?)?)))
    }
}

/// Refuses a model in which a walk could go round in a circle over relations alone: depth would have no end that the
/// model knows of. Declared dependencies may be circular, for they are walked one by one.
pub(crate) fn check(model: &Model) -> Result<(), String> {
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
