//! Create, Update, Delete and links, over any entity.

use std::sync::Arc;

use bytes::Bytes;
use diesel_async::AsyncPgConnection;
use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use qairon::model::{Entity, Field};
use qairon::v1::ErrorReason;

use super::requests::{self, decode, paths};
use super::store::Store;
use crate::db::closure::{self, Reach};
use crate::db::doorway::{Work, Write};
use crate::db::failure::{Failure, Intent};
use crate::db::idempotency::Once;
use crate::db::objects::{self, Etag};
use crate::db::projection::Projection;
use crate::db::sql::Sql;
use crate::db::{links, wire};
use crate::domain::draft::{Draft, Value, composed_id, naming, rekeyed_id};
use crate::domain::validate;
use crate::error::{Error, Result};

type Values = Vec<(&'static Field, Value)>;

/// The idempotency of a request; nothing is decoded again unless it carries a request ID.
pub fn once(request_id: &str, method: &str, input: &MessageDescriptor, bytes: &Bytes) -> Result<Option<Once>> {
    if request_id.is_empty() {
        return Ok(None);
    }
    let mut message = DynamicMessage::decode(input.clone(), bytes.clone()).map_err(Error::internal)?;
    // A rehearsal is of the same request as the real call.
    message.clear_field_by_name("validate_only");
    Once::new(request_id, method, &message)
}

fn object(entity: &Entity, object: Option<Bytes>) -> Result<Draft> {
    let Some(bytes) = object else {
        let message = format!("`{}` is required: the {} to write", entity.name, entity.human());
        return Err(Error::invalid(&entity.name, ErrorReason::Required, message));
    };
    Draft::decode(entity, &bytes)
}

/// Creates an object.
pub async fn create(store: &Store, entity: &'static Entity, method: &Method<'_>, bytes: Bytes) -> Result<Bytes> {
    let request: requests::Create = decode(bytes.clone())?;
    let values = object(entity, request.object)?.for_insert(store.model, entity)?;
    let id = composed_id(entity, &values).unwrap_or_default();
    let sent = values.clone();
    let projection = store.statements(entity).whole.clone();
    let write = Write {
        operation: "create",
        validate_only: request.validate_only,
        single_statement: true,
        once: once(&request.request_id, method.path, method.input, &bytes)?,
    };
    let result = store
        .db
        .write(write, move |connection| insert(connection, entity, values.clone(), projection.clone()))
        .await
        .map_err(|failure| naming(store.model, failure.into_error(store.model, Intent::on(entity, &id)), &sent))?;
    Ok(result.into())
}

fn insert<'c>(
    connection: &'c mut AsyncPgConnection,
    entity: &'static Entity,
    values: Values,
    projection: Arc<Projection>,
) -> Work<'c, Vec<u8>> {
    Box::pin(async move {
        let row = objects::one(connection, objects::insert(entity, &values, &projection)).await?;
        let row = row.ok_or_else(|| Error::internal("an insert returned nothing"))?;
        let mut out = Vec::with_capacity(row.size() + 64);
        wire::message_field(&mut out, 1, |out| projection.encode(&row, out))?;
        Ok(out)
    })
}

/// What a handler knows of its method.
pub struct Method<'a> {
    /// Its path.
    pub path: &'a str,
    /// The type of its request.
    pub input: &'a MessageDescriptor,
}

/// A change to an object.
#[derive(Clone)]
struct Change {
    entity: &'static Entity,
    id: String,
    etag: Option<Etag>,
    values: Values,
    new_id: Option<String>,
    /// What to create when there is no such object.
    otherwise: Option<Values>,
    projection: Arc<Projection>,
    max_affected: usize,
}

/// Changes an object.
pub async fn update(store: &Store, entity: &'static Entity, method: &Method<'_>, bytes: Bytes) -> Result<Bytes> {
    let request: requests::Update = decode(bytes.clone())?;
    let draft = object(entity, request.object)?;
    validate::id(store.model, entity, "id", &draft.id)?;
    let new_id = Some(request.new_id).filter(|id| !id.is_empty() && *id != draft.id);
    if let Some(new_id) = &new_id {
        validate::id(store.model, entity, "new_id", new_id)?;
    }
    let otherwise = request.allow_missing.then(|| creatable(store, entity, &draft)).transpose()?;
    let mask = paths(request.update_mask);
    let change = Change {
        entity,
        etag: Etag::parse(&draft.etag),
        values: draft.for_update(store.model, entity, mask.as_deref())?,
        new_id,
        otherwise,
        projection: store.statements(entity).whole.clone(),
        max_affected: store.max_affected,
        id: draft.id.clone(),
    };
    let write = Write {
        operation: "update",
        validate_only: request.validate_only,
        single_statement: !change.may_rekey() && change.otherwise.is_none(),
        once: once(&request.request_id, method.path, method.input, &bytes)?,
    };
    let taken_id = change.intended_id(store.model);
    let sent = change.values.clone();
    let model = store.model;
    let result = store
        .db
        .write(write, move |connection| {
            let change = change.clone();
            Box::pin(async move { change.apply(connection, model).await })
        })
        .await
        .map_err(|failure| naming(model, failure.into_error(model, Intent::on(entity, &taken_id)), &sent))?;
    Ok(result.into())
}

/// The values of an object that is created because it is missing: they must make up the ID it was sent under.
fn creatable(store: &Store, entity: &'static Entity, draft: &Draft) -> Result<Values> {
    let values = draft.for_insert(store.model, entity)?;
    let id = composed_id(entity, &values).unwrap_or_default();
    if id != draft.id {
        let message = format!("`allow_missing` would create `{id}`, but the ID sent is `{}`", draft.id);
        return Err(Error::invalid("id", ErrorReason::InvalidId, message));
    }
    Ok(values)
}

