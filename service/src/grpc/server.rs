//! The API and the services beside it, as one service.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::service::Routes;
use tower::Service;

use super::draining::ending;
use super::protocol;
use super::router::Router;

/// Everything that is served over gRPC.
#[derive(Clone)]
pub struct Server {
    router: Router,
    routes: Routes,
    stopping: CancellationToken,
}

impl Server {
    /// The API, and health and reflection beside it.
    pub fn new(router: Router, routes: Routes, stopping: CancellationToken) -> Self {
        Self { router, routes, stopping }
    }
}

impl Service<Request<Body>> for Server {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Both are always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.uri().path().starts_with("/grpc.") {
            if let Err(refusal) = protocol::check(&request) {
                return Box::pin(async move { Ok(refusal.into_response()) });
            }
            let (mut routes, stopping) = (self.routes.clone(), self.stopping.clone());
            return Box::pin(async move { Ok(ending(routes.call(request).await?, stopping)) });
        }
        self.router.call(request)
    }
}
