//! Answers that are streams: a handler fills an [`Outlet`], and the transport drains it at the pace of the caller.
//!
//! The handler's future lives in the stream itself. A caller who goes away drops the stream, that drops the handler, and
//! the database work it waits for is cancelled. A caller who reads slowly holds the handler up, not memory.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{FutureExt, Stream};
use qairon::v1::ErrorReason;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

use super::call::Account;
use crate::error::{Error, ErrorKind, Result};

/// Messages that wait for the caller at most.
const WAITING: usize = 2;

/// Where a handler puts the messages of its answer.
#[derive(Debug, Clone)]
pub struct Outlet(mpsc::Sender<Bytes>);

impl Outlet {
    /// Sends a message as soon as the caller has room for it. When nobody listens any more the error ends the work.
    pub async fn send(&self, message: Bytes) -> Result<()> {
        self.0.send(message).await.map_err(|_| {
            Error::new(ErrorKind::Aborted, ErrorReason::Conflict, "the caller went away before the stream was over")
        })
    }
}

type Work = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// The stream of an answer.
pub struct Answer {
    messages: mpsc::Receiver<Bytes>,
    /// `None` once it has ended.
    work: Option<Work>,
    account: Option<Account>,
}

impl Answer {
    /// Starts a handler, which ends at its deadline and when the server stops.
    pub fn new<F>(
        deadline: std::time::Instant,
        stopping: CancellationToken,
        account: Option<Account>,
        handler: impl FnOnce(Outlet) -> F,
    ) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let (sender, messages) = mpsc::channel(WAITING);
        let work = AssertUnwindSafe(handler(Outlet(sender))).catch_unwind();
        let work = async move {
            tokio::select! {
                outcome = tokio::time::timeout_at(deadline.into(), work) => match outcome {
                    Ok(Ok(outcome)) => outcome,
                    Ok(Err(panic)) => Err(Error::panicked(&*panic)),
                    Err(_) => Err(Error::deadline_exceeded()),
                },
                () = stopping.cancelled() => Err(stopped()),
            }
        };
        Self { messages, work: Some(Box::pin(work)), account }
    }

    fn close(&mut self, code: Code, note: String) {
        if let Some(account) = self.account.take() {
            account.close(code, note);
        }
    }
}

fn stopped() -> Error {
    let message = "the server is stopping; take the stream up again with the last resume token";
    Error::new(ErrorKind::Unavailable, ErrorReason::Stopping, message)
}

impl Stream for Answer {
    type Item = std::result::Result<Bytes, Status>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Some(work) = &mut this.work
            && let Poll::Ready(outcome) = work.as_mut().poll(context)
        {
            this.work = None;
            if let Err(error) = outcome {
                error.tell();
                // What waits is given up: the caller takes the stream up behind what it has.
                let status = Status::from(error);
                this.close(status.code(), status.message().to_owned());
                this.messages.close();
                return Poll::Ready(Some(Err(status)));
            }
        }
        match this.messages.poll_recv(context) {
            Poll::Ready(Some(message)) => Poll::Ready(Some(Ok(message))),
            // The outlet may be gone before the work is over, and only that tells how it ended.
            Poll::Ready(None) if this.work.is_some() => Poll::Pending,
            Poll::Ready(None) => {
                this.close(Code::Ok, String::new());
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        }
    }
}
