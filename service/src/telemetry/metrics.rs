//! Prometheus metrics. Names and units follow the Prometheus conventions; `docs/OPERATIONS.md` lists them.

use std::sync::Arc;
use std::time::Duration;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use tonic::Code;

/// Seconds. Reads take a tenth of a millisecond, large re-keyings seconds.
const BUCKETS: &[f64] =
    &[0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Every metric of the service.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    in_flight: IntGauge,
    database_seconds: HistogramVec,
    database_failures: IntCounterVec,
    database_retries: IntCounterVec,
    connections: IntGaugeVec,
    connections_refused: IntCounterVec,
    pool_connections: IntGauge,
    pool_idle: IntGauge,
    pool_free: IntGauge,
    pool_lanes: IntGaugeVec,
    pool_set_aside: IntCounterVec,
    /// One while the database answers.
    pub database_up: IntGauge,
}

/// The metrics of one method, looked up once.
pub struct MethodMetrics {
    by_code: [IntCounter; 17],
    seconds: Histogram,
    in_flight: IntGauge,
}

/// The metrics of the connections of one port.
pub struct PortMetrics {
    open: IntGauge,
    refused: [(&'static str, IntCounter); 2],
}

impl Metrics {
    /// Registers the metrics.
    pub fn new() -> Result<Arc<Self>, prometheus::Error> {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, labels: &[&str]| {
            let vec = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(vec.clone()))?;
            Ok::<_, prometheus::Error>(vec)
        };
        let histograms = |name: &str, help: &str, label: &str| {
            let options = HistogramOpts::new(name, help).buckets(BUCKETS.to_vec());
            let vec = HistogramVec::new(options, &[label])?;
            registry.register(Box::new(vec.clone()))?;
            Ok::<_, prometheus::Error>(vec)
        };
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let pool_lanes = IntGaugeVec::new(
            Opts::new("qairon_pool_lane_connections", "Connections of the pool used by work that lasts, by lane."),
            &["lane"],
        )?;
        registry.register(Box::new(pool_lanes.clone()))?;
        let connections = IntGaugeVec::new(Opts::new("qairon_connections", "Open connections of clients."), &["port"])?;
        registry.register(Box::new(connections.clone()))?;
        Ok(Arc::new(Self {
            connections,
            pool_lanes,
            connections_refused: counters(
                "qairon_connections_refused_total",
                "Connections refused because there were too many in all, or from one peer.",
                &["port", "limit"],
            )?,
            requests: counters("qairon_requests_total", "Requests, by method and gRPC code.", &["method", "code"])?,
            seconds: histograms("qairon_request_duration_seconds", "Time to answer a request.", "method")?,
            in_flight: gauge("qairon_requests_in_flight", "Requests being worked on.")?,
            database_seconds: histograms(
                "qairon_database_operation_duration_seconds",
                "Time of database operations, waiting for a connection included.",
                "operation",
            )?,
            database_failures: counters(
                "qairon_database_operation_failures_total",
                "Database operations that failed or were refused.",
                &["operation"],
            )?,
            database_retries: counters(
                "qairon_database_retries_total",
                "Writes repeated because PostgreSQL aborted them for another.",
                &["operation"],
            )?,
            pool_set_aside: counters(
                "qairon_pool_set_aside_total",
                "Operations that took longer than quick ones may, and were undone and done again in a lane.",
                &["lane"],
            )?,
            pool_connections: gauge("qairon_pool_connections", "Open connections of the pool.")?,
            pool_idle: gauge("qairon_pool_idle_connections", "Open connections of the pool that are idle.")?,
            pool_free: gauge("qairon_pool_free_permits", "Operations that could begin at once.")?,
            database_up: gauge("qairon_database_up", "1 while the database answers.")?,
            registry,
        }))
    }

    /// The metrics of a method.
    pub fn method(&self, method: &str) -> MethodMetrics {
        let code = |code: usize| {
            let code = Code::from_i32(i32::try_from(code).unwrap_or_default());
            self.requests.with_label_values(&[method, &format!("{code:?}")])
        };
        MethodMetrics {
            by_code: std::array::from_fn(code),
            seconds: self.seconds.with_label_values(&[method]),
            in_flight: self.in_flight.clone(),
        }
    }

    /// The metrics of a port.
    pub fn port(&self, port: &str) -> PortMetrics {
        let refused = |limit| (limit, self.connections_refused.with_label_values(&[port, limit]));
        PortMetrics { open: self.connections.with_label_values(&[port]), refused: [refused("total"), refused("peer")] }
    }

    /// A database operation has ended.
    pub fn database(&self, operation: &str, elapsed: Duration, ok: bool) {
        self.database_seconds.with_label_values(&[operation]).observe(elapsed.as_secs_f64());
        if !ok {
            self.database_failures.with_label_values(&[operation]).inc();
        }
    }

    /// A write is repeated.
    pub fn retried(&self, operation: &str) {
        self.database_retries.with_label_values(&[operation]).inc();
    }

    /// The state of the pool at this moment.
    pub fn pool(&self, connections: u32, idle: u32, free: usize) {
        self.pool_connections.set(connections.into());
        self.pool_idle.set(idle.into());
        self.pool_free.set(i64::try_from(free).unwrap_or(i64::MAX));
    }

    /// The state of a lane of the pool at this moment.
    pub fn lane(&self, lane: &str, connections: usize) {
        self.pool_lanes.with_label_values(&[lane]).set(i64::try_from(connections).unwrap_or(i64::MAX));
    }

    /// An operation is done again in a lane.
    pub fn set_aside(&self, lane: &str) {
        self.pool_set_aside.with_label_values(&[lane]).inc();
    }

    /// The text that Prometheus reads.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

impl PortMetrics {
    /// So many connections are open.
    pub fn open(&self, connections: usize) {
        self.open.set(i64::try_from(connections).unwrap_or(i64::MAX));
    }

    /// A connection was refused by a limit: `total` or `peer`.
    pub fn refused(&self, limit: &str) {
        if let Some((_, counter)) = self.refused.iter().find(|(known, _)| *known == limit) {
            counter.inc();
        }
    }
}

impl MethodMetrics {
    /// A request has arrived.
    pub fn started(&self) {
        self.in_flight.inc();
    }

    /// A request has been answered.
    pub fn finished(&self, code: Code, elapsed: Duration) {
        self.in_flight.dec();
        self.by_code[code as usize].inc();
        self.seconds.observe(elapsed.as_secs_f64());
    }
}
