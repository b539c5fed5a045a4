//! Messages from and to JSON, with the field names of the protos.

use prost_reflect::{
    DeserializeOptions, DynamicMessage, Kind, MessageDescriptor, SerializeOptions, Value as ProtoValue,
};
use serde_json::Value;

/// A message from JSON. A field mask is a list of paths, taken as they are: protobuf's own notation cannot carry those
/// that a test of bad masks needs.
pub fn to_message(descriptor: &MessageDescriptor, mut value: Value) -> DynamicMessage {
    let mut masks = Vec::new();
    if let Some(object) = value.as_object_mut() {
        for field in descriptor.fields() {
            let is_mask =
                matches!(field.kind(), Kind::Message(kind) if kind.full_name() == "google.protobuf.FieldMask");
            if is_mask && let Some(paths) = object.remove(field.name()) {
                masks.push((field, paths));
            }
        }
    }
    let text = value.to_string();
    let mut deserializer = serde_json::Deserializer::from_str(&text);
    let mut message =
        DynamicMessage::deserialize_with_options(descriptor.clone(), &mut deserializer, &DeserializeOptions::new())
            .unwrap_or_else(|error| panic!("{text} is no {}: {error}", descriptor.full_name()));
    for (field, paths) in masks {
        let Kind::Message(kind) = field.kind() else { continue };
        let paths = paths.as_array().expect("a mask is a list of paths").iter();
        let paths = paths.map(|path| ProtoValue::String(path.as_str().expect("a path is a text").to_owned())).collect();
        let mut mask = DynamicMessage::new(kind);
        mask.set_field_by_name("paths", ProtoValue::List(paths));
        message.set_field(&field, ProtoValue::Message(mask));
    }
    message
}

/// JSON from a message: every field, unset ones as null or their zero, integers as numbers.
pub fn from_message(message: &DynamicMessage) -> Value {
    let options =
        SerializeOptions::new().use_proto_field_name(true).stringify_64_bit_integers(false).skip_default_fields(false);
    let value = message.serialize_with_options(serde_json::value::Serializer, &options);
    whole_numbers(value.expect("every message has a form in JSON"))
}

/// `google.protobuf.Struct` knows doubles alone: those that are integers are shown as such.
fn whole_numbers(value: Value) -> Value {
    // 2^53: up to here a double holds every integer.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Array(items) => items.into_iter().map(whole_numbers).collect(),
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, whole_numbers(value))).collect(),
        Value::Number(number) => {
            let minus_zero = |double: &f64| *double == 0.0 && double.is_sign_negative();
            let whole = number.as_f64().filter(|double| number.is_f64() && double.fract() == 0.0);
            let whole = whole.filter(|double| double.abs() < EXACT && !minus_zero(double));
            #[expect(clippy::cast_possible_truncation, reason = "checked to be an exact integer")]
            whole.map_or(Value::Number(number), |double| (double as i64).into())
        }
        other => other,
    }
}

/// An object of an entity with nothing in it.
pub fn empty(entity: &qairon::model::Entity) -> Value {
    from_message(&DynamicMessage::new(entity.message.clone()))
}
