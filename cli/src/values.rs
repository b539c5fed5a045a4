//! Texts of the command line and of CSV files to values of fields, refusing malformed values like the server.

use prost_reflect::{DynamicMessage, Kind as ProtoKind, Value};
use qairon::model::{Entity, Field, Kind};
use qairon::numbers;

use crate::error::{Error, Result};
use crate::{structs, suggest};

/// The value of a field from its text. The error names the field.
pub fn parse(field: &Field, text: &str) -> std::result::Result<Value, String> {
    let value = match &field.kind {
        // The service takes no negative ones.
        Kind::Integer => match text.trim().parse() {
            Ok(number @ 0..) => Ok(Value::I64(number)),
            _ => return Err(not_whole(&field.name, text, i64::MAX)),
        },
        Kind::Double => double(text).map(Value::F64),
        Kind::Bool => text.parse().map(Value::Bool).map_err(|_| format!("`{text}` is not `true` or `false`")),
        Kind::Enum(descriptor) => Kind::enum_number(descriptor, text).map(Value::EnumNumber).ok_or_else(|| {
            let labels = Kind::enum_labels(descriptor);
            suggest::unknown("value", text, labels.iter().map(String::as_str))
        }),
        Kind::Json => match field.descriptor.kind() {
            ProtoKind::Message(message) => structs::parse(&message, text),
            _ => Err("it is not a JSON field".to_owned()),
        },
        Kind::EntityType if qairon::model().entity_of_type(text).is_none() => {
            let types = qairon::model().entities().iter().map(|entity| entity.type_name.as_str());
            Err(suggest::unknown("entity type", text, types))
        }
        Kind::Text | Kind::Name | Kind::Cidr | Kind::EntityType => Ok(Value::String(text.to_owned())),
        Kind::Uuid | Kind::Etag | Kind::Timestamp | Kind::Object | Kind::Objects => {
            Err("only the service sets it".to_owned())
        }
    };
    value.map_err(|error| format!("`{}`: {error}", field.name))
}

/// The error for what is not a whole number in a range that begins with zero.
pub fn not_whole(name: &str, text: &str, most: i64) -> String {
    format!("`{name}` must be a whole number from 0 to {most}, not `{text}`")
}

/// A double from its text. As inside JSON, a whole number that a double may round is refused.
pub fn double(text: &str) -> std::result::Result<f64, String> {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && text.contains(['.', 'e', 'E']) => Ok(number),
        Ok(number) if number.is_finite() => numbers::read(text).map_err(|error| error.to_string()),
        _ => Err(format!("`{text}` is not a number")),
    }
}

/// The field of this name that callers may set.
pub fn settable<'a>(entity: &'a Entity, name: &str) -> Result<&'a Field> {
    let Some(field) = entity.field(name) else {
        let known = entity.fields.iter().filter(|field| field.is_settable()).map(|field| field.name.as_str());
        let known = known.filter(|known| *known != "id" || entity.id_is_given());
        return Err(Error::Usage(suggest::unknown(&format!("field of `{}`", entity.name), name, known)));
    };
    if name == "id" && !entity.id_is_given() {
        let parts = entity.id_fields.join("`, `");
        return Err(Error::Usage(format!("the `id` of a {} is composed, set `{parts}` instead", entity.human())));
    }
    if !field.is_settable() {
        return Err(Error::Usage(format!("`{name}` cannot be set, only the service sets it")));
    }
    Ok(field)
}

/// An object of an entity with these fields set.
pub fn object<'a>(entity: &Entity, fields: impl IntoIterator<Item = (&'a Field, Value)>) -> DynamicMessage {
    let mut message = DynamicMessage::new(entity.message.clone());
    for (field, value) in fields {
        message.set_field(&field.descriptor, value);
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_field(entity: &str, field: &str, text: &str) -> std::result::Result<Value, String> {
        parse(qairon::model().target(entity).field(field).expect(field), text)
    }

    #[test]
    fn values_take_the_kind_of_their_field() {
        assert_eq!(parse_field("build", "build_num", "12"), Ok(Value::I64(12)));
        assert_eq!(parse_field("allocation", "value", "0.5"), Ok(Value::F64(0.5)));
        assert_eq!(parse_field("allocation", "watermark", "HIGH"), Ok(Value::EnumNumber(1)));
        assert_eq!(parse_field("stack", "name", " x "), Ok(Value::String(" x ".into())));
    }

    #[test]
    fn malformed_values_are_refused_by_name() {
        for (entity, field, text, told) in [
            (
                "build",
                "build_num",
                "1.5",
                "`build_num` must be a whole number from 0 to 9223372036854775807, not `1.5`",
            ),
            ("build", "build_num", "-1", "`build_num` must be a whole number from 0 to"),
            ("build", "build_num", "99999999999999999999", "from 0 to 9223372036854775807, not `99999999999999999999`"),
            ("allocation", "value", "9007199254740993", "`value`: the whole number 9007199254740993 is beyond 2^53"),
            ("allocation", "value", "NaN", "`value`: `NaN` is not a number"),
            ("allocation", "watermark", "HIHG", "did you mean `HIGH`"),
            ("stack", "defaults", "text", "`defaults`: not JSON"),
            ("relatable", "relatable_type", "Deploymnt", "did you mean `Deployment`"),
            ("stack", "created_at", "now", "only the service sets it"),
        ] {
            let error = parse_field(entity, field, text).expect_err(text);
            assert!(error.contains(told), "{error}");
        }
    }
}
