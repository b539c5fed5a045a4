//! What a bundle wants of one object.

use std::collections::BTreeSet;

use bytes::Bytes;
use qairon::Model;
use qairon::model::{Entity, Field, Relation};
use qairon::v1::ErrorReason;

use crate::domain::draft::{Draft, Value, check_new_names, composed_id};
use crate::error::{Error, Result};

/// The desired state of an object.
#[derive(Debug)]
pub struct Wish {
    /// Its place in the stream.
    pub index: i64,
    /// Its entity.
    pub entity: &'static Entity,
    /// The ID under which it is found.
    pub id: String,
    /// What to set when it exists, in the order of the model; never the parts of its ID.
    pub values: Vec<(&'static Field, Value)>,
    /// Its links.
    pub links: Vec<LinkWish>,
    /// The object as it was sent, to be read again when it does not exist.
    pub(super) encoded: Bytes,
}

/// All links of one object by one relation.
#[derive(Debug)]
pub struct LinkWish {
    /// The relation, a many-to-many one.
    pub relation: &'static Relation,
    /// The IDs at the other end.
    pub ids: BTreeSet<String>,
}

impl Wish {
    /// The values to create it with: every field that has one, regardless of the mask.
    pub fn for_insert(&self, model: &Model) -> Result<Vec<(&'static Field, Value)>> {
        let values = Draft::decode(self.entity, &self.encoded)?.for_insert(model, self.entity)?;
        let id = composed_id(self.entity, &values).ok_or_else(|| Error::internal("an ID was not composed"))?;
        if id != self.id {
            let message = format!(
                "there is no {} `{}`, and its fields would create `{id}`; correct the ID or the fields",
                self.entity.human(),
                self.id
            );
            return Err(Error::invalid("id", ErrorReason::InvalidId, message));
        }
        check_new_names(&values)?;
        Ok(values)
    }
}
