//! Sockets: accepting connections, serving HTTP/2 on them, and ending them in good order.
//!
//! tonic's own server is not used: it answers deadlines with another code than convention, ignores socket options on a
//! listener that was bound before, and does not end while a stream is open. What it is made of is used: hyper.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::Service;
use tower::util::MapRequest;

use super::admission::Admission;
use super::greeting::{Greeting, PATIENCE};
use super::metadata::Peer;
use crate::telemetry::metrics::Metrics;

/// What HTTP/2 reads of metadata. It is much more than a call may have, so that a call with too much gets its reason
/// from [`super::protocol`]: beyond this limit h2 answers 431, and with more frames of metadata it ends the connection.
const MAX_HEADER_BYTES: u32 = 1024 * 1024;
/// Calls under way on one connection.
const MAX_STREAMS: u32 = 1024;
/// What a client may send ahead on one call.
const STREAM_WINDOW: u32 = 1024 * 1024;
/// And on all calls of a connection. It also decides how many small requests may wait on it at once: h2 takes more
/// than half of it in frames of at least 256 bytes for an attack, and ends the connection. With an adaptive window, which
/// begins with 64 KiB, that would be the case from 170 calls on.
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;
/// Connections are asked for a sign of life this often, and have half as long to give it. One that has stopped in the
/// middle of a frame cannot.
const KEEPALIVE: Duration = Duration::from_secs(20);
/// Connections to the metrics at most, in all and from one peer. Each is there for one request.
pub const METRICS_CONNECTIONS: (usize, usize) = (32, 24);

/// Binds an address.
pub async fn bind(address: SocketAddr, flag: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("{address} is in use, perhaps by another qairon-service; stop that one or choose another {flag}")
        }
        std::io::ErrorKind::PermissionDenied => {
            format!("{address} may not be used by this user; choose a port above 1023 with {flag}")
        }
        _ => format!("{address} cannot be listened on: {error}; choose another {flag}"),
    })
}

/// Binds an address that nobody has named, or a free port of its host when it is taken: two services on one machine need
/// no more than two addresses of the API.
pub async fn bind_or_free(address: SocketAddr, flag: &str) -> Result<TcpListener, String> {
    match TcpListener::bind(address).await {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let listener = bind(SocketAddr::new(address.ip(), 0), flag).await?;
            tracing::warn!(taken = %address, "metrics are served at a free port; {flag} names one");
            Ok(listener)
        }
        Ok(listener) => Ok(listener),
        Err(_) => bind(address, flag).await,
    }
}

/// Serves HTTP/2 until it has to stop; then lets calls under way finish, as long as the drain may take. Returns what is
/// left of it.
pub async fn serve<S>(
    listener: TcpListener,
    admission: &Arc<Admission>,
    service: S,
    stop: impl Future<Output = ()>,
    drain: Duration,
) -> Duration
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let graceful = GracefulShutdown::new();
    let (stopping, stopped) = (CancellationToken::new(), CancellationToken::new());
    let mut stop = std::pin::pin!(stop);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match stream {
            Ok((stream, peer)) => {
                let Some(admitted) = admission.admit(peer.ip()) else { continue };
                let (watcher, service) = (graceful.watcher(), service.clone());
                let (stopping, stopped) = (stopping.clone(), stopped.clone());
                tokio::spawn(async move {
                    let connection = connection(stream, stopping, peer, service);
                    _ = stopped.run_until_cancelled(watcher.watch(connection)).await;
                    drop(admitted);
                });
            }
            Err(error) => {
                // Out of file descriptors, mostly: those in use have to end first.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    stopping.cancel();
    let began = Instant::now();
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(seconds = drain.as_secs(), "calls were still under way when the drain ended");
        // Without their connections they end as if their callers had gone.
        stopped.cancel();
    }
    drain.saturating_sub(began.elapsed())
}

fn connection<S>(
    stream: TcpStream,
    stopping: CancellationToken,
    peer: SocketAddr,
    service: S,
) -> impl GracefulConnection<Error = hyper::Error>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    let service = MapRequest::new(service, move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request.map(Body::new)
    });
    hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(MAX_HEADER_BYTES)
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE / 2)
        .serve_connection(TokioIo::new(Greeting::new(stream, stopping, PATIENCE)), TowerToHyperService::new(service))
}

/// Serves metrics until it is dropped. A connection has one request, and little time for it.
pub async fn serve_metrics(listener: TcpListener, admission: Arc<Admission>, metrics: Arc<Metrics>) {
    loop {
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Some(admitted) = admission.admit(peer.ip()) else { continue };
        let metrics = metrics.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let metrics = metrics.clone();
            async move { Ok::<_, Infallible>(metrics_page(&request, &metrics)) }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            _ = tokio::time::timeout(PATIENCE, connection).await;
            drop(admitted);
        });
    }
}

fn metrics_page(request: &Request<Incoming>, metrics: &Metrics) -> Response<Full<Bytes>> {
    let page = |status: StatusCode, text: String| {
        let mut response = Response::new(Full::new(Bytes::from(text)));
        *response.status_mut() = status;
        let kind = http::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
        response
    };
    match (request.uri().path(), metrics.render()) {
        ("/metrics", Ok(text)) => page(StatusCode::OK, text),
        ("/metrics", Err(error)) => page(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        _ => page(StatusCode::NOT_FOUND, "metrics are at /metrics\n".to_owned()),
    }
}
