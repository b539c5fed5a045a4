//! ApplyObjects: objects become what they are given as, in one transaction.
//!
//! The whole bundle is in memory before the transaction begins: what order its objects need, and what it leaves out,
//! is known at its end only. So a transaction never waits for the caller, and can be repeated when it collides.

mod answer;

use std::sync::Arc;

use prost::Message;
use qairon::v1::{ApplyOptions, ErrorReason};

use super::super::requests::decode;
use super::load::NOTHING;
use crate::call::heavy::heavy;
use crate::call::memory::{Full, Share};
use crate::call::{Context, Inlet, Outlet};
use crate::db::failure::Failure;
use crate::db::{Ending, Weight, Write, apply};
use crate::domain::apply::{Bundle, Pruning, Sent};
use crate::error::{Error, ErrorKind, Result};

/// How often a bundle is compared again because others created or deleted its objects meanwhile.
const ATTEMPTS: u32 = 5;
/// What an object of a bundle takes in memory beside its values, about.
const OBJECT_BYTES: usize = 1024;
/// How often the bytes of an object are in memory, about: as received, as values to compare and to create, and in the
/// changes of the answer.
const COPIES: usize = 4;
/// What an ID or the name of a field takes beside its text.
const ELEMENT_BYTES: usize = 64;

/// The message, whose objects stay where they were received.
#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(message, optional, tag = "1")]
    options: Option<ApplyOptions>,
    #[prost(message, repeated, tag = "2")]
    objects: Vec<Sent>,
}

/// A bundle as received.
struct Received {
    options: ApplyOptions,
    objects: Vec<Sent>,
    /// What it takes in memory.
    memory: Share,
    bytes: usize,
}

/// Makes the objects of a stream be as they are given.
pub async fn apply(context: &Context, inlet: Inlet, outlet: Outlet) -> Result<()> {
    let Received { options, objects, memory, bytes } = receive(context, inlet).await?;
    let model = context.model();
    let prune = options.prune.map(|prune| Pruning::new(model, prune)).transpose()?;
    let bundle = heavy(bytes, || Bundle::new(model, objects, prune)).await;
    // The write goes on when its caller has gone: the memory is in use until its end.
    let bundle = Arc::new((bundle, memory));
    let write = Write { operation: "apply", weight: Weight::Heavy, validate_only: options.validate_only };
    let limit = context.limits().max_affected;
    let mut attempt = 1;
    let outcome = loop {
        let bundle = bundle.clone();
        let written = context.db().write(write, move |transaction| {
            let bundle = bundle.clone();
            Box::pin(async move {
                let outcome = apply::apply(transaction, model, &bundle.0, limit).await?;
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
async fn receive(context: &Context, mut inlet: Inlet) -> Result<Received> {
    inlet.on_break(NOTHING);
    let mut options = None;
    let mut objects = Vec::new();
    let mut memory = context.bundles().share();
    let mut bytes = 0;
    let limit = context.limits().max_apply_objects;
    while let Some(message) = inlet.next().await? {
        let size = message.len();
        let request: Request = decode(message)?;
        // The first message has the options; the defaults when it has none.
        options.get_or_insert(request.options.unwrap_or_default());
        if objects.len() + request.objects.len() > limit {
            return Err(too_many(limit));
        }
        let taken = size * COPIES + request.objects.len() * OBJECT_BYTES + elements(&request.objects) * ELEMENT_BYTES;
        memory.grow(taken).map_err(|full| no_memory(full, context.bundles().limit()))?;
        bytes += taken;
        objects.extend(request.objects);
    }
    // A stream without messages is an empty bundle.
    Ok(Received { options: options.unwrap_or_default(), objects, memory, bytes })
}

/// How many IDs of links and names of fields there are.
fn elements(objects: &[Sent]) -> usize {
    let of = |object: &Sent| {
        let links = object.links.iter().map(|link| 1 + link.ids.len()).sum::<usize>();
        links + object.fields.as_ref().map_or(0, |mask| mask.paths.len())
    };
    objects.iter().map(of).sum()
}

fn too_many(limit: usize) -> Error {
    let message = format!(
        "a bundle has up to {limit} objects; apply it in parts, use LoadObjects where nothing is to be deleted, or \
         raise the server's --max-apply-objects"
    );
    Error::new(ErrorKind::Exhausted, ErrorReason::TooManyAffected, message)
}

fn no_memory(full: Full, limit: usize) -> Error {
    let mebibytes = limit.div_ceil(1024 * 1024);
    let (reason, message) = match full {
        Full::Alone => (
            ErrorReason::MessageTooLarge,
            format!(
                "the bundle takes more than the {mebibytes} MiB of memory that bundles may take, about {COPIES} times its \
                 size and {OBJECT_BYTES} bytes for each object; apply it in parts, or raise the server's --max-bundle-memory"
            ),
        ),
        Full::Others => (
            ErrorReason::MemoryExhausted,
            format!(
                "bundles of other callers take the {mebibytes} MiB of memory that bundles may take; try again when they are \
                 done, or raise the server's --max-bundle-memory"
            ),
        ),
    };
    Error::new(ErrorKind::Exhausted, reason, message)
}
