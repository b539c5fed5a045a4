//! Methods of the API and the shape that standard methods have.

use prost_reflect::{MessageDescriptor, MethodDescriptor};

/// One method of a service.
#[derive(Debug)]
pub struct Method {
    /// The path of its HTTP/2 requests: `/qairon.v1.CatalogService/GetStack`.
    pub path: String,
    /// The entity it belongs to, when it is a standard method.
    pub entity: Option<usize>,
    /// What it does, when it is a standard method.
    pub verb: Option<Verb>,
    /// Whether its response is for its caller alone.
    pub is_sensitive: bool,
    /// Its descriptor.
    pub descriptor: MethodDescriptor,
}

/// What a standard method does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Gets one object.
    Get,
    /// Gets several objects.
    BatchGet,
    /// Lists objects.
    List,
    /// Creates an object.
    Create,
    /// Changes an object.
    Update,
    /// Deletes an object.
    Delete,
    /// Adds a link; the number is its place among the entity's links.
    AddLink(usize),
    /// Removes a link.
    RemoveLink(usize),
}

/// A field that a standard message must have: number, name, type.
type Shape = (u32, String, &'static str);

impl Verb {
    /// The fields that the request of this method has. Server and command line read them by number.
    pub(crate) fn request_shape(self, entity: &str, target: &str, id_is_given: bool) -> Vec<Shape> {
        let field = |number, name: &str, kind| (number, name.to_owned(), kind);
        match self {
            Self::Get => vec![field(1, "id", "string"), field(2, "read_mask", "google.protobuf.FieldMask")],
            Self::BatchGet => vec![field(1, "ids", "string"), field(2, "read_mask", "google.protobuf.FieldMask")],
            Self::List => vec![
                field(1, "page_size", "int32"),
                field(2, "page_token", "string"),
                field(3, "filter", "string"),
                field(4, "order_by", "string"),
                field(5, "skip", "int32"),
                field(6, "read_mask", "google.protobuf.FieldMask"),
                field(7, "include_total_size", "bool"),
            ],
            Self::Create => {
                vec![field(1, entity, "$entity"), field(2, "validate_only", "bool"), field(3, "request_id", "string")]
            }
            Self::Update => {
                let mut shape = vec![
                    field(1, entity, "$entity"),
                    field(2, "update_mask", "google.protobuf.FieldMask"),
                    field(3, "allow_missing", "bool"),
                    field(4, "validate_only", "bool"),
                    field(5, "request_id", "string"),
                ];
                if id_is_given {
                    shape.push(field(6, "new_id", "string"));
                }
                shape
            }
            Self::Delete => vec![
                field(1, "id", "string"),
                field(2, "etag", "string"),
                field(3, "force", "bool"),
                field(4, "allow_missing", "bool"),
                field(5, "validate_only", "bool"),
                field(6, "request_id", "string"),
            ],
            Self::AddLink(_) | Self::RemoveLink(_) => vec![
                field(1, &format!("{entity}_id"), "string"),
                field(2, &format!("{target}_id"), "string"),
                field(3, "validate_only", "bool"),
                field(4, "request_id", "string"),
            ],
        }
    }

    /// The fields that the response of this method has.
    pub(crate) fn response_shape(self, entity: &str, plural: &str) -> Vec<Shape> {
        let field = |number, name: &str, kind| (number, name.to_owned(), kind);
        match self {
            Self::Get | Self::Create => vec![field(1, entity, "$entity")],
            Self::BatchGet => vec![field(1, plural, "$entity")],
            Self::List => vec![
                field(1, plural, "$entity"),
                field(2, "next_page_token", "string"),
                field(3, "total_size", "int64"),
            ],
            Self::Update => {
                vec![field(1, entity, "$entity"), field(2, "affected", "qairon.v1.AffectedObjects")]
            }
            Self::Delete => vec![field(1, "affected", "qairon.v1.AffectedObjects")],
            Self::AddLink(_) => vec![field(1, "added", "bool")],
            Self::RemoveLink(_) => vec![field(1, "removed", "bool")],
        }
    }

    /// Whether calls change nothing, so that repeating one is harmless.
    pub fn is_read(self) -> bool {
        matches!(self, Self::Get | Self::BatchGet | Self::List)
    }
}

/// Checks that a message has exactly the fields of a shape.
pub(crate) fn check_shape(message: &MessageDescriptor, entity: &str, shape: &[Shape]) -> Result<(), String> {
    for (number, name, kind) in shape {
        let wanted = if *kind == "$entity" { entity } else { kind };
        let found = message.get_field(*number).filter(|field| field.name() == name);
        let Some(found) = found else {
            return Err(format!("{} must have a field `{wanted} {name} = {number}`", message.full_name()));
        };
        let found_kind = match found.kind() {
            prost_reflect::Kind::Message(message) => message.full_name().to_owned(),
            kind => format!("{kind:?}"),
        };
        if found_kind != wanted {
            return Err(format!("{}.{name} must be a {wanted}, not a {found_kind}", message.full_name()));
        }
    }
    match message.fields().find(|field| !shape.iter().any(|(number, ..)| *number == field.number())) {
        Some(extra) => Err(format!("{} has a field that its kind of message does not have", extra.full_name())),
        None => Ok(()),
    }
}
