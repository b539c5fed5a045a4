//! Calls to the server: one channel, a deadline for each call, and retries that do no harm.
//!
//! UNAVAILABLE is tried again a few times when a repetition cannot act twice: reads, and writes that carry a
//! `request_id`, which every write that has the field gets here. A stream of answers is taken up where it broke.

use std::error::Error as _;
use std::time::{Duration, Instant};

use http::uri::PathAndQuery;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use qairon::model::Method;
use tokio_stream::Stream;
use tonic::client::Grpc;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};
use tonic_types::StatusExt;

use crate::codec::DynamicCodec;
use crate::error::{Error, Result};

/// How often a call is made at most.
const ATTEMPTS: u32 = 5;
/// The pause before the second attempt; it doubles from one to the next.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How long one attempt to connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection to the server.
#[derive(Debug, Clone)]
pub struct Client {
    address: String,
    channel: Channel,
    timeout: Duration,
    actor: AsciiMetadataValue,
}

impl Client {
    /// A client that connects with its first call.
    pub fn new(endpoint: &str, timeout: Duration, actor: &str) -> Result<Self> {
        let address = if endpoint.contains("://") { endpoint.to_owned() } else { format!("http://{endpoint}") };
        if !address.starts_with("http://") {
            return Err(Error::Usage(format!("endpoint `{endpoint}` must be `http://host:port` or `host:port`")));
        }
        let endpoint = Endpoint::from_shared(address.clone())
            .map_err(|error| Error::Usage(format!("endpoint `{endpoint}` is not an address: {error}")))?
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .tcp_nodelay(true)
            .user_agent(concat!("qcli/", env!("CARGO_PKG_VERSION")))
            .map_err(|error| Error::Usage(error.to_string()))?;
        let actor = AsciiMetadataValue::try_from(actor)
            .map_err(|_| Error::Usage(format!("actor `{actor}` must be printable ASCII, set it with `--actor`")))?;
        Ok(Self { address, channel: endpoint.connect_lazy(), timeout, actor })
    }

    /// Calls a method that takes one request and gives one answer.
    pub async fn call(&self, method: &Method, mut request: DynamicMessage) -> Result<DynamicMessage> {
        // Whatever is written by hand and changes something takes a `request_id`; without one it only asks.
        let mut repeatable = method.verb.is_none_or(|verb| verb.is_read());
        if request.descriptor().get_field_by_name("request_id").is_some() {
            request.set_field_by_name("request_id", Value::String(uuid::Uuid::now_v7().to_string()));
            repeatable = true;
        }
        let deadline = Instant::now() + self.timeout;
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let status = match self.attempt(method, request.clone(), deadline).await {
                Ok(answer) => return Ok(answer),
                Err(status) => status,
            };
            let again = repeatable && attempt < ATTEMPTS && is_transient(&status);
            if !again || Instant::now() + pause >= deadline {
                return Err(self.failure(&status));
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        Err(Error::Unreachable(format!("no answer from {}", self.address)))
    }

    /// Calls a method that takes a stream of requests. It is made once: a part of the stream may have been acted on.
    pub async fn stream<S>(&self, method: &Method, requests: S) -> Result<DynamicMessage>
    where
        S: Stream<Item = DynamicMessage> + Send + 'static,
    {
        let mut request = tonic::Request::new(requests);
        request.metadata_mut().insert("x-qairon-actor", self.actor.clone());
        let answer = async {
            let mut grpc = self.ready().await?;
            let codec = DynamicCodec::new(method.descriptor.output());
            grpc.client_streaming(request, path(method)?, codec).await
        };
        answer.await.map(tonic::Response::into_inner).map_err(|status| self.failure(&status))
    }

    /// Calls a method that answers with a stream, and that takes a `resume_token` to take one up.
    pub fn messages(&self, method: &'static Method, request: DynamicMessage) -> Messages {
        let deadline = Instant::now() + self.timeout;
        let client = self.clone();
        Messages { client, method, request, stream: None, progress: Progress::None, failures: 0, deadline }
    }

    async fn attempt(
        &self,
        method: &Method,
        message: DynamicMessage,
        deadline: Instant,
    ) -> std::result::Result<DynamicMessage, Status> {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut request = tonic::Request::new(message);
        request.set_timeout(left);
        request.metadata_mut().insert("x-qairon-actor", self.actor.clone());
        let answer = async {
            let mut grpc = self.ready().await?;
            grpc.unary(request, path(method)?, DynamicCodec::new(method.descriptor.output())).await
        };
        match tokio::time::timeout(left, answer).await {
            Ok(answer) => answer.map(tonic::Response::into_inner),
            Err(elapsed) => Err(Status::from_error(Box::new(elapsed))),
        }
    }

    async fn open(
        &self,
        method: &Method,
        message: DynamicMessage,
        left: Duration,
    ) -> std::result::Result<Streaming<DynamicMessage>, Status> {
        let mut request = tonic::Request::new(message);
        request.set_timeout(left);
        request.metadata_mut().insert("x-qairon-actor", self.actor.clone());
        let mut grpc = self.ready().await?;
        let codec = DynamicCodec::new(method.descriptor.output());
        Ok(grpc.server_streaming(request, path(method)?, codec).await?.into_inner())
    }

    async fn ready(&self) -> std::result::Result<Grpc<Channel>, Status> {
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(usize::MAX);
        grpc.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
        Ok(grpc)
    }

    fn failure(&self, status: &Status) -> Error {
        if !is_local(status) {
            return Error::from_status(status);
        }
        let cause = root(status);
        if is_timeout(cause) {
            return Error::Unreachable(format!(
                "no answer from {} within {:?}, give it longer with `--timeout`",
                self.address, self.timeout
            ));
        }
        Error::Unreachable(format!(
            "cannot reach {}: {cause}; start the server, or set `--endpoint` or QAIRON_ENDPOINT",
            self.address
        ))
    }
}

/// The messages of an answer that is a stream. A stream that breaks is opened again with the token of its last message,
/// so that nothing is left out and nothing comes twice.
pub struct Messages {
    client: Client,
    method: &'static Method,
    /// With the token of the last message.
    request: DynamicMessage,
    stream: Option<Streaming<DynamicMessage>>,
    /// What came since the stream was opened.
    progress: Progress,
    /// How often in a row it broke before anything came.
    failures: u32,
    /// By when the next message has to be there.
    deadline: Instant,
}

/// What a stream has brought since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Nothing.
    None,
    /// Messages, and it can be taken up behind the last.
    Resumable,
    /// Messages, and nobody knows how to go on behind the last.
    Lost,
}

