//! Creating many objects.

use qairon::Model;
use qairon::model::{Entity, Field};

use super::arrays::{Values, column, insertable, push_rows, unset, value_of};
use super::halves::{Batches, Outcome, in_halves, refusal};
use super::target;
use crate::db::failure::Failure;
use crate::db::sql::Sql;
use crate::db::transaction::{Transaction, Work};
use crate::domain::draft::{Value, composed_id};
use crate::error::Error;

/// Objects that go in with one statement. More do not make it faster.
pub(super) const BATCH: usize = 1000;

/// An object to create.
pub struct Item<'a> {
    /// Its place in the import.
    pub index: i64,
    /// Its entity.
    pub entity: &'a Entity,
    /// Its values.
    pub values: Vec<(&'a Field, Value)>,
}

struct Insertion;

impl Batches for Insertion {
    type Item = Item<'static>;
    type Done = u64;

    fn write<'w>(&'w self, transaction: &'w mut Transaction, batch: &'w [Self::Item]) -> Work<'w, u64> {
        Box::pin(async move {
            let values: Vec<_> = batch.iter().map(|item| item.values.as_slice()).collect();
            transaction.run(insert(batch[0].entity, &values)).await
        })
    }
}

/// Creates objects, in their order. Returns those that are refused, each with its error.
pub async fn insert_all(
    transaction: &mut Transaction,
    model: &Model,
    items: &[Item<'static>],
) -> Result<Vec<(i64, Error)>, Failure> {
    let mut refused = Vec::new();
    // Runs of one entity go in together; the order between entities is kept.
    let runs = items.chunk_by(|a, b| a.entity.index == b.entity.index).flat_map(|run| run.chunks(BATCH));
    for run in runs {
        for outcome in in_halves(transaction, &Insertion, run).await? {
            if let Outcome::Refused(item, failure) = outcome {
                // Only for the message: what has no ID yet has no object that it could collide with.
                let id = composed_id(item.entity, &item.values).unwrap_or_default();
                refused.push((item.index, refusal(model, item.entity, &id, &item.values, failure)?));
            }
        }
    }
    Ok(refused)
}

/// Inserts those objects of one entity that nobody else has created meanwhile, and returns their IDs.
pub(super) fn insert_missing(entity: &Entity, rows: &[&Values<'_>]) -> Sql {
    let mut sql = insert(entity, rows);
    sql.push(" ON CONFLICT (\"id\") DO NOTHING RETURNING \"id\"");
    sql
}

/// Inserts objects of one entity. See golden/insert_services.sql.
pub(super) fn insert(entity: &Entity, rows: &[&Values<'_>]) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!("INSERT INTO {} (", target(&entity.name)));
    let mut columns = Vec::new();
    for (index, field) in insertable(entity).enumerate() {
        sql.push(if index == 0 { "\"" } else { ", \"" }).push(&field.name).push("\"");
        let unset = unset(field);
        columns.push(column(field, rows.iter().map(|values| value_of(values, field).or(unset.as_ref()))));
    }
    sql.push(") SELECT * FROM ");
    push_rows(&mut sql, columns);
    sql
}
