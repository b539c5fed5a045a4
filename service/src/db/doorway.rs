//! The database: its connections, and what is under way on them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use qairon::Model;
use tokio_util::task::TaskTracker;

use super::connect::SessionLimits;
use super::holders::Holders;
use super::pool::Pool;
use super::recorder::Recorder;
use super::shared::Shared;
use super::shares::Lane;
use super::statements::Statements;
use super::versions::KnownVersions;
use crate::error::{Error, Result};
use crate::telemetry::metrics::Metrics;

/// How the database is used.
#[derive(Debug, Clone)]
pub struct DbConfig {
    /// Where it is.
    pub url: String,
    /// Connections of the pool.
    pub pool_size: u32,
    /// Shared connections for reads by ID.
    pub readers: usize,
    /// The longest wait for a connection of the pool.
    pub pool_timeout: Duration,
    /// What one statement or transaction may take.
    pub limits: SessionLimits,
    /// Where to record the texts of statements.
    pub record: Option<PathBuf>,
}

/// The database. Statements go through a [`super::Door`] to it.
#[derive(Clone)]
pub struct Db {
    pub(super) model: &'static Model,
    pub(super) limits: SessionLimits,
    pub(super) pool: Pool,
    pub(super) shared: Arc<Shared>,
    pub(super) statements: Arc<[Statements]>,
    pub(super) versions: Arc<KnownVersions>,
    pub(super) writes: TaskTracker,
    pub(super) holders: Arc<Holders>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) recorder: Option<Arc<Recorder>>,
}

impl Db {
    /// Prepares connections and statements. Connections are made when they are needed.
    pub async fn new(model: &'static Model, config: &DbConfig, metrics: Arc<Metrics>) -> Result<Self> {
        let statements = model.entities().iter().map(|entity| Statements::new(model, entity));
        let recorder = config.record.as_deref().map(Recorder::open).transpose().map_err(Error::internal)?;
        Ok(Self {
            model,
            limits: config.limits,
            pool: Pool::new(&config.url, config.limits, config.pool_size, config.pool_timeout).await?,
            shared: Arc::new(Shared::new(&config.url, config.limits, config.readers)),
            statements: statements.collect::<Result<_>>()?,
            versions: Arc::default(),
            writes: TaskTracker::new(),
            holders: Arc::default(),
            metrics,
            recorder: recorder.map(Arc::new),
        })
    }

    /// Waits until every write under way has ended.
    pub async fn drain(&self) {
        self.writes.close();
        self.writes.wait().await;
    }

    /// Shows the state of the pool in the metrics.
    pub fn show_pool(&self) {
        let (connections, idle) = self.pool.state();
        self.metrics.pool(connections, idle, self.pool.shares.free());
        for lane in Lane::ALL {
            self.metrics.lane(lane.name(), self.pool.shares.in_lane(lane));
        }
    }
}
