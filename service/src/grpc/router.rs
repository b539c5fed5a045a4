//! From a path to its handler: one table for all methods, made from the model and checked against it at start.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt;
use http::HeaderValue;
use prost_reflect::MessageDescriptor;
use qairon::model::{Entity, Verb};
use qairon::v1::ErrorReason;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::server::{ClientStreamingService, Grpc, ServerStreamingService, StreamingService, UnaryService};
use tonic::{Code, Request, Response, Status, Streaming};

use super::call::{Account, Call, Measured, REQUEST_ID};
use super::codec::BytesCodec;
use super::store::Store;
use super::stream::Answer;
use super::{bulk, complete, deployment, info, network, reads, search, status, trace, writes};
use crate::error::{Error, ErrorKind, Result};
use crate::telemetry::metrics::Metrics;

/// What clients in most languages send and receive at most.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// The longest stream, when the client gives no deadline.
const LONGEST_STREAM: Duration = Duration::from_secs(24 * 3600);

/// What a method does.
#[derive(Debug, Clone, Copy)]
enum Action {
    Standard(&'static Entity, Verb),
    AllocateSubnet,
    CloneDeployment,
    PromoteDeployment,
    ImportObjects,
    TraceProvenance,
    TraceLineage,
    TracePath,
    FindObjects,
    FindByNativeId,
    ExplainFilter,
    CompleteIds,
    ServerInfo,
    Stream(Streamed),
    Duplex(Duplex),
}

/// What a method does whose answer is a stream.
#[derive(Debug, Clone, Copy)]
enum Streamed {
    Infrastructure,
    Impact,
    Neighbors,
    Builds,
    Export,
}

/// What a method does that takes a stream and answers with one.
#[derive(Debug, Clone, Copy)]
enum Duplex {
    Load,
    Apply,
}

/// The methods written by hand, by their names. Every other method is a standard one.
const SPECIAL: [(&str, Action); 19] = [
    ("AllocateSubnet", Action::AllocateSubnet),
    ("CloneDeployment", Action::CloneDeployment),
    ("PromoteDeployment", Action::PromoteDeployment),
    ("ImportObjects", Action::ImportObjects),
    ("TraceInfrastructure", Action::Stream(Streamed::Infrastructure)),
    ("TraceImpact", Action::Stream(Streamed::Impact)),
    ("TraceNeighbors", Action::Stream(Streamed::Neighbors)),
    ("TraceProvenance", Action::TraceProvenance),
    ("TraceLineage", Action::TraceLineage),
    ("TraceBuilds", Action::Stream(Streamed::Builds)),
    ("TracePath", Action::TracePath),
    ("FindObjects", Action::FindObjects),
    ("FindByNativeId", Action::FindByNativeId),
    ("ExplainFilter", Action::ExplainFilter),
    ("CompleteIds", Action::CompleteIds),
    ("GetServerInfo", Action::ServerInfo),
    ("ExportObjects", Action::Stream(Streamed::Export)),
    ("LoadObjects", Action::Duplex(Duplex::Load)),
    ("ApplyObjects", Action::Duplex(Duplex::Apply)),
];

struct Route {
    path: String,
    action: Action,
    input: MessageDescriptor,
    measured: Arc<Measured>,
}

/// Answers every call of the API.
#[derive(Clone)]
pub struct Router {
    routes: Arc<HashMap<String, Arc<Route>>>,
    unknown: Arc<Measured>,
    store: Arc<Store>,
    longest: Duration,
}

impl Router {
    /// Makes the table. Fails when the API has a method that nobody answers.
    pub fn new(store: Arc<Store>, metrics: &Metrics, longest: Duration) -> std::result::Result<Self, String> {
        let mut routes = HashMap::new();
        for method in store.model.methods() {
            let special =
                || SPECIAL.iter().find(|(name, _)| *name == method.descriptor.name()).map(|(_, action)| *action);
            let standard = method.entity.zip(method.verb);
            let action = standard.map(|(index, verb)| Action::Standard(&store.model.entities()[index], verb));
            let route = Route {
                path: method.path.clone(),
                action: action.or_else(special).ok_or_else(|| format!("nobody answers {}", method.path))?,
                input: method.descriptor.input(),
                measured: Arc::new(measured(&method.path[1..], metrics)),
            };
            routes.insert(method.path.clone(), Arc::new(route));
        }
        let unknown = Arc::new(measured("unknown", metrics));
        Ok(Self { routes: Arc::new(routes), unknown, store, longest })
    }

