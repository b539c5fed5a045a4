//! The context of one call.

use std::sync::Arc;
use std::time::Instant;

use qairon::Model;
use qairon::model::{Entity, Method};
use tokio_util::sync::CancellationToken;

use super::caller::Caller;
use super::limits::Limits;
use super::memory::Memory;
use crate::db::Door;
use crate::error::{Error, ErrorKind, Result};

/// Everything that is known of a call, and its only way to the database.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

pub(super) struct Inner {
    pub caller: Caller,
    pub method: &'static Method,
    pub deadline: Instant,
    pub model: &'static Model,
    pub limits: Limits,
    pub stopping: CancellationToken,
    pub bundles: Memory,
    pub door: Door,
}

impl Context {
    pub(super) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Who asks.
    pub fn caller(&self) -> &Caller {
        &self.0.caller
    }

    /// What is called.
    pub fn method(&self) -> &'static Method {
        self.0.method
    }

    /// The entity whose standard method is called.
    pub fn entity(&self) -> Result<&'static Entity> {
        let entity = self.0.method.entity.and_then(|index| self.0.model.entities().get(index));
        entity.ok_or_else(|| Error::internal(format!("{} is no standard method", self.0.method.path)))
    }

    /// When the call must be over.
    pub fn deadline(&self) -> Instant {
        self.0.deadline
    }

    /// The entity model.
    pub fn model(&self) -> &'static Model {
        self.0.model
    }

    /// What one call may take.
    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// The memory that all bundles share.
    pub fn bundles(&self) -> &Memory {
        &self.0.bundles
    }

    /// Cancelled when the server stops: streams end then.
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }

    /// Writes to the log what the caller does not see of an error.
    pub fn log(&self, error: &Error) {
        let Caller { principal, request_id, .. } = &self.0.caller;
        let method = &self.0.method.path[1..];
        match (error.kind, error.cause.as_deref()) {
            (ErrorKind::Internal, cause) => {
                let cause = cause.unwrap_or("unknown");
                tracing::error!(method, request_id, principal, cause, "the service failed a call");
            }
            (_, Some(cause)) => tracing::debug!(method, request_id, principal, cause, "a call failed"),
            (_, None) => {}
        }
    }

    /// The database, as this call may use it: at its moment, with its access.
    pub fn db(&self) -> &Door {
        &self.0.door
    }
}
