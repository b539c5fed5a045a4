//! What a bundle asks for: the desired state of objects, with their IDs.
//!
//! All checks that need no database are here. An invalid object is reported with its place in the stream and the others
//! continue without it, so that a caller gets all errors at once.

mod found;
pub mod links;
pub mod prune;
mod wish;

use std::collections::HashMap;

use prost_types::FieldMask;
use qairon::Model;
use qairon::v1::{ErrorReason, LinkSet};

pub use links::Conflicts;
pub use prune::Pruning;
pub use wish::{LinkWish, Wish};

use super::draft::Draft;
use super::masks::unknown_field;
use super::resource::{Packed, of_type_url};
use crate::error::{Error, Result};

/// `BulkObject`, whose object stays where it was received.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Sent {
    /// The object.
    #[prost(message, optional, tag = "1")]
    pub object: Option<Packed>,
    /// The fields to set.
    #[prost(message, optional, tag = "2")]
    pub fields: Option<FieldMask>,
    /// The links to set.
    #[prost(message, repeated, tag = "3")]
    pub links: Vec<LinkSet>,
}

/// A bundle, checked.
#[derive(Debug, Default)]
pub struct Bundle {
    /// The valid objects.
    pub objects: Vec<Wish>,
    /// The others, with what is wrong.
    pub refused: Vec<(i64, Error)>,
    /// What to delete.
    pub prune: Option<Pruning>,
}

impl Bundle {
    /// Reads the objects of a bundle.
    pub fn new(model: &'static Model, objects: Vec<Sent>, prune: Option<Pruning>) -> Self {
        let mut bundle = Self { prune, ..Self::default() };
        let mut seen: HashMap<(usize, String), i64> = HashMap::new();
        for (index, object) in (0i64..).zip(objects) {
            let checked = wish(model, index, object).and_then(|wish| {
                let first = *seen.entry((wish.entity.index, wish.id.clone())).or_insert(index);
                if first == index { Ok(wish) } else { Err(twice(&wish, first)) }
            });
            match checked {
                Ok(wish) => bundle.objects.push(wish),
                Err(error) => bundle.refused.push((index, error)),
            }
        }
        let mut conflicts = Conflicts::default();
        bundle.objects.iter().for_each(|wish| conflicts.take(wish));
        let torn: HashMap<i64, Error> =
            bundle.objects.iter().filter_map(|wish| Some((wish.index, conflicts.of(wish)?))).collect();
        bundle.objects.retain(|wish| !torn.contains_key(&wish.index));
        bundle.refused.extend(torn);
        bundle
    }
}

fn twice(wish: &Wish, first: i64) -> Error {
    let message =
        format!("{} `{}` is object {first} of the bundle already; give each object once", wish.entity.human(), wish.id);
    Error::invalid("object", ErrorReason::InvalidValue, message).with_resource(&wish.entity.name, &wish.id)
}

fn wish(model: &'static Model, index: i64, object: Sent) -> Result<Wish> {
    let sent = object.object.unwrap_or_default();
    let entity = of_type_url(model, "object", &sent.type_url)?;
    let draft = Draft::decode(entity, &sent.value)?;
    let mask = object.fields.map(|mask| mask.paths).filter(|paths| !paths.is_empty());
    if let Some(unknown) = mask.iter().flatten().find(|path| *path != "*" && entity.field(path).is_none()) {
        return Err(unknown_field(entity, "fields", unknown));
    }
    let (id, values) = found::find(model, entity, &draft, mask)?;
    let links = links::wishes(model, entity, object.links)?;
    Ok(Wish { index, entity, id, values, links, encoded: sent.value })
}
