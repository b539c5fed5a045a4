//! Create, Update and Delete, over any entity.

use bytes::Bytes;
use prost::Message;
use qairon::Model;
use qairon::model::{Entity, Field};
use qairon::v1::ErrorReason;

use super::repeats::once;
use super::requests::{self, decode, paths};
use crate::call::Context;
use crate::db::closure::Reach;
use crate::db::etag::Etag;
use crate::db::failure::Intent;
use crate::db::rows::delete::{Deletion, delete as delete_object};
use crate::db::rows::single::{Change, Otherwise, create as create_object};
use crate::db::{Ending, Weight, Write, repeats, wire};
use crate::domain::draft::{Draft, Value, check_changed_names, check_new_names, composed_id, naming, rekeyed_id};
use crate::domain::{keys, validate};
use crate::error::{Error, Result};

type Values = Vec<(&'static Field, Value)>;

fn object(entity: &Entity, object: Option<Bytes>) -> Result<Draft> {
    let Some(bytes) = object else {
        let message = format!("`{}` is required: the {} to write", entity.name, entity.human());
        return Err(Error::invalid(&entity.name, ErrorReason::Required, message));
    };
    Draft::decode(entity, &bytes)
}

/// Creates an object.
pub async fn create(context: &Context, bytes: Bytes) -> Result<Bytes> {
    let request: requests::Create = decode(bytes.clone())?;
    let (model, entity) = (context.model(), context.entity()?);
    let values = object(entity, request.object)?.for_insert(model, entity)?;
    check_new_names(&values)?;
    // Only for the message of a refusal.
    let id = composed_id(entity, &values).unwrap_or_default();
    let sent = values.clone();
    let write = Write { operation: "create", weight: Weight::Light, validate_only: request.validate_only };
    let once = once(context, &request.request_id, &bytes)?;
    let result = repeats::write(context.db(), write, once, move |transaction| {
        let values = values.clone();
        Box::pin(async move { Ok(Ending::Commit(create_object(transaction, entity, &values).await?)) })
    });
    let result = result.await;
    result.map(Bytes::from).map_err(|failure| naming(model, failure.into_error(model, Intent::on(entity, &id)), &sent))
}

/// Changes an object.
pub async fn update(context: &Context, bytes: Bytes) -> Result<Bytes> {
    let request: requests::Update = decode(bytes.clone())?;
    let (model, entity) = (context.model(), context.entity()?);
    let draft = object(entity, request.object)?;
    validate::id(model, entity, "id", &draft.id)?;
    let new_id = Some(request.new_id).filter(|id| !id.is_empty() && *id != draft.id);
    if let Some(new_id) = &new_id {
        validate::id(model, entity, "new_id", new_id)?;
        // Those that are composed are not given, and the change refuses it.
        if entity.id_is_given() {
            validate::new_name("new_id", new_id)?;
        }
    }
    let otherwise = request.allow_missing.then(|| creatable(model, entity, &draft)).transpose()?;
    let mask = paths(request.update_mask);
    let split = mask.as_deref().map(|mask| keys::split(entity, mask)).transpose()?;
    let keys = keys::changes(&draft, split.as_ref().map_or(&[][..], |split| &split.keys))?;
    let values = draft.for_update(model, entity, split.as_ref().map(|split| &split.fields[..]))?;
    check_changed_names(model, entity, &draft.id, &values)?;
    let change = Change {
        entity,
        etag: Etag::parse(&draft.etag),
        values,
        keys,
        new_id,
        otherwise: otherwise.map_or(Otherwise::Refuse, Otherwise::Create),
        max_affected: context.limits().max_affected,
        id: draft.id.clone(),
    };
    // The ID that a conflict would be about.
    let taken_id = match &change.new_id {
        Some(new_id) => new_id.clone(),
        None => rekeyed_id(model, entity, &change.id, &change.values),
    };
    let sent = change.values.clone();
    // What an ID is made of may be in any change; a new ID is meant to re-key all there is below.
    let weight = if change.new_id.is_some() { Weight::Heavy } else { Weight::Light };
    let write = Write { operation: "update", weight, validate_only: request.validate_only };
    let once = once(context, &request.request_id, &bytes)?;
    let result = repeats::write(context.db(), write, once, move |transaction| {
        let change = change.clone();
        Box::pin(async move { Ok(Ending::Commit(change.apply(transaction).await?)) })
    });
    let result = result.await;
    let refused = |error| naming(model, error, &sent);
    result.map(Bytes::from).map_err(|failure| refused(failure.into_error(model, Intent::on(entity, &taken_id))))
}

/// The values of an object that is created because it is missing: they must make up the ID it was sent under.
fn creatable(model: &Model, entity: &'static Entity, draft: &Draft) -> Result<Values> {
    let values = draft.for_insert(model, entity)?;
    let id = composed_id(entity, &values).ok_or_else(|| Error::internal("an ID was not composed"))?;
    if id != draft.id {
        let message = format!("`allow_missing` would create `{id}`, but the ID sent is `{}`", draft.id);
        return Err(Error::invalid("id", ErrorReason::InvalidId, message));
    }
    Ok(values)
}

/// Deletes an object, and with force everything that depends on it.
pub async fn delete(context: &Context, bytes: Bytes) -> Result<Bytes> {
    let request: requests::Delete = decode(bytes.clone())?;
    let (model, entity) = (context.model(), context.entity()?);
    validate::id(model, entity, "id", &request.id)?;
    let id = request.id.clone();
    let deletion = Deletion {
        entity,
        id: request.id,
        etag: Etag::parse(&request.etag),
        reach: if request.force { Reach::All } else { Reach::OneLevel },
        allow_missing: request.allow_missing,
        max_affected: context.limits().max_affected,
    };
    let weight = if request.force { Weight::Heavy } else { Weight::Light };
    let write = Write { operation: "delete", weight, validate_only: request.validate_only };
    let once = once(context, &request.request_id, &bytes)?;
    let result = repeats::write(context.db(), write, once, move |transaction| {
        let deletion = deletion.clone();
        Box::pin(async move {
            let mut out = Vec::new();
            if let Some(affected) = delete_object(transaction, &deletion).await? {
                wire::bytes_field(&mut out, 1, &affected.encode_to_vec());
            }
            Ok(Ending::Commit(out))
        })
    });
    let result = result.await;
    result.map(Bytes::from).map_err(|failure| failure.into_error(model, Intent::on(entity, &id)))
}