impl Messages {
    /// The next message; `None` when the answer is complete.
    pub async fn next(&mut self) -> Result<Option<DynamicMessage>> {
        if self.progress != Progress::None {
            // However long the whole takes, and whoever reads it: what counts is the wait for the next part.
            self.deadline = Instant::now() + self.client.timeout;
        }
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            let status = match tokio::time::timeout(left, self.receive(left)).await {
                Ok(Ok(None)) => return Ok(None),
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

    /// The next message of the stream that is open, opening one when there is none.
    async fn receive(&mut self, left: Duration) -> std::result::Result<Option<DynamicMessage>, Status> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                self.progress = match self.progress {
                    Progress::Resumable => Progress::None,
                    other => other,
                };
                self.stream.insert(self.client.open(self.method, self.request.clone(), left).await?)
            }
        };
        stream.message().await
    }

    fn note(&mut self, message: &DynamicMessage) {
        let token = message.get_field_by_name("resume_token").and_then(|token| token.as_str().map(str::to_owned));
        self.progress = match token.filter(|token| !token.is_empty()) {
            Some(token) => {
                self.request.set_field_by_name("resume_token", Value::String(token));
                Progress::Resumable
            }
            None => Progress::Lost,
        };
    }

    /// Waits for a while, when there is a point in opening the stream again.
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
        let pause = FIRST_PAUSE * 2_u32.saturating_pow(self.failures - 1);
        if self.progress == Progress::Resumable {
            self.deadline = Instant::now() + self.client.timeout;
        }
        if !again || self.failures >= ATTEMPTS || Instant::now() + pause >= self.deadline {
            return Err(self.client.failure(status));
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// Whether the failure arose on this side: a status that a server sent has no source.
fn is_local(status: &Status) -> bool {
    status.source().is_some()
}

/// What began it.
fn root(status: &Status) -> &(dyn std::error::Error + 'static) {
    let mut cause: &(dyn std::error::Error + 'static) = status;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}

/// Whether our own patience ended: the clock of the call, or that of the transport.
fn is_timeout(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.is::<tokio::time::error::Elapsed>() || cause.is::<tonic::TimeoutExpired>()
}

/// Whether the time of a call was over, by the server's clock or ours.
fn is_out_of_time(status: &Status) -> bool {
    status.code() == Code::DeadlineExceeded || (is_local(status) && is_timeout(root(status)))
}

/// Whether the service said nothing of the kind: all its errors have details. An answer that something between it and us
/// cut off, for one, is an unknown error to the transport.
fn is_foreign(status: &Status) -> bool {
    status.code() == Code::Unknown && status.get_details_error_info().is_none()
}

fn is_transient(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable => true,
        // The service gave up on colliding writes; a stale etag would be stale again.
        Code::Aborted => status.get_details_error_info().is_some_and(|info| info.reason == "CONFLICT"),
        // A connection that broke under the call.
        Code::Unknown | Code::Cancelled | Code::Internal => is_local(status) && !is_timeout(root(status)),
        _ => false,
    }
}

fn path(method: &Method) -> std::result::Result<PathAndQuery, Status> {
    PathAndQuery::try_from(method.path.as_str()).map_err(|error| Status::internal(error.to_string()))
}
