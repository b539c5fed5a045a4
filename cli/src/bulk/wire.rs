//! Fields of objects in the encoding of protobuf, directly from text or JSON: millions of rows need no intermediate
//! form.

use prost::Message;
use prost::encoding::{self, WireType};
use qairon::model::{Entity, Field, Kind};
use serde_json::Value as Json;

use crate::{structs, suggest, values};

/// Whether an empty text is a value, different from no value.
pub fn knows_empty(field: &Field) -> bool {
    field.nullable && field.kind == Kind::Text && field.reference.is_none()
}

/// Appends a field with the value of a text. The error names the field.
pub fn append_text(field: &Field, text: &str, object: &mut Vec<u8>) -> Result<(), String> {
    let number = field.number;
    let refused = match &field.kind {
        Kind::Text | Kind::Name | Kind::Cidr => {
            bytes(number, text.as_bytes(), object);
            return Ok(());
        }
        Kind::EntityType if qairon::model().entity_of_type(text).is_some() => {
            bytes(number, text.as_bytes(), object);
            return Ok(());
        }
        Kind::EntityType => {
            let types = qairon::model().entities().iter().map(|entity| entity.type_name.as_str());
            suggest::unknown("entity type", text, types)
        }
        Kind::Integer => match text.trim().parse::<i64>() {
            Ok(value) => {
                encoding::int64::encode(number, &value, object);
                return Ok(());
            }
            Err(_) => format!("`{text}` is not a whole number"),
        },
        Kind::Double => match values::double(text) {
            Ok(value) => {
                encoding::double::encode(number, &value, object);
                return Ok(());
            }
            Err(problem) => problem,
        },
        Kind::Bool => match text.parse::<bool>() {
            Ok(value) => {
                encoding::bool::encode(number, &value, object);
                return Ok(());
            }
            Err(_) => format!("`{text}` is not `true` or `false`"),
        },
        Kind::Enum(descriptor) => match Kind::enum_number(descriptor, text) {
            Some(value) => {
                encoding::int32::encode(number, &value, object);
                return Ok(());
            }
            None => {
                let labels = Kind::enum_labels(descriptor);
                suggest::unknown("value", text, labels.iter().map(String::as_str))
            }
        },
        Kind::Json => match structs::object(text) {
            Ok(value) => {
                bytes(number, &value.encode_to_vec(), object);
                return Ok(());
            }
            Err(problem) => problem,
        },
        Kind::Uuid | Kind::Etag | Kind::Timestamp | Kind::Object | Kind::Objects => {
            "only the service sets it".to_owned()
        }
    };
    Err(format!("`{}`: {refused}", field.name))
}

/// Appends a field with a value of JSON, which is not null. The error names the field.
pub fn append_json(field: &Field, value: Json, object: &mut Vec<u8>) -> Result<(), String> {
    let wrong = |wanted: &str| Err(format!("`{}` must be {wanted}, not {}", field.name, structs::kind_of(&value)));
    match (&field.kind, &value) {
        (Kind::Json, _) => {
            let value = structs::object_of(value).map_err(|problem| format!("`{}`: {problem}", field.name))?;
            bytes(field.number, &value.encode_to_vec(), object);
            Ok(())
        }
        (_, Json::String(text)) => append_text(field, text, object),
        (Kind::Integer | Kind::Double, Json::Number(number)) => append_text(field, &number.to_string(), object),
        (Kind::Bool, Json::Bool(value)) => append_text(field, &value.to_string(), object),
        (Kind::Integer, _) => wrong("a whole number"),
        (Kind::Double, _) => wrong("a number"),
        (Kind::Bool, _) => wrong("`true` or `false`"),
        _ => wrong("a text"),
    }
}

fn bytes(number: u32, value: &[u8], object: &mut Vec<u8>) {
    encoding::encode_key(number, WireType::LengthDelimited, object);
    encoding::encode_varint(value.len() as u64, object);
    object.extend_from_slice(value);
}

