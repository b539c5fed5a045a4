//! A server that returns the given answers, one after the other.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// What a call is answered with.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A message without fields.
    Nothing,
    /// A status.
    Status(Status),
}

impl Answer {
    /// A refusal of our service.
    pub fn refusal(code: Code, reason: &str) -> Self {
        let details = ErrorDetails::with_error_info(reason, "qairon.dev", std::collections::HashMap::new());
        Self::Status(Status::with_error_details(code, "refused", details))
    }

    /// A refusal of something in between.
    pub fn foreign(code: Code) -> Self {
        Self::Status(Status::new(code, "refused"))
    }
}

/// The server.
pub struct Fake {
    endpoint: String,
    requests: Arc<Mutex<Vec<Bytes>>>,
}

impl Fake {
    /// Starts one. The last answer is given again and again.
    pub async fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let catalog = Catalog { answers: Arc::new(answers), requests: requests.clone() };
        let incoming = TcpListenerStream::new(listener);
        tokio::spawn(tonic::transport::Server::builder().add_service(catalog).serve_with_incoming(incoming));
        Self { endpoint, requests }
    }

    pub fn endpoint(&self) -> String {
        self.endpoint.clone()
    }

    /// The requests so far, as they came.
    pub fn requests(&self) -> Vec<Bytes> {
        self.requests.lock().expect("nobody panicked").clone()
    }
}

#[derive(Clone)]
struct Catalog {
    answers: Arc<Vec<Answer>>,
    requests: Arc<Mutex<Vec<Bytes>>>,
}

impl NamedService for Catalog {
    const NAME: &'static str = "qairon.v1.CatalogService";
}

impl Service<http::Request<Body>> for Catalog {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            let at = {
                let mut requests = this.requests.lock().expect("nobody panicked");
                requests.push(body);
                requests.len() - 1
            };
            Ok(match &this.answers[at.min(this.answers.len() - 1)] {
                Answer::Nothing => nothing(),
                Answer::Status(status) => status.clone().into_http(),
            })
        })
    }
}

/// A message of no bytes, and the trailers of a call that went well.
fn nothing() -> http::Response<Body> {
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
    let frame: Ready<Option<Result<http::HeaderMap, Status>>> = ready(Some(Ok(trailers)));
    let body = http_body_util::Full::new(Bytes::from_static(&[0; 5]))
        .map_err(|never: Infallible| -> Status { match never {} });
    let body = body.with_trailers(frame);
    let response = http::Response::builder().header("content-type", "application/grpc");
    response.body(Body::new(body)).expect("a response")
}
