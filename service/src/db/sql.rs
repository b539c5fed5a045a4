//! Statements put together at run time: pieces of SQL and the values bound between them.
//!
//! Identifiers come from the model alone; every value of a caller is a bind. A statement is a diesel query, so it runs
//! on diesel's connections, in its transactions and from its statement cache.

use std::io::Write;
use std::sync::Arc;

use diesel::deserialize::QueryableByName;
use diesel::pg::Pg;
use diesel::pg::data_types::PgTimestamp;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::row::{Field, NamedRow};
use diesel::serialize::{IsNull, Output, ToSql};
use diesel::sql_types::{
    Array, Bool, Bytea, Cidr, Double, Int8, Jsonb, Nullable, Text, Timestamptz, Untyped, Uuid as SqlUuid,
};
use diesel::{QueryResult, deserialize, serialize};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::Stream;
use ipnetwork::IpNetwork;
use qairon::model::{Field as ModelField, Kind};
use uuid::Uuid;

use super::column::Column;
use super::failure::Failure;
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
    /// A list of texts and NULLs, which a statement casts to what it needs.
    OptionalTextArray(Vec<Option<String>>),
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

/// The type of a NULL, for PostgreSQL infers no types where it could be several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NullOf {
    /// text
    Text,
    /// bigint
    Integer,
    /// double precision
    Double,
    /// boolean
    Bool,
    /// timestamptz
    Timestamp,
    /// cidr
    Cidr,
    /// jsonb
    Json,
}

impl NullOf {
    /// The type of a field's column.
    pub fn field(field: &ModelField) -> Self {
        match field.kind {
            Kind::Integer => Self::Integer,
            Kind::Double => Self::Double,
            Kind::Bool => Self::Bool,
            Kind::Timestamp => Self::Timestamp,
            Kind::Cidr => Self::Cidr,
            Kind::Json => Self::Json,
            _ => Self::Text,
        }
    }
}

/// JSON text, sent as jsonb without being parsed here.
#[derive(Debug, Clone, PartialEq, diesel::expression::AsExpression)]
#[diesel(sql_type = Jsonb)]
pub struct JsonText(pub String);

impl ToSql<Jsonb, Pg> for JsonText {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        // Version 1 of the binary form of jsonb is the text behind this byte.
        out.write_all(&[1])?;
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Shared(Arc<str>),
    Text(String),
    Bind(Bind),
}

/// A statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sql {
    parts: Vec<Part>,
    /// Statements of unbounded variety, those with a caller's filter, are kept out of the cache.
    uncached: bool,
}

impl Sql {
    /// An empty statement.
    pub fn new() -> Self {
        Self::default()
    }

    /// A statement that starts with text prepared once.
    pub fn shared(text: &Arc<str>) -> Self {
        Self { parts: vec![Part::Shared(text.clone())], uncached: false }
    }

    /// Appends SQL. Never a caller's text.
    pub fn push(&mut self, text: &str) -> &mut Self {
        match self.parts.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
        self
    }

    /// Appends a bound value.
    pub fn bind(&mut self, value: Bind) -> &mut Self {
        self.parts.push(Part::Bind(value));
        self
    }

    /// Appends another statement.
    pub fn append(&mut self, other: Sql) -> &mut Self {
        self.uncached |= other.uncached;
        for part in other.parts {
            match part {
                Part::Text(text) => _ = self.push(&text),
                part => self.parts.push(part),
            }
        }
        self
    }

    /// Appends a compiled filter.
    pub fn append_filter(&mut self, fragment: filter::SqlFragment) -> &mut Self {
        self.uncached = true;
        for part in fragment.parts {
            match part {
                filter::SqlPart::Sql(text) => self.push(&text),
                filter::SqlPart::Bind(value) => self.bind(value.into()),
            };
        }
        self
    }

    /// Runs the statement and returns its rows.
    pub async fn rows(self, connection: &mut AsyncPgConnection) -> Result<Vec<Row>, Failure> {
        Ok(RunQueryDsl::load(self, connection).await?)
    }

