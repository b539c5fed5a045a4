//! DeclareDependency and RemoveDependency.

use bytes::Bytes;
use prost::Message;
use qairon::Model;
use qairon::v1::{DeclareDependencyRequest, RemoveDependencyRequest};

use super::repeats::once;
use super::requests::decode;
use crate::call::Context;
use crate::db::failure::Intent;
use crate::db::rows::dependencies::{self, Declaration, End};
use crate::db::{Ending, Weight, Write, repeats};
use crate::domain::resource::resource;
use crate::domain::validate;
use crate::error::Result;

/// Declares that one object depends on another.
pub async fn declare(context: &Context, bytes: Bytes) -> Result<Bytes> {
    let request: DeclareDependencyRequest = decode(bytes.clone())?;
    let model = context.model();
    let declaration = declaration(
        model,
        (&request.resource, &request.id),
        (&request.related_resource, &request.related_id),
        (request.case_id, request.name),
    )?;
    let id = declaration.dependent.id.clone();
    let entity = declaration.dependent.entity;
    let write = Write { operation: "declare_dependency", weight: Weight::Light, validate_only: request.validate_only };
    let once = once(context, &request.request_id, &bytes)?;
    let result = repeats::write(context.db(), write, once, move |transaction| {
        let declaration = declaration.clone();
        Box::pin(async move { Ok(Ending::Commit(dependencies::declare(transaction, &declaration).await?)) })
    });
    let result = result.await;
    result.map(Bytes::from).map_err(|failure| failure.into_error(model, Intent::on(entity, &id)))
}

/// Removes the declaration that one object depends on another.
pub async fn remove(context: &Context, bytes: Bytes) -> Result<Bytes> {
    let request: RemoveDependencyRequest = decode(bytes.clone())?;
    let model = context.model();
    let declaration = declaration(
        model,
        (&request.resource, &request.id),
        (&request.related_resource, &request.related_id),
        (request.case_id, request.name),
    )?;
    let id = declaration.dependent.id.clone();
    let entity = declaration.dependent.entity;
    let write = Write { operation: "remove_dependency", weight: Weight::Light, validate_only: request.validate_only };
    let once = once(context, &request.request_id, &bytes)?;
    let result = repeats::write(context.db(), write, once, move |transaction| {
        let declaration = declaration.clone();
        Box::pin(async move {
            let affected = dependencies::remove(transaction, &declaration).await?;
            Ok(Ending::Commit(qairon::v1::RemoveDependencyResponse { affected: Some(affected) }.encode_to_vec()))
        })
    });
    let result = result.await;
    result.map(Bytes::from).map_err(|failure| failure.into_error(model, Intent::on(entity, &id)))
}

/// What both requests name: the object that depends, the one it depends on, and the case and name, which may be left out.
fn declaration(
    model: &'static Model,
    dependent: (&str, &str),
    related: (&str, &str),
    (case_id, name): (String, String),
) -> Result<Declaration> {
    Ok(Declaration {
        dependent: end(model, ("resource", dependent.0), ("id", dependent.1))?,
        related: end(model, ("related_resource", related.0), ("related_id", related.1))?,
        case_id: given(model, "dependency_case", "case_id", case_id)?,
        name: named(name)?,
    })
}

/// One of the two objects, by the fields that name it.
fn end(model: &'static Model, of: (&'static str, &str), id: (&'static str, &str)) -> Result<End> {
    let entity = resource(model, of.0, of.1)?;
    validate::id(model, entity, id.0, id.1)?;
    Ok(End { entity, field: id.0, id: id.1.to_owned() })
}

/// An ID that may be left out.
fn given(model: &'static Model, entity: &str, field: &str, id: String) -> Result<Option<String>> {
    if id.is_empty() {
        return Ok(None);
    }
    validate::id(model, model.target(entity), field, &id)?;
    validate::new_name(field, &id)?;
    Ok(Some(id))
}

fn named(name: String) -> Result<Option<String>> {
    if name.is_empty() {
        return Ok(None);
    }
    validate::component("name", &name)?;
    Ok(Some(name))
}
