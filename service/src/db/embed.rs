//! Objects embedded in others, from the JSON in which a statement returns them.

use prost_reflect::EnumDescriptor;
use qairon::Model;
use qairon::model::{Entity, Field, Kind};
use serde_json::value::RawValue;

use super::etag::etag;
use super::json::struct_field;
use super::row::unreadable;
use super::wire::{bytes_field, message_field, present_double, present_integer, timestamp_value};
use crate::error::{Error, Result};

/// The labels of an enum with their numbers.
pub fn enum_values(descriptor: &EnumDescriptor) -> Vec<(String, i32)> {
    let label = |name: &str| Kind::enum_label(descriptor, name);
    descriptor.values().map(|value| (label(value.name()), value.number())).collect()
}

/// The fields of an embedded object, in the order in which its JSON array holds them.
pub fn embedded_fields(entity: &Entity) -> impl Iterator<Item = &Field> {
    // An object embedded in another shows what it shows only there, and does not embed the other way round.
    entity.fields.iter().filter(|field| field.embed.as_ref().is_none_or(|embed| embed.nested_only))
}

/// How an embedded object is encoded.
#[derive(Debug)]
pub struct Embedded {
    many: bool,
    fields: Vec<(Field, Option<Embedded>)>,
    uid: Option<usize>,
}

impl Embedded {
    /// The encoding of what a field embeds.
    pub fn new(model: &Model, field: &Field) -> Self {
        let entity = field.embed.as_ref().map(|embed| model.target(&embed.entity));
        let fields: Vec<_> = entity
            .into_iter()
            .flat_map(embedded_fields)
            .map(|inner| (inner.clone(), inner.embed.is_some().then(|| Self::new(model, inner))))
            .collect();
        let uid = fields.iter().position(|(field, _)| field.kind == Kind::Uuid);
        Self { many: field.kind == Kind::Objects, fields, uid }
    }

    /// Writes the object, or each of the objects, of a JSON column.
    pub fn encode(&self, out: &mut Vec<u8>, number: u32, json: &[u8]) -> Result<()> {
        if json == b"null" {
            return Ok(());
        }
        let items: Vec<&RawValue> = serde_json::from_slice(json).map_err(Error::internal)?;
        if !self.many {
            return self.encode_object(out, number, &items);
        }
        items.into_iter().try_for_each(|item| {
            self.encode_object(
                out,
                number,
                &serde_json::from_str::<Vec<&RawValue>>(item.get()).map_err(Error::internal)?,
            )
        })
    }

    fn encode_object(&self, out: &mut Vec<u8>, number: u32, values: &[&RawValue]) -> Result<()> {
        let json = |index: usize| values.get(index).map(|value| value.get()).ok_or_else(|| unreadable("json"));
        message_field(out, number, |out| {
            for (index, (field, inner)) in self.fields.iter().enumerate() {
                let value = json(index)?;
                if value == "null" {
                    continue;
                }
                let number = field.number;
                match &field.kind {
                    Kind::Integer => present_integer(out, number, held(value.parse().ok(), "integer")?),
                    Kind::Bool => present_integer(out, number, held(value.parse::<bool>().ok(), "boolean")?.into()),
                    // What is no number is a text there.
                    Kind::Double => present_double(out, number, held(value.trim_matches('"').parse().ok(), "double")?),
                    Kind::Timestamp => timestamp_value(out, number, held(value.parse().ok(), "timestamp")?)?,
                    Kind::Json => struct_field(out, number, value.as_bytes())?,
                    Kind::Enum(descriptor) => {
                        // A label that this program does not know is shown as none.
                        if let Some(known) = Kind::enum_number(descriptor, &text(value)?) {
                            present_integer(out, number, known.into());
                        }
                    }
                    Kind::Etag => {
                        let uid = self.uid.map(json).transpose()?.map(text).transpose()?;
                        let uid = held(uid.and_then(|uid| uid.parse().ok()), "uuid")?;
                        bytes_field(out, number, etag(uid, held(value.parse().ok(), "version")?).as_bytes());
                    }
                    Kind::Object | Kind::Objects => {
                        inner.as_ref().map_or(Ok(()), |inner| inner.encode(out, number, value.as_bytes()))?;
                    }
                    Kind::Text | Kind::Name | Kind::Cidr | Kind::EntityType | Kind::Uuid => {
                        bytes_field(out, number, text(value)?.as_bytes());
                    }
                }
            }
            Ok(())
        })
    }
}

/// A text of JSON.
fn text(json: &str) -> Result<String> {
    serde_json::from_str(json).map_err(|_| unreadable("text"))
}

/// A value of JSON that the service's own statement has made: another type is a fault.
fn held<T>(value: Option<T>, what: &str) -> Result<T> {
    value.ok_or_else(|| unreadable(what))
}
