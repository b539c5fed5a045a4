//! Listing: one statement per page, by keyset.
//!
//! A page starts behind the order keys of the last row before it, so that what is written meanwhile moves no row from
//! one page to another. The keys travel in the page token as text.

use std::sync::Arc;

use diesel_async::AsyncPgConnection;
use futures_util::TryStreamExt;
use qairon::model::{Entity, Field};

use super::failure::Failure;
use super::projection::{ALIAS, Projection};
use super::sql::{Bind, Row, Sql};
use super::wire;
use crate::domain::page::{MAX_PAGE_BYTES, PageKey, PageToken};

/// One page of a listing.
#[derive(Debug)]
pub struct Listing<'a> {
    /// The entity.
    pub entity: &'a Entity,
    /// The fields of the answer.
    pub projection: Arc<Projection>,
    /// The condition, compiled.
    pub filter: Option<crate::domain::filter::SqlFragment>,
    /// The order: fields, and whether each is descending. The ID is added when it is not among them.
    pub order: Vec<(&'a Field, bool)>,
    /// Where the page starts.
    pub token: Option<PageToken>,
    /// Rows to pass over; counts for the first page alone.
    pub skip: i64,
    /// Rows of the page at most.
    pub limit: i64,
}

/// A page, encoded.
#[derive(Debug, Default)]
pub struct Page {
    /// The rows as repeated field 1 of the response.
    pub bytes: Vec<u8>,
    /// The order keys of the last row, when another page follows.
    pub next: Option<Vec<PageKey>>,
}

impl<'a> Listing<'a> {
    /// Makes the order total.
    pub fn complete_order(&mut self) {
        let id = self.entity.fields.iter().find(|field| field.number == 1);
        if let Some(id) = id.filter(|_| !self.order.iter().any(|(field, _)| field.number == 1)) {
            self.order.push((id, false));
        }
    }

    /// The statement: the columns of the projection, then the order keys as text.
    pub fn sql(&self) -> Sql {
        let mut sql = Sql::new();
        sql.push("SELECT ").push(&self.projection.sql);
        for (field, _) in &self.order {
            sql.push(&format!(", {ALIAS}.\"{}\"::text", field.name));
        }
        self.push_conditions(&mut sql, true);
        for (index, (field, descending)) in self.order.iter().enumerate() {
            let separator = if index == 0 { " ORDER BY " } else { ", " };
            let direction = if *descending { " DESC" } else { "" };
            sql.push(&format!("{separator}{ALIAS}.\"{}\"{direction}", field.name));
        }
        // One more than asked for tells whether another page follows.
        sql.push(" LIMIT ").bind(Bind::Integer(self.limit + 1));
        if self.token.is_none() && self.skip > 0 {
            sql.push(" OFFSET ").bind(Bind::Integer(self.skip));
        }
        sql
    }

    /// The statement that counts what matches, without the page's columns and order.
    pub fn count_sql(&self) -> Sql {
        let mut sql = Sql::new();
        sql.push("SELECT count(*)");
        self.push_conditions(&mut sql, false);
        sql
    }

    fn push_conditions(&self, sql: &mut Sql, from_token: bool) {
        sql.push(&format!(" FROM \"{}\" {ALIAS}", self.entity.name));
        let mut glue = " WHERE ";
        if let Some(filter) = &self.filter {
            sql.push(" WHERE (").append_filter(filter.clone()).push(")");
            glue = " AND ";
        }
        if let Some(token) = self.token.as_ref().filter(|_| from_token) {
            sql.push(glue).push("(");
            self.push_after(sql, &token.keys);
            sql.push(")");
        }
    }

    /// Rows behind the given keys: behind the first key, or equal in it and behind the second, and so on.
    fn push_after(&self, sql: &mut Sql, keys: &[PageKey]) {
        for (last, (field, descending)) in self.order.iter().enumerate() {
            sql.push(if last == 0 { "(" } else { " OR (" });
            for ((field, _), key) in self.order.iter().zip(keys).take(last) {
                push_equal(sql, field, key);
                sql.push(" AND ");
            }
            push_behind(sql, field, *descending, &keys[last]);
            sql.push(")");
        }
    }
}

fn push_equal(sql: &mut Sql, field: &Field, key: &PageKey) {
    sql.push(&format!("{ALIAS}.\"{}\"", field.name));
    match &key.value {
        Some(value) => push_key(sql, " = ", field, value),
        None => _ = sql.push(" IS NULL"),
    }
}

/// PostgreSQL sorts NULL behind everything, and in front of everything when descending.
fn push_behind(sql: &mut Sql, field: &Field, descending: bool, key: &PageKey) {
    let column = format!("{ALIAS}.\"{}\"", field.name);
    match (&key.value, descending) {
        (Some(value), false) => {
            sql.push(&column);
            push_key(sql, " > ", field, value);
            if field.nullable {
                sql.push(&format!(" OR {column} IS NULL"));
            }
        }
        (Some(value), true) => {
            sql.push(&column);
            push_key(sql, " < ", field, value);
        }
        (None, false) => _ = sql.push("false"),
        (None, true) => _ = sql.push(&format!("{column} IS NOT NULL")),
    }
}

/// The key is cast from text by PostgreSQL itself, which wrote it. Texts stay in the collation of their column.
fn push_key(sql: &mut Sql, operator: &str, field: &Field, value: &str) {
    use qairon::model::Kind;
    let cast = match field.kind {
        Kind::Integer => "::bigint",
        Kind::Double => "::double precision",
        Kind::Bool => "::boolean",
        Kind::Timestamp => "::timestamptz",
        Kind::Cidr => "::cidr",
        Kind::Uuid => "::uuid",
        _ => "",
    };
    sql.push(operator).push(if cast.is_empty() { "" } else { "(" });
    sql.bind(Bind::Text(value.to_owned()));
    if !cast.is_empty() {
        sql.push(&format!("::text){cast}"));
    }
}

/// Reads a page, row by row, and stops where it is full.
pub async fn page(
    connection: &mut AsyncPgConnection,
    sql: Sql,
    projection: &Projection,
    keys: usize,
    limit: i64,
) -> Result<Page, Failure> {
    let mut rows = sql.stream(connection).await?;
    let mut page = Page::default();
    let mut count = 0;
    let mut last: Option<Row> = None;
    while let Some(row) = rows.try_next().await? {
        let full = count == limit || (count > 0 && page.bytes.len() + row.size() > MAX_PAGE_BYTES);
        if full {
            page.next = last.as_ref().map(|last| order_keys(last, projection, keys));
            break;
        }
        wire::message_field(&mut page.bytes, 1, |out| projection.encode(&row, out))?;
        count += 1;
        last = Some(row);
    }
    Ok(page)
}

fn order_keys(row: &Row, projection: &Projection, keys: usize) -> Vec<PageKey> {
    let key = |index| row.column(projection.width + index).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    (0..keys).map(|index| PageKey { value: key(index) }).collect()
}

/// How many rows match.
pub async fn count(connection: &mut AsyncPgConnection, sql: Sql) -> Result<i64, Failure> {
    let rows = sql.rows(connection).await?;
    Ok(rows.first().map_or(0, |row| row.integer(0)))
}
