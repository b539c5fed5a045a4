//! The grammar of values. The database checks it too, for those who write to it directly.

use ipnetwork::IpNetwork;
use prost_reflect::EnumDescriptor;
use qairon::Model;
use qairon::model::{Entity, Field, Kind, MAX_NAME_BYTES, check_name, is_name};
use qairon::v1::ErrorReason;

use super::cidr::address_range;
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
    // It may be the name of an object that exists: see `new_name`.
    if is_component(field) && !is_name(text) {
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

/// Whether a field holds a name.
pub fn is_component(field: &Field) -> bool {
    field.kind == Kind::Name || field.number == 1
}

/// Checks a text that is to become the name of an object. Objects of earlier servers may have names of which new ones
/// are refused, so this is asked of objects that are created or renamed.
pub fn new_name(field: &str, text: &str) -> Result<()> {
    check_name(text).map_err(|error| {
        let message = format!("`{field}` {error}: {text:?}");
        Error::invalid(field, ErrorReason::InvalidName, shortened(message, MESSAGE_BYTES))
    })
}

/// Checks a text that is to become a component of an ID, and the name of an object.
pub fn component(field: &str, text: &str) -> Result<()> {
    if !is_name(text) {
        let message = format!(
            "`{field}` must be 1 to {MAX_NAME_BYTES} bytes without `:`, white space or control characters, not {text:?}"
        );
        return Err(Error::invalid(field, ErrorReason::InvalidName, shortened(message, MESSAGE_BYTES)));
    }
    new_name(field, text)
}

/// Checks an address range.
pub fn cidr(field: &Field, text: &str) -> Result<IpNetwork> {
    let name = &field.name;
    let fail = |message: String| Error::invalid(name, ErrorReason::InvalidCidr, shortened(message, MESSAGE_BYTES));
    let network = match address_range(text).filter(|_| text.contains('/')) {
        Some(network) => network,
        None => {
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
        for bad in [
            "10.0.0.0",
            "10.0.0.0/33",
            "fd00::/129",
            "",
            "10.0.0.0/16 ",
            "a/8",
            "010.0.0.0/8",
            "10.0.0.0/08",
            "10.0.0.0/+8",
        ] {
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
}
