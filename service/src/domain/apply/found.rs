//! The ID under which an object of a bundle is found, and its desired values.

use qairon::Model;
use qairon::model::{Entity, Field};
use qairon::v1::ErrorReason;

use crate::domain::draft::{Draft, Value, composed_id, rekeyed_id};
use crate::domain::validate;
use crate::error::{Error, Result};

type Values = Vec<(&'static Field, Value)>;

/// The ID, and the values that are not part of it.
pub fn find(
    model: &Model,
    entity: &'static Entity,
    draft: &Draft,
    mask: Option<Vec<String>>,
) -> Result<(String, Values)> {
    // The parts of the ID find the object and cannot differ. They have effect even if the mask omits them.
    let makes_id = |field: &Field| entity.id_fields.contains(&field.name);
    let (given, sent): (Values, Values) =
        draft.for_update(model, entity, None)?.into_iter().partition(|(field, _)| makes_id(field));
    let values = match mask {
        None => sent,
        Some(mask) => {
            let meant: Vec<String> = mask.into_iter().filter(|path| path != "id").collect();
            let meant = draft.for_update(model, entity, Some(&meant))?;
            meant.into_iter().filter(|(field, _)| !makes_id(field)).collect()
        }
    };
    let id = if entity.id_is_given() {
        validate::id(model, entity, "id", &draft.id)?;
        draft.id.clone()
    } else if draft.id.is_empty() {
        composed(entity, given)?
    } else {
        validate::id(model, entity, "id", &draft.id)?;
        agreeing(model, entity, &draft.id, &given)?;
        draft.id.clone()
    };
    Ok((id, values))
}

/// The ID made of fields. A number that is zero looks unset, but is meant: nothing else identifies the object.
fn composed(entity: &'static Entity, mut given: Values) -> Result<String> {
    for name in &entity.id_fields {
        let Some(field) = entity.field(name) else { continue };
        if given.iter().any(|(known, _)| known.name == *name) || field.default.is_some() {
            continue;
        }
        match field.kind {
            qairon::model::Kind::Integer => given.push((field, Value::Integer(0))),
            _ => return Err(validate::missing(entity, field)),
        }
    }
    composed_id(entity, &given).ok_or_else(|| Error::internal("an ID was not composed of all its parts"))
}

/// Fields that were sent with an ID must agree with it.
fn agreeing(model: &Model, entity: &Entity, id: &str, given: &Values) -> Result<()> {
    let open_ended = model.id_components(entity).1;
    let fields = match open_ended {
        // It cannot be split, only composed.
        true => composed_id(entity, given).unwrap_or_else(|| id.to_owned()),
        false => rekeyed_id(model, entity, id, given),
    };
    if fields == id {
        return Ok(());
    }
    let names: Vec<_> = given.iter().map(|(field, _)| format!("`{}`", field.name)).collect();
    let message = format!("`id` is `{id}`, but {} would make it `{fields}`; correct one of them", names.join(", "));
    Err(Error::invalid("id", ErrorReason::InvalidId, message))
}
