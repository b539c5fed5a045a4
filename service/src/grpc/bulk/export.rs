//! ExportObjects: all objects of some resources, as they are at one moment.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use diesel_async::AsyncPgConnection;
use futures_util::TryStreamExt;
use qairon::model::Entity;
use qairon::v1::{BulkScope, ErrorReason, ExportObjectsRequest};

use super::super::requests::{decode, paths};
use super::super::store::Store;
use super::super::stream::Outlet;
use super::super::trace::resource;
use crate::db::export::Plan;
use crate::db::failure::Failure;
use crate::db::objects;
use crate::db::projection::{ALIAS, Projection};
use crate::db::snapshot::snapshot;
use crate::db::wire;
use crate::domain::filter::{self, FilterError, SqlFragment};
use crate::domain::{scope, validate};
use crate::error::{Error, Result};

/// A message leaves when it holds so many bytes.
const MESSAGE_BYTES: usize = 256 * 1024;
/// Each adds conditions to every statement.
const MAX_SCOPES: usize = 100;

/// An export cannot be taken up where it ended, so it lasts as long as it is read. What is not read for a while is given
/// up by the outlet.
const SETTINGS: &str = "SET LOCAL statement_timeout = 0";

/// Sends the objects.
pub async fn export(store: &Store, bytes: Bytes, outlet: Outlet) -> Result<()> {
    let request: ExportObjectsRequest = decode(bytes)?;
    let resources = resources(store, &request)?;
    let scopes = scopes(store, &request.scopes)?;
    let mask = paths(request.read_mask);
    let filter = filter::parse(&request.filter).map_err(|error| refused(&error))?;
    let mut plans = Vec::new();
    for entity in resources {
        let filter = match filter.root {
            Some(_) => Some(filter::compile(store.model, entity, &filter, ALIAS).map_err(|error| refused(&error))?),
            None => None,
        };
        let projection = projection(store, entity, mask.as_deref())?;
        let inside = inside(store, entity, &scopes)?;
        if !scopes.is_empty() && inside.is_empty() {
            continue;
        }
        plans.push(Plan { entity, projection, filter, scopes: inside, links: !request.omit_links });
    }
    let sent = store.db.stream("export", move |connection| {
        Box::pin(snapshot(connection, SETTINGS, move |connection| {
            Box::pin(async move {
                for (entity, id) in scopes {
                    let sql = objects::select(
                        entity,
                        &Projection::new(qairon::model(), entity, Some(&["id".to_owned()]))?,
                        &id,
                    );
                    if objects::one(connection, sql).await?.is_none() {
                        return Err(Error::not_found(&entity.name, &id).with_field("scopes").into());
                    }
                }
                let mut message = Vec::new();
                for plan in plans {
                    read(connection, &plan, &mut message, &outlet).await?;
                }
                if !message.is_empty() {
                    outlet.send(message.into()).await?;
                }
                Ok(())
            })
        }))
    });
    sent.await.map_err(|failure| failure.into_error(store.model, None))
}

/// Sends the objects of an entity; what is not enough for a message waits for the next ones.
async fn read(
    connection: &mut AsyncPgConnection,
    plan: &Plan,
    message: &mut Vec<u8>,
    outlet: &Outlet,
) -> Result<(), Failure> {
    let mut rows = plan.sql().stream(connection).await?;
    while let Some(row) = rows.try_next().await? {
        let start = message.len();
        let mut done = wire::message_field(message, 1, |out| plan.encode(&row, out));
        // An object can be larger than a message should be, and then it has one of its own.
        let whole = if message.len() < 4 * MESSAGE_BYTES { message.len() } else { start };
        if done.is_ok() && message.len() >= MESSAGE_BYTES && whole > 0 {
            let rest = message.split_off(whole);
            done = outlet.send(std::mem::replace(message, rest).into()).await;
        }
        if let Err(error) = done {
            // The connection serves others when the statement has ended, not before.
            while let Ok(Some(_)) = rows.try_next().await {}
            return Err(error.into());
        }
    }
    Ok(())
}

/// The entities to read, each after those it refers to.
fn resources(store: &Store, request: &ExportObjectsRequest) -> Result<Vec<&'static Entity>> {
    let mut wanted = HashSet::new();
    for name in &request.resources {
        wanted.insert(resource(store, "resources", name)?.index);
    }
    let masked = request.read_mask.as_ref().is_some_and(|mask| !mask.paths.is_empty());
    for (field, given) in [("filter", !request.filter.is_empty()), ("read_mask", masked)] {
        if given && wanted.len() != 1 {
            let message = format!(
                "`{field}` takes exactly one resource, and {}; name one in `resources`",
                match wanted.len() {
                    0 => "all are asked for".to_owned(),
                    many => format!("{many} are asked for"),
                }
            );
            return Err(Error::invalid(field, ErrorReason::InvalidValue, message));
        }
    }
    let sequence = store.model.sequence().into_iter();
    Ok(sequence.filter(|entity| wanted.is_empty() || wanted.contains(&entity.index)).collect())
}

fn scopes(store: &Store, scopes: &[BulkScope]) -> Result<Vec<(&'static Entity, String)>> {
    if scopes.len() > MAX_SCOPES {
        let message = format!("`scopes` takes up to {MAX_SCOPES} objects, and these are {}", scopes.len());
        return Err(Error::invalid("scopes", ErrorReason::OutOfRange, message));
    }
    let scope = |scope: &BulkScope| {
        let entity = resource(store, "scopes.resource", &scope.resource)?;
        validate::id(store.model, entity, "scopes.id", &scope.id)?;
        Ok((entity, scope.id.clone()))
    };
    scopes.iter().map(scope).collect()
}

/// The conditions under which objects of an entity lie in the scopes; none when they cannot.
fn inside(store: &Store, entity: &Entity, scopes: &[(&Entity, String)]) -> Result<Vec<SqlFragment>> {
    let texts = scopes.iter().filter_map(|(root, id)| scope::filter(store.model, entity, &[(root, id.as_str())]));
    let compiled = texts.map(|text| {
        let ast = filter::parse(&text)?;
        filter::compile(store.model, entity, &ast, ALIAS)
    });
    compiled.collect::<Result<_, FilterError>>().map_err(|error| Error::internal(error.to_string()))
}

/// The fields of an answer: those that callers can set, and the ID.
fn projection(store: &Store, entity: &Entity, mask: Option<&[String]>) -> Result<Arc<Projection>> {
    match mask {
        Some(_) => store.projection(entity, mask),
        None => {
            let settable = entity.fields.iter().filter(|field| field.is_settable());
            let names: Vec<String> = settable.map(|field| field.name.clone()).chain(["id".to_owned()]).collect();
            Ok(Arc::new(Projection::new(store.model, entity, Some(&names))?))
        }
    }
}

fn refused(error: &FilterError) -> Error {
    let reason = if error.is_limit { ErrorReason::FilterTooLarge } else { ErrorReason::InvalidFilter };
    Error::invalid("filter", reason, format!("`filter`, {error}"))
}
