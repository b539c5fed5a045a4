//! LoadObjects: a stream of objects, acknowledged message by message.
//!
//! When everything is written or nothing is, one transaction takes all chunks. It begins when the load is complete, and
//! can be repeated, unless the load is a large one or its caller waits for acknowledgements. When every object is on its
//! own, each chunk has a transaction, which can be repeated. Either way nothing waits for the caller to read
//! acknowledgements: those that find no room come with the next one, so that a caller may send everything before it
//! reads.

use std::sync::Arc;

use prost::Message;
use prost_types::FieldMask;
use qairon::v1::{ErrorReason, LoadAtomicity, LoadObjectsResponse, LoadOptions};
use tokio::sync::RwLock;

use super::super::requests::{decode, paths};
use super::engine::Engine;
use super::feed::{Chunks, Source};
use super::gather::{End, Gathered, gather};
use super::objects::{Chunk, Decoder, Existing, Packed};
use crate::call::{Context, Inlet, Outlet};
use crate::db::failure::Failure;
use crate::db::{Ending, Transaction, Weight, Write};
use crate::error::{Error, ErrorKind, Result};

/// What becomes of a load that breaks when everything is written or nothing is.
pub const NOTHING: &str = "nothing of it was written";
const ACKNOWLEDGED: &str = "what was acknowledged is written";
/// How often a load is written again that waited too long for others.
const ATTEMPTS: u32 = 3;

/// The message without a copy of its objects.
#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(message, optional, tag = "1")]
    options: Option<LoadOptions>,
    #[prost(message, repeated, tag = "2")]
    objects: Vec<Packed>,
}

/// Loads the objects of a stream.
pub async fn load(context: &Context, mut inlet: Inlet, outlet: Outlet) -> Result<()> {
    let objects = |bytes| Ok(decode::<Request>(bytes)?.objects);
    inlet.on_break(NOTHING);
    let mut first = inlet.next().await?.map(decode::<Request>).transpose()?;
    // A stream without options is loaded by the defaults.
    let options = first.as_mut().and_then(|first| first.options.take()).unwrap_or_default();
    let first = first.map(|first| first.objects);
    let one_by_one = one_by_one(&options)?;
    let existing = existing(context, options.upsert, options.update_mask)?;
    let last = if one_by_one && !options.validate_only {
        inlet.on_break(ACKNOWLEDGED);
        separately(context, Source { inlet, objects }, first, existing, &outlet).await?
    } else {
        let each = Acknowledging { outlet: outlet.clone(), one_by_one };
        together(context, Source { inlet, objects }, first, existing, options.validate_only, Some(each)).await?
    };
    outlet.send(last.encode_to_vec().into()).await
}

fn one_by_one(options: &LoadOptions) -> Result<bool> {
    match LoadAtomicity::try_from(options.atomicity) {
        Ok(LoadAtomicity::Unspecified | LoadAtomicity::All) => Ok(false),
        Ok(LoadAtomicity::Object) => Ok(true),
        Err(_) => {
            let message = format!("`options.atomicity` must be ALL or OBJECT; there is no value {}", options.atomicity);
            Err(Error::invalid("options.atomicity", ErrorReason::InvalidValue, message))
        }
    }
}

fn existing(context: &Context, upsert: bool, mask: Option<FieldMask>) -> Result<Existing> {
    let mask = paths(mask);
    if let Some(mask) = mask.as_ref().filter(|_| !upsert) {
        let message = format!(
            "`options.update_mask` names {}, and without `options.upsert` no object that exists is changed; set it too",
            mask.join(", ")
        );
        return Err(Error::invalid("options.update_mask", ErrorReason::InvalidValue, message));
    }
    let entities = context.model().entities();
    let nowhere = |path: &&String| *path != "*" && entities.iter().all(|entity| entity.field(path).is_none());
    match mask.iter().flatten().find(nowhere) {
        Some(path) => {
            let message = format!("no entity has a field `{path}`, which `options.update_mask` names; correct it");
            Err(Error::invalid("options.update_mask", ErrorReason::UnknownField, message))
        }
        None => Ok(Existing { upsert, mask }),
    }
}

/// Acknowledgements of what is not stored yet.
pub struct Acknowledging {
    outlet: Outlet,
    /// What is refused leaves the rest as it is.
    one_by_one: bool,
}

/// Writes everything in one transaction.
pub async fn together(
    context: &Context,
    source: Source,
    first: Option<Vec<Packed>>,
    existing: Existing,
    validate_only: bool,
    acknowledging: Option<Acknowledging>,
) -> Result<LoadObjectsResponse> {
    let operation = if acknowledging.is_some() { "load" } else { "import" };
    let write = Write { operation, weight: Weight::Heavy, validate_only };
    let (model, fate) = (context.model(), source.inlet.fate());
    let decoder = Decoder::new(model, existing.clone());
    let written = source.feed(first, decoder, |mut chunks| async move {
        let one_by_one = acknowledging.as_ref().is_some_and(|each| each.one_by_one);
        let gathered = if one_by_one { Gathered::default() } else { gather(&mut chunks).await };
        match gathered.end {
            End::Whole => return whole(context, write, existing, gathered).await,
            End::Broken => return Err(Inlet::interrupted(fate).into()),
            End::Open => {}
        }
        let fed = context.db().write_fed(write, move |transaction| {
            Box::pin(async move {
                let engine = Engine::new(model, existing, !one_by_one);
                let done = take(transaction, engine, gathered, chunks, acknowledging.as_ref(), fate).await?;
                Ok(ending(done, one_by_one, validate_only))
            })
        });
        fed.await
    });
    match written.await? {
        // What was taken from the stream cannot be had twice.
        Err(failure) if failure.is_retryable() => Err(collided()),
        written => Ok(written?),
    }
}

