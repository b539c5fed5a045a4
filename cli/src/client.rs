//! Calls to the server: one channel, a deadline for each call, and safe retries.
//!
//! UNAVAILABLE is retried a few times if a retry cannot act twice: reads, and writes with a `request_id`, which every
//! write that has the field gets here. A broken stream of answers is resumed. A call that takes a stream of requests is
//! made once.

mod failures;
mod handshake;
pub mod messages;
pub mod streams;
mod watch;

use std::time::{Duration, Instant};

use http::uri::PathAndQuery;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use qairon::model::Method;
use tonic::Status;
use tonic::client::Grpc;
use tonic::metadata::AsciiMetadataValue;
use tonic::transport::Channel;

use crate::codec::DynamicCodec;
use crate::endpoint::Address;
use crate::error::{Error, Result};
use crate::transport::{self, CaFile};
use failures::{is_local, is_timeout, is_transient, root};
use watch::Watch;

/// How often a call is made again at most, unless the caller says otherwise.
pub const RETRIES: u32 = 4;
/// The pause before the second attempt; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long one attempt to connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The interval of keepalive pings during a call, and the timeout of a ping. An unreachable server sends nothing, and
/// calls that send files have no deadline.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// A connection to the server.
#[derive(Debug, Clone)]
pub struct Client {
    server: Address,
    /// The same as a URL.
    address: String,
    ca_file: Option<CaFile>,
    channel: Channel,
    timeout: Duration,
    /// How long the next answer to a stream of requests may take, when there is a limit.
    stream_timeout: Option<Duration>,
    retries: u32,
    actor: AsciiMetadataValue,
    watch: Watch,
}

impl Client {
    /// A client that connects with its first call.
    pub fn new(server: Address, ca_file: Option<CaFile>, timeout: Duration, actor: &str) -> Result<Self> {
        let endpoint = transport::endpoint(&server, ca_file.as_ref())?
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .tcp_nodelay(true)
            .http2_keep_alive_interval(SIGN_OF_LIFE)
            .keep_alive_timeout(SIGN_OF_LIFE)
            .user_agent(concat!("qcli/", env!("CARGO_PKG_VERSION")))
            .map_err(|error| Error::Usage(error.to_string()))?;
        let actor = AsciiMetadataValue::try_from(actor)
            .map_err(|_| Error::Usage(format!("actor `{actor}` must be printable ASCII; set it with `--actor`")))?;
        let channel = endpoint.connect_lazy();
        let watch = Watch::default();
        let address = server.to_string();
        Ok(Self { server, address, ca_file, channel, timeout, stream_timeout: None, retries: RETRIES, actor, watch })
    }

    /// Sets the number of retries.
    pub fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Sets what is printed on standard error: nothing, calls, or calls with their messages.
    pub fn with_verbosity(mut self, verbosity: u8) -> Self {
        self.watch = Watch::new(verbosity);
        self
    }

    /// Waits no longer than this for the next answer to a stream of requests.
    pub fn with_stream_timeout(mut self, limit: Option<Duration>) -> Self {
        self.stream_timeout = limit;
        self
    }

    /// Where the server is, as a URL.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Calls a method that takes one request and gives one answer.
    pub async fn call(&self, method: &Method, mut request: DynamicMessage) -> Result<DynamicMessage> {
        // Every hand-written method that changes something takes a `request_id`; methods without one only read.
        let mut repeatable = method.verb.is_none_or(|verb| verb.is_read());
        if request.descriptor().get_field_by_name("request_id").is_some() {
            request.set_field_by_name("request_id", Value::String(uuid::Uuid::now_v7().to_string()));
            repeatable = true;
        }
        self.watch.request(&request);
        let deadline = Instant::now() + self.timeout;
        let mut attempt = 1;
        loop {
            let watched = self.watch.begin(method, &self.address, attempt);
            let status = match self.attempt(method, request.clone(), deadline).await {
                Ok(answer) => {
                    watched.end(Ok(1), None);
                    self.watch.response(&answer);
                    return Ok(answer);
                }
                Err(status) => status,
            };
            let pause = pause_after(attempt);
            let again = repeatable && attempt <= self.retries && is_transient(&status);
            if !again || Instant::now() + pause >= deadline {
                watched.end(Err(&status), None);
                return Err(self.failure(&status).await);
            }
            watched.end(Err(&status), Some(pause));
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
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

    async fn failure(&self, status: &Status) -> Error {
        // tonic's message for an answer that is not gRPC.
        if status.message().starts_with("grpc-status header missing") {
            return Error::Unreachable(format!(
                "{} is not a Qairon server, it does not speak gRPC; set `--endpoint` or QAIRON_ENDPOINT",
                self.address
            ));
        }
        if !is_local(status) {
            return Error::from_status(status);
        }
        let cause = root(status);
        if is_timeout(cause) {
            return Error::Unreachable(format!(
                "no answer from {} within {:?}; set a longer `--timeout`",
                self.address, self.timeout
            ));
        }
        if let Some(told) = handshake::explain(status, &self.server, self.ca_file.as_ref()).await {
            return Error::Unreachable(told);
        }
        Error::Unreachable(format!(
            "cannot reach {}: {cause}; start the server, or set `--endpoint` or QAIRON_ENDPOINT",
            self.address
        ))
    }
}

/// The pause after this many attempts.
fn pause_after(attempts: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1))).min(LONGEST_PAUSE)
}

fn path(method: &Method) -> std::result::Result<PathAndQuery, Status> {
    PathAndQuery::try_from(method.path.as_str()).map_err(|error| Status::internal(error.to_string()))
}
