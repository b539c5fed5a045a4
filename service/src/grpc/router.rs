//! From a path to its handler, over the table of methods.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::HeaderValue;
use qairon::model::Method;
use qairon::v1::ErrorReason;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::server::Grpc;
use tonic::{Code, Request, Response, Status, Streaming};
use tower::service_fn;

use super::account::{Account, Measured};
use super::codec::{BytesCodec, Received};
use super::metadata::{REQUEST_ID, caller};
use super::prompt::prompt;
use super::protocol::{self, Refusal};
use super::streams::{Answer, inlet, unbroken};
use super::{status, unary};
use crate::api::{Handler, handler};
use crate::call::elements::{Scale, Shapes};
use crate::call::heavy::heavy_steps;
use crate::call::limits::{MAX_MESSAGE_BYTES, MAX_RECEIVED_BYTES};
use crate::call::memory::Memory;
use crate::call::{Caller, Context, Contexts};
use crate::error::{Error, ErrorKind, Result as Outcome};
use crate::telemetry::metrics::Metrics;

struct Route {
    method: &'static Method,
    handler: Handler,
    scale: Scale,
    measured: Arc<Measured>,
}

/// Answers every call of the API.
#[derive(Clone)]
pub struct Router {
    routes: Arc<HashMap<&'static str, Route>>,
    unknown: Arc<Measured>,
    contexts: Contexts,
    /// What received messages may take.
    memory: Memory,
}

impl Router {
    /// Makes the table. Fails when the API has a method that nobody answers.
    pub fn new(contexts: Contexts, metrics: &Metrics) -> Result<Self, String> {
        let mut routes = HashMap::new();
        let shapes = Shapes::new(contexts.model().pool());
        for method in contexts.model().methods() {
            let handler = handler(method).ok_or_else(|| format!("nobody answers {}", method.path))?;
            let scale = shapes.scale(&method.descriptor.input());
            let scale = scale.ok_or_else(|| format!("the request of {} is of another model", method.path))?;
            let measured = Arc::new(measured(&method.path[1..], metrics));
            routes.insert(method.path.as_str(), Route { method, handler, scale, measured });
        }
        Ok(Self {
            routes: Arc::new(routes),
            unknown: Arc::new(measured("unknown", metrics)),
            contexts,
            memory: Memory::new(MAX_RECEIVED_BYTES),
        })
    }

    /// Answers one call.
    pub async fn answer(self, request: http::Request<Body>) -> http::Response<Body> {
        let caller = caller(&request);
        let route = self.routes.get(request.uri().path());
        let patience = match protocol::check(&request) {
            Ok(patience) => patience,
            Err(refusal) => {
                return refused(&caller, route.map_or(&self.unknown, |route| &route.measured), *refusal);
            }
        };
        let Some(route) = route else {
            return self.unknown_method(&caller, request.uri().path());
        };
        let context = self.contexts.open(caller, route.method, patience);
        let mut account = Some(Account::open(context.caller(), &route.measured));
        let answer = answer(&context, route, &self.memory, request, &mut account);
        // Handlers keep the deadline themselves; this one is for a body that never comes.
        let slack = Duration::from_millis(50);
        let response = match tokio::time::timeout_at((context.deadline() + slack).into(), answer).await {
            Ok(response) => response,
            Err(_) => Status::from(Error::deadline_exceeded()).into_http(),
        };
        let (response, code, note) = finish(response, context.caller());
        if let Some(account) = account {
            account.close(code, note);
        }
        response
    }

    fn unknown_method(&self, caller: &Caller, path: &str) -> http::Response<Body> {
        let account = Account::open(caller, &self.unknown);
        let message = format!("there is no method `{path}`; server reflection lists them");
        let error = Error::new(ErrorKind::Unimplemented, ErrorReason::UnknownMethod, message);
        let (response, code, note) = finish(Status::from(error).into_http(), caller);
        account.close(code, note);
        response
    }
}

/// Answers what is not a call.
fn refused(caller: &Caller, measured: &Arc<Measured>, refusal: Refusal) -> http::Response<Body> {
    let account = Account::open(caller, measured);
    let (response, code, note) = finish(refusal.into_response(), caller);
    account.close(code, note);
    response
}

/// Runs a handler. One that answers with a stream takes the account along, and closes it at the end of the stream.
async fn answer(
    context: &Context,
    route: &Route,
    memory: &Memory,
    request: http::Request<Body>,
    account: &mut Option<Account>,
) -> http::Response<Body> {
    let is_single = matches!(route.handler, Handler::Unary(_) | Handler::ServerStream(_));
    let mut grpc = Grpc::new(BytesCodec::new(route.scale.clone(), is_single, memory.clone()))
        .apply_max_message_size_config(Some(MAX_MESSAGE_BYTES), Some(MAX_MESSAGE_BYTES))
        .accept_compressed(CompressionEncoding::Gzip)
        .send_compressed(CompressionEncoding::Gzip);
    let request = if is_single { request.map(prompt) } else { request };
    match route.handler {
        Handler::Unary(run) => {
            let context = context.clone();
            let service = service_fn(move |request: Request<Outcome<Received>>| {
                let context = context.clone();
                async move {
                    let work = async {
                        let Received { bytes, weight } = request.into_inner()?;
                        heavy_steps(weight, run(&context, bytes)).await
                    };
                    unary::run(&context, work).await
                }
            });
            grpc.unary(service, request).await
        }
        Handler::ClientStream(run) => {
            let context = context.clone();
            let service = service_fn(move |request: Request<Streaming<Outcome<Received>>>| {
                let context = context.clone();
                async move { unary::run(&context, run(&context, inlet(&context, request.into_inner()))).await }
            });
            grpc.client_streaming(service, request.map(unbroken)).await
        }
        Handler::ServerStream(run) => {
            let service = service_fn(|request: Request<Outcome<Received>>| {
                let answer = Answer::new(context, account.take(), |context, outlet| async move {
                    let Received { bytes, weight } = request.into_inner()?;
                    heavy_steps(weight, run(&context, bytes, outlet)).await
                });
                async { Ok::<_, Status>(Response::new(answer)) }
            });
            grpc.server_streaming(service, request).await
        }
        Handler::Duplex(run) => {
            let service = service_fn(|request: Request<Streaming<Outcome<Received>>>| {
                let inlet = inlet(context, request.into_inner());
                let answer = Answer::new(context, account.take(), |context, outlet| async move {
                    run(&context, inlet, outlet).await
                });
                async { Ok::<_, Status>(Response::new(answer)) }
            });
            grpc.streaming(service, request.map(unbroken)).await
        }
    }
}

/// Sets right what the transport says in its own way, and reads the outcome for the account.
fn finish(mut response: http::Response<Body>, caller: &Caller) -> (http::Response<Body>, Code, String) {
    let mut code = Code::Ok;
    let mut note = String::new();
    if let Some(mut outcome) = Status::from_header_map(response.headers()) {
        if let Some(error) = status::from_transport(outcome.code(), outcome.message()) {
            outcome = Status::from(error);
            response = outcome.clone().into_http();
        }
        code = outcome.code();
        note = outcome.message().to_owned();
    }
    if let Ok(value) = HeaderValue::from_str(&caller.request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    (response, code, note)
}

fn measured(name: &str, metrics: &Metrics) -> Measured {
    Measured { name: name.to_owned(), metrics: metrics.method(name) }
}

impl tower::Service<http::Request<Body>> for Router {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let router = self.clone();
        Box::pin(async move { Ok(router.answer(request).await) })
    }
}
