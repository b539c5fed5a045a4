//! From a stream of messages to the work that writes them.
//!
//! Messages are received and decoded here while those before them are written, through a channel of a few chunks: the
//! stream is held up when the database is slower than the network, and memory holds a few messages and not the load.

use std::future::Future;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::objects::{Chunk, Decoder, Packed};
use crate::call::Inlet;
use crate::call::heavy::{heavy, weight};
use crate::db::failure::Failure;
use crate::error::{Error, Result};

/// Chunks that wait to be written.
const WAITING: usize = 2;
/// How many values an object has, about.
const ELEMENTS: usize = 16;

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
                let chunk = heavy(weight, || decoder.chunk(objects)).await;
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
