//! The objects of a message, decoded and checked field by field, ready to be written.

use std::sync::Arc;

use qairon::Model;
use qairon::model::Entity;
use qairon::v1::ErrorReason;
use tokio::sync::SemaphorePermit;

use crate::db::rows::upsert::Upsert;
use crate::domain::draft::{Draft, check_new_names, composed_id};
use crate::domain::resource::of_type_url;
use crate::domain::validate;
use crate::error::{Error, Result};

pub use crate::domain::resource::Packed;

/// An object to write.
pub type Object = Upsert<'static>;

/// The objects of a message.
#[derive(Default, Clone)]
pub struct Chunk {
    /// Those to write.
    pub objects: Vec<Object>,
    /// Those that are refused as they are.
    pub refused: Vec<(i64, Error)>,
    /// What it takes of the memory of all loads, until the last copy is dropped.
    pub memory: Option<Arc<SemaphorePermit<'static>>>,
}

/// What is done with objects that exist.
#[derive(Debug, Clone, Default)]
pub struct Existing {
    /// They are set, not refused.
    pub upsert: bool,
    /// The fields that are set; those that have a value when there is no mask.
    pub mask: Option<Vec<String>>,
}

/// Turns messages into chunks, and counts their objects.
pub struct Decoder {
    model: &'static Model,
    existing: Existing,
    taken: i64,
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub fn new(model: &'static Model, existing: Existing) -> Self {
        Self { model, existing, taken: 0 }
    }

    /// Decodes the objects of a message.
    pub fn chunk(&mut self, packed: Vec<Packed>) -> Chunk {
        let mut chunk = Chunk { objects: Vec::with_capacity(packed.len()), refused: Vec::new(), memory: None };
        let mut last: Option<(String, &'static Entity)> = None;
        for object in packed {
            let index = self.taken;
            self.taken += 1;
            // Objects of an entity come one after the other.
            let known = last.take().filter(|(type_url, _)| *type_url == object.type_url);
            let decoded = match known {
                Some((_, entity)) => Ok(entity),
                None => of_type_url(self.model, "objects", &object.type_url),
            };
            match decoded.and_then(|entity| {
                last = Some((object.type_url, entity));
                self.object(index, entity, &object.value)
            }) {
                Ok(object) => chunk.objects.push(object),
                Err(error) => chunk.refused.push((index, error)),
            }
        }
        chunk
    }

    fn object(&self, index: i64, entity: &'static Entity, bytes: &[u8]) -> Result<Object> {
        let draft = Draft::decode(entity, bytes)?;
        let create = draft.for_insert(self.model, entity);
        if !self.existing.upsert {
            let create = create?;
            check_new_names(&create)?;
            return Ok(Object { index, entity, id: String::new(), create: Ok(create), set: Vec::new() });
        }
        let id = match &create {
            Ok(values) => composed_id(entity, values).ok_or_else(|| Error::internal("an ID was not composed"))?,
            // What is not enough to create an object may be enough to change the one of this ID.
            Err(error) if error.reason == ErrorReason::Required && !draft.id.is_empty() => {
                validate::id(self.model, entity, "id", &draft.id)?;
                draft.id.clone()
            }
            Err(error) => return Err(error.clone()),
        };
        // Asked only when there is no object of that name.
        let create = create.and_then(|values| check_new_names(&values).map(|()| values));
        // The fields that make up the ID are those it was found by.
        let is_key = |name: &String| name == "id" || entity.id_fields.contains(name);
        let mask = self.existing.mask.as_ref().map(|mask| {
            let all = mask.iter().any(|path| path == "*");
            mask.iter().filter(|path| all || !is_key(path)).cloned().collect::<Vec<_>>()
        });
        let mut set = draft.for_update(self.model, entity, mask.as_deref())?;
        set.retain(|(field, _)| !is_key(&field.name));
        Ok(Object { index, entity, id, create, set })
    }
}
