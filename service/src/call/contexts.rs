//! Where contexts come from.

use std::time::{Duration, Instant};

use qairon::Model;
use qairon::model::Method;
use tokio_util::sync::CancellationToken;

use super::caller::Caller;
use super::context::{Context, Inner};
use super::limits::{LONGEST_STREAM, Limits};
use super::memory::Memory;
use crate::db::{Access, Db, Door, Identity, Moment, Sources};

/// Makes the context of every call. What it holds cannot be had from it in another way.
#[derive(Clone)]
pub struct Contexts {
    model: &'static Model,
    db: Db,
    limits: Limits,
    stopping: CancellationToken,
    bundles: Memory,
}

impl Contexts {
    /// Contexts over a database.
    pub fn new(model: &'static Model, db: Db, limits: Limits, stopping: CancellationToken) -> Self {
        let bundles = Memory::new(limits.max_bundle_memory);
        Self { model, db, limits, stopping, bundles }
    }

    /// The entity model.
    pub fn model(&self) -> &'static Model {
        self.model
    }

    /// The context of a call, which may last as long as its client waits, within what the server allows.
    pub fn open(&self, caller: Caller, method: &'static Method, patience: Option<Duration>) -> Context {
        let is_stream = method.descriptor.is_client_streaming() || method.descriptor.is_server_streaming();
        let longest = if is_stream { LONGEST_STREAM } else { self.limits.longest_call };
        let (moment, access) = (Moment::Live, Access::All);
        let identity = Identity {
            principal: caller.principal.clone(),
            on_behalf_of: caller.on_behalf_of.clone(),
            request_id: caller.request_id.clone(),
            method: method.path[1..].to_owned(),
            client: caller.client.as_ref().map(ToString::to_string),
        };
        Context::new(Inner {
            method,
            deadline: Instant::now() + patience.unwrap_or(longest).min(longest),
            model: self.model,
            limits: self.limits,
            stopping: self.stopping.clone(),
            bundles: self.bundles.clone(),
            door: Door::new(self.db.clone(), identity, Sources { moment, access }),
            caller,
        })
    }
}
