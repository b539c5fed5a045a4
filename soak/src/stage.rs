//! What the run happens on: a PostgreSQL that keeps what is committed, the service as it is released, and a network in
//! between.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use qairon_bench::fill::{Order, fill};
use qairon_integration_tests::{Client, Cluster, Database, Durability, Server};
use tokio::sync::Mutex;
use tonic::transport::Endpoint;

use crate::proxy::Proxy;
use crate::settings::Settings;

/// The stage. It is shared by everybody.
pub struct Stage {
    pub proxy: Proxy,
    // Dropped in this order: the service before its database.
    pub server: Mutex<Server>,
    pub database: Database,
    pub cluster: Mutex<Cluster>,
    /// Where the running service is, for those who do not wait while it is exchanged.
    places: SyncMutex<Places>,
    pid: AtomicU32,
    postmaster: AtomicU32,
    pub starts: AtomicU32,
    /// Logs of services that have ended.
    logs: SyncMutex<Vec<String>>,
}

#[derive(Clone, Default)]
struct Places {
    api: String,
    metrics: String,
}

impl Stage {
    pub async fn set(settings: &Settings) -> Result<Arc<Self>> {
        // Its connections may be many: those of the service, of the fill and of the check.
        let cluster = Cluster::start_with(Durability::Full, &["max_connections=200", "shared_buffers=512MB"]).await;
        let database = Database::in_cluster(&cluster).await;
        let order = Order::new(database.url().to_owned(), settings.rows, settings.seed)?;
        fill(&order).await.context("the organisation to begin with")?;
        let server = start(&database).await?;
        let proxy = Proxy::start(server.address()).await?;
        let postmaster = cluster.postmaster();
        let stage = Self {
            proxy,
            places: SyncMutex::default(),
            pid: AtomicU32::default(),
            postmaster: AtomicU32::new(postmaster.unsigned_abs()),
            starts: AtomicU32::default(),
            logs: SyncMutex::default(),
            server: Mutex::new(server),
            database,
            cluster: Mutex::new(cluster),
        };
        stage.note(&*stage.server.lock().await);
        Ok(Arc::new(stage))
    }

    /// A client over the proxy, on a connection of its own.
    pub fn client(&self) -> Client {
        Client::new(self.channel())
    }

    /// A channel over the proxy, on a connection of its own.
    pub fn channel(&self) -> tonic::transport::Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.proxy.address)).expect("a URL");
        // Half-open connections are noticed by whoever asks.
        let endpoint = endpoint
            .http2_keep_alive_interval(std::time::Duration::from_secs(2))
            .keep_alive_timeout(std::time::Duration::from_secs(2));
        endpoint.connect_lazy()
    }

    /// Where the service listens now.
    pub fn api(&self) -> String {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).api.clone()
    }

    /// Where its metrics are now.
    pub fn metrics(&self) -> String {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).metrics.clone()
    }

    pub fn pid(&self) -> u32 {
        self.pid.load(Ordering::Relaxed)
    }

    pub fn postmaster(&self) -> u32 {
        self.postmaster.load(Ordering::Relaxed)
    }

    /// Starts the service again in place of one that has ended.
    pub async fn restart(&self, server: &mut Server) -> Result<()> {
        self.keep_log(server);
        *server = start(&self.database).await?;
        self.note(server);
        self.proxy.lead_to(server.address());
        Ok(())
    }

    /// Starts PostgreSQL again.
    pub async fn resume(&self, cluster: &mut Cluster) {
        cluster.resume().await;
        self.postmaster.store(cluster.postmaster().unsigned_abs(), Ordering::Relaxed);
    }

    /// Lines of all logs that report errors, with how often each kind is there.
    pub async fn errors(&self) -> Vec<String> {
        self.keep_log(&*self.server.lock().await);
        let logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
        logs.lines().filter(|line| line.contains(" ERROR ") || line.contains("panicked")).map(str::to_owned).collect()
    }

    fn keep_log(&self, server: &Server) {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner).push(server.log());
    }

    fn note(&self, server: &Server) {
        self.pid.store(server.pid().unsigned_abs(), Ordering::Relaxed);
        self.starts.fetch_add(1, Ordering::Relaxed);
        let places = Places { api: server.address().to_owned(), metrics: server.metrics_address().to_owned() };
        *self.places.lock().unwrap_or_else(PoisonError::into_inner) = places;
    }
}

async fn start(database: &Database) -> Result<Server> {
    let args = ["--database-url", database.url(), "--log", "warn"];
    let started = Server::start_unrecorded(&args).await;
    started.map_err(|(status, log)| anyhow!("the service ended with {status}:\n{log}"))
}
