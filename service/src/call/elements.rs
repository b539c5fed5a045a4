//! How many elements a message has, counted on the wire before anything is decoded.
//!
//! Two bytes on the wire can become hundreds in memory, and compression makes them nothing. The walk goes from tag to
//! tag by the descriptors of the method's request, into every message and into packed objects, and ends at the limit:
//! it takes as long as the limit allows, however large the message is.

use std::collections::HashMap;
use std::sync::Arc;

use prost_reflect::{DescriptorPool, Kind, MessageDescriptor};
use qairon::v1::ErrorReason;

use super::limits::{MAX_ELEMENTS, MAX_MASK_PATHS, MAX_REPEATED};
use crate::error::{Error, ErrorKind, Result};

/// Protobuf libraries read a hundred levels of messages.
const MAX_DEPTH: usize = 100;
const ANY: &str = "google.protobuf.Any";
const MASK: &str = "google.protobuf.FieldMask";

/// Every type of message, as far as counting needs it.
#[derive(Debug, Default)]
pub struct Shapes {
    by_name: HashMap<String, usize>,
    shapes: Vec<Shape>,
}

#[derive(Debug, Default)]
struct Shape {
    /// Fields that hold more than one element or may come more than once, in the order of their numbers.
    fields: Vec<Part>,
    /// A packed object.
    is_any: bool,
    is_mask: bool,
}

#[derive(Debug)]
struct Part {
    number: u32,
    name: String,
    is_repeated: bool,
    /// The type of its message.
    message: Option<usize>,
    /// Numbers that come without tags of their own.
    is_packed: bool,
}

/// Counts the elements of the requests of one method.
#[derive(Debug, Clone)]
pub struct Scale {
    shapes: Arc<Shapes>,
    root: usize,
}

impl Shapes {
    /// The types of a pool.
    pub fn new(pool: &DescriptorPool) -> Arc<Self> {
        let mut shapes = Self::default();
        for message in pool.all_messages() {
            shapes.shape(&message);
        }
        Arc::new(shapes)
    }

    /// The scale for messages of a type; `None` for a type of another pool.
    pub fn scale(self: &Arc<Self>, message: &MessageDescriptor) -> Option<Scale> {
        let root = *self.by_name.get(message.full_name())?;
        Some(Scale { shapes: self.clone(), root })
    }

    fn shape(&mut self, message: &MessageDescriptor) -> usize {
        if let Some(known) = self.by_name.get(message.full_name()) {
            return *known;
        }
        // Known before its fields are: types hold themselves.
        let index = self.shapes.len();
        self.by_name.insert(message.full_name().to_owned(), index);
        let (is_any, is_mask) = (message.full_name() == ANY, message.full_name() == MASK);
        self.shapes.push(Shape { fields: Vec::new(), is_any, is_mask });
        let mut fields = Vec::new();
        for field in message.fields() {
            let inner = match field.kind() {
                Kind::Message(inner) => Some(self.shape(&inner)),
                _ => None,
            };
            let is_repeated = field.is_list() || field.is_map();
            if is_repeated || inner.is_some() {
                let is_packed = !matches!(field.kind(), Kind::Message(_) | Kind::String | Kind::Bytes);
                fields.push(Part {
                    number: field.number(),
                    name: field.name().to_owned(),
                    is_repeated,
                    message: inner,
                    is_packed,
                });
            }
        }
        fields.sort_by_key(|field| field.number);
        self.shapes[index].fields = fields;
        index
    }
}

impl Scale {
    /// Counts the elements of a message, and refuses it when it has too many. What is malformed is left to decoding.
    pub fn count(&self, bytes: &[u8]) -> Result<usize> {
        let mut walk = Walk { shapes: &self.shapes, elements: 0 };
        let shape = &self.shapes.shapes[self.root];
        let mut repeated = vec![0; shape.fields.len()];
        walk.message(self.root, bytes, 0, &mut |place| {
            repeated[place] += 1;
            match repeated[place] > MAX_REPEATED {
                true => Err(too_many_of(&shape.fields[place].name)),
                false => Ok(()),
            }
        })?;
        Ok(walk.elements)
    }
}

