//! Bodies of calls that take one message come without long pauses: what has come of one waits in memory for the rest.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use qairon::v1::ErrorReason;
use tokio::time::{Sleep, sleep};
use tonic::Status;
use tonic::body::Body;

use crate::error::{Error, ErrorKind};

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(10);

/// A body that fails when it pauses for too long.
pub fn prompt(body: Body) -> Body {
    Body::new(Prompt { body, pause: None })
}

struct Prompt {
    body: Body,
    /// The end of the pause under way. Most bodies are there at once and need none.
    pause: Option<Pin<Box<Sleep>>>,
}

impl HttpBody for Prompt {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, tasks: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(tasks) {
            self.pause = None;
            return Poll::Ready(frame);
        }
        let pause = self.pause.get_or_insert_with(|| Box::pin(sleep(LONGEST)));
        ready!(pause.as_mut().poll(tasks));
        let message =
            format!("the request was not complete, and nothing came for {} s; send it at once", LONGEST.as_secs());
        Poll::Ready(Some(Err(Error::new(ErrorKind::DeadlineExceeded, ErrorReason::DeadlineExceeded, message).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
