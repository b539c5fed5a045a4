//! One object at a time.

use prost::Message;
use qairon::model::{Entity, Field};
use qairon::v1::ErrorReason;

use super::target;
use crate::db::bind::{Bind, JsonText};
use crate::db::closure::{self, Reach};
use crate::db::etag::Etag;
use crate::db::failure::Failure;
use crate::db::get::{as_response, exists, select};
use crate::db::projection::{ALIAS, Projection};
use crate::db::reader::Reader;
use crate::db::sources::table;
use crate::db::sql::Sql;
use crate::db::transaction::{Lone, Transaction, push_lone};
use crate::db::wire;
use crate::domain::draft::Value;
use crate::domain::keys::KeyChanges;
use crate::error::{Error, ErrorKind, Result};

/// Inserts an object, which ends the work, and returns it as field 1 of a response.
pub async fn create(
    transaction: &mut Transaction,
    entity: &Entity,
    values: &[(&Field, Value)],
) -> Result<Vec<u8>, Failure> {
    let projection = transaction.view.whole(entity)?;
    let lone = transaction.lone()?;
    let is_alone = lone.is_some();
    let sql = insert(entity, values, &projection, lone);
    let row = if is_alone { transaction.alone(sql).await? } else { transaction.one(sql).await? };
    let row = row.ok_or_else(|| Error::internal("an insert returned nothing"))?;
    Ok(as_response(&projection, &row)?)
}

/// Inserts an object and returns it. See golden/create_a_service.sql.
pub(in crate::db) fn insert(
    entity: &Entity,
    values: &[(&Field, Value)],
    projection: &Projection,
    lone: Option<Lone>,
) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!("INSERT INTO {} AS {ALIAS} (", target(&entity.name)));
    for (index, (field, _)) in values.iter().enumerate() {
        sql.push(if index == 0 { "\"" } else { ", \"" }).push(&field.name).push("\"");
    }
    sql.push(") SELECT ");
    for (index, (field, value)) in values.iter().enumerate() {
        if index > 0 {
            sql.push(", ");
        }
        sql.bind(Bind::value(field, value));
    }
    if let Some(lone) = lone {
        sql.push(" FROM ");
        push_lone(&mut sql, lone);
    }
    sql.push(&format!(" RETURNING {}", projection.sql));
    sql
}

