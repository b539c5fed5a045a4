//! Creating many objects.

use diesel_async::AsyncPgConnection;
use qairon::Model;
use qairon::model::{Entity, Field};

use super::super::failure::Failure;
use super::super::sql::Sql;
use super::shape::{column, insertable, push_rows, unset, value_of};
use super::{BATCH, Item, begin, check, parts, refusal, settle};
use crate::domain::draft::{Value, composed_id};
use crate::error::Error;

/// Creates objects, in their order. Returns those that are refused, each with its error.
pub async fn insert_all(
    connection: &mut AsyncPgConnection,
    model: &Model,
    items: &[Item<'_>],
) -> Result<Vec<(i64, Error)>, Failure> {
    let mut refused = Vec::new();
    // Runs of one entity go in together; the order between entities is kept.
    let runs = items.chunk_by(|a, b| a.entity.index == b.entity.index).flat_map(|run| run.chunks(BATCH));
    let mut waiting: Vec<&[Item<'_>]> = runs.collect();
    waiting.reverse();
    while let Some(batch) = waiting.pop() {
        let Some(first) = batch.first() else { continue };
        begin(connection).await?;
        let values: Vec<_> = batch.iter().map(|item| item.values.as_slice()).collect();
        let done = insert(connection, first.entity, &values).await;
        match (settle(connection, done).await?, batch) {
            (Ok(()), _) => {}
            (Err(failure), [item]) => {
                let id = composed_id(item.entity, &item.values).unwrap_or_default();
                refused.push((item.index, refusal(model, item.entity, &id, &item.values, failure)?));
            }
            (Err(_), batch) => waiting.extend(parts(batch).rev()),
        }
    }
    Ok(refused)
}

/// Inserts objects of one entity.
pub(super) async fn insert(
    connection: &mut AsyncPgConnection,
    entity: &Entity,
    rows: &[&[(&Field, Value)]],
) -> Result<(), Failure> {
    let mut sql = Sql::new();
    sql.push(&format!("INSERT INTO \"{}\" (", entity.name));
    let mut columns = Vec::new();
    for (index, field) in insertable(entity).enumerate() {
        sql.push(if index == 0 { "\"" } else { ", \"" }).push(&field.name).push("\"");
        let unset = unset(field);
        columns.push(column(field, rows.iter().map(|values| value_of(values, field).or(unset.as_ref()))));
    }
    sql.push(") SELECT * FROM ");
    push_rows(&mut sql, columns);
    sql.run(connection).await?;
    check(connection).await
}
