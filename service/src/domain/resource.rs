//! The entities that a request names.

use bytes::Bytes;
use qairon::Model;
use qairon::model::Entity;
use qairon::v1::ErrorReason;

use super::masks::{SHOWN, nearest};
use crate::error::{Error, Result, shortened};

/// `google.protobuf.Any`, whose content stays where it was received.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Packed {
    /// Names the type.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// The object, encoded.
    #[prost(bytes = "bytes", tag = "2")]
    pub value: Bytes,
}

/// The entity that a field of a request names by its resource.
pub fn resource(model: &'static Model, field: &str, name: &str) -> Result<&'static Entity> {
    model.entity(name).ok_or_else(|| {
        let known = model.entities().iter().map(|entity| entity.name.as_str());
        let hint = nearest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let message = match name {
            "" => format!("`{field}` is required: a resource such as `deployment`"),
            name => {
                let shown = shortened(name.to_owned(), SHOWN);
                format!("`{field}` must name a resource; `{shown}` is not one{hint}")
            }
        };
        Error::invalid(field, ErrorReason::InvalidValue, message)
    })
}

/// The entity whose message an Any holds, by the URL of its type.
pub fn of_type_url(model: &'static Model, field: &str, type_url: &str) -> Result<&'static Entity> {
    let type_name = type_url.rsplit_once('/').map_or(type_url, |(_, name)| name);
    let entity = model.entities().iter().find(|entity| entity.message.full_name() == type_name);
    entity.ok_or_else(|| {
        let shown = shortened(type_url.to_owned(), SHOWN);
        let message = format!("`{shown}` is not an entity; send messages such as qairon.v1.Stack");
        Error::invalid(field, ErrorReason::InvalidValue, message)
    })
}
