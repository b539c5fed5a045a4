//! Calls that answer with one message.

use std::panic::AssertUnwindSafe;

use bytes::Bytes;
use futures_util::FutureExt;
use qairon::v1::ErrorReason;
use tonic::{Response, Status};

use crate::call::Context;
use crate::call::limits::MAX_MESSAGE_BYTES;
use crate::error::{Error, ErrorKind, Result};

/// Runs a handler within its deadline, and turns a panic into an error of this call alone.
pub async fn run(
    context: &Context,
    work: impl Future<Output = Result<Bytes>> + Send,
) -> std::result::Result<Response<Bytes>, Status> {
    let work = AssertUnwindSafe(work).catch_unwind();
    let error = match tokio::time::timeout_at(context.deadline().into(), work).await {
        // The transport would notice as well, but too late to say so in the headers.
        Ok(Ok(Ok(bytes))) if bytes.len() > MAX_MESSAGE_BYTES => {
            let message = format!(
                "the answer takes {} bytes, and {MAX_MESSAGE_BYTES} are allowed; ask for fewer objects or fields",
                bytes.len()
            );
            Error::new(ErrorKind::Exhausted, ErrorReason::MessageTooLarge, message)
        }
        Ok(Ok(Ok(bytes))) => return Ok(Response::new(bytes)),
        Ok(Ok(Err(error))) => error,
        Ok(Err(panic)) => Error::panicked(&*panic),
        Err(_) => Error::deadline_exceeded(),
    };
    context.log(&error);
    Err(error.into())
}
