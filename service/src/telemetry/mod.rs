//! What the service tells of itself: logs and metrics.

pub mod log;
pub mod metrics;