    /// Answers one call.
    pub async fn answer(self, request: http::Request<Body>) -> http::Response<Body> {
        let route = self.routes.get(request.uri().path()).cloned();
        // A stream lives as long as it is fed, or read.
        let is_stream = route
            .as_ref()
            .is_some_and(|route| matches!(route.action, Action::ImportObjects | Action::Stream(_) | Action::Duplex(_)));
        let call = Call::new(request.headers(), if is_stream { LONGEST_STREAM } else { self.longest });
        let Some(route) = route else {
            return self.unknown_method(&call, request.uri().path());
        };
        // A stream takes its account along and closes it at its end.
        let account = Arc::new(Mutex::new(Some(Account::open(&call, &route.measured))));
        let handler =
            Handler { store: self.store, route: route.clone(), deadline: call.deadline, account: account.clone() };
        let mut grpc = Grpc::new(BytesCodec)
            .apply_max_message_size_config(Some(MAX_MESSAGE_BYTES), Some(MAX_MESSAGE_BYTES))
            .accept_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Gzip);
        let answer = async {
            match route.action {
                Action::ImportObjects => grpc.client_streaming(handler, request.map(bulk::unbroken)).await,
                Action::Stream(_) => grpc.server_streaming(handler, request).await,
                Action::Duplex(_) => grpc.streaming(handler, request.map(bulk::unbroken)).await,
                _ => grpc.unary(handler, request).await,
            }
        };
        // The handler keeps the deadline itself; this one is for a body that never comes.
        let slack = Duration::from_millis(50);
        let response = match tokio::time::timeout_at((call.deadline + slack).into(), answer).await {
            Ok(response) => response,
            Err(_) => Status::from(Error::deadline_exceeded()).into_http(),
        };
        let (response, code, note) = finish(response, &call);
        let account = account.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(account) = account {
            account.close(code, note);
        }
        response
    }

    fn unknown_method(&self, call: &Call, path: &str) -> http::Response<Body> {
        let account = Account::open(call, &self.unknown);
        let message = format!("there is no method `{path}`; server reflection lists them");
        let error = Error::new(ErrorKind::Unimplemented, ErrorReason::UnknownMethod, message);
        let (response, code, note) = finish(Status::from(error).into_http(), call);
        account.close(code, note);
        response
    }
}

