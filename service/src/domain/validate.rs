//! The grammar of values. The database checks it too, for those who write to it directly.

use ipnetwork::IpNetwork;
use prost_reflect::{DynamicMessage, EnumDescriptor};
use prost_types::value::Kind as JsonKind;
use qairon::Model;
use qairon::model::{Entity, Field, Kind, MAX_NAME_BYTES, is_name};
use qairon::v1::ErrorReason;

use super::masks::nearest;
use crate::error::{Error, Result, shortened};

/// The longest text and the largest JSON object, in bytes.
pub const MAX_VALUE_BYTES: usize = 1024 * 1024;
/// How deep JSON may nest. Protobuf libraries read a hundred levels of messages and a level of JSON takes three, with
/// those around an object on top.
pub const MAX_JSON_DEPTH: usize = 25;
/// The longest text that is kept in an index of its own, in bytes.
const MAX_INDEXED_BYTES: usize = 2000;

/// The error for a missing required field.
pub fn missing(entity: &Entity, field: &Field) -> Error {
    let message = format!("`{}` is required to describe {}", field.name, entity.a_human());
    Error::invalid(&field.name, ErrorReason::Required, message)
}

/// Checks the ID of an object of an entity.
pub fn id(model: &Model, entity: &Entity, field: &str, id: &str) -> Result<()> {
    if id.is_empty() {
        let message = format!("`{field}` is required: the ID of {}", entity.a_human());
        return Err(Error::invalid(field, ErrorReason::Required, message));
    }
    model.check_id(entity, id).map_err(|error| {
        let message = format!("`{id}` is not the ID of {}: {error}", entity.a_human());
        Error::invalid(field, ErrorReason::InvalidId, shortened(message, MESSAGE_BYTES))
    })
}

/// Checks a text field.
pub fn text(model: &Model, entity: &Entity, field: &Field, text: &str) -> Result<()> {
    let name = &field.name;
    if let Some(reference) = &field.reference {
        return id(model, model.target(&reference.entity), name, text);
    }
    if text.contains('\0') {
        let message = format!("`{name}` holds a null character, which cannot be stored");
        return Err(Error::invalid(name, ErrorReason::InvalidValue, message));
    }
    if text.is_empty() && field.required {
        return Err(missing(entity, field));
    }
    if (field.kind == Kind::Name || field.number == 1) && !is_name(text) {
        let message = format!(
            "`{name}` must be 1 to {MAX_NAME_BYTES} bytes without `:`, white space or control characters, not {text:?}"
        );
        return Err(Error::invalid(name, ErrorReason::InvalidName, shortened(message, MESSAGE_BYTES)));
    }
    if field.kind == Kind::EntityType && model.entity_of_type(text).is_none() {
        let types = model.entities().iter().map(|entity| entity.type_name.as_str());
        let hint = nearest(text, types).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        let message = format!("`{name}` must be the name of an entity in CamelCase, and {text:?} is not one{hint}");
        return Err(Error::invalid(name, ErrorReason::InvalidValue, shortened(message, MESSAGE_BYTES)));
    }
    let limit = if field.indexed { MAX_INDEXED_BYTES } else { MAX_VALUE_BYTES };
    if text.len() > limit {
        let message = format!("`{name}` takes up to {limit} bytes, and this is {}", text.len());
        return Err(Error::invalid(name, ErrorReason::ValueTooLarge, message));
    }
    Ok(())
}

/// Checks an address range.
pub fn cidr(field: &Field, text: &str) -> Result<IpNetwork> {
    let name = &field.name;
    let fail = |message: String| Error::invalid(name, ErrorReason::InvalidCidr, shortened(message, MESSAGE_BYTES));
    let network = match text.contains('/').then(|| text.parse::<IpNetwork>()) {
        Some(Ok(network)) => network,
        _ => {
            return Err(fail(format!(
                "`{name}` must be an address range such as 10.0.0.0/16 or fd00::/48, not {text:?}"
            )));
        }
    };
    if network.ip() != network.network() {
        let base = format!("{}/{}", network.network(), network.prefix());
        return Err(fail(format!("`{name}` has host bits set in {text}; the range is {base}")));
    }
    Ok(network)
}

/// Checks an integer.
pub fn integer(field: &Field, number: i64) -> Result<i64> {
    if number < 0 {
        let message = format!("`{}` must be zero or greater, not {number}", field.name);
        return Err(Error::invalid(&field.name, ErrorReason::OutOfRange, message));
    }
    Ok(number)
}

/// Checks a double.
pub fn double(field: &Field, number: f64) -> Result<f64> {
    if !number.is_finite() || number < 0.0 {
        let message = format!("`{}` must be finite and zero or greater, not {number}", field.name);
        return Err(Error::invalid(&field.name, ErrorReason::OutOfRange, message));
    }
    // Minus zero would be stored as another value than zero.
    Ok(number.abs())
}

