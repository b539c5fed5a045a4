//! ApplyObjects: objects become what they are given as, in one transaction.
//!
//! The whole bundle is in memory before the transaction begins: what order its objects need, and what it leaves out,
//! is known at its end only. So a transaction never waits for the caller, and can be repeated when it collides.

mod answer;

use std::sync::Arc;

use prost::Message;
use qairon::v1::{ApplyObjectsRequest, ApplyOptions, BulkObject, ErrorReason};

use super::super::requests::decode;
use super::load::NOTHING;
use crate::call::{Context, Inlet, Outlet};
use crate::db::failure::Failure;
use crate::db::{Ending, Weight, Write, apply};
use crate::domain::apply::{Bundle, Pruning};
use crate::error::{Error, ErrorKind, Result};

/// How often a bundle is compared again because others created or deleted its objects meanwhile.
const ATTEMPTS: u32 = 5;
/// How many bytes a bundle has at most.
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// Makes the objects of a stream be as they are given.
pub async fn apply(context: &Context, inlet: Inlet, outlet: Outlet) -> Result<()> {
    let (options, objects) = receive(context, inlet).await?;
    let model = context.model();
    let prune = options.prune.map(|prune| Pruning::new(model, prune)).transpose()?;
    let bundle = Arc::new(Bundle::new(model, objects, prune));
    let write = Write { operation: "apply", weight: Weight::Heavy, validate_only: options.validate_only };
    let limit = context.limits().max_affected;
    let mut attempt = 1;
    let outcome = loop {
        let bundle = bundle.clone();
        let written = context.db().write(write, move |transaction| {
            let bundle = bundle.clone();
            Box::pin(async move {
                let outcome = apply::apply(transaction, model, &bundle, limit).await?;
                // Objects that were refused take everything with them.
                Ok(if outcome.refused.is_empty() { Ending::Commit(outcome) } else { Ending::RollBack(outcome) })
            })
        });
        match written.await {
            Ok(outcome) => break outcome,
            Err(Failure::Rule(error)) if error.is_race() && attempt < ATTEMPTS => attempt += 1,
            Err(failure) => return Err(failure.into()),
        }
    };
    for message in answer::messages(outcome, !options.validate_only) {
        outlet.send(message.encode_to_vec().into()).await?;
    }
    Ok(())
}

/// Takes the whole bundle in.
async fn receive(context: &Context, mut inlet: Inlet) -> Result<(ApplyOptions, Vec<BulkObject>)> {
    inlet.on_break(NOTHING);
    let mut options = None;
    let mut objects = Vec::new();
    let mut size = 0;
    let limit = context.limits().max_apply_objects;
    while let Some(bytes) = inlet.next().await? {
        size += bytes.len();
        let request: ApplyObjectsRequest = decode(bytes)?;
        // The first message has the options; the defaults when it has none.
        options.get_or_insert(request.options.unwrap_or_default());
        objects.extend(request.objects);
        if objects.len() > limit {
            return Err(too_many(limit));
        }
        if size > MAX_BYTES {
            return Err(too_large());
        }
    }
    // A stream without messages is an empty bundle.
    Ok((options.unwrap_or_default(), objects))
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
