//! What the steps of an apply work with, and what they have in common.

use std::collections::HashMap;

use qairon::Model;
use qairon::model::{Entity, Field};
use qairon::v1::{ChangeKind, ErrorReason, FieldChange, ObjectChange};

use super::shown::shorten;
use crate::db::transaction::Transaction;
use crate::domain::apply::Bundle;
use crate::domain::draft::Value;
use crate::error::{Error, ErrorKind};

/// How many objects one statement compares or changes.
pub(super) const CHUNK: usize = 2000;
/// How many bytes of values one statement carries, about.
const CHUNK_BYTES: usize = 4 * 1024 * 1024;

/// What became of a bundle.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was changed, in order.
    pub changes: Vec<ObjectChange>,
    /// What was refused: the place in the stream, or -1 for what a bundle does not name.
    pub refused: Vec<(i64, Error)>,
    /// How many objects are unchanged.
    pub unchanged: usize,
    /// The change of an object of the bundle, by its place in it.
    pub(super) of_object: HashMap<usize, usize>,
}

/// What the steps work with.
pub(super) struct Applying<'a> {
    pub transaction: &'a mut Transaction,
    pub model: &'static Model,
    pub bundle: &'a Bundle,
    pub outcome: Outcome,
}

impl Applying<'_> {
    /// Takes note of a change to an object of the bundle. What happens to one object is one change.
    pub fn changed(&mut self, object: usize, kind: ChangeKind, fields: Vec<FieldChange>) {
        let Self { outcome, bundle, .. } = self;
        match outcome.of_object.get(&object) {
            Some(change) => {
                let known = &mut outcome.changes[*change].fields;
                known.extend(fields);
                known.sort_by_key(|field| place(bundle.objects[object].entity, &field.field));
                shorten(&mut outcome.changes[*change]);
            }
            None => {
                outcome.of_object.insert(object, outcome.changes.len());
                let wish = &bundle.objects[object];
                let mut change =
                    ObjectChange { kind: kind.into(), resource: wish.entity.name.clone(), id: wish.id.clone(), fields };
                shorten(&mut change);
                outcome.changes.push(change);
            }
        }
    }
}

/// The place of a field or a relation in the model; relations come last.
fn place(entity: &Entity, name: &str) -> (bool, Option<usize>) {
    let field = entity.fields.iter().position(|field| field.name == name);
    let relation = || entity.relations.iter().position(|relation| relation.name() == name);
    (field.is_none(), field.or_else(relation))
}

/// Splits objects into parts for one statement each, by their number and by the size of their values.
pub(super) fn parts<T>(items: Vec<T>, size: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut parts: Vec<Vec<T>> = Vec::new();
    let mut room = 0;
    for item in items {
        let bytes = size(&item);
        match parts.last_mut().filter(|part| part.len() < CHUNK && bytes <= room) {
            Some(part) => {
                room -= bytes;
                part.push(item);
            }
            None => {
                room = CHUNK_BYTES.saturating_sub(bytes);
                parts.push(vec![item]);
            }
        }
    }
    parts
}

/// About how many bytes some values take.
pub(super) fn size(values: &[(&'static Field, Value)]) -> usize {
    let size = |value: &Value| match value {
        Value::Text(text) | Value::Json(text) => text.len(),
        _ => 16,
    };
    values.iter().map(|(_, value)| size(value)).sum()
}

/// Somebody else created or deleted an object since it was looked for: everything is compared again.
pub(super) fn raced() -> Error {
    let message = "others changed the same objects more often than the service retries; try again";
    Error::new(ErrorKind::Aborted, ErrorReason::Conflict, message)
}
