//! The object of a request: decoded, checked field by field, ready to be bound to a statement.

use ipnetwork::IpNetwork;
use prost_reflect::{DynamicMessage, Value as ProtoValue};
use prost_types::Struct;
use qairon::Model;
use qairon::model::{Entity, Field, Kind};
use qairon::v1::ErrorReason;

use super::json;
use super::masks::unknown_field;
use super::validate;
use crate::error::{Error, Result};

/// What a caller sent of an object.
#[derive(Debug)]
pub struct Draft {
    /// The ID in it; empty without one.
    pub id: String,
    /// The etag in it; empty without one.
    pub etag: String,
    message: DynamicMessage,
}

/// The value of a field, checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Unset.
    Null,
    /// Text, names, IDs, enum labels.
    Text(String),
    /// An integer.
    Integer(i64),
    /// A double.
    Double(f64),
    /// True or false.
    Bool(bool),
    /// An address range.
    Cidr(IpNetwork),
    /// A JSON object, as text.
    Json(String),
}

impl Value {
    /// The text of a text, or of a value as part of an ID.
    pub fn to_component(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            _ => String::new(),
        }
    }
}

impl Draft {
    /// Decodes the object of a request.
    pub fn decode(entity: &Entity, bytes: &[u8]) -> Result<Self> {
        let message = DynamicMessage::decode(entity.message.clone(), bytes).map_err(|error| {
            let deep = error.to_string().contains("recursion limit");
            let what = if deep { "nests its JSON too deeply" } else { "is not an encoded message of its type" };
            let message = format!("`{}` {what} ({})", entity.name, entity.type_name);
            let mut refused = Error::invalid(&entity.name, ErrorReason::MalformedMessage, message);
            refused.cause = Some(error.to_string());
            refused
        })?;
        let text = |number| {
            let value = message.get_field_by_number(number);
            value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
        };
        Ok(Self { id: text(1), etag: text(6), message })
    }

    /// The object of a JSON field; an empty one when it is unset.
    pub fn json(&self, field: &Field) -> Result<Struct> {
        match &*self.message.get_field(&field.descriptor) {
            ProtoValue::Message(message) if self.message.has_field(&field.descriptor) => json::object(field, message),
            _ => Ok(Struct::default()),
        }
    }

    /// The values to insert: every settable field, except those the database has a default for.
    pub fn for_insert<'a>(&self, model: &Model, entity: &'a Entity) -> Result<Vec<(&'a Field, Value)>> {
        let mut values = Vec::new();
        for field in entity.fields.iter().filter(|field| field.is_settable() || is_given_id(entity, field)) {
            let value = self.value(model, entity, field)?;
            match value {
                None if field.required => return Err(validate::missing(entity, field)),
                None => {}
                Some(value) => values.push((field, value)),
            }
        }
        Ok(values)
    }

    /// The values to set: those that the mask names, or without a mask those that are set.
    pub fn for_update<'a>(
        &self,
        model: &Model,
        entity: &'a Entity,
        mask: Option<&[String]>,
    ) -> Result<Vec<(&'a Field, Value)>> {
        if let Some(unknown) = mask.into_iter().flatten().find(|path| *path != "*" && entity.field(path).is_none()) {
            return Err(unknown_field(entity, "update_mask", unknown));
        }
        if mask.into_iter().flatten().any(|path| path == "id") {
            let message = if entity.id_is_given() {
                format!("the ID of {} is changed by `new_id`, not through the mask", entity.a_human())
            } else {
                format!("the ID of {} is composed from {}; set those", entity.a_human(), entity.id_fields.join(", "))
            };
            return Err(Error::invalid("update_mask", ErrorReason::InvalidValue, message));
        }
        let all = mask.is_some_and(|mask| mask.iter().any(|path| path == "*"));
        let mut values = Vec::new();
        for field in entity.fields.iter().filter(|field| field.is_settable() && field.number != 1) {
            let named = mask.is_some_and(|mask| all || mask.contains(&field.name));
            if mask.is_some() && !named {
                continue;
            }
            if !named && !self.message.has_field(&field.descriptor) {
                continue;
            }
            match self.value(model, entity, field)? {
                Some(value) => values.push((field, value)),
                None if !named => {}
                None => values.push((field, self.cleared(entity, field)?)),
            }
        }
        Ok(values)
    }

    fn cleared(&self, entity: &Entity, field: &Field) -> Result<Value> {
        match (&field.kind, &field.default) {
            _ if field.nullable => Ok(Value::Null),
            (_, Some(default)) => Ok(Value::Text(default.clone())),
            (Kind::Json, None) => Ok(Value::Json("{}".to_owned())),
            (Kind::Text, None) if !field.required => Ok(Value::Text(String::new())),
            _ => Err(validate::missing(entity, field)),
        }
    }

    /// The checked value of a field; `None` when it is unset.
    fn value(&self, model: &Model, entity: &Entity, field: &Field) -> Result<Option<Value>> {
        if !self.message.has_field(&field.descriptor) {
            return Ok(None);
        }
        let raw = self.message.get_field(&field.descriptor);
        let value = match (&*raw, &field.kind) {
            (ProtoValue::String(text), Kind::Cidr) => Value::Cidr(validate::cidr(field, text)?),
            (ProtoValue::String(text), _) => {
                validate::text(model, entity, field, text)?;
                Value::Text(text.clone())
            }
            (ProtoValue::I64(number), _) => Value::Integer(validate::integer(field, *number)?),
            (ProtoValue::F64(number), _) => Value::Double(validate::double(field, *number)?),
            (ProtoValue::Bool(value), _) => Value::Bool(*value),
            (ProtoValue::EnumNumber(number), Kind::Enum(descriptor)) => {
                Value::Text(validate::enumeration(field, descriptor, *number)?)
            }
            (ProtoValue::Message(message), Kind::Json) => Value::Json(json::text(field, message)?),
            _ => return Err(Error::internal(format!("field `{}` has an unexpected type", field.name))),
        };
        Ok(Some(value))
    }
}

