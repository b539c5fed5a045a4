//! From a stream of messages to the work that writes them.
//!
//! Messages are received and decoded here while those before them are written, through a channel of a few chunks: the
//! stream is held up when the database is slower than the network, and memory holds a few messages and not the load.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use qairon::v1::ErrorReason;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Streaming;
use tonic::body::Body;

use super::objects::{Chunk, Decoder, Packed};
use crate::db::failure::Failure;
use crate::error::{Error, ErrorKind, Result};

/// A load holds a transaction open, and a transaction must not wait for a client that does nothing.
const LONGEST_SILENCE: Duration = Duration::from_secs(20);
/// Chunks that wait to be written.
const WAITING: usize = 2;

/// The messages of a stream.
pub struct Source {
    /// The stream.
    pub stream: Streaming<Bytes>,
    /// Cancelled when the server stops.
    pub stopping: CancellationToken,
    /// The objects of a message.
    pub objects: fn(Bytes) -> Result<Vec<Packed>>,
    /// What is lost when it breaks, for people.
    pub fate: &'static str,
}

/// Where the work gets its chunks from; `None` after the last.
pub type Chunks = mpsc::Receiver<Option<Chunk>>;

impl Source {
    /// The next message, unless the stream is silent for too long or the server stops.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        tokio::select! {
            next = tokio::time::timeout(LONGEST_SILENCE, self.stream.message()) => {
                next.map_err(|_| silent(self.fate))?.map_err(|status| broken_stream(self.fate, status))
            }
            () = self.stopping.cancelled() => Err(interrupted(self.fate)),
        }
    }

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
                // The work has ended early, and tells why.
                if sender.send(Some(decoder.chunk(objects))).await.is_err() {
                    return Ok(());
                }
                next = self.next().await?.map(self.objects).transpose()?;
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

fn silent(fate: &str) -> Error {
    let message = format!("the stream brought nothing for {} seconds; {fate}", LONGEST_SILENCE.as_secs());
    Error::new(ErrorKind::DeadlineExceeded, ErrorReason::DeadlineExceeded, message)
}

/// The stream ended before its time.
pub fn interrupted(fate: &str) -> Error {
    Error::new(ErrorKind::Unavailable, ErrorReason::Stopping, format!("the stream was interrupted; {fate}"))
}

/// A body whose cancellation is an error. tonic takes it for the end of the stream, and what had come of a load that
/// was given up would be all of it.
pub fn unbroken(body: Body) -> Body {
    Body::new(body.map_err(|status| match status.code() {
        tonic::Code::Cancelled => tonic::Status::aborted("the caller gave the stream up"),
        _ => status,
    }))
}

/// A stream that could not be read to its end.
pub fn broken_stream(fate: &str, status: tonic::Status) -> Error {
    super::super::status::from_transport(status.code(), status.message()).unwrap_or_else(|| {
        let mut error = interrupted(fate);
        // The reset of a stream may be read before the call itself is dropped; see `unbroken`.
        if status.code() == tonic::Code::Aborted {
            error.kind = ErrorKind::Cancelled;
        }
        error.cause = Some(status.to_string());
        error
    })
}
