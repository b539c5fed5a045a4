//! The links of the objects of a bundle. Both ends of a relation may name a link, and then they must agree.

use std::collections::{HashMap, HashSet};

use qairon::Model;
use qairon::model::{Entity, Relation, RelationKind};
use qairon::v1::{ErrorReason, LinkSet};

use super::wish::{LinkWish, Wish};
use crate::domain::masks::nearest;
use crate::domain::validate;
use crate::error::{Error, Result};

/// Reads the links of an object, in the order of its relations.
pub fn wishes(model: &'static Model, entity: &'static Entity, sets: Vec<LinkSet>) -> Result<Vec<LinkWish>> {
    let mut wishes: Vec<LinkWish> = Vec::with_capacity(sets.len());
    for set in sets {
        let relation = relation(entity, &set.relation)?;
        if wishes.iter().any(|wish| wish.relation.name() == relation.name()) {
            let message = format!("`{}` is given twice; give all its links at once", relation.name());
            return Err(Error::invalid("links", ErrorReason::InvalidValue, message));
        }
        let target = model.target(&relation.target);
        for id in &set.ids {
            validate::id(model, target, relation.name(), id)?;
        }
        wishes.push(LinkWish { relation, ids: set.ids.into_iter().collect() });
    }
    let place = |wish: &LinkWish| entity.relations.iter().position(|known| known.name() == wish.relation.name());
    wishes.sort_by_key(place);
    Ok(wishes)
}

fn relation(entity: &'static Entity, name: &str) -> Result<&'static Relation> {
    let linked = || entity.relations.iter().filter(|known| matches!(known.kind, RelationKind::Linked { .. }));
    let found = entity.relation(name).filter(|relation| matches!(relation.kind, RelationKind::Linked { .. }));
    found.ok_or_else(|| {
        let hint = nearest(name, linked().map(Relation::name)).map(|name| format!("; did you mean `{name}`?"));
        let message = match entity.relation(name) {
            Some(_) => format!("`{name}` is made of references, not of links; set those on the objects that have them"),
            None => {
                format!("{} has no many-to-many relation `{name}`{}", entity.human(), hint.unwrap_or_default())
            }
        };
        Error::invalid("links", ErrorReason::InvalidValue, message)
    })
}

/// Finds links that one end wants and the other does not.
#[derive(Debug, Default)]
pub struct Conflicts<'a> {
    /// By table, whether the end is the owner, and its ID.
    ends: HashMap<(&'a str, bool, &'a str), HashSet<&'a str>>,
}

impl<'a> Conflicts<'a> {
    /// Takes note of what an object wants.
    pub fn take(&mut self, wish: &'a Wish) {
        for link in &wish.links {
            if let RelationKind::Linked { table, owner, .. } = &link.relation.kind {
                let ids = link.ids.iter().map(String::as_str).collect();
                self.ends.insert((table, *owner, &wish.id), ids);
            }
        }
    }

    /// Every pair that only one of its ends wants, as table, owner and target.
    pub fn of(&self, wish: &Wish) -> Option<Error> {
        wish.links.iter().find_map(|link| {
            let RelationKind::Linked { table, owner, .. } = &link.relation.kind else { return None };
            let unwanted = link.ids.iter().find(|other| {
                let their = self.ends.get(&(table.as_str(), !owner, other.as_str()));
                their.is_some_and(|ids| !ids.contains(wish.id.as_str()))
            })?;
            let message = format!(
                "`{}` links `{unwanted}`, but that one is in the bundle with links that leave `{}` out; give the links \
                 of one end only, or make both agree",
                link.relation.name(),
                wish.id
            );
            Some(Error::invalid(link.relation.name(), ErrorReason::InvalidValue, message))
        })
    }
}
