//! The order in which objects are written: each entity after those it refers to, and by ID within an entity.
//!
//! Everybody who writes many objects takes locks in this order: two who write the same objects wait for each other once,
//! and not one for the other in a circle.

use std::collections::HashSet;

use qairon::Model;

use super::objects::Object;
use crate::domain::draft::composed_id;

/// The order of a model.
pub struct Order {
    /// The place of each entity.
    places: Vec<usize>,
}

/// Objects in their order.
pub struct Sorted {
    pub objects: Vec<Object>,
    /// The places in the stream of those that come more than once.
    pub repeated: HashSet<i64>,
}

impl Order {
    pub fn new(model: &Model) -> Self {
        let mut places = vec![0; model.entities().len()];
        for (place, entity) in model.sequence().into_iter().enumerate() {
            places[entity.index] = place;
        }
        Self { places }
    }

    /// The place of an object.
    pub fn place(&self, object: &Object) -> (usize, String) {
        (self.places[object.entity.index], id(object))
    }

    /// Sorts objects. What comes more than once is written the second time after everything else of its entity, which
    /// locks nothing new.
    pub fn sort(&self, objects: Vec<Object>) -> Sorted {
        let mut all: Vec<_> = objects.into_iter().map(|object| (self.place(&object), 0, object)).collect();
        all.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        let mut repeated = HashSet::new();
        for at in 1..all.len() {
            if all[at].0 == all[at - 1].0 {
                all[at].1 = all[at - 1].1 + 1;
                repeated.extend([all[at - 1].2.index, all[at].2.index]);
            }
        }
        if !repeated.is_empty() {
            all.sort_by(|((a, x), turn, _), ((b, y), other, _)| (a, turn, x).cmp(&(b, other, y)));
        }
        Sorted { objects: all.into_iter().map(|(_, _, object)| object).collect(), repeated }
    }
}

/// The ID of an object, by which others refer to it.
pub fn id(object: &Object) -> String {
    match &object.create {
        // Values that were checked make up an ID.
        Ok(values) => composed_id(object.entity, values).unwrap_or_default(),
        Err(_) => object.id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::draft::Value;

    fn object(index: i64, entity: &str, fields: &[(&str, &str)]) -> Object {
        let entity = qairon::model().target(entity);
        let value =
            |(name, value): &(&str, &str)| (entity.field(name).expect("a field"), Value::Text((*value).to_owned()));
        let values = fields.iter().map(value).collect();
        Object { index, entity, id: String::new(), create: Ok(values), set: Vec::new() }
    }

    #[test]
    fn what_is_referred_to_comes_first_and_repetitions_come_after_their_entity() {
        let stack = |index, name| object(index, "stack", &[("application_id", "a"), ("name", name)]);
        let relatable = object(0, "relatable", &[("relatable_type", "Stack"), ("object_id", "a:z")]);
        let objects = vec![relatable, stack(1, "z"), stack(2, "b"), stack(3, "z"), stack(4, "y"), stack(5, "b")];
        let objects = objects.into_iter().chain([object(6, "application", &[("id", "a")])]).collect();
        let sorted = Order::new(qairon::model()).sort(objects);
        let indices: Vec<i64> = sorted.objects.iter().map(|object| object.index).collect();
        assert_eq!(indices, [6, 2, 4, 1, 5, 3, 0]);
        assert_eq!(sorted.repeated, [1, 2, 3, 5].into());
    }
}