struct Walk<'s> {
    shapes: &'s Shapes,
    elements: usize,
}

impl Walk<'_> {
    fn message(
        &mut self,
        shape: usize,
        mut bytes: &[u8],
        depth: usize,
        taken: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<()> {
        let shape = &self.shapes.shapes[shape];
        let (mut type_url, mut packed) = (&[][..], &[][..]);
        while let Some((number, content)) = next(&mut bytes) {
            self.add(1)?;
            let place = shape.fields.binary_search_by_key(&number, |field| field.number).ok();
            if let Some(place) = place.filter(|place| shape.fields[*place].is_repeated) {
                taken(place)?;
            }
            let Some(content) = content else { continue };
            match place.map(|place| &shape.fields[place]) {
                Some(Part { message: Some(inner), name, .. }) if depth < MAX_DEPTH => {
                    self.inner(*inner, name, content, depth + 1)?;
                }
                // At most as many numbers as bytes.
                Some(Part { is_packed: true, .. }) => self.add(content.len())?,
                _ if shape.is_any && number == 1 => type_url = content,
                _ if shape.is_any && number == 2 => packed = content,
                _ => {}
            }
        }
        let name = std::str::from_utf8(type_url).unwrap_or_default();
        let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
        match self.shapes.by_name.get(name).filter(|_| shape.is_any && depth < MAX_DEPTH) {
            Some(inner) => self.inner(*inner, name, packed, depth + 1),
            None => Ok(()),
        }
    }

    fn inner(&mut self, shape: usize, field: &str, bytes: &[u8], depth: usize) -> Result<()> {
        let mut paths = 0;
        let is_mask = self.shapes.shapes[shape].is_mask;
        self.message(shape, bytes, depth, &mut |_| {
            paths += 1;
            match is_mask && paths > MAX_MASK_PATHS {
                true => Err(too_many_paths(field)),
                false => Ok(()),
            }
        })
    }

    fn add(&mut self, elements: usize) -> Result<()> {
        self.elements += elements;
        match self.elements > MAX_ELEMENTS {
            true => Err(too_many()),
            false => Ok(()),
        }
    }
}

/// The next field, with its content when it has a length; `None` at the end, and where nobody could read on.
fn next<'b>(bytes: &mut &'b [u8]) -> Option<(u32, Option<&'b [u8]>)> {
    let tag = varint(bytes)?;
    let number = u32::try_from(tag >> 3).ok()?;
    let mut take = |length: usize| {
        let (content, rest) = bytes.split_at_checked(length)?;
        *bytes = rest;
        Some(content)
    };
    match tag & 7 {
        0 => varint(bytes).map(|_| (number, None)),
        1 => take(8).map(|_| (number, None)),
        2 => {
            let length = usize::try_from(varint(bytes)?).ok()?;
            let (content, rest) = bytes.split_at_checked(length)?;
            *bytes = rest;
            Some((number, Some(content)))
        }
        // What is in a group is counted as what comes after its begin.
        3 | 4 => Some((number, None)),
        5 => take(4).map(|_| (number, None)),
        _ => None,
    }
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *bytes = &bytes[index + 1..];
            return Some(value);
        }
    }
    None
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Exhausted, ErrorReason::TooManyElements, message)
}

fn too_many() -> Error {
    refused(format!(
        "a message holds up to {MAX_ELEMENTS} values, those inside objects included, and a key of JSON is four of them; send \
         less at once, or keep large JSON as a text"
    ))
}

fn too_many_of(field: &str) -> Error {
    refused(format!("a message holds up to {MAX_REPEATED} `{field}`; send them in several")).with_field(field)
}

