//! Setting values in many objects that were compared before.

use std::collections::HashMap;

use qairon::model::{Entity, Field};

use super::arrays::Values;
use super::compare::Wanted;
use super::halves::Batches;
use crate::db::bind::Bind;
use crate::db::failure::Failure;
use crate::db::row::Row;
use crate::db::sources::table;
use crate::db::sql::{Keep, Sql};
use crate::db::transaction::{Transaction, Work};
use crate::error::Result;

/// Locks objects of an entity, in the order of their IDs, and reads some of their fields. Each row has the ID first.
pub(in crate::db) async fn lock(
    transaction: &mut Transaction,
    entity: &Entity,
    fields: &[&Field],
    ids: Vec<String>,
) -> Result<HashMap<String, Row>, Failure> {
    let rows = transaction.rows(locking(entity, fields, ids)).await?;
    Ok(rows.into_iter().map(|row| Ok((row.text(0)?.to_owned(), row))).collect::<Result<_>>()?)
}

/// See golden/apply_to_services.sql.
pub(super) fn locking(entity: &Entity, fields: &[&Field], ids: Vec<String>) -> Sql {
    let mut sql = Sql::new();
    sql.push("SELECT \"id\"");
    for field in fields {
        sql.push(", \"").push(&field.name).push("\"");
    }
    sql.push(&format!(" FROM {} WHERE \"id\" = ANY(", table(&entity.name))).bind(Bind::TextArray(ids));
    sql.push(") ORDER BY \"id\" FOR NO KEY UPDATE");
    sql
}

/// Objects of one entity that are to have values in the same fields.
pub(in crate::db) struct Updates<'u> {
    /// The entity.
    pub entity: &'static Entity,
    /// The fields.
    pub fields: Vec<&'static Field>,
    /// The ID and the values of an item, by the item.
    pub of: &'u (dyn Fn(usize) -> (&'u str, &'u Values<'u>) + Sync),
}

impl Batches for Updates<'_> {
    type Item = usize;
    type Done = u64;

    fn write<'w>(&'w self, transaction: &'w mut Transaction, batch: &'w [usize]) -> Work<'w, u64> {
        Box::pin(async move {
            let rows = batch.iter().map(|item| (self.of)(*item));
            let update = Wanted::new(self.entity, self.fields.clone(), true, rows).update();
            // Bundles come in all sizes, and each is planned for its own.
            transaction.run(update.kept(Keep::Never)).await
        })
    }
}
