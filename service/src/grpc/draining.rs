//! Streams of the services beside our own, which end when the server stops.
//!
//! Balancers watch health for as long as they live, and explorers keep a reflection stream open: without an end of
//! their own they would hold up every stop until the drain is over.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Response};
use hyper::body::{Body as HttpBody, Frame};
use qairon::v1::ErrorReason;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::Status;
use tonic::body::Body;

use crate::error::{Error, ErrorKind};

/// A response whose stream ends with UNAVAILABLE when the server stops, after what was still to be sent.
pub fn ending(response: Response<Body>, stopping: CancellationToken) -> Response<Body> {
    response.map(|body| Body::new(Ending { body: Some(body), stopping: Box::pin(stopping.cancelled_owned()) }))
}

struct Ending {
    body: Option<Body>,
    stopping: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl HttpBody for Ending {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        std::task::ready!(self.stopping.as_mut().poll(context));
        self.body = None;
        let message = "the server is stopping; connect again";
        let status = Status::from(Error::new(ErrorKind::Unavailable, ErrorReason::Stopping, message));
        let mut trailers = HeaderMap::new();
        status.add_header(&mut trailers)?;
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }
}
