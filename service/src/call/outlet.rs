//! Calls that answer with a stream: a handler fills an [`Outlet`], and the transport drains it at the pace of the
//! caller.

use std::time::Duration;

use bytes::Bytes;
use qairon::v1::ErrorReason;
use tokio::sync::mpsc;

use crate::error::{Error, ErrorKind, Result};

/// Messages that wait for the caller at most.
const WAITING: usize = 2;

/// Where a handler puts the messages of its answer.
#[derive(Debug, Clone)]
pub struct Outlet {
    messages: mpsc::Sender<Bytes>,
    longest_stall: Duration,
}

impl Outlet {
    /// An outlet, and where its messages come out.
    pub fn new(longest_stall: Duration) -> (Self, mpsc::Receiver<Bytes>) {
        let (messages, receiver) = mpsc::channel(WAITING);
        (Self { messages, longest_stall }, receiver)
    }

    /// Sends a message if the caller has room for it, and returns whether it had.
    pub fn offer(&self, message: impl FnOnce() -> Bytes) -> Result<bool> {
        match self.messages.try_reserve() {
            Ok(room) => {
                room.send(message());
                Ok(true)
            }
            Err(mpsc::error::TrySendError::Full(())) => Ok(false),
            Err(mpsc::error::TrySendError::Closed(())) => Err(gone()),
        }
    }

    /// Sends a message as soon as the caller has room for it. When nobody listens any more the error ends the work.
    pub async fn send(&self, message: Bytes) -> Result<()> {
        match tokio::time::timeout(self.longest_stall, self.messages.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(gone()),
            Err(_) => {
                let message = format!(
                    "the stream was not read for {} seconds; take it up again with the last resume token",
                    self.longest_stall.as_secs()
                );
                Err(Error::new(ErrorKind::DeadlineExceeded, ErrorReason::DeadlineExceeded, message))
            }
        }
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Aborted, ErrorReason::Conflict, "the caller went away before the stream was over")
}
