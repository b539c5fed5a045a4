//! JSON to `google.protobuf.Struct` and back.
//!
//! A Struct keeps every number as a double, so a number that would lose precision is refused, and whole numbers are
//! shown without a decimal point.

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, MessageDescriptor, Value as ProtoValue};
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use serde_json::Value as Json;

/// Up to here, every whole number is a double.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The value of a Struct field, from the text of a JSON object.
pub fn parse(descriptor: &MessageDescriptor, text: &str) -> Result<ProtoValue, String> {
    let mut message = DynamicMessage::new(descriptor.clone());
    message.transcode_from(&object(text)?).map_err(|_| "the JSON is nested too deeply".to_owned())?;
    Ok(ProtoValue::Message(message))
}

/// A Struct from the text of a JSON object.
pub fn object(text: &str) -> Result<Struct, String> {
    object_of(serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?)
}

/// A Struct from JSON.
pub fn object_of(json: Json) -> Result<Struct, String> {
    let Json::Object(_) = &json else {
        return Err(format!("expected a JSON object, such as {{\"key\": \"value\"}}, not {}", kind_of(&json)));
    };
    match to_value(json)?.kind {
        Some(Kind::StructValue(object)) => Ok(object),
        _ => Err("expected a JSON object".to_owned()),
    }
}

/// The JSON of a Struct field, keys in order.
pub fn to_json(message: &DynamicMessage) -> Json {
    message.transcode_to::<Struct>().map(|object| object_to_json(object.fields)).unwrap_or(Json::Null)
}

/// The word for what a JSON value is.
pub fn kind_of(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

fn to_value(json: Json) -> Result<Value, String> {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(value) => Kind::BoolValue(value),
        Json::Number(number) => Kind::NumberValue(exact(&number)?),
        Json::String(text) => Kind::StringValue(text),
        Json::Array(items) => {
            let values = items.into_iter().map(to_value).collect::<Result<_, _>>()?;
            Kind::ListValue(ListValue { values })
        }
        Json::Object(entries) => {
            let fields = entries.into_iter().map(|(key, value)| Ok((key, to_value(value)?)));
            Kind::StructValue(Struct { fields: fields.collect::<Result<_, String>>()? })
        }
    };
    Ok(Value { kind: Some(kind) })
}

fn exact(number: &serde_json::Number) -> Result<f64, String> {
    let double = number.as_f64().filter(|double| double.is_finite());
    let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    match (double, whole) {
        (Some(double), None) => Ok(double),
        #[allow(clippy::cast_possible_truncation, reason = "compares what is left after the conversion")]
        (Some(double), Some(whole)) if double as i128 == whole => Ok(double),
        _ => Err(format!("the number {number} cannot be stored exactly; write it as a text")),
    }
}

fn from_value(value: Value) -> Json {
    match value.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::BoolValue(value)) => Json::Bool(value),
        Some(Kind::NumberValue(number)) => number_to_json(number),
        Some(Kind::StringValue(text)) => Json::String(text),
        Some(Kind::ListValue(list)) => Json::Array(list.values.into_iter().map(from_value).collect()),
        Some(Kind::StructValue(object)) => object_to_json(object.fields),
    }
}

fn object_to_json(fields: BTreeMap<String, Value>) -> Json {
    Json::Object(fields.into_iter().map(|(key, value)| (key, from_value(value))).collect())
}

/// A number as people write it: whole ones without a decimal point.
pub fn number_to_json(number: f64) -> Json {
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[allow(clippy::cast_possible_truncation, reason = "whole and within the range of i64")]
        return Json::from(number as i64);
    }
    serde_json::Number::from_f64(number).map_or(Json::Null, Json::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor() -> MessageDescriptor {
        qairon::model().pool().get_message_by_name("google.protobuf.Struct").expect("it is imported")
    }

    fn round_trip(text: &str) -> String {
        let ProtoValue::Message(message) = parse(&descriptor(), text).expect(text) else { panic!("{text}") };
        to_json(&message).to_string()
    }

    #[test]
    fn json_comes_back_with_keys_in_order_and_whole_numbers_whole() {
        assert_eq!(
            round_trip(r#"{"b": [1, 2.5, null], "a": {"x": true}, "c": 1.0}"#),
            r#"{"a":{"x":true},"b":[1,2.5,null],"c":1}"#
        );
        assert_eq!(round_trip(r#"{"n": 9007199254740992}"#), r#"{"n":9007199254740992}"#);
        assert_eq!(round_trip("{}"), "{}");
    }

    #[test]
    fn what_is_not_an_object_or_would_change_is_refused() {
        for (text, told) in [
            ("{", "not JSON"),
            ("[1]", "not a list"),
            ("\"x\"", "not a text"),
            ("null", "not null"),
            (r#"{"n": 9007199254740993}"#, "cannot be stored exactly"),
        ] {
            let error = parse(&descriptor(), text).expect_err(text);
            assert!(error.contains(told), "{text}: {error}");
        }
        let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
        assert!(parse(&descriptor(), &deep).expect_err("deep").contains("nested too deeply"));
    }
}
