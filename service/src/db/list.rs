//! Listing: one statement per page, by keyset.
//!
//! A page starts after the order keys of the last row before it, so that what is written meanwhile moves no row from
//! one page to another, unless it changes the keys. They travel in the page token as text. A key may be in a table that references lead to;
//! an unset reference makes it NULL, and the row stays in the list.

use qairon::model::{Entity, Kind};

use super::bind::Bind;
use super::door::{Door, Reads};
use super::failure::Failure;
use super::projection::{ALIAS, Projection};
use super::reader::Reader;
use super::row::Row;
use super::sources::table;
use super::sql::{Keep, Sql};
use super::wire;
use crate::domain::filter::{OrderKey, SqlFragment};
use crate::domain::page::{MAX_PAGE_BYTES, PageKey, PageToken};
use crate::error::{Error, Result};

/// One page of a listing.
#[derive(Debug)]
pub struct Listing<'a> {
    /// The entity.
    pub entity: &'a Entity,
    /// The fields of the answer; all when there is no mask.
    pub mask: Option<Vec<String>>,
    /// The condition, compiled.
    pub filter: Option<SqlFragment>,
    /// The order. The ID is added when it is not among its keys.
    pub order: Vec<OrderKey>,
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
    /// How many there are.
    pub rows: i64,
    /// The order keys of the last row, when another page follows.
    pub next: Option<Vec<PageKey>>,
}

/// Where the keys of an order are read.
struct Sorted {
    /// The joins to their tables.
    joins: String,
    /// The columns.
    columns: Vec<String>,
}

impl Listing<'_> {
    /// Makes the order total.
    pub fn complete_order(&mut self) {
        let id = self.entity.fields.iter().find(|field| field.number == 1);
        let is_own = |key: &OrderKey, name: &str| key.joins.is_empty() && key.column == name;
        if let Some(id) = id.filter(|id| !self.order.iter().any(|key| is_own(key, &id.name))) {
            self.order.push(OrderKey {
                joins: Vec::new(),
                column: id.name.clone(),
                kind: id.kind.clone(),
                nullable: false,
                descending: false,
            });
        }
    }

    /// The statement: the columns of the projection, then the order keys as text. See golden/list_deployments.sql.
    pub(super) fn sql(&self, projection: &Projection) -> Sql {
        let sorted = self.sorted();
        let mut sql = Sql::new();
        sql.push("SELECT ").push(&projection.sql);
        for column in &sorted.columns {
            sql.push(&format!(", {column}::text"));
        }
        self.push_from(&mut sql, &sorted.joins);
        if let Some(token) = &self.token {
            sql.push(if self.filter.is_some() { " AND " } else { " WHERE " });
            self.push_after(&mut sql, &sorted.columns, &token.keys);
        }
        for (index, (key, column)) in self.order.iter().zip(&sorted.columns).enumerate() {
            let separator = if index == 0 { " ORDER BY " } else { ", " };
            let direction = if key.descending { " DESC" } else { "" };
            sql.push(&format!("{separator}{column}{direction}"));
        }
        // One more than asked for says whether another page follows.
        sql.push(" LIMIT ").bind(Bind::Integer(self.limit.saturating_add(1)));
        if self.token.is_none() && self.skip > 0 {
            sql.push(" OFFSET ").bind(Bind::Integer(self.skip));
        }
        // Orders and masks are as many as callers invent.
        if self.is_common() { sql } else { sql.kept(Keep::Never) }
    }

    fn is_common(&self) -> bool {
        let has_joins = self.order.iter().any(|key| !key.joins.is_empty());
        self.order.len() <= 2 && !has_joins && self.filter.is_none() && self.mask.is_none()
    }

    /// The statement that counts what matches, without the page's columns, joins and order.
    pub(super) fn count_sql(&self) -> Sql {
        let mut sql = Sql::new();
        sql.push("SELECT count(*)");
        self.push_from(&mut sql, "");
        sql
    }

    fn push_from(&self, sql: &mut Sql, joins: &str) {
        sql.push(&format!(" FROM {} {ALIAS}{joins}", table(&self.entity.name)));
        if let Some(filter) = &self.filter {
            sql.push(" WHERE (").append_filter(filter.clone()).push(")");
        }
    }

    /// Keys that begin with the same references share their joins.
    fn sorted(&self) -> Sorted {
        let mut taken: Vec<(String, &str, String)> = Vec::new();
        let mut sorted = Sorted { joins: String::new(), columns: Vec::new() };
        for key in &self.order {
            let mut alias = ALIAS.to_owned();
            let mut optional = false;
            for join in &key.joins {
                optional |= join.optional;
                let known = taken.iter().find(|(from, own, _)| *from == alias && *own == join.own);
                if let Some((_, _, known)) = known {
                    alias.clone_from(known);
                    continue;
                }
                let next = format!("o{}", taken.len() + 1);
                let outer = if optional { " LEFT" } else { "" };
                sorted.joins.push_str(&format!(
                    "{outer} JOIN {} {next} ON {next}.\"id\" = {alias}.\"{}\"",
                    table(&join.table),
                    join.own
                ));
                taken.push((std::mem::replace(&mut alias, next.clone()), &join.own, next));
            }
            sorted.columns.push(format!("{alias}.\"{}\"", key.column));
        }
        sorted
    }

    /// Rows after the given keys: after the first key, or equal in it and after the second, and so on.
    fn push_after(&self, sql: &mut Sql, columns: &[String], keys: &[PageKey]) {
        self.push_bound(sql, columns, keys);
        for (last, (key, column)) in self.order.iter().zip(columns).enumerate() {
            sql.push(if last == 0 { "((" } else { " OR (" });
            for ((earlier, column), value) in self.order.iter().zip(columns).zip(keys).take(last) {
                push_equal(sql, earlier, column, value);
                sql.push(" AND ");
            }
            push_later(sql, key, column, keys.get(last));
            sql.push(")");
        }
        sql.push(")");
    }

    /// What the alternatives have in common, said once more in a form that an index on the first key serves.
    fn push_bound(&self, sql: &mut Sql, columns: &[String], keys: &[PageKey]) {
        let (Some(key), Some(column), Some(value)) = (self.order.first(), columns.first(), keys.first()) else {
            return;
        };
        let (Some(value), true) = (&value.value, self.order.len() > 1) else { return };
        // NULLs come last in an ascending order, and a bound would leave them out.
        if key.nullable && !key.descending {
            return;
        }
        sql.push(column);
        push_key(sql, if key.descending { " <= " } else { " >= " }, key, value);
        sql.push(" AND ");
    }
}