fn too_many_paths(field: &str) -> Error {
    refused(format!("a mask has up to {MAX_MASK_PATHS} paths, and `{field}` has more; name each field once"))
        .with_field(field)
}

#[cfg(test)]
mod tests {
    use prost::Message;
    use prost_types::value::Kind as JsonKind;
    use prost_types::{Any, FieldMask, Struct, Value};
    use qairon::v1;

    use super::*;

    fn count(message: &str, bytes: &[u8]) -> Result<usize> {
        let pool = qairon::model().pool();
        let message = pool.get_message_by_name(message).expect("a message");
        Shapes::new(pool).scale(&message).expect("of this pool").count(bytes)
    }

    fn reason(message: &str, bytes: &[u8]) -> (ErrorReason, Option<String>) {
        let error = count(message, bytes).expect_err("too many");
        assert_eq!(error.kind, ErrorKind::Exhausted);
        (error.reason, error.field)
    }

    const LOAD: &str = "qairon.v1.LoadObjectsRequest";

    fn keys(many: usize) -> Struct {
        let value = Value { kind: Some(JsonKind::BoolValue(true)) };
        Struct { fields: (0..many).map(|key| (key.to_string(), value.clone())).collect() }
    }

    #[test]
    fn every_tag_counts_inside_objects_and_json_too() {
        let application = v1::Application { id: "a".to_owned(), defaults: Some(keys(3)), ..Default::default() };
        let object = Any { type_url: "x/qairon.v1.Application".to_owned(), value: application.encode_to_vec() };
        let load = v1::LoadObjectsRequest { objects: vec![object], options: None };
        // The object, its type and value, its ID and defaults, and four for each key.
        assert_eq!(count(LOAD, &load.encode_to_vec()).expect("few"), 3 + 2 + 3 * 4);
        assert_eq!(count(LOAD, &[]).expect("none"), 0);
        for malformed in [&[0xff; 20][..], &[0x0a, 0x7f, 0x0a], &[0x0b; 20], &[0x08]] {
            assert!(count(LOAD, malformed).is_ok(), "{malformed:?} is refused when it is decoded");
        }
    }

    #[test]
    fn small_things_are_refused_by_their_number() {
        let many = (ErrorReason::TooManyElements, None);
        let named = |field: &str| (ErrorReason::TooManyElements, Some(field.to_owned()));
        let objects = v1::LoadObjectsRequest { objects: vec![Any::default(); MAX_REPEATED + 1], options: None };
        assert_eq!(reason(LOAD, &objects.encode_to_vec()), named("objects"));
        let mask = FieldMask { paths: vec![String::new(); MAX_MASK_PATHS + 1] };
        let get = v1::GetStackRequest { read_mask: Some(mask), ..Default::default() };
        assert_eq!(reason("qairon.v1.GetStackRequest", &get.encode_to_vec()), named("read_mask"));
        let stack = v1::Stack { defaults: Some(keys(MAX_ELEMENTS / 4)), ..Default::default() };
        let create = v1::CreateStackRequest { stack: Some(stack.clone()), ..Default::default() };
        assert_eq!(reason("qairon.v1.CreateStackRequest", &create.encode_to_vec()), many);
        // The type of a packed object may come after its content.
        let mut packed = Vec::new();
        prost::encoding::bytes::encode(2, &stack.encode_to_vec(), &mut packed);
        prost::encoding::string::encode(1, &"/qairon.v1.Stack".to_owned(), &mut packed);
        let mut load = Vec::new();
        prost::encoding::bytes::encode(2, &packed, &mut load);
        assert_eq!(reason(LOAD, &load), many);
        // Fields that nobody knows are kept when an object is decoded, and groups hold fields.
        assert_eq!(reason("qairon.v1.GetStackRequest", &[0xf8, 0x7f, 0].repeat(MAX_ELEMENTS + 1)), many);
        assert_eq!(reason("qairon.v1.GetStackRequest", &[0xfb, 0x7f].repeat(MAX_ELEMENTS + 1)), many);
    }
}
