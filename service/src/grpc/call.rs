//! What surrounds the work of every call: who asks, how long it may take, and what is told of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::HeaderMap;
use tonic::Code;
use uuid::Uuid;

use crate::telemetry::metrics::MethodMetrics;

/// The header that correlates a request with the log.
pub const REQUEST_ID: &str = "x-request-id";
/// The header that names who asks, until there is authentication.
pub const ACTOR: &str = "x-qairon-actor";

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// For the log and the caller; not the `request_id` of idempotency.
    pub request_id: String,
    /// Who asks; empty when nobody says.
    pub actor: String,
    /// When it must be over.
    pub deadline: Instant,
}

impl Call {
    /// Reads the headers of a request.
    pub fn new(headers: &HeaderMap, longest: Duration) -> Self {
        let text = |name: &str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
            value.chars().filter(|c| !c.is_control()).take(128).collect::<String>()
        };
        let request_id = Some(text(REQUEST_ID)).filter(|id| !id.is_empty());
        let timeout = headers.get("grpc-timeout").and_then(|value| parse_timeout(value.to_str().ok()?));
        Self {
            request_id: request_id.unwrap_or_else(|| Uuid::now_v7().to_string()),
            actor: text(ACTOR),
            deadline: Instant::now() + timeout.unwrap_or(longest).min(longest),
        }
    }
}

/// The `grpc-timeout` header: up to eight digits and a unit.
fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 3600)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

/// A method as log and metrics know it.
pub struct Measured {
    /// Its name: `qairon.v1.CatalogService/GetStack`.
    pub name: String,
    /// Its metrics.
    pub metrics: MethodMetrics,
}

/// Measures a call and writes its line, also when the caller goes away and the future is dropped.
pub struct Account {
    call: Call,
    method: Arc<Measured>,
    started: Instant,
    outcome: Option<(Code, String)>,
}

impl Account {
    /// Opens the account of a call.
    pub fn open(call: &Call, method: &Arc<Measured>) -> Self {
        method.metrics.started();
        Self { call: call.clone(), method: method.clone(), started: Instant::now(), outcome: None }
    }

    /// The call has been answered; the note is for the log.
    pub fn close(mut self, code: Code, note: String) {
        self.outcome = Some((code, note));
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let elapsed = self.started.elapsed();
        let (code, note) = self.outcome.take().unwrap_or((Code::Cancelled, "the caller went away".to_owned()));
        self.method.metrics.finished(code, elapsed);
        let Call { request_id, actor, .. } = &self.call;
        let millis = (elapsed.as_secs_f64() * 1e6).round() / 1e3;
        let method = self.method.name.as_str();
        match code {
            Code::Ok => {
                tracing::info!(method, code = ?code, ms = millis, request_id, actor, "request");
            }
            Code::Internal | Code::Unknown | Code::DataLoss => {
                tracing::error!(method, code = ?code, ms = millis, request_id, actor, note, "request");
            }
            Code::Unavailable => {
                tracing::warn!(method, code = ?code, ms = millis, request_id, actor, note, "request");
            }
            _ => {
                tracing::info!(method, code = ?code, ms = millis, request_id, actor, note, "request");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_in_every_unit() {
        assert_eq!(parse_timeout("1H"), Some(Duration::from_secs(3600)));
        assert_eq!(parse_timeout("5m"), Some(Duration::from_millis(5)));
        assert_eq!(parse_timeout("99999999n"), Some(Duration::from_nanos(99_999_999)));
        for bad in ["", "m", "123456789m", "-1m", "1x", "1é", "é"] {
            assert_eq!(parse_timeout(bad), None, "{bad:?}");
        }
    }
}
