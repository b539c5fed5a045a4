//! `qairon-service serve`: everything put together, and taken apart again in order.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::service::Routes;
use tower::Service;

use crate::config::ServeArgs;
use crate::db::migrations::{self, MigrationError};
use crate::db::{Db, idempotency};
use crate::grpc::ending::ending;
use crate::grpc::health;
use crate::grpc::router::Router;
use crate::grpc::store::Store;
use crate::listen;
use crate::migrate::Database;
use crate::telemetry::metrics::Metrics;

/// What writes have at least to end in, when the calls before them took the whole drain.
const LAST_WRITES: Duration = Duration::from_secs(1);

/// Serves until SIGTERM or SIGINT.
pub async fn serve(args: ServeArgs) -> Result<(), MigrationError> {
    // Bound first: a port in use should not cost the start of a PostgreSQL.
    let listener = listen::bind(args.listen, "--listen").await?;
    let metrics_listener = listen::bind(args.metrics_listen, "--metrics-listen").await?;
    let database = Database::open(&args.database).await?;
    let outcome = serve_on(&args, &database, listener, metrics_listener).await;
    let closed = database.close().await;
    outcome.and(closed)
}

async fn serve_on(
    args: &ServeArgs,
    database: &Database,
    listener: tokio::net::TcpListener,
    metrics_listener: tokio::net::TcpListener,
) -> Result<(), MigrationError> {
    prepare_schema(args, database).await?;
    let metrics = Metrics::new()?;
    let db = Db::new(&args.db(&database.url), metrics.clone()).await?;
    let store = Arc::new(Store::new(qairon::model(), db.clone(), args.call_limits())?);
    let router = Router::new(store.clone(), &metrics, args.request_timeout)?;
    let (routes, reporter, names) = health::services(qairon::model(), args.reflection)?;

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (address, metrics_address) = (listener.local_addr()?, metrics_listener.local_addr()?);
    let stopping = store.stopping.clone();
    let api = Api { router, routes, stopping: stopping.clone() };
    // Whoever asks before the database was looked at gets an answer about a service that exists.
    health::report(&reporter, &names, false).await;
    let background = tokio::spawn(background(store, metrics.clone(), reporter.clone(), names.clone()));
    let metrics_server = tokio::spawn(listen::serve_metrics(metrics_listener, metrics));
    announce(args, address, metrics_address);

    let stop = async {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "stopping: calls under way may finish");
        // It might report a good health behind ours.
        background.abort();
        _ = background.await;
        // Balancers look away before connections are refused.
        health::report(&reporter, &names, false).await;
        stopping.cancel();
    };
    let left = listen::serve(listener, api, stop, args.drain_timeout).await;
    // Writes whose callers have gone are still finished.
    if tokio::time::timeout(left.max(LAST_WRITES), db.drain()).await.is_err() {
        tracing::warn!("writes were still under way when the drain ended");
    }
    metrics_server.abort();
    tracing::info!("stopped");
    Ok(())
}

/// A private database is ours to migrate; that of a user only when asked.
async fn prepare_schema(args: &ServeArgs, database: &Database) -> Result<(), MigrationError> {
    let limits = args.database.limits();
    if database.private.is_some() || args.migrate {
        for version in migrations::migrate(&database.url, limits).await? {
            tracing::info!(version, "migrated");
        }
        return Ok(());
    }
    let plan = migrations::plan(&database.url, limits).await?;
    migrations::refuse_unknown(&plan)?;
    if let Some(first) = plan.pending.first() {
        let count = plan.pending.len();
        return Err(format!(
            "the database lacks {count} migrations of this program, from {first} on; run `qairon-service migrate`, or \
             serve with --migrate"
        )
        .into());
    }
    Ok(())
}

#[allow(clippy::print_stdout, reason = "asked for by --print-ready")]
fn announce(args: &ServeArgs, address: SocketAddr, metrics: SocketAddr) {
    tracing::info!(%address, %metrics, "listening");
    if args.print_ready {
        println!("{}", serde_json::json!({ "listen": address.to_string(), "metrics": metrics.to_string() }));
    }
}

/// Follows the database, and forgets old request IDs once an hour.
async fn background(
    store: Arc<Store>,
    metrics: Arc<Metrics>,
    reporter: tonic_health::server::HealthReporter,
    names: Vec<String>,
) {
    let forget = async {
        let mut hourly = tokio::time::interval(Duration::from_secs(3600));
        loop {
            hourly.tick().await;
            if let Err(failure) = idempotency::forget_old(&store.db).await {
                tracing::warn!(?failure, "old request IDs could not be removed");
            }
        }
    };
    tokio::join!(health::follow_database(&store, &metrics, &reporter, &names), forget);
}

/// Our API, and the services beside it.
#[derive(Clone)]
struct Api {
    router: Router,
    routes: Routes,
    stopping: CancellationToken,
}

impl Service<Request<Body>> for Api {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Both are always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.uri().path().starts_with("/grpc.") {
            let (mut routes, stopping) = (self.routes.clone(), self.stopping.clone());
            return Box::pin(async move { Ok(ending(routes.call(request).await?, stopping)) });
        }
        self.router.call(request)
    }
}