fn push_equal(sql: &mut Sql, key: &OrderKey, column: &str, value: &PageKey) {
    sql.push(column);
    match &value.value {
        Some(value) => push_key(sql, " = ", key, value),
        None => _ = sql.push(" IS NULL"),
    }
}

/// PostgreSQL sorts NULL last, and first when descending.
fn push_later(sql: &mut Sql, key: &OrderKey, column: &str, value: Option<&PageKey>) {
    match (value.and_then(|value| value.value.as_ref()), key.descending) {
        (Some(value), false) => {
            sql.push(if key.nullable { "(" } else { "" }).push(column);
            push_key(sql, " > ", key, value);
            if key.nullable {
                sql.push(&format!(" OR {column} IS NULL)"));
            }
        }
        (Some(value), true) => {
            sql.push(column);
            push_key(sql, " < ", key, value);
        }
        (None, false) => _ = sql.push("false"),
        (None, true) => _ = sql.push(&format!("{column} IS NOT NULL")),
    }
}

/// The key is cast from text by PostgreSQL itself, which wrote it. Texts stay in the collation of their column.
fn push_key(sql: &mut Sql, operator: &str, key: &OrderKey, value: &str) {
    let cast = match key.kind {
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

/// Reads a page and, when asked, how many rows match in all: both of one moment.
pub async fn page(door: &Door, listing: &Listing<'_>, with_total: bool) -> Result<(Page, Option<i64>), Failure> {
    let projection = door.projection(listing.entity, listing.mask.as_deref())?;
    let sql = listing.sql(&projection);
    let count_sql = with_total.then(|| listing.count_sql());
    let reads = if with_total { Reads::Together("") } else { Reads::One };
    let (keys, limit) = (listing.order.len(), listing.limit);
    let (sql, count_sql, projection) = (&sql, count_sql.as_ref(), &*projection);
    let work = |mut reader: Reader| async move {
        let result = both(&mut reader, sql, count_sql, projection, keys, limit).await;
        reader.done(result)
    };
    // The first page of a common list is quick.
    let is_quick = listing.is_common() && listing.skip == 0 && !with_total;
    let shape = (!is_quick).then(|| sql.shape());
    door.read("list", reads, shape, work).await
}

async fn both(
    reader: &mut Reader,
    sql: &Sql,
    count_sql: Option<&Sql>,
    projection: &Projection,
    keys: usize,
    limit: i64,
) -> Result<(Page, Option<i64>), Failure> {
    let total = match count_sql {
        Some(sql) => Some(count(reader, sql.clone()).await?),
        None => None,
    };
    Ok((read(reader, sql.clone(), projection, keys, limit).await?, total))
}

/// Reads a page, row by row, and stops where it is full.
async fn read(
    reader: &mut Reader,
    sql: Sql,
    projection: &Projection,
    keys: usize,
    limit: i64,
) -> Result<Page, Failure> {
    let mut rows = reader.stream(sql).await?;
    let mut page = Page::default();
    let mut last: Option<Row> = None;
    while let Some(row) = rows.next().await? {
        let before = page.bytes.len();
        let mut full = page.rows == limit || (page.rows > 0 && before + row.size() > MAX_PAGE_BYTES);
        if !full {
            wire::message_field(&mut page.bytes, 1, |out| projection.encode(&row, out))?;
            // Some JSON takes several times as many bytes in a message as in the row.
            full = page.rows > 0 && page.bytes.len() > MAX_PAGE_BYTES;
        }
        if full {
            page.bytes.truncate(before);
            page.next = last.as_ref().map(|last| order_keys(last, projection, keys)).transpose()?;
            break;
        }
        page.rows += 1;
        last = Some(row);
    }
    // At most one page of rows is left, which may be a thousand large ones.
    reader.skip_rest(rows).await?;
    Ok(page)
}

fn order_keys(row: &Row, projection: &Projection, keys: usize) -> Result<Vec<PageKey>> {
    let key = |index| Ok(PageKey { value: row.optional_text(projection.width + index)?.map(str::to_owned) });
    (0..keys).map(key).collect()
}

/// How many rows match.
async fn count(reader: &mut Reader, sql: Sql) -> Result<i64, Failure> {
    let row = reader.one(sql).await?.ok_or_else(|| Error::internal("a count returned nothing"))?;
    Ok(row.integer(0)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::{parse_order_by, resolve_order_by};

    /// The statements for a page after another and for the total, without their values.
    fn statements(order_by: &str, keys: &[Option<&str>]) -> (String, String) {
        let model = qairon::model();
        let entity = model.entity("deployment").unwrap();
        let terms = parse_order_by(order_by).unwrap();
        let keys = keys.iter().map(|key| PageKey { value: key.map(str::to_owned) }).collect();
        let mut listing = Listing {
            entity,
            mask: None,
            filter: None,
            order: resolve_order_by(model, entity, &terms).unwrap(),
            token: Some(PageToken::new(0, keys)),
            skip: 0,
            limit: 10,
        };
        listing.complete_order();
        let projection = Projection::new(model, entity, Some(&["id".to_owned()])).unwrap();
        let text = |sql: Sql| sql.live().replace('"', "");
        (text(listing.sql(&projection)), text(listing.count_sql()))
    }

    #[test]
    fn orders_share_their_joins_and_totals_have_none() {
        let order_by = "deployment_target.partition.region_id, deployment_target.name desc, current_release.build_num";
        let (page, total) = statements(order_by, &[Some("a"), Some("b"), None, Some("c")]);
        let from = "FROM deployment t0 JOIN deployment_target o1 ON o1.id = t0.deployment_target_id JOIN partition o2 \
                    ON o2.id = o1.partition_id LEFT JOIN release o3 ON o3.id = t0.current_release_id WHERE \
                    o2.region_id >= ";
        assert!(page.contains(from), "{page}");
        assert!(page.contains("ORDER BY o2.region_id, o1.name DESC, o3.build_num, t0.id LIMIT"), "{page}");
        assert!(page.contains("AND o3.build_num IS NULL AND t0.id > "), "{page}");
        assert_eq!(total, "SELECT count(*) FROM deployment t0");
    }

    #[test]
    fn alternatives_for_null_stay_in_their_parentheses() {
        let (page, _) = statements("tag, current_release_id", &[Some("a"), Some("b"), Some("c")]);
        assert!(page.contains("AND (t0.current_release_id > $4 OR t0.current_release_id IS NULL))"), "{page}");
    }
}