/// Checks an enum and returns its label.
pub fn enumeration(field: &Field, descriptor: &EnumDescriptor, number: i32) -> Result<String> {
    match descriptor.get_value(number).filter(|value| value.number() != 0) {
        Some(value) => Ok(Kind::enum_label(descriptor, value.name())),
        None => {
            let labels = Kind::enum_labels(descriptor).join(", ");
            let message = format!("`{}` must be one of {labels}; there is no value {number}", field.name);
            Err(Error::invalid(&field.name, ErrorReason::InvalidValue, message))
        }
    }
}

/// Checks a JSON object and returns its text.
pub fn json(field: &Field, message: &DynamicMessage) -> Result<String> {
    let name = &field.name;
    let too_deep = || {
        let message = format!("`{name}` takes JSON of up to {MAX_JSON_DEPTH} levels; nest it less, or keep it as text");
        Error::invalid(name, ErrorReason::InvalidValue, message)
    };
    // It was decoded once, so the only possible error is that it is too deep.
    let object: prost_types::Struct = message.transcode_to().map_err(|_| too_deep())?;
    let value = json_object(name, object)?;
    if json_depth(&value) > MAX_JSON_DEPTH {
        return Err(too_deep());
    }
    let text = value.to_string();
    if text.len() > MAX_VALUE_BYTES {
        let message = format!("`{name}` takes up to {MAX_VALUE_BYTES} bytes of JSON, and this is {}", text.len());
        return Err(Error::invalid(name, ErrorReason::ValueTooLarge, message));
    }
    Ok(text)
}

/// The depth of nested objects and lists. Decoding has limited it, so recursion is safe.
fn json_depth(value: &serde_json::Value) -> usize {
    match value {
        serde_json::Value::Object(object) => 1 + object.values().map(json_depth).max().unwrap_or_default(),
        serde_json::Value::Array(items) => 1 + items.iter().map(json_depth).max().unwrap_or_default(),
        _ => 0,
    }
}

fn json_object(name: &str, object: prost_types::Struct) -> Result<serde_json::Value> {
    let mut map = serde_json::Map::new();
    for (key, value) in object.fields {
        json_text(name, &key)?;
        map.insert(key, json_value(name, value)?);
    }
    Ok(serde_json::Value::Object(map))
}

fn json_value(name: &str, value: prost_types::Value) -> Result<serde_json::Value> {
    Ok(match value.kind {
        None | Some(JsonKind::NullValue(_)) => serde_json::Value::Null,
        Some(JsonKind::BoolValue(value)) => value.into(),
        Some(JsonKind::StringValue(text)) => {
            json_text(name, &text)?;
            text.into()
        }
        Some(JsonKind::NumberValue(number)) => json_number(name, number)?,
        Some(JsonKind::StructValue(object)) => json_object(name, object)?,
        Some(JsonKind::ListValue(list)) => {
            list.values.into_iter().map(|item| json_value(name, item)).collect::<Result<Vec<_>>>()?.into()
        }
    })
}

fn json_number(name: &str, number: f64) -> Result<serde_json::Value> {
    // 2^53: below it a double represents every integer exactly.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "checked to be an exact integer")]
        return Ok((number as i64).into());
    }
    serde_json::Number::from_f64(number).map(Into::into).ok_or_else(|| {
        let message = format!("`{name}` holds {number}, which is not a JSON number");
        Error::invalid(name, ErrorReason::InvalidValue, message)
    })
}

fn json_text(name: &str, text: &str) -> Result<()> {
    if text.contains('\0') {
        let message = format!("`{name}` holds a null character, which cannot be stored");
        return Err(Error::invalid(name, ErrorReason::InvalidValue, message));
    }
    Ok(())
}

/// The longest message that repeats a value of the caller, in bytes.
const MESSAGE_BYTES: usize = 600;

#[cfg(test)]
mod tests {
    use super::*;

    fn field(entity: &str, name: &str) -> Field {
        qairon::model().entity(entity).and_then(|e| e.field(name)).cloned().expect("a field")
    }

    #[test]
    fn ranges_with_host_bits_are_refused_with_the_range_that_was_meant() {
        let field = field("network", "cidr");
        let error = cidr(&field, "10.0.0.1/16").expect_err("host bits");
        assert!(error.message.contains("10.0.0.0/16"), "{error}");
        for bad in ["10.0.0.0", "10.0.0.0/33", "fd00::/129", "", "10.0.0.0/16 ", "a/8", "010.0.0.0/8"] {
            assert!(cidr(&field, bad).is_err(), "{bad}");
        }
        assert_eq!(cidr(&field, "FD00:0::/48").expect("valid").to_string(), "fd00::/48");
    }

    #[test]
    fn numbers_outside_their_range_are_refused() {
        let field = field("capacity", "value");
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(double(&field, bad).expect_err("out of range").reason, ErrorReason::OutOfRange);
        }
        assert!(double(&field, -0.0).expect("zero").is_sign_positive());
    }

    #[test]
    fn integers_in_json_stay_integers() {
        assert_eq!(json_number("x", 3.0).expect("a number").to_string(), "3");
        assert_eq!(json_number("x", 0.5).expect("a number").to_string(), "0.5");
        assert_eq!(json_number("x", 1e300).expect("a number").to_string(), "1e+300");
        assert!(json_number("x", f64::NAN).is_err());
    }
}
