//! The entities that a request names.

use qairon::Model;
use qairon::model::Entity;
use qairon::v1::ErrorReason;

use super::masks::nearest;
use crate::error::{Error, Result};

/// The entity that a field of a request names by its resource.
pub fn resource(model: &'static Model, field: &str, name: &str) -> Result<&'static Entity> {
    model.entity(name).ok_or_else(|| {
        let known = model.entities().iter().map(|entity| entity.name.as_str());
        let hint = nearest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let message = match name {
            "" => format!("`{field}` is required: a resource such as `deployment`"),
            name => format!("`{field}` must name a resource; `{name}` is not one{hint}"),
        };
        Error::invalid(field, ErrorReason::InvalidValue, message)
    })
}

/// The entity whose message an Any holds, by the URL of its type.
pub fn of_type_url(model: &'static Model, field: &str, type_url: &str) -> Result<&'static Entity> {
    let type_name = type_url.rsplit_once('/').map_or(type_url, |(_, name)| name);
    let entity = model.entities().iter().find(|entity| entity.message.full_name() == type_name);
    entity.ok_or_else(|| {
        let message = format!("`{type_url}` is not an entity; send messages such as qairon.v1.Stack");
        Error::invalid(field, ErrorReason::InvalidValue, message)
    })
}
