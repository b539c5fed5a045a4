//! From a stream of messages to the work that writes them.
//!
//! Messages are received and decoded here while those before them are written, through a channel of a few chunks: the
//! stream is held up when the database is slower than the network, and memory holds a few messages and not the load.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use qairon::v1::ErrorReason;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

use super::objects::{Chunk, Decoder, Packed};
use crate::call::Inlet;
use crate::call::heavy::{heavy, weight};
use crate::db::failure::Failure;
use crate::error::{Error, ErrorKind, Result};

/// Chunks that wait to be written.
const WAITING: usize = 2;
/// How many values an object has, about.
const ELEMENTS: usize = 16;
/// What the decoded messages of all loads take in memory at most, in KiB, until they are written.
const DECODED: usize = 64 * 1024;
/// How often the bytes of an object are in memory, and what it takes beside them, about.
const COPIES: usize = 3;
const OBJECT_BYTES: usize = 512;
/// What takes less does not wait for large ones.
const SMALL: usize = 64 * 1024;
/// How long a message waits for others to be written.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

static MEMORY: Semaphore = Semaphore::const_new(DECODED);

/// The messages of a stream.
pub struct Source {
    /// The stream.
    pub inlet: Inlet,
    /// The objects of a message.
    pub objects: fn(Bytes) -> Result<Vec<Packed>>,
}

/// Where the work gets its chunks from; `None` after the last.
pub type Chunks = mpsc::Receiver<Option<Chunk>>;

impl Source {
    /// Decodes messages, from one that was received before on, while the work takes their chunks.
    pub async fn feed<T, W>(
        mut self,
        first: Option<Vec<Packed>>,
        mut decoder: Decoder,
        work: impl FnOnce(Chunks) -> W,
    ) -> Result<std::result::Result<T, Failure>>
    where
        W: Future<Output = std::result::Result<T, Failure>>,
    {
        let (sender, receiver) = mpsc::channel(WAITING);
        let mut work = std::pin::pin!(work(receiver));
        let feed = async move {
            let mut next = first;
            while let Some(objects) = next {
                let bytes = objects.iter().map(|object| object.value.len()).sum();
                let weight = weight(bytes, objects.len() * ELEMENTS);
                let memory = memory(bytes, objects.len()).await?;
                let mut chunk = heavy(weight, || decoder.chunk(objects)).await;
                chunk.memory = memory.map(Arc::new);
                // The work has ended early, and its result says why.
                if sender.send(Some(chunk)).await.is_err() {
                    return Ok(());
                }
                next = self.inlet.next().await?.map(self.objects).transpose()?;
            }
            _ = sender.send(None).await;
            Ok::<(), Error>(())
        };
        tokio::select! {
            written = &mut work => Ok(written),
            fed = feed => {
                // Without its chunks the work undoes what it has done, and is waited for.
                let written = work.await;
                fed.map(|()| written)
            }
        }
    }
}

/// Waits until the objects of a message fit into memory beside those of the other loads.
async fn memory(bytes: usize, objects: usize) -> Result<Option<SemaphorePermit<'static>>> {
    let taken = bytes * COPIES + objects * OBJECT_BYTES;
    if taken < SMALL {
        return Ok(None);
    }
    let kib = u32::try_from(taken.div_ceil(1024).min(DECODED)).unwrap_or(u32::MAX);
    match tokio::time::timeout(LONGEST_WAIT, MEMORY.acquire_many(kib)).await {
        Ok(Ok(permit)) => Ok(Some(permit)),
        Ok(Err(_)) | Err(_) => {
            let message = format!(
                "other loads have taken the {} MiB of memory that loads may take, for {} s; try again when they are done, \
                 or send less in each message",
                DECODED / 1024,
                LONGEST_WAIT.as_secs()
            );
            Err(Error::new(ErrorKind::Exhausted, ErrorReason::MemoryExhausted, message))
        }
    }
}
