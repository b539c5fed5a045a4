//! Which columns of an entity a statement returns, and how its rows become messages.
//!
//! Built once per entity for whole objects, and on demand for a read mask. Encoding goes straight from PostgreSQL's
//! binary form to protobuf's, without a message in between: that is most of what a read costs here.

use std::sync::Arc;

use qairon::Model;
use qairon::model::{Entity, Field, Kind, RelationKind};
use qairon::v1::ErrorReason;

use super::embed::{self, Embedded};
use super::etag::etag;
use super::json::struct_field;
use super::row::{Row, unreadable};
use super::sources::table;
use super::wire;
use crate::domain::page::MAX_OBJECT_BYTES;
use crate::error::{Error, ErrorKind, Result};

/// The alias under which statements know the entity's table.
pub const ALIAS: &str = "t0";

/// The columns of a SELECT or RETURNING, and the fields they fill.
#[derive(Debug)]
pub struct Projection {
    /// The comma-separated columns.
    pub sql: Arc<str>,
    columns: Vec<Column>,
    /// How many columns there are.
    pub width: usize,
    entity: String,
    /// The column of the ID.
    id: usize,
}

#[derive(Debug)]
struct Column {
    name: String,
    number: u32,
    first: usize,
    /// proto3 presence: an optional text is written even when empty.
    explicit: bool,
    encoding: Encoding,
}

#[derive(Debug)]
enum Encoding {
    Text,
    Uuid,
    /// Two columns: uid and version.
    Etag,
    Cidr,
    Integer,
    Double,
    Bool,
    /// Label to number.
    Enum(Vec<(String, i32)>),
    Json,
    Timestamp,
    Objects(Embedded),
}

impl Projection {
    /// The columns of the named fields, or of all fields when no mask is given.
    pub fn new(model: &Model, entity: &Entity, mask: Option<&[String]>) -> Result<Self> {
        let mut expressions = Vec::new();
        let mut columns = Vec::new();
        let (mut width, mut id) = (0, 0);
        for field in selected(entity, mask)? {
            let (sql, encoding) = column(model, entity, field);
            if field.number == 1 {
                id = width;
            }
            columns.push(Column {
                name: field.name.clone(),
                number: field.number,
                first: width,
                explicit: field.descriptor.supports_presence(),
                encoding,
            });
            width += sql.len();
            expressions.extend(sql);
        }
        Ok(Self { sql: expressions.join(", ").into(), columns, width, entity: entity.name.clone(), id })
    }

    /// Appends a row to a buffer as an encoded message of the entity. One object leaves those beside it readable: what
    /// is wrong with it is said with its name.
    pub fn encode(&self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        let mut largest = ("", 0);
        for column in &self.columns {
            let before = out.len();
            column.encode(row, out).map_err(|error| self.unreadable(row, column, &error))?;
            if out.len() - before > largest.1 {
                largest = (&column.name, out.len() - before);
            }
        }
        match out.len() - start {
            bytes if bytes > MAX_OBJECT_BYTES => Err(self.too_large(row, bytes, largest.0)),
            _ => Ok(()),
        }
    }

    fn unreadable(&self, row: &Row, column: &Column, error: &Error) -> Error {
        let (name, human, id) = (&column.name, self.entity.replace('_', " "), self.id(row));
        let message = format!(
            "`{name}` of {human} `{id}` holds a value that cannot be read; leave it out with `read_mask`, or set it anew"
        );
        let mut named = Error::new(ErrorKind::FailedPrecondition, ErrorReason::Rule, message);
        named.cause = error.cause.clone().or_else(|| Some(error.message.clone()));
        named.with_field(name).with_resource(&self.entity, id)
    }

    fn too_large(&self, row: &Row, bytes: usize, largest: &str) -> Error {
        let (human, id) = (self.entity.replace('_', " "), self.id(row));
        let message = format!(
            "{human} `{id}` has {bytes} bytes, and a message takes up to {MAX_OBJECT_BYTES} of an object; leave out \
             `{largest}`, its largest field, with `read_mask`, or make it smaller"
        );
        let error = Error::new(ErrorKind::Exhausted, ErrorReason::MessageTooLarge, message);
        error.with_field(largest).with_resource(&self.entity, id)
    }

    fn id<'r>(&self, row: &'r Row) -> &'r str {
        row.text(self.id).unwrap_or_default()
    }
}

impl Column {
    fn encode(&self, row: &Row, out: &mut Vec<u8>) -> Result<()> {
        let Some(bytes) = row.column(self.first)? else { return Ok(()) };
        let number = self.number;
        match &self.encoding {
            Encoding::Text if bytes.is_empty() && !self.explicit => {}
            Encoding::Text => wire::bytes_field(out, number, bytes),
            Encoding::Uuid => wire::bytes_field(out, number, row.uuid(self.first)?.to_string().as_bytes()),
            Encoding::Etag => {
                let etag = etag(row.uuid(self.first)?, row.integer(self.first + 1)?);
                wire::bytes_field(out, number, etag.as_bytes());
            }
            Encoding::Cidr => wire::bytes_field(out, number, wire::cidr(bytes)?.as_bytes()),
            Encoding::Integer => wire::present_integer(out, number, row.integer(self.first)?),
            Encoding::Double => wire::double_field(out, number, bytes)?,
            Encoding::Bool => wire::present_integer(out, number, row.bool(self.first)?.into()),
            Encoding::Enum(values) => {
                // A label that this program does not know, written by a newer one, is shown as none.
                let label = row.text(self.first)?;
                if let Some((_, value)) = values.iter().find(|(known, _)| known == label) {
                    wire::present_integer(out, number, (*value).into());
                }
            }
            Encoding::Json => {
                // The first byte is the version of the binary form.
                let (_, text) = bytes.split_first().ok_or_else(|| unreadable("jsonb"))?;
                struct_field(out, number, text)?;
            }
            Encoding::Timestamp => wire::timestamp_field(out, number, bytes)?,
            Encoding::Objects(embedded) => embedded.encode(out, number, bytes)?,
        }
        Ok(())
    }
}

