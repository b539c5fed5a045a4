//! How IDs that begin alike go on, in one statement that reads as much of the index on IDs as it answers.
//!
//! IDs are ordered byte by byte, so those with one beginning are neighbours. `few` reads the first of them; when these
//! are all, they are the answer. Otherwise the first and the last tell what all have in common, and the ways to go on
//! after the last colon of that, `base`, are at least two. From each way the next one is a single look-up: after
//! `a:b:` it is the first ID from `a:b;` on, the semicolon being the character that follows the colon.

use qairon::model::Entity;

use super::bind::Bind;
use super::door::{Door, Reads};
use super::failure::Failure;
use super::projection::ALIAS;
use super::reader::Reader;
use super::row::Row;
use super::sources::table;
use super::sql::Sql;
use crate::domain::filter::{SqlFragment, after_prefix};
use crate::error::Result;

/// What was begun.
#[derive(Debug)]
pub struct Begun<'a> {
    /// The entity.
    pub entity: &'a Entity,
    /// How the IDs begin.
    pub prefix: &'a str,
    /// Which objects count, compiled.
    pub filter: Option<SqlFragment>,
    /// How many answers at most.
    pub limit: i64,
}

/// The statement: ways to go on in order, each with whether it is an ID. One more than the limit says that there are
/// more. See golden/complete_an_id.sql.
pub(in crate::db) fn sql(begun: &Begun<'_>) -> Sql {
    let limit = begun.limit;
    let first_chars = i64::try_from(begun.prefix.chars().count()).unwrap_or(i64::MAX);
    let mut sql = Sql::new();
    sql.push("WITH RECURSIVE few AS MATERIALIZED (");
    push_ids(&mut sql, begun, |sql| _ = sql.push(">= ").bind(Bind::Text(begun.prefix.to_owned())));
    sql.push(" LIMIT ").bind(Bind::Integer(limit.saturating_add(1)));
    sql.push("), ends AS MATERIALIZED (SELECT (SELECT min(id) FROM few) AS first, (");
    push_ids(&mut sql, begun, |sql| _ = sql.push(">= ").bind(Bind::Text(begun.prefix.to_owned())));
    sql.push(" DESC LIMIT 1) AS last WHERE (SELECT count(*) FROM few) > ").bind(Bind::Integer(limit));
    // The length of what all have in common, up to a colon and not less than what was begun.
    sql.push("), base AS MATERIALIZED (SELECT first, (SELECT coalesce(max(i), ").bind(Bind::Integer(first_chars));
    sql.push(
        ")::int FROM generate_series(1, length(first)) i WHERE substr(first, i, 1) = ':' AND left(first, i) = left(last, i)",
    );
    sql.push(" AND i > ").bind(Bind::Integer(first_chars)).push(") AS length FROM ends), ways AS (SELECT ");
    push_way(&mut sql, "base.first");
    sql.push(
        " AS way, strpos(substr(base.first, base.length + 1), ':') = 0 AS whole, base.length, 1 AS place FROM base",
    );
    sql.push(" UNION ALL SELECT ");
    push_way(&mut sql, "next.id");
    sql.push(
        ", strpos(substr(next.id, base.length + 1), ':') = 0, base.length, base.place + 1 FROM ways base CROSS JOIN LATERAL (",
    );
    // No text is between a text and the same text followed by the first of all characters.
    push_ids(&mut sql, begun, |sql| {
        sql.push(">= CASE WHEN base.whole THEN base.way || chr(1) ELSE left(base.way, -1) || ';' END COLLATE \"C\"");
    });
    sql.push(" LIMIT 1) next WHERE base.place <= ").bind(Bind::Integer(limit));
    sql.push(") SELECT id, true AS whole FROM few WHERE NOT EXISTS (SELECT FROM ends) UNION ALL ");
    sql.push("SELECT way, whole FROM ways ORDER BY 1");
    sql
}

/// The IDs in order from a bound on; what follows the statement belongs to its order.
fn push_ids(sql: &mut Sql, begun: &Begun<'_>, bound: impl FnOnce(&mut Sql)) {
    let from = table(&begun.entity.name);
    sql.push(&format!("SELECT {ALIAS}.\"id\" FROM {from} {ALIAS} WHERE {ALIAS}.\"id\" "));
    bound(sql);
    if let Some(end) = after_prefix(begun.prefix) {
        sql.push(&format!(" AND {ALIAS}.\"id\" < ")).bind(Bind::Text(end));
    }
    if let Some(filter) = &begun.filter {
        sql.push(" AND (").append_filter(filter.clone()).push(")");
    }
    sql.push(&format!(" ORDER BY {ALIAS}.\"id\""));
}

/// An ID up to and with the next colon after the base; the whole when there is none.
fn push_way(sql: &mut Sql, id: &str) {
    sql.push(&format!("left({id}, coalesce(nullif(base.length + strpos(substr({id}, base.length + 1), ':'), base.length), length({id})))"));
}

/// Ways to go on, and whether each is a whole ID.
pub async fn ways(door: &Door, begun: &Begun<'_>) -> Result<Vec<(String, bool)>, Failure> {
    let sql = sql(begun);
    let rows = match begun.filter {
        // Quick whatever was begun.
        None => door.look_up("complete_ids", sql).await?,
        Some(_) => door.read("complete_ids", Reads::One, Some(sql.shape()), |reader| rows(reader, sql.clone())).await?,
    };
    let way = |row: &Row| Ok((row.text(0)?.to_owned(), row.bool(1)?));
    Ok(rows.iter().map(way).collect::<Result<_>>()?)
}

async fn rows(mut reader: Reader, sql: Sql) -> Result<Vec<Row>, Failure> {
    let rows = reader.rows(sql).await;
    reader.done(rows)
}