/// Sets right what the transport says in its own way, and reads the outcome for the account.
fn finish(mut response: http::Response<Body>, call: &Call) -> (http::Response<Body>, Code, String) {
    let mut code = Code::Ok;
    let mut note = String::new();
    if let Some(told) = Status::from_header_map(response.headers()) {
        let mut told = told;
        if let Some(error) = status::from_transport(told.code(), told.message()) {
            told = Status::from(error);
            response = told.clone().into_http();
        }
        code = told.code();
        note = told.message().to_owned();
    }
    if let Ok(value) = HeaderValue::from_str(&call.request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    (response, code, note)
}

fn measured(name: &str, metrics: &Metrics) -> Measured {
    Measured { name: name.to_owned(), metrics: metrics.method(name) }
}

/// One call of one method.
struct Handler {
    store: Arc<Store>,
    route: Arc<Route>,
    deadline: Instant,
    account: Arc<Mutex<Option<Account>>>,
}

type UnaryAnswer = Pin<Box<dyn Future<Output = std::result::Result<Response<Bytes>, Status>> + Send>>;

impl Handler {
    /// Keeps the deadline, and turns a panic into an error of this call alone.
    async fn guard(
        deadline: Instant,
        work: impl Future<Output = Result<Bytes>> + Send,
    ) -> std::result::Result<Response<Bytes>, Status> {
        let work = AssertUnwindSafe(work).catch_unwind();
        let error = match tokio::time::timeout_at(deadline.into(), work).await {
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
        error.tell();
        Err(error.into())
    }
}

impl Error {
    /// A handler panicked.
    pub(super) fn panicked(panic: &(dyn std::any::Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text");
        Self::internal(format!("a handler panicked: {text}"))
    }

    /// Writes to the log what callers are not shown.
    pub(super) fn tell(&self) {
        if let Some(cause) = &self.cause {
            tracing::debug!(cause, "a call failed");
        }
        if self.kind == ErrorKind::Internal {
            tracing::error!(cause = self.cause.as_deref().unwrap_or_default(), "the service failed a call");
        }
    }
}

impl UnaryService<Bytes> for Handler {
    type Response = Bytes;
    type Future = UnaryAnswer;

    fn call(&mut self, request: Request<Bytes>) -> UnaryAnswer {
        let (store, route, deadline) = (self.store.clone(), self.route.clone(), self.deadline);
        let bytes = request.into_inner();
        Box::pin(async move {
            let method = writes::Method { path: &route.path, input: &route.input };
            Self::guard(deadline, async {
                match route.action {
                    Action::Standard(entity, Verb::Get) => reads::get(&store, entity, bytes).await,
                    Action::Standard(entity, Verb::BatchGet) => reads::batch_get(&store, entity, bytes).await,
                    Action::Standard(entity, Verb::List) => reads::list(&store, entity, bytes).await,
                    Action::Standard(entity, Verb::Create) => writes::create(&store, entity, &method, bytes).await,
                    Action::Standard(entity, Verb::Update) => writes::update(&store, entity, &method, bytes).await,
                    Action::Standard(entity, Verb::Delete) => writes::delete(&store, entity, &method, bytes).await,
                    Action::Standard(entity, Verb::AddLink(index)) => {
                        writes::link(&store, entity, index, true, &method, bytes).await
                    }
                    Action::Standard(entity, Verb::RemoveLink(index)) => {
                        writes::link(&store, entity, index, false, &method, bytes).await
                    }
                    Action::AllocateSubnet => network::allocate_subnet(&store, &method, bytes).await,
                    Action::CloneDeployment => deployment::clone(&store, &method, bytes).await,
                    Action::PromoteDeployment => deployment::promote(&store, &method, bytes).await,
                    Action::TraceProvenance => trace::provenance::provenance(&store, bytes).await,
                    Action::TraceLineage => trace::provenance::lineage(&store, bytes).await,
                    Action::TracePath => trace::path::path(&store, bytes).await,
                    Action::FindObjects => search::find(&store, bytes).await,
                    Action::FindByNativeId => search::by_native_id(&store, bytes).await,
                    Action::ExplainFilter => search::explain_filter(&store, bytes),
                    Action::CompleteIds => complete::complete_ids(&store, bytes).await,
                    Action::ServerInfo => info::server_info(&store, bytes).await,
                    Action::ImportObjects | Action::Stream(_) | Action::Duplex(_) => {
                        Err(Error::internal("a stream came as a single message"))
                    }
                }
            })
            .await
        })
    }
}

impl ServerStreamingService<Bytes> for Handler {
    type Response = Bytes;
    type ResponseStream = Answer;
    type Future = Ready<std::result::Result<Response<Answer>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let (store, action) = (self.store.clone(), self.route.action);
        let account = self.account.lock().unwrap_or_else(PoisonError::into_inner).take();
        let bytes = request.into_inner();
        let (stopping, stall) = (self.store.stopping.clone(), self.store.longest_stall);
        let answer = Answer::new(self.deadline, stopping, stall, account, |outlet| async move {
            match action {
                Action::Stream(Streamed::Infrastructure) => trace::rows::infrastructure(&store, bytes, outlet).await,
                Action::Stream(Streamed::Impact) => trace::impact::impact(&store, bytes, outlet).await,
                Action::Stream(Streamed::Neighbors) => trace::rows::neighbors(&store, bytes, outlet).await,
                Action::Stream(Streamed::Builds) => trace::rows::builds(&store, bytes, outlet).await,
                Action::Stream(Streamed::Export) => bulk::export::export(&store, bytes, outlet).await,
                _ => Err(Error::internal("a single message was asked for as a stream")),
            }
        });
        ready(Ok(Response::new(answer)))
    }
}

impl ClientStreamingService<Bytes> for Handler {
    type Response = Bytes;
    type Future = UnaryAnswer;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> UnaryAnswer {
        let (store, deadline) = (self.store.clone(), self.deadline);
        let stream = request.into_inner();
        Box::pin(async move { Self::guard(deadline, bulk::import::import(&store, stream)).await })
    }
}

impl StreamingService<Bytes> for Handler {
    type Response = Bytes;
    type ResponseStream = Answer;
    type Future = Ready<std::result::Result<Response<Answer>, Status>>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        let (store, action) = (self.store.clone(), self.route.action);
        let account = self.account.lock().unwrap_or_else(PoisonError::into_inner).take();
        let stream = request.into_inner();
        let (stopping, stall) = (self.store.stopping.clone(), self.store.longest_stall);
        let answer = Answer::new(self.deadline, stopping, stall, account, |outlet| async move {
            match action {
                Action::Duplex(Duplex::Load) => bulk::load::load(&store, stream, outlet).await,
                Action::Duplex(Duplex::Apply) => bulk::apply::apply(&store, stream, outlet).await,
                _ => Err(Error::internal("a single message came as a stream")),
            }
        });
        ready(Ok(Response::new(answer)))
    }
}

impl tower::Service<http::Request<Body>> for Router {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let router = self.clone();
        Box::pin(async move { Ok(router.answer(request).await) })
    }
}
