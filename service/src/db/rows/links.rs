//! Links: rows of two IDs.

use qairon::Model;
use qairon::model::{Entity, Link};

use super::halves::Batches;
use super::target;
use crate::db::bind::Bind;
use crate::db::failure::Failure;
use crate::db::get::exists;
use crate::db::reader::Reader;
use crate::db::sources::table;
use crate::db::sql::Sql;
use crate::db::transaction::{Transaction, Work};
use crate::error::{Error, Result};

/// Links to add or to remove, as pairs of owner and target.
pub(in crate::db) struct Linking<'l, I> {
    /// The relation.
    pub link: &'l Link,
    /// Whether to add them.
    pub add: bool,
    /// Owner and target of an item.
    pub pair: fn(&I) -> (&str, &str),
}

impl<I: Sync> Batches for Linking<'_, I> {
    type Item = I;
    type Done = u64;

    fn write<'w>(&'w self, transaction: &'w mut Transaction, batch: &'w [I]) -> Work<'w, u64> {
        let pairs = batch.iter().map(self.pair).map(|(owner, target)| (owner.to_owned(), target.to_owned()));
        let (owners, targets) = pairs.unzip();
        Box::pin(transaction.run(statement(self.link, self.add, owners, targets)))
    }
}

/// Adds or removes a link. Returns whether that changed anything.
pub async fn set(
    transaction: &mut Transaction,
    link: &Link,
    add: bool,
    owner_id: &str,
    target_id: &str,
) -> Result<bool, Failure> {
    let sql = statement(link, add, vec![owner_id.to_owned()], vec![target_id.to_owned()]);
    Ok(transaction.run(sql).await? > 0)
}

/// See golden/add_and_remove_links.sql.
pub(super) fn statement(link: &Link, add: bool, owners: Vec<String>, targets: Vec<String>) -> Sql {
    let Link { table, owner_column, target_column, .. } = link;
    let table = target(table);
    let mut sql = Sql::new();
    sql.push(&match add {
        true => format!("INSERT INTO {table} (\"{owner_column}\", \"{target_column}\") SELECT o, t FROM unnest("),
        false => format!("DELETE FROM {table} l USING unnest("),
    });
    sql.bind(Bind::TextArray(owners)).push(", ").bind(Bind::TextArray(targets)).push(") AS w(o, t)");
    sql.push(&match add {
        true => " ON CONFLICT DO NOTHING".to_owned(),
        false => format!(" WHERE l.\"{owner_column}\" = w.o AND l.\"{target_column}\" = w.t"),
    });
    sql
}

/// The first of the two ends that does not exist. Those that exist keep their IDs until the transaction ends.
pub async fn hold_ends(
    transaction: &mut Transaction,
    model: &Model,
    owner: &Entity,
    link: &Link,
    owner_id: &str,
    target_id: &str,
) -> Result<Option<Error>, Failure> {
    for (entity, column, id) in ends(model, owner, link, owner_id, target_id) {
        if transaction.one(hold(entity, id)).await?.is_none() {
            return Ok(Some(Error::not_found(&entity.name, id).with_field(column)));
        }
    }
    Ok(None)
}

/// Keeps an object from being deleted or re-keyed, as the foreign key of the link would. See
/// golden/add_and_remove_links.sql.
pub(super) fn hold(entity: &Entity, id: &str) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT true FROM {} WHERE \"id\" = ", table(&entity.name))).bind(Bind::Text(id.to_owned()));
    sql.push(" FOR KEY SHARE");
    sql
}

fn ends<'e>(
    model: &'e Model,
    owner: &'e Entity,
    link: &'e Link,
    owner_id: &'e str,
    target_id: &'e str,
) -> [(&'e Entity, &'e str, &'e str); 2] {
    [(owner, &link.owner_column, owner_id), (model.target(&link.target), &link.target_column, target_id)]
}

/// The first of the two ends that does not exist.
pub async fn missing_end(
    reader: &mut Reader,
    model: &Model,
    owner: &Entity,
    link: &Link,
    owner_id: &str,
    target_id: &str,
) -> Result<Option<Error>, Failure> {
    for (entity, column, id) in ends(model, owner, link, owner_id, target_id) {
        if !exists(reader, entity, id).await? {
            return Ok(Some(Error::not_found(&entity.name, id).with_field(column)));
        }
    }
    Ok(None)
}