fn is_given_id(entity: &Entity, field: &Field) -> bool {
    field.number == 1 && entity.id_is_given()
}

/// Checks the names that an object is created with.
pub fn check_new_names(values: &[(&Field, Value)]) -> Result<()> {
    values.iter().try_for_each(|(field, value)| match value {
        Value::Text(text) if validate::is_component(field) => validate::new_name(&field.name, text),
        _ => Ok(()),
    })
}

/// Checks the names that an object gets when these values replace its own.
pub fn check_changed_names(model: &Model, entity: &Entity, id: &str, values: &[(&Field, Value)]) -> Result<()> {
    let changed =
        values.iter().filter(|(field, value)| rekeyed_id(model, entity, id, &[(*field, value.clone())]) != id);
    changed.into_iter().try_for_each(|value| check_new_names(std::slice::from_ref(value)))
}

/// The ID that an object with these values has; `None` when a part of it is not among them.
pub fn composed_id(entity: &Entity, values: &[(&Field, Value)]) -> Option<String> {
    let given = ["id".to_owned()];
    let names = if entity.id_is_given() { &given[..] } else { &entity.id_fields };
    let part = |name: &String| {
        let value = values.iter().find(|(field, _)| &field.name == name).map(|(_, value)| value.to_component());
        value.or_else(|| entity.field(name)?.default.clone())
    };
    names.iter().map(part).collect::<Option<Vec<_>>>().map(|parts| parts.join(":"))
}

/// The ID that an object gets when these values replace its own. An ID that holds the ID of an object of any type
/// cannot be split and stays unchanged.
pub fn rekeyed_id(model: &Model, entity: &Entity, id: &str, values: &[(&Field, Value)]) -> String {
    let mut components = id.split(':');
    let mut parts = Vec::with_capacity(entity.id_fields.len());
    for name in &entity.id_fields {
        let Some(field) = entity.field(name).filter(|field| field.object_of.is_none()) else { return id.to_owned() };
        let width = field.reference.as_ref().map_or((1, false), |r| model.id_components(model.target(&r.entity)));
        if width.1 {
            return id.to_owned();
        }
        let old: Vec<&str> = components.by_ref().take(width.0).collect();
        let new = values.iter().find(|(field, _)| &field.name == name).map(|(_, value)| value.to_component());
        parts.push(new.unwrap_or_else(|| old.join(":")));
    }
    if parts.is_empty() { id.to_owned() } else { parts.join(":") }
}

/// Names the object that a field refers to and that does not exist: the database reports only the field.
pub fn naming(model: &Model, error: Error, values: &[(&Field, Value)]) -> Error {
    let found = values.iter().find(|(field, _)| error.field.as_ref() == Some(&field.name));
    let Some((field, value)) = found.filter(|_| error.reason == ErrorReason::ReferenceNotFound) else { return error };
    let (Some(reference), id) = (&field.reference, value.to_component()) else { return error };
    let target = model.target(&reference.entity);
    let message =
        format!("there is no {} `{id}`, which `{}` names; create it first, or correct it", target.human(), field.name);
    Error { message, ..error }.with_resource(&target.name, &id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_id_keeps_the_unchanged_parts() {
        let model = qairon::model();
        let service = model.entity("service").expect("service");
        let name = service.field("name").expect("name");
        let stack = service.field("stack_id").expect("stack_id");
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(rekeyed_id(model, service, "a:b:c", &[(name, text("d"))]), "a:b:d");
        assert_eq!(rekeyed_id(model, service, "a:b:c", &[(stack, text("x:y"))]), "x:y:c");
        assert_eq!(rekeyed_id(model, service, "a:b:c", &[]), "a:b:c");
    }
}
