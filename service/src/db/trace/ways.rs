//! Ways put together from the steps that a search has found.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// An object of a search, by its place in [`Objects`].
pub type Object = u32;

/// The objects that a search has seen: the index of the entity, and the ID.
#[derive(Debug, Default)]
pub struct Objects {
    known: Vec<(usize, Arc<str>)>,
    places: HashMap<(usize, Arc<str>), Object>,
}

impl Objects {
    /// The place of an object, which it gets when it is new.
    pub fn place(&mut self, entity: usize, id: &str) -> Object {
        let id: Arc<str> = id.into();
        let next = Object::try_from(self.known.len()).unwrap_or(Object::MAX);
        *self.places.entry((entity, id)).or_insert_with_key(|(entity, id)| {
            self.known.push((*entity, id.clone()));
            next
        })
    }

    /// The entity and the ID of an object.
    pub fn get(&self, object: Object) -> (usize, &str) {
        let (entity, id) = &self.known[object as usize];
        (*entity, id)
    }

    /// The place of an object that has one.
    pub fn find(&self, entity: usize, id: &str) -> Option<Object> {
        self.places.get(&(entity, Arc::from(id))).copied()
    }
}

/// A step, in the direction of the way.
#[derive(Debug, Clone)]
pub struct Step {
    /// Where it starts.
    pub from: Object,
    /// Where it leads.
    pub to: Object,
    /// What it is called at its start.
    pub name: Arc<str>,
}

/// The first ways from one object to another in the order of their steps, each without its start, and whether there are
/// more. `layers` are the steps by their place on the way; every way takes one of each.
pub fn ways(
    layers: &[Vec<Step>],
    (start, end): (Object, Object),
    limit: usize,
    order: impl Fn(&Step, &Step) -> Ordering,
) -> (Vec<Vec<&Step>>, bool) {
    // Steps into a dead end are left out, so that every step taken below belongs to a way.
    let mut leads = HashSet::from([end]);
    let mut onwards: Vec<HashMap<Object, Vec<&Step>>> = Vec::with_capacity(layers.len());
    for layer in layers.iter().rev() {
        let mut steps: HashMap<Object, Vec<&Step>> = HashMap::new();
        for step in layer.iter().filter(|step| leads.contains(&step.to)) {
            steps.entry(step.from).or_default().push(step);
        }
        leads = steps.keys().copied().collect();
        onwards.push(steps);
    }
    onwards.reverse();
    let mut found = Found { onwards, order, limit, ways: Vec::new() };
    found.follow(start, 0, &mut Vec::new());
    let truncated = found.ways.len() > limit;
    found.ways.truncate(limit);
    (found.ways, truncated)
}

struct Found<'s, O> {
    onwards: Vec<HashMap<Object, Vec<&'s Step>>>,
    order: O,
    limit: usize,
    ways: Vec<Vec<&'s Step>>,
}

impl<'s, O: Fn(&Step, &Step) -> Ordering> Found<'s, O> {
    fn follow(&mut self, at: Object, place: usize, way: &mut Vec<&'s Step>) {
        if place == self.onwards.len() {
            self.ways.push(way.clone());
            return;
        }
        let mut steps = self.onwards[place].get(&at).cloned().unwrap_or_default();
        steps.sort_by(|a, b| (self.order)(a, b));
        // Two dependencies of one case between the same objects are one step.
        steps.dedup_by(|a, b| a.to == b.to && a.name == b.name);
        for step in steps {
            // One more than wanted, which says that there are more.
            if self.ways.len() > self.limit {
                return;
            }
            way.push(step);
            self.follow(step.to, place + 1, way);
            way.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_come_in_order_without_dead_ends_and_repetitions() {
        let step = |from, to, name: &str| Step { from, to, name: name.into() };
        let layers = [
            vec![step(0, 2, "b"), step(0, 1, "a"), step(0, 3, "c"), step(0, 1, "a")],
            vec![step(1, 9, "y"), step(1, 9, "x"), step(2, 9, "z"), step(3, 8, "w")],
        ];
        let names = |limit| {
            let (ways, truncated) = ways(&layers, (0, 9), limit, |a, b| (&a.name, a.to).cmp(&(&b.name, b.to)));
            let names = |way: &Vec<&Step>| way.iter().map(|step| &*step.name).collect::<String>();
            (ways.iter().map(names).collect::<Vec<_>>(), truncated)
        };
        assert_eq!(names(10), (vec!["ax".to_owned(), "ay".to_owned(), "bz".to_owned()], false));
        assert!(!names(3).1);
        assert_eq!(names(2), (vec!["ax".to_owned(), "ay".to_owned()], true));
    }
}
