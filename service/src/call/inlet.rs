//! Calls that bring a stream: a handler takes messages from an [`Inlet`], whatever the transport.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use qairon::v1::ErrorReason;
use tokio_util::sync::CancellationToken;

use crate::error::{Error, ErrorKind, Result};

/// How long a caller may leave a stream silent: what it feeds may hold a transaction open.
const LONGEST_SILENCE: Duration = Duration::from_secs(20);

/// Why a stream ended before its end.
#[derive(Debug)]
pub enum Broken {
    /// What came is not a message of the transport.
    Refused(Error),
    /// The caller gave the call up.
    GivenUp(String),
    /// Anything else.
    Interrupted(String),
}

/// The messages of a caller.
pub struct Inlet {
    messages: BoxStream<'static, std::result::Result<Bytes, Broken>>,
    stopping: CancellationToken,
    /// What becomes of what has come, when the stream breaks, for people.
    fate: &'static str,
}

impl Inlet {
    /// The messages of a stream, until the server stops.
    pub fn new(messages: BoxStream<'static, std::result::Result<Bytes, Broken>>, stopping: CancellationToken) -> Self {
        Self { messages, stopping, fate: "send it again" }
    }

    /// Says what becomes of what has come, when the stream breaks from here on.
    pub fn on_break(&mut self, fate: &'static str) {
        self.fate = fate;
    }

    /// The error for a stream that has ended before its end.
    pub fn interrupted(fate: &str) -> Error {
        Error::new(ErrorKind::Unavailable, ErrorReason::Stopping, format!("the stream was interrupted; {fate}"))
    }

    /// What becomes of what has come.
    pub fn fate(&self) -> &'static str {
        self.fate
    }

    /// The next message; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        let fate = self.fate;
        let next = tokio::select! {
            next = tokio::time::timeout(LONGEST_SILENCE, self.messages.next()) => next,
            () = self.stopping.cancelled() => return Err(Self::interrupted(fate)),
        };
        match next {
            Ok(message) => message.transpose().map_err(|broken| broken.into_error(fate)),
            Err(_) => {
                let message = format!("the stream brought nothing for {} seconds; {fate}", LONGEST_SILENCE.as_secs());
                Err(Error::new(ErrorKind::DeadlineExceeded, ErrorReason::DeadlineExceeded, message))
            }
        }
    }
}

impl Broken {
    fn into_error(self, fate: &str) -> Error {
        let mut error = Inlet::interrupted(fate);
        match self {
            Self::Refused(error) => return error,
            Self::GivenUp(cause) => {
                error.kind = ErrorKind::Cancelled;
                error.cause = Some(cause);
            }
            Self::Interrupted(cause) => error.cause = Some(cause),
        }
        error
    }
}
