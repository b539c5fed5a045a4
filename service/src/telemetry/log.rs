//! Structured logs on standard error: one line a request, text for people or JSON for collectors.

use std::io::BufWriter;

use clap::ValueEnum;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One readable line each.
    Text,
    /// One JSON object each.
    Json,
}

/// Starts logging. Dropping the guard writes what is left.
pub fn start(format: LogFormat, filter: &str) -> Result<WorkerGuard, String> {
    // PostgreSQL's notices are about our own statements and do not help operators.
    let filter = format!("tokio_postgres=warn,{filter}");
    let filter = EnvFilter::try_new(&filter).map_err(|error| format!("`{filter}` is not a log filter: {error}"))?;
    // Requests must not wait for a slow terminal; when the queue is full they do, rather than lose lines.
    let (writer, guard) = tracing_appender::non_blocking::NonBlockingBuilder::default()
        .lossy(false)
        .buffered_lines_limit(16 * 1024)
        // The writer flushes when the queue is empty: lines that come in a burst leave in one piece.
        .finish(BufWriter::with_capacity(64 * 1024, std::io::stderr()));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_target(false);
    match format {
        LogFormat::Text => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(guard)
}
