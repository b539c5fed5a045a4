//! What the service reports about itself: logs and metrics.

pub mod log;
pub mod metrics;