/// Objects that were refused take the others with them, unless each is on its own.
fn ending(done: LoadObjectsResponse, one_by_one: bool, validate_only: bool) -> Ending<LoadObjectsResponse> {
    let stays = done.refused == 0 || one_by_one;
    let done = LoadObjectsResponse { committed: stays && !validate_only, ..done };
    if stays { Ending::Commit(done) } else { Ending::RollBack(done) }
}

/// Writes a load that was gathered. Loads wait for each other at what they have in common.
async fn whole(
    context: &Context,
    write: Write,
    existing: Existing,
    gathered: Gathered,
) -> std::result::Result<LoadObjectsResponse, Failure> {
    let (model, state) = (context.model(), Arc::new((existing, gathered)));
    let mut attempt = 1;
    loop {
        let state = state.clone();
        let written = context.db().write(write, move |transaction| {
            let state = state.clone();
            Box::pin(async move {
                let (existing, gathered) = &*state;
                let mut engine = Engine::new(model, existing.clone(), true);
                let outcome = engine.write(transaction, gathered.chunk.clone()).await?;
                engine.accept(outcome);
                let outcome = engine.finish(transaction).await?;
                engine.accept(outcome);
                let done = LoadObjectsResponse { chunks: gathered.messages, ..engine.counts };
                Ok(ending(done, false, write.validate_only))
            })
        });
        match written.await {
            // It has given all its locks back, and takes its place after others.
            Err(failure) if failure.is_outrun() && attempt < ATTEMPTS => attempt += 1,
            written => return written,
        }
    }
}

/// Writes what was gathered, and chunks as they come, to the end.
async fn take(
    transaction: &mut Transaction,
    mut engine: Engine,
    gathered: Gathered,
    mut chunks: Chunks,
    acknowledging: Option<&Acknowledging>,
    fate: &str,
) -> std::result::Result<LoadObjectsResponse, Failure> {
    if gathered.messages > 0 {
        let Gathered { chunk, messages, .. } = gathered;
        let outcome = engine.write(transaction, chunk).await?;
        engine.accept(outcome);
        engine.counts.chunks += messages;
        if let Some(each) = acknowledging {
            offer(&mut engine, &each.outlet)?;
        }
    }
    loop {
        match chunks.recv().await {
            Some(Some(chunk)) => {
                let outcome = engine.write(transaction, chunk).await?;
                engine.accept(outcome);
            }
            Some(None) => break,
            // The stream broke before its end: nothing of it counts.
            None => return Err(Inlet::interrupted(fate).into()),
        }
        engine.counts.chunks += 1;
        if let Some(each) = acknowledging {
            offer(&mut engine, &each.outlet)?;
        }
    }
    let outcome = engine.finish(transaction).await?;
    engine.accept(outcome);
    Ok(engine.counts)
}

/// Writes every chunk in a transaction of its own.
async fn separately(
    context: &Context,
    source: Source,
    first: Option<Vec<Packed>>,
    existing: Existing,
    outlet: &Outlet,
) -> Result<LoadObjectsResponse> {
    let fate = source.inlet.fate();
    let decoder = Decoder::new(context.model(), existing.clone());
    let engine = Engine::new(context.model(), existing, false);
    let done = source.feed(first, decoder, |mut chunks| async move {
        let engine = Arc::new(RwLock::new(engine));
        loop {
            let chunk = match chunks.recv().await {
                Some(Some(chunk)) => chunk,
                Some(None) => break,
                None => return Err(Inlet::interrupted(fate).into()),
            };
            commit(context, &engine, Some(chunk)).await?;
            let mut engine = engine.write().await;
            engine.counts.chunks += 1;
            engine.counts.committed = true;
            offer(&mut engine, outlet)?;
        }
        if engine.read().await.is_holding() {
            commit(context, &engine, None).await?;
        }
        let counts = engine.read().await.counts.clone();
        Ok(LoadObjectsResponse { committed: true, ..counts })
    });
    Ok(done.await??)
}

/// Writes a chunk, or what is held back at the end, in a transaction that PostgreSQL may give up and that is then
/// repeated from the same state of the engine.
async fn commit(
    context: &Context,
    engine: &Arc<RwLock<Engine>>,
    chunk: Option<Chunk>,
) -> std::result::Result<(), Failure> {
    let state = engine.clone();
    let write = Write { operation: "load", weight: Weight::Heavy, validate_only: false };
    let outcome = context.db().write(write, move |transaction| {
        let (chunk, engine) = (chunk.clone(), state.clone());
        Box::pin(async move {
            let engine = engine.read().await;
            let outcome = match chunk {
                Some(chunk) => engine.write(transaction, chunk).await?,
                None => engine.finish(transaction).await?,
            };
            Ok(Ending::Commit(outcome))
        })
    });
    let outcome = outcome.await?;
    engine.write().await.accept(outcome);
    Ok(())
}

/// Acknowledges what was done, or leaves it to the next acknowledgement when there is no room.
fn offer(engine: &mut Engine, outlet: &Outlet) -> Result<()> {
    if outlet.offer(|| engine.counts.encode_to_vec().into())? {
        engine.counts.errors.clear();
    }
    Ok(())
}

fn collided() -> Error {
    let message = "the load collided with another write; nothing of it was written; send it again";
    Error::new(ErrorKind::Aborted, ErrorReason::Conflict, message)
}
