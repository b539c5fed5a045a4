//! What is recorded of every call: a line in the log, and metrics.

use std::sync::Arc;
use std::time::Instant;

use tonic::Code;

use crate::call::Caller;
use crate::telemetry::metrics::MethodMetrics;

/// A method as log and metrics know it.
pub struct Measured {
    /// Its name: `qairon.v1.CatalogService/GetStack`.
    pub name: String,
    /// Its metrics.
    pub metrics: MethodMetrics,
}

/// Measures a call and writes its line, also when the caller goes away and the future is dropped.
pub struct Account {
    caller: Caller,
    method: Arc<Measured>,
    started: Instant,
    outcome: Option<(Code, String)>,
}

impl Account {
    /// Opens the account of a call.
    pub fn open(caller: &Caller, method: &Arc<Measured>) -> Self {
        method.metrics.started();
        Self { caller: caller.clone(), method: method.clone(), started: Instant::now(), outcome: None }
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
        let Caller { principal, on_behalf_of, request_id, client, peer } = &self.caller;
        let millis = (elapsed.as_secs_f64() * 1e6).round() / 1e3;
        let method = self.method.name.as_str();
        // Nobody is said to be acted for by an empty name.
        let actor = on_behalf_of.as_deref().unwrap_or("");
        let client = client.as_ref().map(tracing::field::display);
        let peer = peer.as_ref().map(tracing::field::display);
        macro_rules! line {
            ($level:ident $(, $note:ident)?) => {
                tracing::$level!(
                    method, code = ?code, ms = millis, request_id, principal, actor, client, peer, $($note,)? "request"
                )
            };
        }
        match code {
            Code::Ok => line!(info),
            Code::Internal | Code::Unknown | Code::DataLoss => line!(error, note),
            Code::Unavailable => line!(warn, note),
            _ => line!(info, note),
        }
    }
}
