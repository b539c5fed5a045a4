//! TracePath.

use bytes::Bytes;
use prost::Message;
use qairon::v1::{ErrorReason, TracePathRequest};

use super::super::requests::decode;
use crate::call::Context;
use crate::db::trace::path::{Question, path as search};
use crate::domain::resource::resource;
use crate::domain::validate;
use crate::error::{Error, Result};

/// How long ways are by default, and at most.
const LENGTH: (i32, i32) = (16, 32);
/// How many are returned by default, and at most.
const PATHS: (i32, i32) = (10, 100);

/// The shortest ways between two objects.
pub async fn path(context: &Context, bytes: Bytes) -> Result<Bytes> {
    let request: TracePathRequest = decode(bytes)?;
    let from = resource(context.model(), "from_resource", &request.from_resource)?;
    let to = resource(context.model(), "to_resource", &request.to_resource)?;
    let max_length = limited("max_length", request.max_length, LENGTH)?;
    let max_paths = limited("max_paths", request.max_paths, PATHS)?;
    validate::id(context.model(), from, "from_id", &request.from_id)?;
    validate::id(context.model(), to, "to_id", &request.to_id)?;
    let question = Question {
        from: (from, request.from_id),
        to: (to, request.to_id),
        max_length,
        max_paths,
        ignore_declared: request.ignore_declared,
    };
    Ok(search(context.db(), &question).await?.encode_to_vec().into())
}

/// A limit of a request: the usual one when it is 0.
fn limited(field: &str, value: i32, (usual, most): (i32, i32)) -> Result<usize> {
    let value = if value == 0 { usual } else { value };
    match usize::try_from(value) {
        Ok(limit) if value <= most => Ok(limit),
        _ => {
            let message = format!("`{field}` must be 1 to {most}, or 0 for {usual}, not {value}");
            Err(Error::invalid(field, ErrorReason::OutOfRange, message))
        }
    }
}
