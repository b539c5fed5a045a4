//! TracePath.

use bytes::Bytes;
use prost::Message;
use qairon::v1::{ErrorReason, ObjectPath, PathStep, TracePathRequest, TracePathResponse};
use tokio_util::sync::CancellationToken;

use super::super::requests::decode;
use super::super::store::Store;
use super::{exists, resource};
use crate::db::snapshot::snapshot;
use crate::db::trace::path::{Question, SETTINGS, search};
use crate::error::{Error, Result};

/// How long ways are when nothing is said, and at most.
const LENGTH: (i32, i32) = (16, 32);
/// How many are told.
const PATHS: (i32, i32) = (10, 100);

pub async fn path(store: &Store, bytes: Bytes) -> Result<Bytes> {
    let request: TracePathRequest = decode(bytes)?;
    let from = resource(store, "from_resource", &request.from_resource)?;
    let to = resource(store, "to_resource", &request.to_resource)?;
    let max_length = limited("max_length", request.max_length, LENGTH)?;
    let max_paths = limited("max_paths", request.max_paths, PATHS)?;
    exists(store, from, "from_id", &request.from_id).await?;
    exists(store, to, "to_id", &request.to_id).await?;
    if (&from.name, &request.from_id) == (&to.name, &request.to_id) {
        let step = PathStep { relation: String::new(), resource: from.name.clone(), id: request.from_id };
        let paths = vec![ObjectPath { steps: vec![step] }];
        return Ok(TracePathResponse { paths, truncated: false }.encode_to_vec().into());
    }
    // Told when this future is dropped, between two statements as well.
    let gone = CancellationToken::new();
    let _caller = gone.clone().drop_guard();
    let question = Question {
        from: (from, request.from_id),
        to: (to, request.to_id),
        max_length,
        max_paths,
        ignore_declared: request.ignore_declared,
        gone,
    };
    let model = store.model;
    let found = store.db.query("trace_path", move |connection| {
        Box::pin(snapshot(connection, SETTINGS, move |connection| {
            Box::pin(async move { search(connection, model, &question).await })
        }))
    });
    let found = found.await.map_err(|failure| failure.into_error(model, None))?;
    Ok(found.encode_to_vec().into())
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
