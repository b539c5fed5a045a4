//! The requests of the standard methods, whatever the entity.
//!
//! The model makes sure when it is parsed that every standard request has these fields under these numbers
//! (`Verb::request_shape`); the object in it stays encoded until its entity's descriptor decodes it.

use bytes::Bytes;
use prost::Message;
use prost_types::FieldMask;
use qairon::v1::ErrorReason;

use crate::error::{Error, Result};

#[derive(Clone, PartialEq, Message)]
pub struct Get {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(message, optional, tag = "2")]
    pub read_mask: Option<FieldMask>,
}

#[derive(Clone, PartialEq, Message)]
pub struct BatchGet {
    #[prost(string, repeated, tag = "1")]
    pub ids: Vec<String>,
    #[prost(message, optional, tag = "2")]
    pub read_mask: Option<FieldMask>,
}

#[derive(Clone, PartialEq, Message)]
pub struct List {
    #[prost(int32, tag = "1")]
    pub page_size: i32,
    #[prost(string, tag = "2")]
    pub page_token: String,
    #[prost(string, tag = "3")]
    pub filter: String,
    #[prost(string, tag = "4")]
    pub order_by: String,
    #[prost(int32, tag = "5")]
    pub skip: i32,
    #[prost(message, optional, tag = "6")]
    pub read_mask: Option<FieldMask>,
    #[prost(bool, tag = "7")]
    pub include_total_size: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct Create {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub object: Option<Bytes>,
    #[prost(bool, tag = "2")]
    pub validate_only: bool,
    #[prost(string, tag = "3")]
    pub request_id: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Update {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub object: Option<Bytes>,
    #[prost(message, optional, tag = "2")]
    pub update_mask: Option<FieldMask>,
    #[prost(bool, tag = "3")]
    pub allow_missing: bool,
    #[prost(bool, tag = "4")]
    pub validate_only: bool,
    #[prost(string, tag = "5")]
    pub request_id: String,
    #[prost(string, tag = "6")]
    pub new_id: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Delete {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(string, tag = "2")]
    pub etag: String,
    #[prost(bool, tag = "3")]
    pub force: bool,
    #[prost(bool, tag = "4")]
    pub allow_missing: bool,
    #[prost(bool, tag = "5")]
    pub validate_only: bool,
    #[prost(string, tag = "6")]
    pub request_id: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Link {
    #[prost(string, tag = "1")]
    pub owner_id: String,
    #[prost(string, tag = "2")]
    pub target_id: String,
    #[prost(bool, tag = "3")]
    pub validate_only: bool,
    #[prost(string, tag = "4")]
    pub request_id: String,
}

/// Decodes a request.
pub fn decode<T: Message + Default>(bytes: Bytes) -> Result<T> {
    T::decode(bytes).map_err(|error| {
        let message = "the request is not a message of the method's type";
        let mut refused = Error::new(crate::error::ErrorKind::InvalidArgument, ErrorReason::MalformedMessage, message);
        refused.cause = Some(error.to_string());
        refused
    })
}

/// The paths of a mask; `None` when there is none.
pub fn paths(mask: Option<FieldMask>) -> Option<Vec<String>> {
    mask.map(|mask| mask.paths).filter(|paths| !paths.is_empty())
}
