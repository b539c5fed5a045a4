//! Statements put together at run time: pieces of SQL and the values bound between them.
//!
//! Identifiers come from the model alone; every value of a caller is a bind; tables are references that the door
//! resolves ([`super::sources`]). A statement is a diesel query: diesel numbers and serializes its values.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use diesel::QueryResult;
use diesel::pg::{Pg, PgMetadataLookup, PgQueryBuilder, PgTypeMetadata};
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{AstPass, Query, QueryBuilder, QueryFragment, QueryId};
use diesel::sql_types::Untyped;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::bind::{Bind, push_bind};
use super::sources::table;
use crate::domain::filter;
use crate::error::{Error, Result};

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Shared(Arc<str>),
    Text(String),
    Bind(Bind),
}

/// Whether a connection keeps a statement prepared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::db) enum Keep {
    /// With all that are run again and again.
    #[default]
    Common,
    /// With a few: each takes PostgreSQL some hundred kilobytes.
    Heavy,
    /// Never: there are as many of them as callers invent.
    Never,
}

/// A statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sql {
    parts: Vec<Part>,
    keep: Keep,
}

impl Sql {
    /// An empty statement.
    pub(in crate::db) fn new() -> Self {
        Self::default()
    }

    /// A statement that starts with a text made once.
    pub(in crate::db) fn shared(text: &Arc<str>) -> Self {
        Self { parts: vec![Part::Shared(text.clone())], keep: Keep::Common }
    }

    /// What the text is, whatever the values: the same for statements that differ in those alone.
    pub(in crate::db) fn shape(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for part in &self.parts {
            match part {
                Part::Shared(text) => text.hash(&mut hasher),
                Part::Text(text) => text.hash(&mut hasher),
                Part::Bind(_) => hasher.write_u8(0),
            }
        }
        hasher.finish()
    }

    /// Appends SQL. Never a caller's text.
    pub(in crate::db) fn push(&mut self, text: &str) -> &mut Self {
        match self.parts.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.parts.push(Part::Text(text.to_owned())),
        }
        self
    }

    /// Appends a bound value.
    pub(in crate::db) fn bind(&mut self, value: Bind) -> &mut Self {
        self.parts.push(Part::Bind(value));
        self
    }

    /// Appends another statement.
    pub(in crate::db) fn append(&mut self, other: Sql) -> &mut Self {
        self.keep = match (self.keep, other.keep) {
            (Keep::Never, _) | (_, Keep::Never) => Keep::Never,
            (Keep::Heavy, _) | (_, Keep::Heavy) => Keep::Heavy,
            _ => Keep::Common,
        };
        for part in other.parts {
            match part {
                Part::Text(text) => _ = self.push(&text),
                part => self.parts.push(part),
            }
        }
        self
    }

    /// Appends a compiled filter.
    pub(in crate::db) fn append_filter(&mut self, fragment: filter::SqlFragment) -> &mut Self {
        self.keep = Keep::Never;
        for part in fragment.parts {
            match part {
                filter::SqlPart::Sql(text) => self.push(&text),
                filter::SqlPart::Table(name) => self.push(&table(&name).to_string()),
                filter::SqlPart::Bind(value) => self.bind(value.into()),
            };
        }
        self
    }

    /// Says whether connections keep it.
    pub(in crate::db) fn kept(mut self, keep: Keep) -> Self {
        self.keep = keep;
        self
    }

    /// The text, in which tables are references, and the values.
    pub(in crate::db) fn render(&self) -> Result<Rendered> {
        let mut builder = PgQueryBuilder::default();
        QueryFragment::<Pg>::to_sql(self, &mut builder, &Pg).map_err(Error::internal)?;
        let mut collector = RawBytesBindCollector::new();
        QueryFragment::<Pg>::collect_binds(self, &mut collector, &mut BuiltIn, &Pg).map_err(Error::internal)?;
        let mut binds = Vec::with_capacity(collector.binds.len());
        for (bytes, metadata) in collector.binds.into_iter().zip(collector.metadata) {
            let oid = metadata.oid().map_err(Error::internal)?;
            let of = Type::from_oid(oid).ok_or_else(|| Error::internal(format!("a value has the type {oid}")))?;
            binds.push((Bytes(bytes), of));
        }
        Ok(Rendered { text: builder.finish(), binds, keep: self.keep })
    }
}

/// A statement ready to be sent, but for its references to tables.
#[derive(Debug)]
pub(in crate::db) struct Rendered {
    pub text: String,
    pub binds: Vec<(Bytes, Type)>,
    pub keep: Keep,
}

/// A value as diesel has serialized it; `None` for NULL.
#[derive(Debug)]
pub(in crate::db) struct Bytes(Option<Vec<u8>>);

impl ToSql for Bytes {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut bytes::BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match &self.0 {
            Some(bytes) => {
                out.extend_from_slice(bytes);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Every type that is bound is PostgreSQL's own: none is looked up.
struct BuiltIn;

impl PgMetadataLookup for BuiltIn {
    fn lookup_type(&mut self, _: &str, _: Option<&str>) -> PgTypeMetadata {
        PgTypeMetadata::new(0, 0)
    }
}

impl QueryFragment<Pg> for Sql {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
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

impl QueryId for Sql {
    type QueryId = ();
    // The text decides: the same type is that of every statement.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Sql {
    type SqlType = Untyped;
}

#[cfg(test)]
impl Sql {
    /// The text as a caller who may read everything sends it now.
    pub(in crate::db) fn live(&self) -> String {
        super::sources::Sources::default().resolve(&self.render().expect("a statement that renders").text)
    }
}
