//! Calls that take a stream, or answer with one.
//!
//! A handler that answers with a stream runs in a task of its own, for the transport asks for nothing while a caller does
//! not read, and a handler that waits for the caller holds a database connection. A caller who reads slowly holds the
//! handler up, not memory; one who stops reading is given up after a while. A caller who goes away ends the task, and
//! with it the database work.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context as Tasks, Poll, ready};

use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt};
use http_body_util::BodyExt;
use qairon::v1::ErrorReason;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use tonic::body::Body;
use tonic::{Code, Status, Streaming};

use super::account::Account;
use super::codec::Received;
use super::status;
use crate::call::{Broken, Context, Inlet, Outlet};
use crate::error::{Error, ErrorKind, Result};

/// The stream of an answer.
pub struct Answer {
    messages: mpsc::Receiver<Bytes>,
    /// How it ends; `None` once that was returned.
    task: Option<AbortOnDropHandle<std::result::Result<(), Status>>>,
}

impl Answer {
    /// Starts a handler, which ends at its deadline and when the server stops.
    pub fn new<F>(context: &Context, account: Option<Account>, handler: impl FnOnce(Context, Outlet) -> F) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let (outlet, messages) = Outlet::new(context.limits().longest_stall);
        let (deadline, stopping) = (context.deadline(), context.stopping().clone());
        let work = AssertUnwindSafe(handler(context.clone(), outlet)).catch_unwind();
        let context = context.clone();
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
                context.log(&error);
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

fn stopped() -> Error {
    let message = "the server is stopping; take the stream up again with the last resume token";
    Error::new(ErrorKind::Unavailable, ErrorReason::Stopping, message)
}

impl Stream for Answer {
    type Item = std::result::Result<Bytes, Status>;

    fn poll_next(self: Pin<&mut Self>, tasks: &mut Tasks<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        // What was sent before the end is good, and comes before it.
        if let Some(message) = ready!(this.messages.poll_recv(tasks)) {
            return Poll::Ready(Some(Ok(message)));
        }
        // The outlet may be gone before the work is over, and only that says how it ended.
        let Some(task) = &mut this.task else { return Poll::Ready(None) };
        let outcome = ready!(Pin::new(task).poll(tasks));
        this.task = None;
        Poll::Ready(match outcome {
            Ok(Ok(())) => None,
            Ok(Err(status)) => Some(Err(status)),
            Err(error) => Some(Err(Error::internal(error).into())),
        })
    }
}

/// The messages of a caller.
pub fn inlet(context: &Context, stream: Streaming<Result<Received>>) -> Inlet {
    let messages = stream.map(|message| match message {
        Ok(Ok(received)) => Ok(received.bytes),
        Ok(Err(refused)) => Err(Broken::Refused(refused)),
        Err(status) => Err(broken(status)),
    });
    Inlet::new(messages.boxed(), context.stopping().clone())
}

/// A body whose cancellation is an error. tonic takes it for the end of the stream, and what had come of a load that
/// was given up would be all of it.
pub fn unbroken(body: Body) -> Body {
    Body::new(body.map_err(|status| match status.code() {
        Code::Cancelled => Status::aborted("the caller gave the stream up"),
        _ => status,
    }))
}

fn broken(status: Status) -> Broken {
    match status::from_transport(status.code(), status.message()) {
        Some(error) => Broken::Refused(error),
        // The reset of a stream may be read before the call itself is dropped; see `unbroken`.
        None if status.code() == Code::Aborted => Broken::GivenUp(status.to_string()),
        None => Broken::Interrupted(status.to_string()),
    }
}