    /// Runs the statement and returns its rows one after the other, as they come.
    pub async fn stream(
        self,
        connection: &mut AsyncPgConnection,
    ) -> Result<impl Stream<Item = QueryResult<Row>> + Unpin + '_, Failure> {
        Ok(RunQueryDsl::load_stream(self, connection).await?)
    }

    /// Runs the statement and returns how many rows it concerned.
    pub async fn run(self, connection: &mut AsyncPgConnection) -> Result<usize, Failure> {
        Ok(RunQueryDsl::execute(self, connection).await?)
    }

    /// Keeps the statement out of the cache.
    pub fn uncached(mut self) -> Self {
        self.uncached = true;
        self
    }

    /// A number that stands for the text of the statement, whatever its values.
    pub fn shape(&self) -> u64 {
        let texts = self.parts.iter().map(|part| match part {
            Part::Shared(text) => text.as_ref(),
            Part::Text(text) => text.as_str(),
            Part::Bind(_) => "",
        });
        crate::domain::page::fingerprint(&texts.collect::<Vec<_>>())
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
            // The filter checked the notation; nil matches nothing.
            filter::Bind::Uuid(value) => Self::Uuid(value.parse().unwrap_or_default()),
            filter::Bind::Cidr(value) => Self::Cidr(value),
            filter::Bind::Json(value) => Self::Json(JsonText(value)),
        }
    }
}

impl QueryFragment<Pg> for Sql {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        if self.uncached {
            out.unsafe_to_cache_prepared();
        }
        for part in &self.parts {
            match part {
                Part::Shared(text) => out.push_sql(text),
                Part::Text(text) => out.push_sql(text),
                Part::Bind(bind) => push_bind(bind, &mut out)?,
            }
        }
        Ok(())
    }
}

fn push_bind<'b>(bind: &'b Bind, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    match bind {
        Bind::Text(value) => out.push_bind_param::<Text, String>(value),
        Bind::TextArray(values) => out.push_bind_param::<Array<Text>, Vec<String>>(values),
        Bind::OptionalTextArray(values) => out.push_bind_param::<Array<Nullable<Text>>, Vec<Option<String>>>(values),
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

impl QueryId for Sql {
    type QueryId = ();
    // The text decides: the same type stands for every statement.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Sql {
    type SqlType = Untyped;
}

/// One row as PostgreSQL sent it: the columns in binary form, one behind the other.
#[derive(Debug, Clone)]
pub struct Row {
    bytes: Vec<u8>,
    /// Where each column ends, and whether it is NULL.
    ends: Vec<(u32, bool)>,
}

impl Row {
    /// The bytes of a column; `None` for NULL.
    pub fn column(&self, index: usize) -> Option<&[u8]> {
        let start = if index == 0 { 0 } else { self.ends.get(index - 1)?.0 as usize };
        match self.ends.get(index)? {
            (_, true) => None,
            (end, false) => self.bytes.get(start..*end as usize),
        }
    }

    /// A text column; empty for NULL.
    pub fn text(&self, index: usize) -> &str {
        self.column(index).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// A bigint column; zero for NULL.
    pub fn integer(&self, index: usize) -> i64 {
        self.column(index).and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes).unwrap_or_default()
    }

    /// A boolean column; false for NULL.
    pub fn bool(&self, index: usize) -> bool {
        self.column(index) == Some(&[1])
    }

    /// A uuid column; nil for NULL.
    pub fn uuid(&self, index: usize) -> Uuid {
        self.column(index).and_then(|bytes| Uuid::from_slice(bytes).ok()).unwrap_or_default()
    }

    /// How many bytes the row takes.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }
}

impl QueryableByName<Pg> for Row {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let count = row.field_count();
        let mut bytes = Vec::with_capacity(256);
        let mut ends = Vec::with_capacity(count);
        for index in 0..count {
            let field = diesel::row::Row::get(row, index).ok_or("a row has as many columns as it says")?;
            match field.value() {
                Some(value) => {
                    bytes.extend_from_slice(value.as_bytes());
                    ends.push((u32::try_from(bytes.len())?, false));
                }
                None => ends.push((u32::try_from(bytes.len())?, true)),
            }
        }
        Ok(Self { bytes, ends })
    }
}
