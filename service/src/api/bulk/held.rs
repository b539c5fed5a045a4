//! Objects that refer to others which have not come yet. They are held back until those are there, or the stream ends.

use std::collections::{HashMap, HashSet};

use qairon::Model;
use qairon::model::{Entity, Field};
use qairon::v1::ErrorReason;

use super::objects::Object;
use crate::domain::draft::Value;
use crate::error::Error;

/// How many objects are held back at most, and how many bytes of values they have, roughly.
const MAX_OBJECTS: usize = 10_000;
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// An object by its entity and its ID.
pub type Key = (usize, String);

/// An object that waits.
#[derive(Clone)]
pub struct Waiting {
    /// The object.
    pub object: Object,
    /// It has been written without this reference, which is to be set: the object referred to cannot be without it.
    pub late: bool,
    /// Why it was refused.
    pub error: Error,
}

/// The objects held back, by what they wait for.
#[derive(Default)]
pub struct Held {
    by_key: HashMap<Key, Vec<Waiting>>,
    objects: usize,
    bytes: usize,
}

impl Held {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.objects == 0
    }

    /// Whether another object fits.
    pub fn has_room(&self, more: usize) -> bool {
        self.objects + more < MAX_OBJECTS && self.bytes < MAX_BYTES
    }

    /// What waits for an object.
    pub fn of(&self, key: &Key) -> &[Waiting] {
        self.by_key.get(key).map_or(&[], Vec::as_slice)
    }

    /// What all the objects wait for.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.by_key.keys()
    }

    /// Holds an object back.
    pub fn hold(&mut self, key: Key, waiting: Waiting) {
        self.objects += 1;
        self.bytes += size(&waiting.object);
        self.by_key.entry(key).or_default().push(waiting);
    }

    /// Lets objects go.
    pub fn release(&mut self, indices: &HashSet<i64>) {
        if indices.is_empty() {
            return;
        }
        self.by_key.retain(|_, waiting| {
            waiting.retain(|waiting| {
                let stays = !indices.contains(&waiting.object.index);
                if !stays {
                    self.objects -= 1;
                    self.bytes = self.bytes.saturating_sub(size(&waiting.object));
                }
                stays
            });
            !waiting.is_empty()
        });
    }

    /// Takes everything that waits for one of these objects, or for none of them.
    pub fn all(&self) -> Vec<(Key, Waiting)> {
        let pairs = self.by_key.iter().flat_map(|(key, all)| all.iter().map(|one| (key.clone(), one.clone())));
        let mut all: Vec<_> = pairs.collect();
        all.sort_by_key(|(_, waiting)| waiting.object.index);
        all
    }
}

/// Roughly how many bytes an object takes.
pub fn size(object: &Object) -> usize {
    let values = object.create.iter().flatten().chain(&object.set);
    let text = |value: &Value| match value {
        Value::Text(text) | Value::Json(text) => text.len(),
        _ => 0,
    };
    values.map(|(_, value)| 64 + text(value)).sum::<usize>() + 256
}

/// The object whose absence an error is about, and the field that names it.
pub fn awaited(model: &Model, object: &Object, error: &Error) -> Option<(&'static Field, Key)> {
    if error.reason != ErrorReason::ReferenceNotFound {
        return None;
    }
    let entity: &'static Entity = object.entity;
    let field = entity.field(error.field.as_deref()?)?;
    let values = || object.create.iter().flatten().chain(&object.set);
    let text = |name: &str| {
        values()
            .find(|(field, _)| field.name == name)
            .map(|(_, value)| value.to_component())
            .filter(|id| !id.is_empty())
    };
    let target = match (&field.reference, &field.object_of) {
        (Some(reference), _) => model.target(&reference.entity),
        (None, Some(type_field)) => model.entity_of_type(&text(type_field)?)?,
        (None, None) => return None,
    };
    Some((field, (target.index, text(&field.name)?)))
}