impl Change {
    /// Whether it touches what the ID is made of.
    fn may_rekey(&self) -> bool {
        self.new_id.is_some() || self.values.iter().any(|(field, _)| self.entity.id_fields.contains(&field.name))
    }

    /// The ID that a conflict would be about.
    fn intended_id(&self, model: &qairon::Model) -> String {
        self.new_id.clone().unwrap_or_else(|| rekeyed_id(model, self.entity, &self.id, &self.values))
    }

    fn sql(&self) -> Sql {
        let (etag, new_id) = (self.etag.as_ref(), self.new_id.as_deref());
        objects::update(self.entity, &self.id, etag, &self.values, new_id, &self.projection)
    }

    async fn apply(
        self,
        connection: &mut AsyncPgConnection,
        model: &'static qairon::Model,
    ) -> Result<Vec<u8>, Failure> {
        let entity = self.entity;
        let before = if self.may_rekey() {
            closure::walk(connection, model, entity, &self.id, Reach::Keys, self.max_affected).await?
        } else {
            None
        };
        // Nothing to set changes nothing, the etag least of all.
        let idle = self.values.is_empty() && self.new_id.is_none();
        let sql =
            if idle { objects::select_if(entity, &self.projection, &self.id, self.etag.as_ref()) } else { self.sql() };
        let Some(mut row) = objects::one(connection, sql).await? else {
            let why = objects::why_nothing(connection, entity, &self.id).await?;
            return match self.otherwise {
                Some(values) if why.kind == crate::error::ErrorKind::NotFound => {
                    insert(connection, entity, values, self.projection).await
                }
                _ => Err(why.into()),
            };
        };
        let new_id = row.text(self.projection.width).to_owned();
        let mut affected = None;
        if let Some(before) = before.filter(|_| new_id != self.id) {
            let ids = closure::present_ids(connection, model, &before).await?;
            affected = Some(before.affected(model, Some(&ids)));
            // What the row embeds may have been re-keyed after the row itself.
            let sql = objects::select(entity, &self.projection, &new_id);
            row = objects::one(connection, sql).await?.ok_or_else(|| Error::internal("a re-keyed object is gone"))?;
        }
        let mut out = Vec::with_capacity(row.size() + 64);
        wire::message_field(&mut out, 1, |out| self.projection.encode(&row, out))?;
        if let Some(affected) = affected {
            wire::bytes_field(&mut out, 2, &affected.encode_to_vec());
        }
        Ok(out)
    }
}

/// Deletes an object, and with force everything that depends on it.
pub async fn delete(store: &Store, entity: &'static Entity, method: &Method<'_>, bytes: Bytes) -> Result<Bytes> {
    let request: requests::Delete = decode(bytes.clone())?;
    validate::id(store.model, entity, "id", &request.id)?;
    let write = Write {
        operation: "delete",
        validate_only: request.validate_only,
        single_statement: false,
        once: once(&request.request_id, method.path, method.input, &bytes)?,
    };
    let id = request.id.clone();
    let (model, limit) = (store.model, store.max_affected);
    let result = store
        .db
        .write(write, move |connection| {
            let request = request.clone();
            Box::pin(async move {
                let reach = if request.force { Reach::All } else { Reach::OneLevel };
                let found = closure::walk(connection, model, entity, &request.id, reach, limit).await?;
                let Some(found) = found else {
                    let missing = Error::not_found(&entity.name, &request.id);
                    return if request.allow_missing { Ok(Vec::new()) } else { Err(missing.into()) };
                };
                if let Some(etag) = Etag::parse(&request.etag)
                    && !objects::has_etag(connection, entity, &request.id, &etag).await?
                {
                    return Err(objects::why_nothing(connection, entity, &request.id).await?.into());
                }
                if !request.force && !found.is_alone() {
                    return Err(found.has_dependents(model, entity, &request.id).into());
                }
                closure::delete(connection, model, &found).await?;
                let mut out = Vec::new();
                wire::bytes_field(&mut out, 1, &found.affected(model, None).encode_to_vec());
                Ok(out)
            })
        })
        .await
        .map_err(|failure| failure.into_error(store.model, Intent::on(entity, &id)))?;
    Ok(result.into())
}

/// Adds or removes a link.
pub async fn link(
    store: &Store,
    owner: &'static Entity,
    index: usize,
    add: bool,
    method: &Method<'_>,
    bytes: Bytes,
) -> Result<Bytes> {
    let request: requests::Link = decode(bytes.clone())?;
    let link = &owner.links[index];
    let model = store.model;
    validate::id(model, owner, &link.owner_column, &request.owner_id)?;
    validate::id(model, model.target(&link.target), &link.target_column, &request.target_id)?;
    let write = Write {
        operation: if add { "add_link" } else { "remove_link" },
        validate_only: request.validate_only,
        single_statement: false,
        once: once(&request.request_id, method.path, method.input, &bytes)?,
    };
    let id = request.owner_id.clone();
    let result = store
        .db
        .write(write, move |connection| {
            let request = request.clone();
            Box::pin(async move {
                let (owner_id, target_id) = (&request.owner_id, &request.target_id);
                if let Some(missing) = links::missing_end(connection, model, owner, link, owner_id, target_id).await? {
                    return Err(missing.into());
                }
                let changed = if add {
                    links::add(connection, link, owner_id, target_id).await?
                } else {
                    links::remove(connection, link, owner_id, target_id).await?
                };
                let mut out = Vec::new();
                wire::integer_field(&mut out, 1, changed.into());
                Ok(out)
            })
        })
        .await
        .map_err(|failure| failure.into_error(model, Intent::on(owner, &id)))?;
    Ok(result.into())
}