/// A change to one object.
#[derive(Debug, Clone)]
pub struct Change {
    /// The entity.
    pub entity: &'static Entity,
    /// The ID.
    pub id: String,
    /// The version to change; any when there is none.
    pub etag: Option<Etag>,
    /// What to set.
    pub values: Vec<(&'static Field, Value)>,
    /// What to set of JSON fields that otherwise stay.
    pub keys: Vec<KeyChanges>,
    /// The new ID, where callers give it.
    pub new_id: Option<String>,
    /// What to do when there is no such object.
    pub otherwise: Otherwise,
    /// How many objects it may re-key.
    pub max_affected: usize,
}

/// What to do when there is no object to change.
#[derive(Debug, Clone)]
pub enum Otherwise {
    /// Say so.
    Refuse,
    /// Create it with these values.
    Create(Vec<(&'static Field, Value)>),
}

impl Change {
    /// Whether it touches what the ID is made of.
    fn may_rekey(&self) -> bool {
        self.new_id.is_some() || self.values.iter().any(|(field, _)| self.entity.id_fields.contains(&field.name))
    }

    /// Updates the object if it is there in the version meant. The last column is the new ID. See
    /// golden/update_a_service.sql.
    pub(super) fn sql(&self, projection: &Projection, lone: Option<Lone>) -> Sql {
        let mut sql = Sql::new();
        // Nothing to set changes nothing, the etag least of all.
        if self.values.is_empty() && self.keys.is_empty() && self.new_id.is_none() {
            let from = table(&self.entity.name);
            sql.push(&format!("SELECT {}, {ALIAS}.\"id\" FROM {from} {ALIAS}", projection.sql));
            condition(&mut sql, &self.id, self.etag.as_ref());
            return sql;
        }
        sql.push(&format!("UPDATE {} AS {ALIAS} SET ", target(&self.entity.name)));
        let mut comma = "";
        for (field, value) in &self.values {
            sql.push(comma).push(&format!("\"{}\" = ", field.name)).bind(Bind::value(field, value));
            comma = ", ";
        }
        for KeyChanges { field, changes } in &self.keys {
            sql.push(comma).push(&format!("\"{0}\" = qairon_json_change({ALIAS}.\"{0}\", ", field.name));
            sql.bind(Bind::Json(JsonText(changes.clone())))
                .push(&format!(", '{}', '{}')", self.entity.name, field.name));
            comma = ", ";
        }
        if let Some(new_id) = &self.new_id {
            sql.push(comma).push("\"id\" = ").bind(Bind::Text(new_id.clone()));
        }
        if let Some(lone) = lone {
            sql.push(" FROM ");
            push_lone(&mut sql, lone);
        }
        condition(&mut sql, &self.id, self.etag.as_ref());
        sql.push(&format!(" RETURNING {}, {ALIAS}.\"id\"", projection.sql));
        sql
    }

    /// Makes the change. Returns the object as field 1 of a response and, when its ID has changed, everything that was
    /// re-keyed with it as field 2.
    pub async fn apply(self, transaction: &mut Transaction) -> Result<Vec<u8>, Failure> {
        let (model, entity) = (transaction.view.model(), self.entity);
        let projection = transaction.view.whole(entity)?;
        let before = match self.may_rekey() {
            true => closure::walk(transaction, entity, &self.id, Reach::Keys, self.max_affected).await?,
            false => None,
        };
        // What comes to be from here on is not re-keyed without what refers to it.
        let is_missing = self.may_rekey() && before.is_none();
        // With nothing else to do the statement is alone.
        let lone = match (&self.otherwise, &before) {
            (Otherwise::Refuse, None) => transaction.lone()?,
            _ => None,
        };
        let is_alone = lone.is_some();
        let sql = self.sql(&projection, lone);
        let found = match (is_missing, is_alone) {
            (true, _) => None,
            (false, true) => transaction.alone(sql).await?,
            (false, false) => transaction.one(sql).await?,
        };
        let Some(mut row) = found else {
            if exists(transaction, entity, &self.id).await? {
                return Err(why_not(entity, &self.id, self.etag.as_ref()));
            }
            return match self.otherwise {
                Otherwise::Create(values) => match create(transaction, entity, &values).await {
                    Err(failure) if failure.is_unique_violation() => Err(outdated(entity, &self.id)),
                    created => created,
                },
                Otherwise::Refuse => Err(Error::not_found(&entity.name, &self.id).into()),
            };
        };
        let new_id = row.text(projection.width)?.to_owned();
        let mut affected = None;
        if let Some(before) = before.filter(|_| new_id != self.id) {
            let ids = closure::current_ids(transaction, &before).await?;
            affected = Some(before.affected(model, Some(&ids)));
            // What the row embeds may have been re-keyed after the row itself.
            let again = transaction.one(select(entity, &projection, &new_id)).await?;
            row = again.ok_or_else(|| Error::internal("a re-keyed object is gone"))?;
        }
        let mut out = as_response(&projection, &row)?;
        if let Some(affected) = affected {
            wire::bytes_field(&mut out, 2, &affected.encode_to_vec());
        }
        Ok(out)
    }
}

/// Whether an object has an etag.
pub(in crate::db) async fn has_etag(
    reader: &mut Reader,
    entity: &Entity,
    id: &str,
    etag: &Etag,
) -> Result<bool, Failure> {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT true FROM {} {ALIAS}", table(&entity.name)));
    condition(&mut sql, id, Some(etag));
    Ok(reader.one(sql).await?.is_some())
}

fn condition(sql: &mut Sql, id: &str, etag: Option<&Etag>) {
    sql.push(&format!(" WHERE {ALIAS}.\"id\" = ")).bind(Bind::Text(id.to_owned()));
    if let Some(etag) = etag {
        sql.push(&format!(" AND {ALIAS}.\"version\" = ")).bind(Bind::Integer(etag.version));
        sql.push(&format!(" AND right({ALIAS}.\"uid\"::text, 12) = ")).bind(Bind::Text(etag.uid_tail.clone()));
    }
}

/// Why a statement found no row of an object that exists: its etag is another. Without an etag, the object was created
/// since.
pub(super) fn why_not(entity: &Entity, id: &str, etag: Option<&Etag>) -> Failure {
    if etag.is_none() {
        return outdated(entity, id);
    }
    let message = format!("{} `{id}` has changed since it was read; read it again and retry", entity.human());
    let error = Error::new(ErrorKind::Aborted, ErrorReason::EtagMismatch, message);
    error.with_field("etag").with_resource(&entity.name, id).into()
}

/// Others create and delete an object while this call looks for it.
pub(super) fn outdated(entity: &Entity, id: &str) -> Failure {
    Failure::outdated(&format!("{} `{id}`", entity.human()))
}
