//! Rows as PostgreSQL sends them: columns in binary form.
//!
//! A column that is missing or holds another type than the statement was written for is a fault of the service, and an
//! error: nothing is guessed in its place.

use qairon::v1::ErrorReason;
use tokio_postgres::types::{FromSql, Type};
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};

/// One row.
#[derive(Debug, Clone)]
pub struct Row(tokio_postgres::Row);

/// The bytes of a column, whatever its type.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl Row {
    pub(in crate::db) fn new(row: tokio_postgres::Row) -> Self {
        Self(row)
    }

    /// The bytes of a column; `None` for NULL.
    pub fn column(&self, index: usize) -> Result<Option<&[u8]>> {
        match self.0.try_get::<_, Option<Raw<'_>>>(index) {
            Ok(raw) => Ok(raw.map(|Raw(bytes)| bytes)),
            Err(error) => Err(Error::internal(error)),
        }
    }

    /// A text; `None` for NULL.
    pub fn optional_text(&self, index: usize) -> Result<Option<&str>> {
        self.column(index)?.map(|bytes| std::str::from_utf8(bytes).map_err(|_| unreadable("text"))).transpose()
    }

    /// A text that is not NULL.
    pub fn text(&self, index: usize) -> Result<&str> {
        self.optional_text(index)?.ok_or_else(|| unreadable("text"))
    }

    /// A bigint that is not NULL.
    pub fn integer(&self, index: usize) -> Result<i64> {
        let bytes = self.column(index)?.and_then(|bytes| bytes.try_into().ok());
        bytes.map(i64::from_be_bytes).ok_or_else(|| unreadable("bigint"))
    }

    /// A bigint that counts from one the values that a statement was given, as their index.
    pub fn place(&self, index: usize) -> Result<usize> {
        let place = usize::try_from(self.integer(index)?).ok();
        place.and_then(|place| place.checked_sub(1)).ok_or_else(|| unreadable("place"))
    }

    /// A bigint that is the index of an entity of the model or of another list.
    pub fn index(&self, index: usize) -> Result<usize> {
        usize::try_from(self.integer(index)?).map_err(|_| unreadable("index"))
    }

    /// A boolean that is not NULL.
    pub fn bool(&self, index: usize) -> Result<bool> {
        match self.column(index)? {
            Some([0]) => Ok(false),
            Some([1]) => Ok(true),
            _ => Err(unreadable("boolean")),
        }
    }

    /// A UUID that is not NULL.
    pub fn uuid(&self, index: usize) -> Result<Uuid> {
        self.column(index)?.and_then(|bytes| Uuid::from_slice(bytes).ok()).ok_or_else(|| unreadable("uuid"))
    }

    /// How many bytes the row takes.
    pub fn size(&self) -> usize {
        self.0.raw_size_bytes()
    }
}

/// A column that does not hold what its type says: a fault of the service.
pub(in crate::db) fn unreadable(what: &str) -> Error {
    Error::internal(format!("a {what} column cannot be read"))
}

/// The error for rows that make a larger answer than clients take.
pub(in crate::db) fn too_large() -> Error {
    let message = "the answer takes more bytes than a message may have; ask for fewer objects, or for fewer fields with \
                   `read_mask`";
    Error::new(ErrorKind::Exhausted, ErrorReason::MessageTooLarge, message)
}
