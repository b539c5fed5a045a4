//! ExportObjects: all objects of some resources, as they are at one moment.

use std::collections::HashSet;

use bytes::Bytes;
use qairon::Model;
use qairon::model::Entity;
use qairon::v1::{BulkScope, ErrorReason, ExportObjectsRequest};

use super::super::requests::{decode, paths};
use crate::call::{Context, Outlet};
use crate::db::export::{Plan, export as read};
use crate::db::projection::ALIAS;
use crate::db::{Sink, wire};
use crate::domain::filter::{self, FilterError, SqlFragment};
use crate::domain::resource::resource;
use crate::domain::{scope, validate};
use crate::error::{Error, Result};

/// A message leaves when it holds so many bytes.
const MESSAGE_BYTES: usize = 256 * 1024;
/// Each adds conditions to every statement.
const MAX_SCOPES: usize = 100;

/// Sends the objects.
pub async fn export(context: &Context, bytes: Bytes, outlet: Outlet) -> Result<()> {
    let request: ExportObjectsRequest = decode(bytes)?;
    let model = context.model();
    let resources = resources(context.model(), &request)?;
    let scopes = scopes(context.model(), &request.scopes)?;
    let mask = paths(request.read_mask);
    let filter = filter::parse(&request.filter).map_err(|error| refused(&error))?;
    let mut plans = Vec::new();
    for entity in resources {
        let filter = match filter.root {
            Some(_) => Some(filter::compile(model, entity, &filter, ALIAS).map_err(|error| refused(&error))?),
            None => None,
        };
        let inside = inside(model, entity, &scopes)?;
        if !scopes.is_empty() && inside.is_empty() {
            continue;
        }
        plans.push(Plan { entity, mask: mask.clone(), filter, scopes: inside, links: !request.omit_links });
    }
    let mut messages = Messages { outlet, message: Vec::new() };
    read(context.db(), &scopes, &plans, &mut messages).await?;
    match messages.message.is_empty() {
        true => Ok(()),
        false => messages.outlet.send(messages.message.into()).await,
    }
}

/// Objects on their way to the caller: they gather until a message is full.
struct Messages {
    outlet: Outlet,
    message: Vec<u8>,
}

impl Sink<Vec<u8>> for Messages {
    async fn take(&mut self, object: Vec<u8>) -> Result<()> {
        // An object can be larger than a message should be, and then it has one of its own.
        if !self.message.is_empty() && self.message.len() + object.len() >= 4 * MESSAGE_BYTES {
            self.outlet.send(std::mem::take(&mut self.message).into()).await?;
        }
        wire::bytes_field(&mut self.message, 1, &object);
        if self.message.len() >= MESSAGE_BYTES {
            self.outlet.send(std::mem::take(&mut self.message).into()).await?;
        }
        Ok(())
    }
}

/// The entities to read, each after those it refers to.
fn resources(model: &'static Model, request: &ExportObjectsRequest) -> Result<Vec<&'static Entity>> {
    let mut wanted = HashSet::new();
    for name in &request.resources {
        wanted.insert(resource(model, "resources", name)?.index);
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
    let sequence = model.sequence().into_iter();
    Ok(sequence.filter(|entity| wanted.is_empty() || wanted.contains(&entity.index)).collect())
}

fn scopes(model: &'static Model, scopes: &[BulkScope]) -> Result<Vec<(&'static Entity, String)>> {
    if scopes.len() > MAX_SCOPES {
        let message = format!("`scopes` takes up to {MAX_SCOPES} objects, and these are {}", scopes.len());
        return Err(Error::invalid("scopes", ErrorReason::OutOfRange, message));
    }
    let scope = |scope: &BulkScope| {
        let entity = resource(model, "scopes.resource", &scope.resource)?;
        validate::id(model, entity, "scopes.id", &scope.id)?;
        Ok((entity, scope.id.clone()))
    };
    scopes.iter().map(scope).collect()
}

/// The conditions under which objects of an entity lie in the scopes; none when they cannot.
fn inside(model: &'static Model, entity: &Entity, scopes: &[(&Entity, String)]) -> Result<Vec<SqlFragment>> {
    let texts = scopes.iter().filter_map(|(root, id)| scope::filter(model, entity, &[(root, id.as_str())]));
    let compiled = texts.map(|text| {
        let ast = filter::parse(&text)?;
        filter::compile(model, entity, &ast, ALIAS)
    });
    compiled.collect::<Result<_, FilterError>>().map_err(|error| Error::internal(error.to_string()))
}

fn refused(error: &FilterError) -> Error {
    let reason = error.reason(ErrorReason::InvalidFilter);
    Error::invalid("filter", reason, format!("`filter`, {error}"))
}
