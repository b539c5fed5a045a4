//! Calls to the server: one channel, a deadline for each call, and retries that do no harm.
//!
//! UNAVAILABLE is tried again a few times when a repetition cannot act twice: reads, and writes that carry a
//! `request_id`, which every write that has the field gets here.

use std::error::Error as _;
use std::time::{Duration, Instant};

use http::uri::PathAndQuery;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use qairon::model::Method;
use tokio_stream::Stream;
use tonic::client::Grpc;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
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
        let mut repeatable = method.verb.is_some_and(|verb| verb.is_read());
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
