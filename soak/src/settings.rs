//! What a run is asked for, by environment variables.

use std::time::Duration;

use anyhow::{Context, Result};

/// How long, and with which luck.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Of the whole run, start and check left out.
    pub duration: Duration,
    /// The same seed draws the same calls and the same order of events.
    pub seed: u64,
    /// How many honest callers there are.
    pub callers: usize,
    /// How many rows there are to begin with.
    pub rows: usize,
    /// The p99 of honest calls that is allowed while nothing else goes on.
    pub bound: Duration,
}

impl Settings {
    pub fn read() -> Result<Self> {
        let minutes: f64 = number("SOAK_MINUTES", 30.0)?;
        anyhow::ensure!(minutes > 0.0 && minutes.is_finite(), "SOAK_MINUTES must be above 0");
        Ok(Self {
            duration: Duration::from_secs_f64(minutes * 60.0),
            seed: number("SOAK_SEED", fastrand::u64(1..1_000_000))?,
            callers: number("SOAK_CALLERS", 12)?,
            rows: number("SOAK_ROWS", 50_000)?,
            bound: Duration::from_millis(number("SOAK_BOUND_MS", 200)?),
        })
    }
}

fn number<T: std::str::FromStr>(variable: &str, default: T) -> Result<T> {
    let Ok(text) = std::env::var(variable) else { return Ok(default) };
    text.parse().ok().with_context(|| format!("{variable} must be a number, not `{text}`"))
}
