//! TraceImpact: everything that depends on an object, as a stream.

use bytes::Bytes;
use futures_util::TryStreamExt;
use qairon::model::{Entity, Mood};
use qairon::v1::{ErrorReason, TraceImpactRequest};

use super::super::requests::decode;
use super::super::store::Store;
use super::super::stream::Outlet;
use super::{Gathered, exists, resource, resume};
use crate::db::failure::Failure;
use crate::db::impact::{Impact, Question, Reached, Root, Roots, SETTINGS, declared, entities};
use crate::db::snapshot::snapshot;
use crate::db::wire::{bytes_field, integer_field};
use crate::domain::impact::Plan;
use crate::domain::page::fingerprint;
use crate::error::{Error, Result};

/// Streams what depends on an object, nearest first.
pub async fn impact(store: &Store, request: Bytes, outlet: Outlet) -> Result<()> {
    let request: TraceImpactRequest = decode(request)?;
    let entity = resource(store, "resource", &request.resource)?;
    let mut to: Vec<&'static Entity> = Vec::new();
    for name in &request.to {
        to.push(resource(store, "to", name)?);
    }
    if request.max_depth < 0 {
        let message = format!("`max_depth` must be zero or greater, not {}", request.max_depth);
        return Err(Error::invalid("max_depth", ErrorReason::OutOfRange, message));
    }
    let query = fingerprint_of(&request);
    let after = match resume(&request.resume_token, query, 3)?.as_deref() {
        Some([depth, resource, id]) => Some((depth.parse().unwrap_or_default(), resource.clone(), id.clone())),
        _ => None,
    };
    exists(store, entity, "id", &request.id).await?;
    let model = store.model;
    let traced = Root { depth: 0, case: String::new(), parent: Default::default() };
    let roots = Roots::from([((entity.name.clone(), request.id.clone(), Mood::AtHome), traced)]);
    let max_depth = i64::from(request.max_depth);
    let (with_declared, parents) = (!request.ignore_declared, request.include_parents);
    let gathered = Gathered::new(outlet, query);
    store
        .db
        .stream("trace_impact", move |connection| {
            Box::pin(snapshot(connection, SETTINGS, move |connection| {
                Box::pin(async move {
                    let mut roots = roots;
                    if with_declared {
                        declared(connection, model, &mut roots, max_depth).await?;
                    }
                    let wanted = |entity: &Entity| to.is_empty() || to.iter().any(|to| to.index == entity.index);
                    let plan = Plan::new(model, entities(model, &roots), wanted);
                    let impact = Impact::new(plan, Question { roots, max_depth, parents, after });
                    stream(connection, impact, gathered).await
                })
            }))
        })
        .await
        .map_err(|failure| failure.into_error(model, None))
}

async fn stream(
    connection: &mut diesel_async::AsyncPgConnection,
    impact: Impact,
    mut gathered: Gathered,
) -> Result<(), Failure> {
    let mut rows = impact.sql().stream(connection).await?;
    let mut last: Option<Reached> = None;
    while let Some(row) = rows.try_next().await? {
        let reached = impact.read(&row);
        gathered.push(|out| encode(&reached, out), || keys(&reached)).await?;
        last = Some(reached);
    }
    if let Some(last) = last {
        gathered.flush(keys(&last)).await?;
    }
    Ok(())
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
    let (parent_resource, parent_id) = &row.parent;
    if !parent_id.is_empty() {
        bytes_field(out, 5, parent_resource.as_bytes());
        bytes_field(out, 6, parent_id.as_bytes());
    }
    Ok(())
}

/// Rows depend on everything but the token and whether parents are told.
fn fingerprint_of(request: &TraceImpactRequest) -> u64 {
    let mut to = request.to.clone();
    to.sort();
    let (depth, declared) = (request.max_depth.to_string(), request.ignore_declared.to_string());
    let mut parts = vec!["trace_impact", &request.resource, &request.id, &depth, &declared];
    parts.extend(to.iter().map(String::as_str));
    fingerprint(&parts)
}
