//! ApplyObjects: objects become what they are given as, in one transaction.
//!
//! The whole bundle is in memory before the transaction begins: what order its objects need, and what it leaves out,
//! is known at its end only. So a transaction never waits for the caller, and can be repeated when it collides.

mod answer;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use qairon::v1::{ApplyObjectsRequest, ApplyOptions, BulkObject, ErrorReason};
use tonic::Streaming;

use super::super::requests::decode;
use super::super::store::Store;
use super::super::stream::Outlet;
use super::feed::{broken_stream, interrupted};
use super::load::NOTHING;
use crate::db::apply;
use crate::db::doorway::Write;
use crate::db::failure::Failure;
use crate::domain::apply::{Bundle, Pruning};
use crate::error::{Error, ErrorKind, Result};

/// How often a bundle is compared again because others created or deleted its objects meanwhile.
const ATTEMPTS: u32 = 5;
/// How many bytes a bundle has at most.
const MAX_BYTES: usize = 256 * 1024 * 1024;
/// How long a caller may leave a bundle unfinished.
const LONGEST_SILENCE: Duration = Duration::from_secs(20);

/// Makes the objects of a stream be as they are given.
pub async fn apply(store: &Store, stream: Streaming<Bytes>, outlet: Outlet) -> Result<()> {
    let (options, objects) = receive(store, stream).await?;
    let model = store.model;
    let prune = options.prune.map(|prune| Pruning::new(model, prune)).transpose()?;
    let bundle = Arc::new(Bundle::new(model, objects, prune));
    let write = Write { operation: "apply", validate_only: options.validate_only, single_statement: false, once: None };
    let (limit, committed) = (store.max_affected, !options.validate_only);
    let mut attempt = 1;
    let messages = loop {
        let bundle = bundle.clone();
        let written = store.db.write(write.clone(), move |connection| {
            let bundle = bundle.clone();
            Box::pin(async move {
                let outcome = apply::apply(connection, model, &bundle, limit).await?;
                let refused = !outcome.refused.is_empty();
                let messages = answer::encode(outcome, committed);
                // Objects that were refused take everything with them.
                if refused { Err(Failure::Refused(messages)) } else { Ok(messages) }
            })
        });
        match written.await {
            Ok(messages) | Err(Failure::Refused(messages)) => break messages,
            Err(Failure::Rule(error)) if error.is_race() && attempt < ATTEMPTS => attempt += 1,
            Err(failure) => return Err(failure.into_error(model, None)),
        }
    };
    for message in answer::messages(messages) {
        outlet.send(message?).await?;
    }
    Ok(())
}

/// Takes the whole bundle in.
async fn receive(store: &Store, mut stream: Streaming<Bytes>) -> Result<(ApplyOptions, Vec<BulkObject>)> {
    let mut options = None;
    let mut objects = Vec::new();
    let mut size = 0;
    loop {
        let next = tokio::select! {
            next = tokio::time::timeout(LONGEST_SILENCE, stream.message()) => next.map_err(|_| silent())?,
            () = store.stopping.cancelled() => return Err(interrupted(NOTHING)),
        };
        let Some(bytes) = next.map_err(|status| broken_stream(NOTHING, status))? else { break };
        size += bytes.len();
        let request: ApplyObjectsRequest = decode(bytes)?;
        options.get_or_insert(request.options.unwrap_or_default());
        objects.extend(request.objects);
        if objects.len() > store.max_apply_objects {
            return Err(too_many(store.max_apply_objects));
        }
        if size > MAX_BYTES {
            return Err(too_large());
        }
    }
    Ok((options.unwrap_or_default(), objects))
}

fn silent() -> Error {
    let message = "the bundle brought nothing for 20 seconds; nothing of it was applied";
    Error::new(ErrorKind::DeadlineExceeded, ErrorReason::DeadlineExceeded, message)
}

fn too_many(limit: usize) -> Error {
    let message = format!(
        "a bundle has up to {limit} objects; apply it in parts, use LoadObjects where nothing is to be deleted, or \
         raise the server's --max-apply-objects"
    );
    Error::new(ErrorKind::Exhausted, ErrorReason::TooManyAffected, message)
}

fn too_large() -> Error {
    let message = format!("a bundle has up to {} MiB; apply it in parts", MAX_BYTES / (1024 * 1024));
    Error::new(ErrorKind::Exhausted, ErrorReason::MessageTooLarge, message)
}
