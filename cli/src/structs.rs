//! JSON to `google.protobuf.Struct` and back.
//!
//! A Struct keeps every number as a double. What is read is exact or refused, with the path to it, and what is printed is
//! read as the same double again: whole numbers up to 2^53 without a decimal point, all others with one or an exponent.

use std::borrow::Cow;
use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, MessageDescriptor, Value as ProtoValue};
use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use qairon::numbers::{self, EXACT};
use serde_json::Value as Json;
use serde_json::value::RawValue;

/// How deep JSON is read; the service takes less.
const MAX_DEPTH: usize = 100;

/// The value of a Struct field, from the text of a JSON object.
pub fn parse(descriptor: &MessageDescriptor, text: &str) -> Result<ProtoValue, String> {
    let mut message = DynamicMessage::new(descriptor.clone());
    message.transcode_from(&object(text)?).map_err(|_| TOO_DEEP.to_owned())?;
    Ok(ProtoValue::Message(message))
}

const TOO_DEEP: &str = "the JSON is nested too deeply";

/// A Struct from the text of a JSON object.
pub fn object(text: &str) -> Result<Struct, String> {
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    if !raw.get().starts_with('{') {
        let json: Json = serde_json::from_str(text).unwrap_or_default();
        return Err(not_an_object(&json));
    }
    members(raw, 1).map_err(Problem::told)
}

/// A Struct from JSON whose numbers have been looked at.
pub fn object_of(json: Json) -> Result<Struct, String> {
    match json {
        Json::Object(entries) => Ok(struct_of(entries)),
        other => Err(not_an_object(&other)),
    }
}

fn not_an_object(json: &Json) -> String {
    format!("expected a JSON object, such as {{\"key\": \"value\"}}, not {}", kind_of(json))
}

/// What is wrong inside an object, and the steps to it, the last one first.
struct Problem {
    what: String,
    steps: Vec<String>,
}

impl Problem {
    fn of(what: impl ToString) -> Self {
        Self { what: what.to_string(), steps: Vec::new() }
    }

    fn at(mut self, step: String) -> Self {
        self.steps.push(step);
        self
    }

    fn told(self) -> String {
        let path: String = self.steps.into_iter().rev().collect();
        match path.trim_start_matches('.') {
            "" => self.what,
            path => format!("`{path}`: {}", self.what),
        }
    }
}

/// The step to a key in a path. As in filters, a key that is not a plain word is quoted.
pub fn step(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { format!(".{key}") } else { format!(".\"{}\"", key.escape_debug()) }
}

/// The members of an object. The parts are read one level at a time, with the notation of every number at hand.
fn members(raw: &RawValue, depth: usize) -> Result<Struct, Problem> {
    if depth > MAX_DEPTH {
        return Err(Problem::of(TOO_DEEP));
    }
    let entries: BTreeMap<Cow<'_, str>, &RawValue> = read(raw)?;
    let field = |(key, raw): (Cow<'_, str>, &RawValue)| match value(raw, depth) {
        Ok(value) => Ok((key.into_owned(), value)),
        Err(problem) => Err(problem.at(step(&key))),
    };
    Ok(Struct { fields: entries.into_iter().map(field).collect::<Result<_, _>>()? })
}

fn elements(raw: &RawValue, depth: usize) -> Result<ListValue, Problem> {
    if depth > MAX_DEPTH {
        return Err(Problem::of(TOO_DEEP));
    }
    let items: Vec<&RawValue> = read(raw)?;
    let element =
        |(index, raw): (usize, &RawValue)| value(raw, depth).map_err(|problem| problem.at(format!("[{index}]")));
    Ok(ListValue { values: items.into_iter().enumerate().map(element).collect::<Result<_, _>>()? })
}

fn value(raw: &RawValue, depth: usize) -> Result<Value, Problem> {
    let kind = match raw.get().as_bytes().first() {
        Some(b'{') => Kind::StructValue(members(raw, depth + 1)?),
        Some(b'[') => Kind::ListValue(elements(raw, depth + 1)?),
        Some(b'"') => Kind::StringValue(read(raw)?),
        Some(b't') => Kind::BoolValue(true),
        Some(b'f') => Kind::BoolValue(false),
        Some(b'n') => Kind::NullValue(0),
        _ => Kind::NumberValue(numbers::read(raw.get()).map_err(Problem::of)?),
    };
    Ok(Value { kind: Some(kind) })
}

fn read<'r, T: serde::Deserialize<'r>>(raw: &'r RawValue) -> Result<T, Problem> {
    serde_json::from_str(raw.get()).map_err(|error| Problem::of(format!("not JSON: {error}")))
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

fn struct_of(entries: serde_json::Map<String, Json>) -> Struct {
    Struct { fields: entries.into_iter().map(|(key, value)| (key, value_of(value))).collect() }
}

fn value_of(json: Json) -> Value {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(value) => Kind::BoolValue(value),
        // Finite, as all numbers of JSON are.
        Json::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Json::String(text) => Kind::StringValue(text),
        Json::Array(items) => Kind::ListValue(ListValue { values: items.into_iter().map(value_of).collect() }),
        Json::Object(entries) => Kind::StructValue(struct_of(entries)),
    };
    Value { kind: Some(kind) }
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

/// A number as people write it: whole ones up to 2^53 without a decimal point.
pub fn number_to_json(number: f64) -> Json {
    let minus_zero = number == 0.0 && number.is_sign_negative();
    if number.fract() == 0.0 && number.abs() <= EXACT && !minus_zero {
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
    fn every_double_is_read_as_it_was_printed() {
        let mut random = fastrand::Rng::with_seed(10);
        let random = std::iter::repeat_with(|| f64::from_bits(random.u64(..))).take(50_000);
        let edges = [-0.0, 5e-324, f64::MAX, f64::MIN, 1.0 / 3.0, EXACT, EXACT + 2.0, 2f64.powi(60), 1e22, 1e23];
        for number in edges.into_iter().chain(random).filter(|number| number.is_finite()) {
            let text = format!("{{\"n\":{}}}", number_to_json(number));
            let object = object(&text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            let Some(Kind::NumberValue(found)) = object.fields["n"].kind else { panic!("{text}") };
            assert_eq!(found.to_bits(), number.to_bits(), "{text}");
        }
    }

    #[test]
    fn what_is_not_an_object_or_would_change_is_refused() {
        for (text, told) in [
            ("{", "not JSON"),
            ("[1]", "not a list"),
            ("\"x\"", "not a text"),
            ("null", "not null"),
            (r#"{"n": 9007199254740993}"#, "`n`: the whole number 9007199254740993 is beyond 2^53"),
            (r#"{"a": [1, {"b.c": 18446744073709551616}]}"#, "`a[1].\"b.c\"`: the whole number 18446744073709551616"),
            (r#"{"n": 1152921504606846976}"#, "beyond 2^53"),
            (r#"{"n": -1e400}"#, "`n`: the number -1e400 is larger"),
            (r#"{"n": NaN}"#, "not JSON"),
        ] {
            let error = parse(&descriptor(), text).expect_err(text);
            assert!(error.contains(told), "{text}: {error}");
        }
        let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
        assert!(parse(&descriptor(), &deep).expect_err("deep").contains("nested too deeply"));
    }
}
