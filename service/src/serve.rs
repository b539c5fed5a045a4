//! `qairon-service serve`: everything put together, and taken apart again in order.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tonic_health::server::HealthReporter;

use crate::call::Contexts;
use crate::config::{Reflection, ServeArgs};
use crate::db::about::ping;
use crate::db::migrations::{self, MigrationError};
use crate::db::{Db, Door, Identity, Sources, repeats};
use crate::grpc::admission::Admission;
use crate::grpc::router::Router;
use crate::grpc::{Server, descriptors, health, listen};
use crate::migrate::Database;
use crate::telemetry::metrics::Metrics;

/// Where metrics are served unless another place is named: the port that Prometheus has listed for exporters of
/// OpenTelemetry.
const METRICS_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);
/// What writes have at least to end in, when the calls before them took the whole drain.
const LAST_WRITES: Duration = Duration::from_secs(1);

/// Serves until SIGTERM or SIGINT.
pub async fn serve(args: ServeArgs) -> Result<(), MigrationError> {
    // Bound first: a port in use should not cost the start of a PostgreSQL.
    let listener = listen::bind(args.listen, "--listen").await?;
    let metrics_listener = match args.metrics_listen {
        Some(address) => listen::bind(address, "--metrics-listen").await?,
        None => listen::bind_or_free(METRICS_ADDRESS, "--metrics-listen").await?,
    };
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
    let connections = descriptors::connections(args.max_connections(), args.other_descriptors())?;
    prepare_schema(args, database).await?;
    let metrics = Metrics::new()?;
    let (all, per_peer) = args.connections_of(connections);
    let admission = Admission::new(all, per_peer, metrics.port("api"));
    let (all, per_peer) = listen::METRICS_CONNECTIONS;
    let metrics_admission = Admission::new(all, per_peer, metrics.port("metrics"));
    let model = qairon::model();
    let db = Db::new(model, &args.db(&database.url), metrics.clone()).await?;
    let stopping = CancellationToken::new();
    let contexts = Contexts::new(model, db.clone(), args.call_limits(), stopping.clone());
    let router = Router::new(contexts, &metrics)?;
    let (routes, reporter, names) = health::services(model, args.reflection == Reflection::On)?;

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (address, metrics_address) = (listener.local_addr()?, metrics_listener.local_addr()?);
    let server = Server::new(router, routes, stopping.clone());
    // Whoever asks before the database was looked at gets an answer about a service that exists.
    health::report(&reporter, &names, false).await;
    let background =
        Background { db: db.clone(), metrics: metrics.clone(), reporter: reporter.clone(), names: names.clone() };
    let background = tokio::spawn(background.run());
    let metrics_server = tokio::spawn(listen::serve_metrics(metrics_listener, metrics_admission, metrics));
    announce(args, address, metrics_address);

    let stop = async {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "stopping: calls under way may finish");
        // It might report a good health after ours.
        background.abort();
        _ = background.await;
        // Balancers look away before connections are refused.
        health::report(&reporter, &names, false).await;
        stopping.cancel();
    };
    let left = listen::serve(listener, &admission, server, stop, args.drain_timeout).await;
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

/// What goes on beside the calls.
struct Background {
    db: Db,
    metrics: Arc<Metrics>,
    reporter: HealthReporter,
    names: Vec<String>,
}

impl Background {
    /// Follows the database, and forgets old request IDs once an hour.
    async fn run(self) {
        let identity = Identity { principal: "qairon-service".to_owned(), ..Identity::default() };
        let door = Door::new(self.db.clone(), identity, Sources::default());
        let forget = async {
            let mut hourly = tokio::time::interval(Duration::from_secs(3600));
            loop {
                hourly.tick().await;
                if let Err(failure) = repeats::forget_old(&door).await {
                    tracing::warn!(?failure, "old request IDs could not be removed");
                }
            }
        };
        tokio::join!(self.follow_database(&door), forget);
    }

    async fn follow_database(&self, door: &Door) {
        let mut was_up = None;
        loop {
            let answered = tokio::time::timeout(Duration::from_secs(2), ping(door)).await.unwrap_or(false);
            self.db.show_pool();
            self.metrics.database_up.set(answered.into());
            if was_up != Some(answered) {
                match (was_up, answered) {
                    (Some(false), true) => tracing::info!("the database answers again"),
                    (_, false) => tracing::warn!("the database does not answer"),
                    (_, true) => {}
                }
                health::report(&self.reporter, &self.names, answered).await;
                was_up = Some(answered);
            }
            tokio::time::sleep(Duration::from_millis(if answered { 1000 } else { 200 })).await;
        }
    }
}
