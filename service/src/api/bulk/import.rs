//! ImportObjects: a load that answers once.

use bytes::Bytes;
use prost::Message;
use qairon::v1::{ImportObjectsResponse, LoadObjectsResponse};

use super::super::requests::decode;
use super::feed::Source;
use super::load::{NOTHING, together};
use super::objects::{Existing, Packed};
use crate::call::{Context, Inlet};
use crate::error::Result;

/// The message without a copy of its objects.
#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(message, repeated, tag = "1")]
    objects: Vec<Packed>,
    #[prost(bool, tag = "2")]
    validate_only: bool,
}

/// Creates the objects of a stream.
pub async fn import(context: &Context, mut inlet: Inlet) -> Result<Bytes> {
    let objects = |bytes| Ok(decode::<Request>(bytes)?.objects);
    inlet.on_break(NOTHING);
    let first = inlet.next().await?.map(decode::<Request>).transpose()?;
    let validate_only = first.as_ref().is_some_and(|first| first.validate_only);
    let first = first.map(|first| first.objects);
    let done = together(context, Source { inlet, objects }, first, Existing::default(), validate_only, None).await?;
    let LoadObjectsResponse { created, refused, mut errors, .. } = done;
    errors.sort_by_key(|error| error.index);
    let created = if refused > 0 { 0 } else { created };
    Ok(ImportObjectsResponse { created, errors, refused }.encode_to_vec().into())
}
