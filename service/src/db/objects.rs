//! Statements of the standard methods, over any entity.

use std::sync::Arc;

use diesel_async::AsyncPgConnection;
use qairon::Model;
use qairon::model::{Entity, Field};
use qairon::v1::ErrorReason;

use super::failure::{Failure, Intent};
use super::projection::{ALIAS, Projection};
use super::sql::{Bind, JsonText, NullOf, Row, Sql};
use crate::domain::draft::Value;
use crate::error::{Error, ErrorKind, Result};

/// The statements of an entity that are the same for every request.
#[derive(Debug)]
pub struct Statements {
    /// Every field.
    pub whole: Arc<Projection>,
    get: Arc<str>,
    batch_get: Arc<str>,
}

impl Statements {
    /// The statements of an entity.
    pub fn new(model: &Model, entity: &Entity) -> Result<Self> {
        let whole = Projection::new(model, entity, None)?;
        Ok(Self { get: get_text(entity, &whole), batch_get: batch_get_text(entity, &whole), whole: Arc::new(whole) })
    }

    /// Selects one object.
    pub fn get(&self, entity: &Entity, projection: &Arc<Projection>, id: &str) -> Sql {
        let whole = Arc::ptr_eq(projection, &self.whole);
        let mut sql = if whole { Sql::shared(&self.get) } else { Sql::shared(&get_text(entity, projection)) };
        sql.bind(Bind::Text(id.to_owned()));
        sql
    }

    /// Selects several objects; the first column of each row is its place in the request, counted from one.
    pub fn batch_get(&self, entity: &Entity, projection: &Arc<Projection>, ids: Vec<String>) -> Sql {
        let whole = Arc::ptr_eq(projection, &self.whole);
        let text = if whole { self.batch_get.clone() } else { batch_get_text(entity, projection) };
        let (head, tail) = text.split_once('?').unwrap_or((&text, ""));
        let mut sql = Sql::new();
        sql.push(head).bind(Bind::TextArray(ids)).push(tail);
        sql
    }
}

fn get_text(entity: &Entity, projection: &Projection) -> Arc<str> {
    format!("SELECT {} FROM \"{}\" {ALIAS} WHERE {ALIAS}.\"id\" = ", projection.sql, entity.name).into()
}

fn batch_get_text(entity: &Entity, projection: &Projection) -> Arc<str> {
    format!(
        "SELECT {}, wanted.place FROM unnest(?) WITH ORDINALITY AS wanted (id, place) JOIN \"{}\" {ALIAS} ON \
         {ALIAS}.\"id\" = wanted.id ORDER BY wanted.place",
        projection.sql, entity.name
    )
    .into()
}

/// Selects one object.
pub fn select(entity: &Entity, projection: &Projection, id: &str) -> Sql {
    let mut sql = Sql::shared(&get_text(entity, projection));
    sql.bind(Bind::Text(id.to_owned()));
    sql
}

/// Selects one object if it has an etag; the last column is its ID, as that of an update.
pub fn select_if(entity: &Entity, projection: &Projection, id: &str, etag: Option<&Etag>) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT {}, {ALIAS}.\"id\" FROM \"{}\" {ALIAS}", projection.sql, entity.name));
    condition(&mut sql, id, etag);
    sql
}

/// Whether an object has an etag.
pub async fn has_etag(
    connection: &mut AsyncPgConnection,
    entity: &Entity,
    id: &str,
    etag: &Etag,
) -> Result<bool, Failure> {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT true FROM \"{}\" {ALIAS}", entity.name));
    condition(&mut sql, id, Some(etag));
    Ok(one(connection, sql).await?.is_some())
}

/// Inserts an object and returns it.
pub fn insert(entity: &Entity, values: &[(&Field, Value)], projection: &Projection) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!("INSERT INTO \"{}\" AS {ALIAS} (", entity.name));
    for (index, (field, _)) in values.iter().enumerate() {
        sql.push(if index == 0 { "\"" } else { ", \"" }).push(&field.name).push("\"");
    }
    sql.push(") VALUES (");
    for (index, (field, value)) in values.iter().enumerate() {
        if index > 0 {
            sql.push(", ");
        }
        sql.bind(bind(field, value));
    }
    sql.push(&format!(") RETURNING {}", projection.sql));
    sql
}

