//! Values bound to statements, with the types under which PostgreSQL takes them.

use std::io::Write;

use diesel::pg::Pg;
use diesel::pg::data_types::PgTimestamp;
use diesel::query_builder::AstPass;
use diesel::serialize::{IsNull, Output, ToSql};
use diesel::sql_types::{Array, Bool, Bytea, Cidr, Double, Int8, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryResult, serialize};
use ipnetwork::IpNetwork;
use qairon::model::Field;
use uuid::Uuid;

use super::column::{Column, NullOf};
use crate::domain::draft::Value;
use crate::domain::filter;

/// Microseconds between 1970-01-01 and 2000-01-01, where PostgreSQL counts from.
pub const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// A value bound to a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Bind {
    /// NULL of a field's type.
    Null(NullOf),
    /// Text, names, IDs and enum labels.
    Text(String),
    /// A list of texts, for `= ANY(…)`.
    TextArray(Vec<String>),
    /// A 64-bit integer.
    Integer(i64),
    /// A list of 64-bit integers.
    IntegerArray(Vec<i64>),
    /// A double.
    Double(f64),
    /// True or false.
    Bool(bool),
    /// A moment.
    Timestamp(PgTimestamp),
    /// A UUID.
    Uuid(Uuid),
    /// A list of UUIDs.
    UuidArray(Vec<Uuid>),
    /// An address range.
    Cidr(IpNetwork),
    /// JSON as text.
    Json(JsonText),
    /// Bytes.
    Bytes(Vec<u8>),
    /// The values of a column for many rows, for `unnest`.
    Column(Column),
}

impl Bind {
    /// The value of a field.
    pub fn value(field: &Field, value: &Value) -> Self {
        match value {
            Value::Null => Self::Null(NullOf::field(field)),
            Value::Text(text) => Self::Text(text.clone()),
            Value::Integer(number) => Self::Integer(*number),
            Value::Double(number) => Self::Double(*number),
            Value::Bool(value) => Self::Bool(*value),
            Value::Cidr(network) => Self::Cidr(*network),
            Value::Json(text) => Self::Json(JsonText(text.clone())),
        }
    }
}

/// JSON text, sent as jsonb without being parsed here.
#[derive(Debug, Clone, PartialEq, diesel::expression::AsExpression)]
#[diesel(sql_type = Jsonb)]
pub struct JsonText(pub String);

impl ToSql<Jsonb, Pg> for JsonText {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        // Version 1 of the binary form of jsonb is the text after this byte.
        out.write_all(&[1])?;
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl From<filter::Bind> for Bind {
    fn from(bind: filter::Bind) -> Self {
        match bind {
            filter::Bind::Text(value) => Self::Text(value),
            filter::Bind::TextArray(values) => Self::TextArray(values),
            filter::Bind::Integer(value) => Self::Integer(value),
            filter::Bind::Double(value) => Self::Double(value),
            filter::Bind::Bool(value) => Self::Bool(value),
            filter::Bind::Timestamp(micros) => Self::Timestamp(PgTimestamp(micros - POSTGRES_EPOCH_MICROS)),
            filter::Bind::Uuid(value) => Self::Uuid(value),
            filter::Bind::Cidr(value) => Self::Cidr(value),
            filter::Bind::Json(value) => Self::Json(JsonText(value)),
        }
    }
}

pub(in crate::db) fn push_bind<'b>(bind: &'b Bind, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    match bind {
        Bind::Text(value) => out.push_bind_param::<Text, String>(value),
        Bind::TextArray(values) => out.push_bind_param::<Array<Text>, Vec<String>>(values),
        Bind::Integer(value) => out.push_bind_param::<Int8, i64>(value),
        Bind::IntegerArray(values) => out.push_bind_param::<Array<Int8>, Vec<i64>>(values),
        Bind::Double(value) => out.push_bind_param::<Double, f64>(value),
        Bind::Bool(value) => out.push_bind_param::<Bool, bool>(value),
        Bind::Timestamp(value) => out.push_bind_param::<Timestamptz, PgTimestamp>(value),
        Bind::Uuid(value) => out.push_bind_param::<SqlUuid, Uuid>(value),
        Bind::UuidArray(values) => out.push_bind_param::<Array<SqlUuid>, Vec<Uuid>>(values),
        Bind::Cidr(value) => out.push_bind_param::<Cidr, IpNetwork>(value),
        Bind::Json(value) => out.push_bind_param::<Jsonb, JsonText>(value),
        Bind::Bytes(value) => out.push_bind_param::<Bytea, Vec<u8>>(value),
        Bind::Column(column) => match column.of {
            NullOf::Text => out.push_bind_param::<Array<Nullable<Text>>, Column>(column),
            NullOf::Integer => out.push_bind_param::<Array<Nullable<Int8>>, Column>(column),
            NullOf::Double => out.push_bind_param::<Array<Nullable<Double>>, Column>(column),
            NullOf::Bool => out.push_bind_param::<Array<Nullable<Bool>>, Column>(column),
            NullOf::Timestamp => out.push_bind_param::<Array<Nullable<Timestamptz>>, Column>(column),
            NullOf::Cidr => out.push_bind_param::<Array<Nullable<Cidr>>, Column>(column),
            NullOf::Json => out.push_bind_param::<Array<Nullable<Jsonb>>, Column>(column),
        },
        Bind::Null(NullOf::Text) => out.push_bind_param::<Nullable<Text>, Option<String>>(&None),
        Bind::Null(NullOf::Integer) => out.push_bind_param::<Nullable<Int8>, Option<i64>>(&None),
        Bind::Null(NullOf::Double) => out.push_bind_param::<Nullable<Double>, Option<f64>>(&None),
        Bind::Null(NullOf::Bool) => out.push_bind_param::<Nullable<Bool>, Option<bool>>(&None),
        Bind::Null(NullOf::Timestamp) => out.push_bind_param::<Nullable<Timestamptz>, Option<PgTimestamp>>(&None),
        Bind::Null(NullOf::Cidr) => out.push_bind_param::<Nullable<Cidr>, Option<IpNetwork>>(&None),
        Bind::Null(NullOf::Json) => out.push_bind_param::<Nullable<Jsonb>, Option<JsonText>>(&None),
    }
}
