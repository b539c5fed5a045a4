//! LoadObjects: a stream of objects, acknowledged message by message.
//!
//! When everything stands or falls together, one transaction takes all chunks. When every object stands for itself, each
//! chunk has a transaction, which can be repeated. Either way nothing waits for the caller to read acknowledgements:
//! those that find no room are told with the next one, so that a caller may send everything before it reads.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use prost_types::FieldMask;
use qairon::v1::{ErrorReason, LoadAtomicity, LoadObjectsResponse, LoadOptions};
use tokio::sync::Mutex;
use tonic::Streaming;

use super::super::requests::{decode, paths};
use super::super::store::Store;
use super::super::stream::Outlet;
use super::engine::{Engine, Outcome};
use super::feed::{Chunks, Source, interrupted};
use super::objects::{Chunk, Decoder, Existing, Packed};
use crate::db::doorway::Write;
use crate::db::failure::Failure;
use crate::error::{Error, ErrorKind, Result};

/// What becomes of a load that breaks when everything stands or falls together.
pub const NOTHING: &str = "nothing of it was written";
const ACKNOWLEDGED: &str = "what was acknowledged is written";

/// The message without a copy of its objects.
#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(message, optional, tag = "1")]
    options: Option<LoadOptions>,
    #[prost(message, repeated, tag = "2")]
    objects: Vec<Packed>,
}

/// Loads the objects of a stream.
pub async fn load(store: &Store, stream: Streaming<Bytes>, outlet: Outlet) -> Result<()> {
    let objects = |bytes| Ok(decode::<Request>(bytes)?.objects);
    let mut source = Source { stream, stopping: store.stopping.clone(), objects, fate: NOTHING };
    let mut first = source.next().await?.map(decode::<Request>).transpose()?;
    let options = first.as_mut().and_then(|first| first.options.take()).unwrap_or_default();
    let first = first.map(|first| first.objects);
    let one_by_one = one_by_one(&options)?;
    let existing = existing(store, options.upsert, options.update_mask)?;
    let last = if one_by_one && !options.validate_only {
        source.fate = ACKNOWLEDGED;
        separately(store, source, first, existing, &outlet).await?
    } else {
        let each = Acknowledging { outlet: outlet.clone(), one_by_one };
        together(store, source, first, existing, options.validate_only, Some(each)).await?
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

fn existing(store: &Store, upsert: bool, mask: Option<FieldMask>) -> Result<Existing> {
    let mask = paths(mask);
    if let Some(mask) = mask.as_ref().filter(|_| !upsert) {
        let message = format!(
            "`options.update_mask` names {}, and without `options.upsert` no object that exists is changed; set it too",
            mask.join(", ")
        );
        return Err(Error::invalid("options.update_mask", ErrorReason::InvalidValue, message));
    }
    let entities = store.model.entities();
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
    store: &Store,
    source: Source,
    first: Option<Vec<Packed>>,
    existing: Existing,
    validate_only: bool,
    acknowledging: Option<Acknowledging>,
) -> Result<LoadObjectsResponse> {
    let operation = if acknowledging.is_some() { "load" } else { "import" };
    let write = Write { operation, validate_only, single_statement: false, once: None };
    let (model, fate) = (store.model, source.fate);
    let decoder = Decoder::new(model, existing.clone());
    let acknowledging = Arc::new(acknowledging);
    let written = source.feed(first, decoder, |chunks| {
        let chunks = Arc::new(Mutex::new(Some(chunks)));
        store.db.write_fed(write, move |connection| {
            let (chunks, acknowledging, existing) = (chunks.clone(), acknowledging.clone(), existing.clone());
            Box::pin(async move {
                // A write that PostgreSQL gave up comes here again, and the stream cannot be had twice: what was taken
                // from it would be missing.
                let mut chunks: Chunks = chunks.lock().await.take().ok_or_else(collided)?;
                let one_by_one = acknowledging.as_ref().as_ref().is_some_and(|each| each.one_by_one);
                let mut engine = Engine::new(model, existing, !one_by_one);
                loop {
                    match chunks.recv().await {
                        Some(Some(chunk)) => {
                            let outcome = engine.write(connection, chunk).await?;
                            engine.accept(outcome);
                        }
                        Some(None) => break,
                        // The stream broke before its end: nothing of it counts.
                        None => return Err(interrupted(fate).into()),
                    }
                    engine.counts.chunks += 1;
                    if let Some(each) = acknowledging.as_ref() {
                        offer(&mut engine, &each.outlet)?;
                    }
                }
                let outcome = engine.finish(connection).await?;
                engine.accept(outcome);
                let done = engine.counts.encode_to_vec();
                // Objects that were refused take the others with them.
                if engine.counts.refused > 0 && !one_by_one { Err(Failure::Refused(done)) } else { Ok(done) }
            })
        })
    });
    let (done, stored) = match written.await? {
        Ok(done) => (done, !validate_only),
        Err(Failure::Refused(done)) => (done, false),
        Err(failure) => return Err(failure.into_error(model, None)),
    };
    let done = LoadObjectsResponse::decode(done.as_slice()).map_err(Error::internal)?;
    Ok(LoadObjectsResponse { committed: stored, ..done })
}

/// Writes every chunk in a transaction of its own.
async fn separately(
    store: &Store,
    source: Source,
    first: Option<Vec<Packed>>,
    existing: Existing,
    outlet: &Outlet,
) -> Result<LoadObjectsResponse> {
    let fate = source.fate;
    let decoder = Decoder::new(store.model, existing.clone());
    let engine = Engine::new(store.model, existing, false);
    let done = source.feed(first, decoder, |mut chunks| async move {
        let engine = Arc::new(Mutex::new(engine));
        loop {
            let chunk = match chunks.recv().await {
                Some(Some(chunk)) => chunk,
                Some(None) => break,
                None => return Err(interrupted(fate).into()),
            };
            commit(store, &engine, Some(chunk)).await?;
            let mut engine = engine.lock().await;
            engine.counts.chunks += 1;
            engine.counts.committed = true;
            offer(&mut engine, outlet)?;
        }
        if engine.lock().await.is_holding() {
            commit(store, &engine, None).await?;
        }
        let counts = engine.lock().await.counts.clone();
        Ok(LoadObjectsResponse { committed: true, ..counts })
    });
    done.await?.map_err(|failure| failure.into_error(store.model, None))
}

/// Writes a chunk, or what is held back at the end, in a transaction that PostgreSQL may give up and that is then
/// repeated.
async fn commit(store: &Store, engine: &Arc<Mutex<Engine>>, chunk: Option<Chunk>) -> std::result::Result<(), Failure> {
    let write = Write { operation: "load", validate_only: false, single_statement: false, once: None };
    let outcome: Arc<Mutex<Option<Outcome>>> = Arc::default();
    let (result, state) = (outcome.clone(), engine.clone());
    let write = store.db.write(write, move |connection| {
        let (chunk, outcome, engine) = (chunk.clone(), outcome.clone(), state.clone());
        Box::pin(async move {
            let engine = engine.lock().await;
            let done = match chunk {
                Some(chunk) => engine.write(connection, chunk).await?,
                None => engine.finish(connection).await?,
            };
            *outcome.lock().await = Some(done);
            Ok(Vec::new())
        })
    });
    write.await?;
    if let Some(outcome) = result.lock().await.take() {
        engine.lock().await.accept(outcome);
    }
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
    let message = "the load collided with another write; nothing of it was written, send it again";
    Error::new(ErrorKind::Aborted, ErrorReason::Conflict, message)
}
