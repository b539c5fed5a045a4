//! Adding and removing links, over any entity.

use bytes::Bytes;
use qairon::model::Verb;

use super::repeats::once;
use super::requests::{self, decode};
use crate::call::Context;
use crate::db::failure::Intent;
use crate::db::rows::links;
use crate::db::{Ending, Weight, Write, repeats, wire};
use crate::domain::validate;
use crate::error::{Error, Result};

/// Adds a link.
pub async fn add(context: &Context, bytes: Bytes) -> Result<Bytes> {
    set(context, "add_link", true, bytes).await
}

/// Removes a link.
pub async fn remove(context: &Context, bytes: Bytes) -> Result<Bytes> {
    set(context, "remove_link", false, bytes).await
}

async fn set(context: &Context, operation: &'static str, add: bool, bytes: Bytes) -> Result<Bytes> {
    let request: requests::Link = decode(bytes.clone())?;
    let (model, owner) = (context.model(), context.entity()?);
    let link = match context.method().verb {
        Some(Verb::AddLink(index) | Verb::RemoveLink(index)) => owner.links.get(index),
        _ => None,
    };
    let link = link.ok_or_else(|| Error::internal(format!("{} has no link", context.method().path)))?;
    validate::id(model, owner, &link.owner_column, &request.owner_id)?;
    validate::id(model, model.target(&link.target), &link.target_column, &request.target_id)?;
    let write = Write { operation, weight: Weight::Light, validate_only: request.validate_only };
    let once = once(context, &request.request_id, &bytes)?;
    let id = request.owner_id.clone();
    let result = repeats::write(context.db(), write, once, move |transaction| {
        let request = request.clone();
        Box::pin(async move {
            let (owner_id, target_id) = (&request.owner_id, &request.target_id);
            let missing = match add {
                true => links::hold_ends(transaction, model, owner, link, owner_id, target_id).await?,
                false => links::missing_end(transaction, model, owner, link, owner_id, target_id).await?,
            };
            if let Some(missing) = missing {
                return Err(missing.into());
            }
            let changed = links::set(transaction, link, add, owner_id, target_id).await?;
            let mut out = Vec::new();
            wire::integer_field(&mut out, 1, changed.into());
            Ok(Ending::Commit(out))
        })
    });
    let result = result.await;
    result.map(Bytes::from).map_err(|failure| failure.into_error(model, Intent::on(owner, &id)))
}
