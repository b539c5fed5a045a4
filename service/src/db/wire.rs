//! Protobuf's wire format, written from column values.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::IpNetwork;
use prost::encoding::{WireType, encode_key, encode_varint};
use prost_reflect::EnumDescriptor;
use qairon::Model;
use qairon::model::{Entity, Field, Kind};
use serde_json::Value;

use super::bind::POSTGRES_EPOCH_MICROS;
use super::etag::etag;
use super::row::unreadable;
use crate::domain::validate::MAX_JSON_DEPTH;
use crate::error::{Error, ErrorKind, Result};

/// Writes a length-delimited field: a text, or a message encoded already.
pub fn bytes_field(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Writes a message field whose content is written by a closure.
pub fn message_field(out: &mut Vec<u8>, number: u32, write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
    encode_key(number, WireType::LengthDelimited, out);
    let start = out.len();
    write(out)?;
    // The length goes in front of what it measures; moving a few hundred bytes is cheaper than a second buffer.
    let length = (out.len() - start) as u64;
    let mut prefix = [0u8; 10];
    let mut rest = &mut prefix[..];
    encode_varint(length, &mut rest);
    let used = 10 - rest.len();
    out.splice(start..start, prefix[..used].iter().copied());
    Ok(())
}

/// Writes an integer, a boolean or an enum; zero is not written.
pub fn integer_field(out: &mut Vec<u8>, number: u32, value: i64) {
    if value != 0 {
        encode_key(number, WireType::Varint, out);
        encode_varint(value.cast_unsigned(), out);
    }
}

/// Writes a double from its eight bytes in network order; zero is not written.
pub fn double_field(out: &mut Vec<u8>, number: u32, bytes: &[u8]) -> Result<()> {
    let value = bytes.try_into().map(f64::from_be_bytes).map_err(|_| unreadable("double"))?;
    double_value(out, number, value);
    Ok(())
}

fn double_value(out: &mut Vec<u8>, number: u32, value: f64) {
    if value != 0.0 {
        encode_key(number, WireType::SixtyFourBit, out);
        out.extend_from_slice(&value.to_le_bytes());
    }
}

/// Writes a google.protobuf.Timestamp from microseconds since 2000 in network order.
pub fn timestamp_field(out: &mut Vec<u8>, number: u32, bytes: &[u8]) -> Result<()> {
    let micros = bytes.try_into().map(i64::from_be_bytes).map_err(|_| unreadable("timestamp"))?;
    timestamp_value(out, number, micros + POSTGRES_EPOCH_MICROS)
}

fn timestamp_value(out: &mut Vec<u8>, number: u32, unix_micros: i64) -> Result<()> {
    message_field(out, number, |out| {
        integer_field(out, 1, unix_micros.div_euclid(1_000_000));
        integer_field(out, 2, unix_micros.rem_euclid(1_000_000) * 1000);
        Ok(())
    })
}

/// The canonical notation of a cidr column.
pub fn cidr(bytes: &[u8]) -> Result<String> {
    // Family, prefix length, is-cidr, address length, address.
    let network = match bytes {
        [_, prefix, _, 4, address @ ..] => {
            let octets: [u8; 4] = address.try_into().map_err(|_| unreadable("cidr"))?;
            IpNetwork::new(IpAddr::V4(Ipv4Addr::from(octets)), *prefix)
        }
        [_, prefix, _, 16, address @ ..] => {
            let octets: [u8; 16] = address.try_into().map_err(|_| unreadable("cidr"))?;
            IpNetwork::new(IpAddr::V6(Ipv6Addr::from(octets)), *prefix)
        }
        _ => return Err(unreadable("cidr")),
    };
    network.map(|network| network.to_string()).map_err(|_| unreadable("cidr"))
}

/// Writes a google.protobuf.Struct from JSON text.
pub fn struct_field(out: &mut Vec<u8>, number: u32, json: &[u8]) -> Result<()> {
    if json == b"{}" {
        bytes_field(out, number, &[]);
        return Ok(());
    }
    let value: Value = serde_json::from_slice(json).map_err(Error::internal)?;
    struct_value(out, number, &value, 0)
}

fn struct_value(out: &mut Vec<u8>, number: u32, value: &Value, depth: usize) -> Result<()> {
    if depth > MAX_JSON_DEPTH {
        return Err(nested_too_deeply());
    }
    message_field(out, number, |out| {
        for (key, value) in value.as_object().into_iter().flatten() {
            message_field(out, 1, |out| {
                bytes_field(out, 1, key.as_bytes());
                message_field(out, 2, |out| json_value(out, value, depth + 1))
            })?;
        }
        Ok(())
    })
}

/// google.protobuf.Value: its fields are a oneof, so zero values are written.
fn json_value(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<()> {
    match value {
        Value::Null => {
            encode_key(1, WireType::Varint, out);
            encode_varint(0, out);
        }
        Value::Number(number) => {
            encode_key(2, WireType::SixtyFourBit, out);
            out.extend_from_slice(&held(number.as_f64(), "number")?.to_le_bytes());
        }
        Value::String(text) => bytes_field(out, 3, text.as_bytes()),
        Value::Bool(value) => {
            encode_key(4, WireType::Varint, out);
            encode_varint((*value).into(), out);
        }
        Value::Object(_) => struct_value(out, 5, value, depth)?,
        Value::Array(items) => message_field(out, 6, |out| {
            items.iter().try_for_each(|item| message_field(out, 1, |out| json_value(out, item, depth + 1)))
        })?,
    }
    Ok(())
}

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
        let value: Value = serde_json::from_slice(json).map_err(Error::internal)?;
        self.encode_value(out, number, &value)
    }

    fn encode_value(&self, out: &mut Vec<u8>, number: u32, value: &Value) -> Result<()> {
        let Value::Array(items) = value else { return Ok(()) };
        if self.many {
            items.iter().try_for_each(|item| self.encode_object(out, number, item))
        } else {
            self.encode_object(out, number, value)
        }
    }

    fn encode_object(&self, out: &mut Vec<u8>, number: u32, object: &Value) -> Result<()> {
        message_field(out, number, |out| {
            for (index, (field, inner)) in self.fields.iter().enumerate() {
                let value = &object[index];
                if value.is_null() {
                    continue;
                }
                let number = field.number;
                match &field.kind {
                    Kind::Integer => integer_field(out, number, held(value.as_i64(), "integer")?),
                    Kind::Bool => integer_field(out, number, held(value.as_bool(), "boolean")?.into()),
                    Kind::Double => double_value(out, number, held(value.as_f64(), "double")?),
                    Kind::Timestamp => timestamp_value(out, number, held(value.as_i64(), "timestamp")?)?,
                    Kind::Json => struct_value(out, number, value, 0)?,
                    Kind::Enum(descriptor) => {
                        // A label that this program does not know is shown as none.
                        let number_of = Kind::enum_number(descriptor, held(value.as_str(), "text")?);
                        integer_field(out, number, number_of.unwrap_or(0).into());
                    }
                    Kind::Etag => {
                        let uid = held(self.uid.and_then(|uid| object[uid].as_str()?.parse().ok()), "uuid")?;
                        bytes_field(out, number, etag(uid, held(value.as_i64(), "version")?).as_bytes());
                    }
                    Kind::Object | Kind::Objects => {
                        inner.as_ref().map_or(Ok(()), |inner| inner.encode_value(out, number, value))?;
                    }
                    Kind::Text | Kind::Name | Kind::Cidr | Kind::EntityType | Kind::Uuid => {
                        bytes_field(out, number, held(value.as_str(), "text")?.as_bytes());
                    }
                }
            }
            Ok(())
        })
    }
}

/// A value of JSON that the service's own statement has made: another type is a fault.
fn held<T>(value: Option<T>, what: &str) -> Result<T> {
    value.ok_or_else(|| unreadable(what))
}

/// JSON that was written past the service and that no client could read.
fn nested_too_deeply() -> Error {
    let message = format!(
        "an object of the answer holds JSON of more than {MAX_JSON_DEPTH} levels, which was not written by this service; \
         nest it less, or leave the field out with a read mask"
    );
    Error::new(ErrorKind::FailedPrecondition, qairon::v1::ErrorReason::Rule, message)
}
