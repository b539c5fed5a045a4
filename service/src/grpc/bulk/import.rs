//! ImportObjects: a stream of objects, created all or none.
//!
//! The transaction runs in a task of its own and is fed through a channel of a few batches, so that the stream is held
//! up when the database is slower than the network, and memory holds a few batches and not the import.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use prost::Message;
use qairon::Model;
use qairon::v1::{ErrorReason, ImportError, ImportObjectsRequest, ImportObjectsResponse};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;
use tonic::Streaming;
use tonic::body::Body;

use super::super::requests::decode;
use super::super::status::{MAX_MESSAGE_BYTES, shortened};
use super::super::store::Store;
use crate::db::bulk::{Item, insert_all};
use crate::db::doorway::Write;
use crate::db::failure::Failure;
use crate::domain::draft::Draft;
use crate::error::{Error, ErrorKind, Result};

/// Objects inserted by one statement. PostgreSQL binds at most 65,535 values to it.
const BATCH: usize = 500;
const MAX_TOLD: usize = 1000;
/// An import holds a transaction open, and a transaction must not wait for a client that does nothing.
const LONGEST_SILENCE: Duration = Duration::from_secs(20);

type Objects = Vec<prost_types::Any>;

/// Creates the objects of a stream.
pub async fn import(store: &Store, mut stream: Streaming<Bytes>) -> Result<Bytes> {
    let stopping = store.stopping.clone();
    let first = match next(&mut stream, &stopping).await? {
        Some(bytes) => decode::<ImportObjectsRequest>(bytes)?,
        None => ImportObjectsRequest::default(),
    };
    let write = Write { operation: "import", validate_only: first.validate_only, single_statement: false, once: None };
    let (sender, receiver) = mpsc::channel::<Option<Objects>>(2);
    let receiver = Arc::new(Mutex::new(Some(receiver)));
    let model = store.model;
    let work = store.db.write(write, move |connection| {
        let receiver = receiver.clone();
        Box::pin(async move {
            // A write that PostgreSQL gave up comes here again, and the stream cannot be had twice: what was taken from
            // it would be missing.
            let mut receiver = receiver.lock().await.take().ok_or_else(collided)?;
            let mut import = Import::default();
            loop {
                match receiver.recv().await {
                    Some(Some(objects)) => import.take(connection, model, objects).await?,
                    Some(None) => break,
                    // The stream broke before its end: nothing of it counts.
                    None => return Err(interrupted().into()),
                }
            }
            // Objects that were refused take the others with them.
            if import.response.refused > 0 {
                Err(Refused(import.response).into())
            } else {
                Ok(import.response.encode_to_vec())
            }
        })
    });
    let feed = async move {
        let mut objects = first.objects;
        loop {
            while objects.len() > BATCH {
                let rest = objects.split_off(BATCH);
                if sender.send(Some(std::mem::replace(&mut objects, rest))).await.is_err() {
                    return Ok(());
                }
            }
            if sender.send(Some(objects)).await.is_err() {
                return Ok(());
            }
            match next(&mut stream, &stopping).await? {
                Some(bytes) => objects = decode::<ImportObjectsRequest>(bytes)?.objects,
                None => break,
            }
        }
        _ = sender.send(None).await;
        Ok::<(), Error>(())
    };
    let (fed, written) = tokio::join!(feed, work);
    fed?;
    match written {
        Ok(response) => Ok(response.into()),
        Err(Failure::Refused(response)) => Ok(response.into()),
        Err(failure) => Err(failure.into_error(model, None)),
    }
}

/// The next message of the stream, unless it is silent for too long or the server stops.
async fn next(stream: &mut Streaming<Bytes>, stopping: &CancellationToken) -> Result<Option<Bytes>> {
    tokio::select! {
        next = tokio::time::timeout(LONGEST_SILENCE, stream.message()) => {
            next.map_err(|_| silent())?.map_err(broken_stream)
        }
        () = stopping.cancelled() => Err(interrupted()),
    }
}

/// The answer of an import of which something was refused.
struct Refused(ImportObjectsResponse);

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let mut response = refused.0;
        response.created = 0;
        Self::Refused(response.encode_to_vec())
    }
}

#[derive(Default)]
struct Import {
    response: ImportObjectsResponse,
    taken: i64,
}

impl Import {
    async fn take(
        &mut self,
        connection: &mut diesel_async::AsyncPgConnection,
        model: &'static Model,
        objects: Objects,
    ) -> Result<(), Failure> {
        let mut items = Vec::with_capacity(objects.len());
        let mut refused = Vec::new();
        for object in objects {
            let index = self.taken;
            self.taken += 1;
            match item(model, index, &object) {
                Ok(item) => items.push(item),
                Err(error) => refused.push((index, error)),
            }
        }
        self.response.created += i64::try_from(items.len()).unwrap_or(i64::MAX);
        refused.extend(insert_all(connection, model, &items).await?);
        refused.sort_by_key(|(index, _)| *index);
        for (index, error) in refused {
            self.response.refused += 1;
            if self.response.errors.len() < MAX_TOLD {
                self.response.errors.push(ImportError {
                    index,
                    code: error.kind.code() as i32,
                    reason: error.reason_name().to_owned(),
                    field: error.field.unwrap_or_default(),
                    message: shortened(error.message, MAX_MESSAGE_BYTES),
                });
            }
        }
        Ok(())
    }
}

fn item(model: &'static Model, index: i64, object: &prost_types::Any) -> Result<Item<'static>> {
    let type_name = object.type_url.rsplit('/').next().unwrap_or_default();
    let entity = model.entities().iter().find(|entity| entity.message.full_name() == type_name);
    let Some(entity) = entity else {
        let message = format!("`{}` is not an entity; send messages such as qairon.v1.Stack", object.type_url);
        return Err(Error::invalid("objects", ErrorReason::InvalidValue, message));
    };
    let values = Draft::decode(entity, &object.value)?.for_insert(model, entity)?;
    Ok(Item { index, entity, values })
}

fn collided() -> Error {
    let message = "the import collided with another write; nothing of it was written, send it again";
    Error::new(ErrorKind::Aborted, ErrorReason::Conflict, message)
}

fn silent() -> Error {
    let message = "the import stream brought nothing for 20 seconds; nothing of it was written";
    Error::new(ErrorKind::DeadlineExceeded, ErrorReason::DeadlineExceeded, message)
}

pub(super) fn interrupted() -> Error {
    Error::new(ErrorKind::Unavailable, ErrorReason::Stopping, "the import was interrupted; nothing of it was written")
}

/// A body whose cancellation is an error. tonic takes it for the end of the stream, and what had come of an import that
/// was given up would be all of it.
pub fn unbroken(body: Body) -> Body {
    Body::new(body.map_err(|status| match status.code() {
        tonic::Code::Cancelled => tonic::Status::aborted("the caller gave the stream up"),
        _ => status,
    }))
}

pub(super) fn broken_stream(status: tonic::Status) -> Error {
    super::super::status::from_transport(status.code(), status.message()).unwrap_or_else(|| {
        let mut error = interrupted();
        // The reset of a stream may be read before the call itself is dropped; see `unbroken`.
        if status.code() == tonic::Code::Aborted {
            error.kind = ErrorKind::Cancelled;
        }
        error.cause = Some(status.to_string());
        error
    })
}
