//! Answers that are streams.

use std::time::Instant;

use prost_reflect::{DynamicMessage, Value};
use qairon::model::Method;
use tonic::{Status, Streaming};

use super::failures::{is_foreign, is_out_of_time, is_transient};
use super::{Client, path, pause_after};
use crate::codec::DynamicCodec;
use crate::error::Result;

/// The messages of an answer that is a stream. A stream that breaks is opened again with the token of its last message,
/// so that nothing is missing or duplicated.
pub struct Messages {
    client: Client,
    method: &'static Method,
    /// With the token of the last message.
    request: DynamicMessage,
    stream: Option<Streaming<DynamicMessage>>,
    /// What the stream returned since it was opened.
    progress: Progress,
    /// How often in a row it broke before the first message.
    failures: u32,
    /// The deadline of the next message.
    deadline: Instant,
    /// When the stream was opened, and how many messages it returned.
    opened: Instant,
    count: u64,
}

/// What a stream has returned since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Nothing.
    None,
    /// Messages, and it can be resumed after the last.
    Resumable,
    /// Messages, without a way to resume after the last.
    Lost,
}

impl Client {
    /// Calls a method that answers with a stream, and that takes a `resume_token` to take one up.
    pub fn messages(&self, method: &'static Method, request: DynamicMessage) -> Messages {
        Messages::new(self.clone(), method, request)
    }
}

impl Messages {
    fn new(client: Client, method: &'static Method, request: DynamicMessage) -> Self {
        let now = Instant::now();
        let deadline = now + client.timeout;
        let (stream, progress) = (None, Progress::None);
        Self { client, method, request, stream, progress, failures: 0, deadline, opened: now, count: 0 }
    }

    /// The next message; `None` when the answer is complete.
    pub async fn next(&mut self) -> Result<Option<DynamicMessage>> {
        if self.progress != Progress::None {
            // The whole may take any time; only the wait for the next part is limited.
            self.deadline = Instant::now() + self.client.timeout;
        }
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            let status = match tokio::time::timeout(left, self.receive()).await {
                Ok(Ok(None)) => {
                    self.tell(Ok(self.count), None);
                    return Ok(None);
                }
                Ok(Ok(Some(message))) => {
                    self.note(&message);
                    return Ok(Some(message));
                }
                Ok(Err(status)) => status,
                Err(elapsed) => Status::from_error(Box::new(elapsed)),
            };
            self.stream = None;
            self.recover(&status).await?;
        }
    }

    /// Ends the call before the answer is complete: nobody wants the rest.
    pub fn end(self) {
        self.tell(Ok(self.count), None);
    }

    /// The next message of the stream that is open, opening one when there is none.
    async fn receive(&mut self) -> std::result::Result<Option<DynamicMessage>, Status> {
        if self.stream.is_none() {
            if self.progress == Progress::Resumable {
                self.progress = Progress::None;
            }
            (self.opened, self.count) = (Instant::now(), 0);
            self.client.watch.request(&self.request);
            self.stream = Some(self.open().await?);
        }
        match &mut self.stream {
            Some(stream) => stream.message().await,
            None => Ok(None),
        }
    }

    async fn open(&self) -> std::result::Result<Streaming<DynamicMessage>, Status> {
        let mut request = tonic::Request::new(self.request.clone());
        request.set_timeout(self.deadline.saturating_duration_since(Instant::now()));
        request.metadata_mut().insert("x-qairon-actor", self.client.actor.clone());
        let mut grpc = self.client.ready().await?;
        let codec = DynamicCodec::new(self.method.descriptor.output());
        Ok(grpc.server_streaming(request, path(self.method)?, codec).await?.into_inner())
    }

    fn note(&mut self, message: &DynamicMessage) {
        self.count += 1;
        self.client.watch.response(message);
        let token = message.get_field_by_name("resume_token").and_then(|token| token.as_str().map(str::to_owned));
        self.progress = match token.filter(|token| !token.is_empty()) {
            Some(token) => {
                self.request.set_field_by_name("resume_token", Value::String(token));
                Progress::Resumable
            }
            None => Progress::Lost,
        };
    }

    /// Waits for a while, if the stream can be opened again.
    async fn recover(&mut self, status: &Status) -> Result<()> {
        if self.progress == Progress::Resumable {
            self.failures = 0;
        }
        self.failures += 1;
        let again = match self.progress {
            Progress::Lost => false,
            Progress::Resumable => is_transient(status) || is_out_of_time(status) || is_foreign(status),
            Progress::None => is_transient(status),
        };
        let pause = pause_after(self.failures);
        if self.progress == Progress::Resumable {
            self.deadline = Instant::now() + self.client.timeout;
        }
        if !again || self.failures > self.client.retries || Instant::now() + pause >= self.deadline {
            self.tell(Err(status), None);
            return Err(self.client.failure(status).await);
        }
        self.tell(Err(status), Some(pause));
        tokio::time::sleep(pause).await;
        Ok(())
    }

    fn tell(&self, outcome: std::result::Result<u64, &Status>, pause: Option<std::time::Duration>) {
        let watched = self.client.watch.begin(self.method, &self.client.address, self.failures.max(1));
        watched.since(self.opened).end(outcome, pause);
    }
}
