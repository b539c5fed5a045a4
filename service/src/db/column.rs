//! The values of a column for many rows, as one bound value.
//!
//! A statement of many rows that binds every value by itself has another text for every number of rows, and PostgreSQL
//! reads and plans each of them anew. With an array per column there is one text for all of them. The arrays are written
//! in PostgreSQL's binary form as the values come, without a copy of each in between.

use std::io::Write;

use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Array, Bool, Cidr, Double, Int8, Jsonb, Nullable, Text, Timestamptz};
use ipnetwork::IpNetwork;
use qairon::model::{Field, Kind};

use crate::domain::draft::Value;

/// PostgreSQL's address families: those of its `inet` type, not of the system.
const FAMILY_V4: u8 = 2;
const FAMILY_V6: u8 = 3;

/// The type of a column's values. A NULL needs it too, for PostgreSQL infers no types where it could be several.
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
    pub fn field(field: &Field) -> Self {
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

/// The values of a column, in binary form.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The type of its elements.
    pub of: NullOf,
    count: i32,
    elements: Vec<u8>,
}

impl Column {
    /// An empty column, with room for some rows.
    pub fn new(of: NullOf, rows: usize) -> Self {
        Self { of, count: 0, elements: Vec::with_capacity(rows * 16) }
    }

    /// A column of texts.
    pub fn texts<'a>(texts: impl ExactSizeIterator<Item = &'a str>) -> Self {
        let mut column = Self::new(NullOf::Text, texts.len());
        texts.for_each(|text| column.element(text.as_bytes()));
        column
    }

    /// Appends the value of the next row. What is not of the column's type is NULL: the model decides both.
    pub fn push(&mut self, value: Option<&Value>) {
        match (value, self.of) {
            (Some(Value::Text(text)), NullOf::Text) => self.element(text.as_bytes()),
            (Some(Value::Integer(number)), NullOf::Integer) => self.element(&number.to_be_bytes()),
            (Some(Value::Double(number)), NullOf::Double) => self.element(&number.to_be_bytes()),
            (Some(Value::Bool(value)), NullOf::Bool) => self.element(&[u8::from(*value)]),
            (Some(Value::Cidr(network)), NullOf::Cidr) => self.cidr(network),
            // Version 1 of the binary form of jsonb is the text after this byte.
            (Some(Value::Json(text)), NullOf::Json) => {
                self.length(text.len() + 1);
                self.elements.push(1);
                self.elements.extend_from_slice(text.as_bytes());
            }
            _ => {
                self.count += 1;
                self.elements.extend_from_slice(&(-1i32).to_be_bytes());
            }
        }
    }

    fn cidr(&mut self, network: &IpNetwork) {
        let head = |family, length| [family, network.prefix(), 1, length];
        match network {
            IpNetwork::V4(v4) => {
                self.length(8);
                self.elements.extend_from_slice(&head(FAMILY_V4, 4));
                self.elements.extend_from_slice(&v4.ip().octets());
            }
            IpNetwork::V6(v6) => {
                self.length(20);
                self.elements.extend_from_slice(&head(FAMILY_V6, 16));
                self.elements.extend_from_slice(&v6.ip().octets());
            }
        }
    }

    fn element(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.elements.extend_from_slice(bytes);
    }

    /// Begins an element. No message of the API is so large that its length does not fit.
    fn length(&mut self, length: usize) {
        self.count += 1;
        self.elements.extend_from_slice(&i32::try_from(length).unwrap_or(i32::MAX).to_be_bytes());
    }

    fn write(&self, out: &mut Output<'_, '_, Pg>) -> serialize::Result {
        // The types of elements in PostgreSQL's catalogue, the same in every database.
        let oid: u32 = match self.of {
            NullOf::Text => 25,
            NullOf::Integer => 20,
            NullOf::Double => 701,
            NullOf::Bool => 16,
            NullOf::Timestamp => 1184,
            NullOf::Cidr => 650,
            NullOf::Json => 3802,
        };
        // Dimensions, whether there are NULLs, the type; then the length and the lower bound of the one dimension.
        let dimensions = i32::from(self.count > 0);
        out.write_all(&dimensions.to_be_bytes())?;
        out.write_all(&dimensions.to_be_bytes())?;
        out.write_all(&oid.to_be_bytes())?;
        if self.count > 0 {
            out.write_all(&self.count.to_be_bytes())?;
            out.write_all(&1i32.to_be_bytes())?;
            out.write_all(&self.elements)?;
        }
        Ok(IsNull::No)
    }
}

macro_rules! arrays {
    ($($element:ty),*) => {$(
        impl ToSql<Array<Nullable<$element>>, Pg> for Column {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                self.write(out)
            }
        }
    )*};
}

arrays!(Text, Int8, Double, Bool, Timestamptz, Cidr, Jsonb);
