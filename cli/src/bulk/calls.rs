//! What all calls for many objects share.

use prost_reflect::{DynamicMessage, MessageDescriptor};
use qairon::model::Method;
use qairon::v1::BulkScope;

use crate::args::spelling::normal;
use crate::arguments::named;
use crate::error::{Error, Result};

/// A method of the service for many objects.
pub fn method(name: &str) -> Result<&'static Method> {
    let found = qairon::model().methods().iter().find(|method| method.descriptor.name() == name);
    found.ok_or_else(|| Error::refused(format!("no method `{name}`")))
}

/// A message as the client takes it.
pub fn untyped<M: prost::Message>(descriptor: MessageDescriptor, message: &M) -> Result<DynamicMessage> {
    DynamicMessage::decode(descriptor, &message.encode_to_vec()[..])
        .map_err(|error| Error::refused(format!("the request cannot be encoded: {error}")))
}

/// A message as the protos describe it.
pub fn typed<M: prost::Message + Default>(message: &DynamicMessage) -> Result<M> {
    message
        .transcode_to()
        .map_err(|error| Error::refused(format!("the answer of the server cannot be decoded: {error}")))
}

/// A part of the organisation from its name: `application/shop`.
pub fn scope(text: &str) -> Result<BulkScope> {
    let Some((resource, id)) = text.split_once('/').filter(|(_, id)| !id.is_empty()) else {
        return Err(Error::Usage(format!("scope `{text}` must be a resource and an ID, such as `application/shop`")));
    };
    Ok(BulkScope { resource: named(&normal(&resource.into()))?.name.clone(), id: id.to_owned() })
}