fn selected<'a>(entity: &'a Entity, mask: Option<&[String]>) -> Result<Vec<&'a Field>> {
    let whole = |field: &&Field| !field.embed.as_ref().is_some_and(|embed| embed.nested_only);
    let Some(mask) = mask.filter(|mask| !mask.is_empty() && !mask.iter().any(|path| path == "*")) else {
        return Ok(entity.fields.iter().filter(whole).collect());
    };
    if let Some(unknown) = mask.iter().find(|path| entity.field(path).is_none_or(|field| !whole(&field))) {
        return Err(crate::domain::masks::unknown_field(entity, "read_mask", unknown));
    }
    // The ID is always included: an object without it could not be distinguished from another.
    let wanted = |field: &&Field| field.name == "id" || mask.iter().any(|path| path == &field.name);
    Ok(entity.fields.iter().filter(wanted).collect())
}

fn column(model: &Model, entity: &Entity, field: &Field) -> (Vec<String>, Encoding) {
    let own = || vec![format!("{ALIAS}.\"{}\"", field.name)];
    match &field.kind {
        Kind::Text | Kind::Name | Kind::EntityType => (own(), Encoding::Text),
        Kind::Uuid => (own(), Encoding::Uuid),
        Kind::Etag => (vec![format!("{ALIAS}.\"uid\""), format!("{ALIAS}.\"version\"")], Encoding::Etag),
        Kind::Cidr => (own(), Encoding::Cidr),
        Kind::Integer => (own(), Encoding::Integer),
        Kind::Double => (own(), Encoding::Double),
        Kind::Bool => (own(), Encoding::Bool),
        Kind::Enum(descriptor) => (own(), Encoding::Enum(embed::enum_values(descriptor))),
        Kind::Json => (own(), Encoding::Json),
        Kind::Timestamp => (own(), Encoding::Timestamp),
        Kind::Object | Kind::Objects => {
            let sql = embedded_sql(model, entity, field, ALIAS, 1);
            (vec![format!("({sql})")], Encoding::Objects(Embedded::new(model, field)))
        }
    }
}

/// A subquery that returns the embedded object or objects as JSON: the fields of each in the order of
/// [`embed::embedded_fields`], as an array, which is shorter than an object and needs no names.
fn embedded_sql(model: &Model, entity: &Entity, field: &Field, outer: &str, depth: usize) -> String {
    let alias = format!("e{depth}");
    let Some(embed) = &field.embed else { return "NULL".to_owned() };
    let target = model.target(&embed.entity);
    let values: Vec<String> = embed::embedded_fields(target)
        .map(|inner| match &inner.kind {
            // Within what a Timestamp holds: beyond it, there are times that no number of microseconds is.
            Kind::Timestamp => format!(
                "(extract(epoch FROM least(greatest({alias}.\"{}\", '0001-01-01 00:00:00+00'), \
                 '9999-12-31 23:59:59.999999+00')) * 1000000)::bigint",
                inner.name
            ),
            Kind::Etag => format!("{alias}.\"version\""),
            Kind::Object | Kind::Objects => format!("({})", embedded_sql(model, target, inner, &alias, depth + 1)),
            _ => format!("{alias}.\"{}\"", inner.name),
        })
        .collect();
    let object = format!("json_build_array({})", values.join(", "));
    let relation = entity.relation(&embed.relation).map(|relation| &relation.kind);
    match relation {
        Some(RelationKind::ToOne { field }) => {
            format!("SELECT {object} FROM {} {alias} WHERE {alias}.\"id\" = {outer}.\"{field}\"", table(&target.name))
        }
        Some(RelationKind::ToMany { field }) => format!(
            "SELECT coalesce(json_agg({object} ORDER BY {alias}.\"id\"), '[]'::json) FROM {} {alias} WHERE \
             {alias}.\"{field}\" = {outer}.\"id\"",
            table(&target.name)
        ),
        Some(RelationKind::Linked { table: links, own_column, target_column, .. }) => format!(
            "SELECT coalesce(json_agg({object} ORDER BY {alias}.\"id\"), '[]'::json) FROM {} l{depth} JOIN \
             {} {alias} ON {alias}.\"id\" = l{depth}.\"{target_column}\" WHERE l{depth}.\"{own_column}\" = \
             {outer}.\"id\"",
            table(links),
            table(&target.name)
        ),
        None => "NULL".to_owned(),
    }
}