/// Updates an object and returns it. With an etag, only if it is the present one. The last column is the new ID.
pub fn update(
    entity: &Entity,
    id: &str,
    etag: Option<&Etag>,
    values: &[(&Field, Value)],
    new_id: Option<&str>,
    projection: &Projection,
) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!("UPDATE \"{}\" AS {ALIAS} SET ", entity.name));
    // A write without changes is still a write: it moves the etag.
    sql.push("\"defaults\" = ");
    match values.iter().find(|(field, _)| field.name == "defaults") {
        Some((field, value)) => sql.bind(bind(field, value)),
        None => sql.push(&format!("{ALIAS}.\"defaults\"")),
    };
    for (field, value) in values.iter().filter(|(field, _)| field.name != "defaults") {
        sql.push(", \"").push(&field.name).push("\" = ").bind(bind(field, value));
    }
    if let Some(new_id) = new_id {
        sql.push(", \"id\" = ").bind(Bind::Text(new_id.to_owned()));
    }
    condition(&mut sql, id, etag);
    sql.push(&format!(" RETURNING {}, {ALIAS}.\"id\"", projection.sql));
    sql
}

/// Deletes an object. With an etag, only if it is the present one.
pub fn delete(entity: &Entity, id: &str, etag: Option<&Etag>) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!("DELETE FROM \"{}\" AS {ALIAS}", entity.name));
    condition(&mut sql, id, etag);
    sql.push(" RETURNING true");
    sql
}

fn condition(sql: &mut Sql, id: &str, etag: Option<&Etag>) {
    sql.push(&format!(" WHERE {ALIAS}.\"id\" = ")).bind(Bind::Text(id.to_owned()));
    if let Some(etag) = etag {
        sql.push(&format!(" AND {ALIAS}.\"version\" = ")).bind(Bind::Integer(etag.version));
        sql.push(&format!(" AND right({ALIAS}.\"uid\"::text, 12) = ")).bind(Bind::Text(etag.uid_tail.clone()));
    }
}

pub(super) fn bind(field: &Field, value: &Value) -> Bind {
    match value {
        Value::Null => Bind::Null(NullOf::field(field)),
        Value::Text(text) => Bind::Text(text.clone()),
        Value::Integer(number) => Bind::Integer(*number),
        Value::Double(number) => Bind::Double(*number),
        Value::Bool(value) => Bind::Bool(*value),
        Value::Cidr(network) => Bind::Cidr(*network),
        Value::Json(text) => Bind::Json(JsonText(text.clone())),
    }
}

/// An etag as callers send it back; see [`super::projection::etag`].
#[derive(Debug, Clone, PartialEq)]
pub struct Etag {
    uid_tail: String,
    version: i64,
}

impl Etag {
    /// Reads an etag. `None` when the caller gave none; what is no etag at all matches nothing.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let parsed = text.split_once('-').and_then(|(tail, version)| Some((tail, version.parse().ok()?)));
        let (uid_tail, version) = parsed.unwrap_or_default();
        Some(Self { uid_tail: uid_tail.to_owned(), version })
    }
}

/// Runs a statement that returns at most one row.
pub async fn one(connection: &mut AsyncPgConnection, sql: Sql) -> Result<Option<Row>, Failure> {
    let rows = sql.rows(connection).await?;
    Ok(rows.into_iter().next())
}

/// Why an update or a deletion found no row: there is no such object, or its etag is another.
pub async fn why_nothing(connection: &mut AsyncPgConnection, entity: &Entity, id: &str) -> Result<Error, Failure> {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT true FROM \"{}\" WHERE \"id\" = ", entity.name)).bind(Bind::Text(id.to_owned()));
    Ok(match one(connection, sql).await? {
        None => Error::not_found(&entity.name, id),
        Some(_) => {
            let message = format!("{} `{id}` has changed since it was read; read it again and retry", entity.human());
            Error::new(ErrorKind::Aborted, ErrorReason::EtagMismatch, message)
                .with_field("etag")
                .with_resource(&entity.name, id)
        }
    })
}

impl<'a> Intent<'a> {
    /// Work on an object.
    pub fn on(entity: &'a Entity, id: &'a str) -> Option<Self> {
        Some(Self { entity, id })
    }
}