/// The ID that the service composes of the field values; `None` if a required one is missing.
pub fn composed_id(entity: &Entity, value: impl Fn(&Field) -> Option<String>) -> Option<String> {
    let part = |name: &String| {
        let field = entity.field(name)?;
        let value = value(field).filter(|value| !value.is_empty()).or_else(|| field.default.clone())?;
        // `007` and `7` are one number.
        match field.kind {
            Kind::Integer => value.trim().parse::<i64>().ok().map(|number| number.to_string()),
            _ => Some(value),
        }
    };
    entity.id_fields.iter().map(part).collect::<Option<Vec<_>>>().map(|parts| parts.join(":"))
}

/// The type of an entity's objects in a `google.protobuf.Any`.
pub fn type_url(entity: &Entity) -> String {
    format!("type.googleapis.com/{}", entity.message.full_name())
}

/// The entity of a type in a `google.protobuf.Any`.
pub fn entity_of(type_url: &str) -> Option<&'static Entity> {
    let name = type_url.rsplit('/').next()?;
    qairon::model().entities().iter().find(|entity| entity.message.full_name() == name)
}

#[cfg(test)]
mod tests {
    use prost_reflect::{DynamicMessage, Kind as ProtoKind};

    use super::*;

    /// The assumptions of the encoding about the protos.
    fn is_known(field: &Field) -> bool {
        matches!(
            (&field.kind, field.descriptor.kind()),
            (Kind::Text | Kind::Name | Kind::Cidr | Kind::EntityType, ProtoKind::String)
                | (Kind::Integer, ProtoKind::Int64)
                | (Kind::Double, ProtoKind::Double)
                | (Kind::Bool, ProtoKind::Bool)
                | (Kind::Enum(_), ProtoKind::Enum(_))
                | (Kind::Json, ProtoKind::Message(_))
        )
    }

    #[test]
    fn every_field_that_callers_set_is_encoded_as_its_descriptor_wants() {
        for entity in qairon::model().entities() {
            let mut by_hand = Vec::new();
            let mut dynamic = DynamicMessage::new(entity.message.clone());
            for field in entity.fields.iter().filter(|field| field.is_settable()) {
                assert!(is_known(field), "{}.{}", entity.name, field.name);
                let text = match &field.kind {
                    Kind::Integer => "12".to_owned(),
                    Kind::Double => "0.5".to_owned(),
                    Kind::Bool => "true".to_owned(),
                    Kind::Enum(descriptor) => Kind::enum_labels(descriptor)[0].clone(),
                    Kind::Json => r#"{"a": [1, "x", null, {"b": true}]}"#.to_owned(),
                    Kind::EntityType => entity.type_name.clone(),
                    _ => "text".to_owned(),
                };
                append_text(field, &text, &mut by_hand).expect(&text);
                dynamic.set_field(&field.descriptor, values::parse(field, &text).expect(&text));
            }
            let decoded = DynamicMessage::decode(entity.message.clone(), &by_hand[..]).expect("well-formed");
            assert_eq!(decoded, dynamic, "{}", entity.name);
        }
    }

    #[test]
    fn an_empty_object_of_any_entity_lacks_something() {
        for entity in qairon::model().entities() {
            let lacking = entity.fields.iter().any(|field| field.required && field.default.is_none());
            assert!(lacking || entity.id_is_given(), "{}", entity.name);
        }
    }

    #[test]
    fn values_of_the_wrong_kind_are_refused_by_name() {
        let field = |entity: &str, name: &str| qairon::model().target(entity).field(name).expect("a field");
        for (entity, name, json, told) in [
            ("build", "build_num", serde_json::json!(1.5), "`build_num`: `1.5` is not a whole number"),
            ("build", "build_num", serde_json::json!([1]), "`build_num` must be a whole number, not a list"),
            ("build", "vcs_ref", serde_json::json!(7), "`vcs_ref` must be a text, not a number"),
            ("stack", "defaults", serde_json::json!("x"), "`defaults`: expected a JSON object"),
        ] {
            let error = append_json(field(entity, name), json, &mut Vec::new()).expect_err(name);
            assert!(error.starts_with(told), "{error}");
        }
    }

    #[test]
    fn ids_are_composed_as_the_service_does() {
        let build = qairon::model().target("build");
        let value = |field: &Field| Some(if field.name == "build_num" { "007" } else { "a:b:c" }.to_owned());
        assert_eq!(composed_id(build, value).as_deref(), Some("a:b:c:7"));
        assert_eq!(composed_id(build, |_| None), None);
    }
}
