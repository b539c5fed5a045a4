//! Fields of entities.

use prost_reflect::{EnumDescriptor, FieldDescriptor};

use crate::dependence::Dependence;
use crate::words::snake_case;

/// One field of an entity.
#[derive(Debug, Clone)]
pub struct Field {
    /// The name in the message, in the table, on the command line and in JSON.
    pub name: String,
    /// The field number in the message.
    pub number: u32,
    /// What kind of value it holds.
    pub kind: Kind,
    /// The descriptor the field was parsed from.
    pub descriptor: FieldDescriptor,
    /// A caller must give a value.
    pub required: bool,
    /// Only the service sets it; it is ignored in requests.
    pub output_only: bool,
    /// Set at creation, never changed.
    pub immutable: bool,
    /// Can be unset: NULL in the table, null in JSON.
    pub nullable: bool,
    /// The foreign key it is.
    pub reference: Option<Reference>,
    /// The field that holds the type of the object whose ID this is.
    pub object_of: Option<String>,
    /// The short flag of `qcli <entity> create`.
    pub flag: Option<char>,
    /// What is stored when nothing is given.
    pub default: Option<String>,
    /// Computed by the database from other fields.
    pub derived: bool,
    /// What it repeats of a relation.
    pub embed: Option<Embed>,
    /// Has an index of its own.
    pub indexed: bool,
}

/// The kind of value a field holds, which decides its column type and its notation in JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A text that can be one component of an ID.
    Name,
    /// An address range.
    Cidr,
    /// The CamelCase name of an entity.
    EntityType,
    /// The UUID of the object, in its canonical notation.
    Uuid,
    /// The version of the object, opaque to callers.
    Etag,
    /// A 64-bit integer.
    Integer,
    /// A finite double.
    Double,
    /// True or false.
    Bool,
    /// One of the values of an enum; see [`Kind::enum_label`].
    Enum(EnumDescriptor),
    /// A JSON object.
    Json,
    /// A moment, to the microsecond.
    Timestamp,
    /// One object of a relation.
    Object,
    /// The objects of a relation.
    Objects,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The entity referred to.
    pub entity: String,
    /// The name of the relation on this side.
    pub relation: String,
    /// The names of the relation on the other side, the canonical one first.
    pub inverse: Vec<String>,
    /// Which end depends on the other.
    pub dependence: Dependence,
}

/// A field that repeats the content of a relation.
#[derive(Debug, Clone, PartialEq)]
pub struct Embed {
    /// The relation.
    pub relation: String,
    /// The entity at its other end.
    pub entity: String,
    /// Filled only where the object is itself embedded.
    pub nested_only: bool,
}

impl Field {
    /// Whether the value is a column of the entity's table; etags and embedded objects are not.
    pub fn is_column(&self) -> bool {
        !matches!(self.kind, Kind::Etag | Kind::Object | Kind::Objects)
    }

    /// Whether callers may set it.
    pub fn is_settable(&self) -> bool {
        !self.output_only && self.kind != Kind::Etag
    }

    /// Whether `qcli` and JSON show it unless asked otherwise: `uid` and `etag` are for programs.
    pub fn is_shown(&self) -> bool {
        !matches!(self.kind, Kind::Uuid | Kind::Etag) && !self.embed.as_ref().is_some_and(|embed| embed.nested_only)
    }

    /// The relation this reference is, when it is one.
    pub fn relation(&self) -> Option<&str> {
        self.reference.as_ref().map(|reference| reference.relation.as_str())
    }
}

impl Kind {
    /// The labels of an enum, as stored and as shown in JSON: the value names without the prefix that protobuf wants,
    /// and without the unspecified value.
    pub fn enum_labels(descriptor: &EnumDescriptor) -> Vec<String> {
        descriptor
            .values()
            .filter(|value| value.number() != 0)
            .map(|value| Self::enum_label(descriptor, value.name()))
            .collect()
    }

    /// The label of an enum's value name: `WATERMARK_HIGH` of `Watermark` is `HIGH`.
    pub fn enum_label(descriptor: &EnumDescriptor, value_name: &str) -> String {
        let prefix = format!("{}_", snake_case(descriptor.name()).to_uppercase());
        value_name.strip_prefix(&prefix).unwrap_or(value_name).to_owned()
    }

    /// The number of the value with this label; `None` for zero and for what is not a value.
    pub fn enum_number(descriptor: &EnumDescriptor, label: &str) -> Option<i32> {
        let value = descriptor.values().find(|value| Self::enum_label(descriptor, value.name()) == label)?;
        (value.number() != 0).then(|| value.number())
    }
}
