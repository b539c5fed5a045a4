//! TraceImpact: everything that depends on an object, as a stream.

use bytes::Bytes;
use qairon::model::Entity;
use qairon::v1::{ErrorReason, TraceImpactRequest};

use super::super::requests::decode;
use super::{Gathered, number, resume};
use crate::call::{Context, Outlet};
use crate::db::Sink;
use crate::db::impact::{Ask, Reached, impact as walk};
use crate::db::wire::{bytes_field, integer_field};
use crate::domain::page::fingerprint;
use crate::domain::resource::resource;
use crate::domain::validate;
use crate::error::{Error, Result};

/// Streams what depends on an object, nearest first.
pub async fn impact(context: &Context, request: Bytes, outlet: Outlet) -> Result<()> {
    let request: TraceImpactRequest = decode(request)?;
    let entity = resource(context.model(), "resource", &request.resource)?;
    let mut to: Vec<&'static Entity> = Vec::new();
    for name in &request.to {
        to.push(resource(context.model(), "to", name)?);
    }
    if request.max_depth < 0 {
        let message = format!("`max_depth` must be zero or greater, not {}", request.max_depth);
        return Err(Error::invalid("max_depth", ErrorReason::OutOfRange, message));
    }
    let query = fingerprint_of(&request);
    let after = match resume::<3>(&request.resume_token, query)? {
        Some([depth, resource, id]) => Some((number(&depth)?, resource, id)),
        None => None,
    };
    validate::id(context.model(), entity, "id", &request.id)?;
    let ask = Ask {
        entity,
        id: request.id,
        to,
        max_depth: request.max_depth.into(),
        parents: request.include_parents,
        ignore_declared: request.ignore_declared,
        after,
    };
    let mut rows = Rows { gathered: Gathered::new(outlet, query), last: None };
    walk(context.db(), ask, &mut rows).await?;
    match &rows.last {
        Some(last) => rows.gathered.flush(keys(last)).await,
        None => Ok(()),
    }
}

/// Rows on their way to the caller.
struct Rows {
    gathered: Gathered,
    last: Option<Reached>,
}

impl Sink<Reached> for Rows {
    async fn take(&mut self, reached: Reached) -> Result<()> {
        self.gathered.push(|out| encode(&reached, out), || Ok(keys(&reached))).await?;
        self.last = Some(reached);
        Ok(())
    }
}

fn keys(row: &Reached) -> Vec<String> {
    vec![row.depth.to_string(), row.resource.clone(), row.id.clone()]
}

/// An ImpactRow.
fn encode(row: &Reached, out: &mut Vec<u8>) -> Result<()> {
    bytes_field(out, 1, row.resource.as_bytes());
    bytes_field(out, 2, row.id.as_bytes());
    integer_field(out, 3, row.depth);
    bytes_field(out, 4, row.via.as_bytes());
    if let Some((resource, id)) = &row.parent {
        bytes_field(out, 5, resource.as_bytes());
        bytes_field(out, 6, id.as_bytes());
    }
    Ok(())
}

/// Rows depend on everything but the token and whether parents are included.
fn fingerprint_of(request: &TraceImpactRequest) -> u64 {
    let mut to = request.to.clone();
    to.sort();
    let (depth, declared) = (request.max_depth.to_string(), request.ignore_declared.to_string());
    let mut parts = vec!["trace_impact", &request.resource, &request.id, &depth, &declared];
    parts.extend(to.iter().map(String::as_str));
    fingerprint(&parts)
}
