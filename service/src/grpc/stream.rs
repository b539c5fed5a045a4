//! Answers that are streams: a handler fills an [`Outlet`], and the transport drains it at the pace of the caller.
//!
//! The handler runs in a task of its own, for the transport asks for nothing while a caller does not read, and a handler
//! that waits for the caller holds a database connection. A caller who reads slowly holds the handler up, not memory;
//! one who stops reading is given up after a while. A caller who goes away ends the task, and with it the database work.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, Stream};
use qairon::v1::ErrorReason;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Code, Status};

use super::call::Account;
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
    /// Sends a message if the caller has room for it, and tells whether it had.
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

/// The stream of an answer.
pub struct Answer {
    messages: mpsc::Receiver<Bytes>,
    /// How it ends; `None` once that was said.
    task: Option<AbortOnDropHandle<std::result::Result<(), Status>>>,
}

impl Answer {
    /// Starts a handler, which ends at its deadline and when the server stops.
    pub fn new<F>(
        deadline: std::time::Instant,
        stopping: CancellationToken,
        longest_stall: Duration,
        account: Option<Account>,
        handler: impl FnOnce(Outlet) -> F,
    ) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let (sender, messages) = mpsc::channel(WAITING);
        let work = AssertUnwindSafe(handler(Outlet { messages: sender, longest_stall })).catch_unwind();
        let task = tokio::spawn(async move {
            let outcome = tokio::select! {
                outcome = tokio::time::timeout_at(deadline.into(), work) => match outcome {
                    Ok(Ok(outcome)) => outcome,
                    Ok(Err(panic)) => Err(Error::panicked(&*panic)),
                    Err(_) => Err(Error::deadline_exceeded()),
                },
                () = stopping.cancelled() => Err(stopped()),
            };
            let outcome = outcome.map_err(|error| {
                error.tell();
                Status::from(error)
            });
            if let Some(account) = account {
                let (code, note) = match &outcome {
                    Ok(()) => (Code::Ok, String::new()),
                    Err(status) => (status.code(), status.message().to_owned()),
                };
                account.close(code, note);
            }
            outcome
        });
        Self { messages, task: Some(AbortOnDropHandle::new(task)) }
    }
}

fn gone() -> Error {
    Error::new(ErrorKind::Aborted, ErrorReason::Conflict, "the caller went away before the stream was over")
}

fn stopped() -> Error {
    let message = "the server is stopping; take the stream up again with the last resume token";
    Error::new(ErrorKind::Unavailable, ErrorReason::Stopping, message)
}

impl Stream for Answer {
    type Item = std::result::Result<Bytes, Status>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        // What was sent before the end is good, and comes before it.
        if let Some(message) = ready!(this.messages.poll_recv(context)) {
            return Poll::Ready(Some(Ok(message)));
        }
        // The outlet may be gone before the work is over, and only that tells how it ended.
        let Some(task) = &mut this.task else { return Poll::Ready(None) };
        let outcome = ready!(Pin::new(task).poll(context));
        this.task = None;
        Poll::Ready(match outcome {
            Ok(Ok(())) => None,
            Ok(Err(status)) => Some(Err(status)),
            Err(error) => Some(Err(Error::internal(error).into())),
        })
    }
}
