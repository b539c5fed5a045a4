//! Many objects in one transaction.
//!
//! Objects go in a few hundred at a time, under a savepoint. A batch that is refused is undone and goes in again one
//! by one, so that each refusal can be told, and the import goes on for the sake of the next ones.

use diesel_async::{AnsiTransactionManager, AsyncPgConnection, SimpleAsyncConnection, TransactionManager};
use qairon::Model;
use qairon::model::{Entity, Field};

use super::failure::{Failure, Intent};
use super::objects::bind;
use super::sql::{Bind, NullOf, Sql};
use crate::domain::draft::{Value, composed_id, naming};
use crate::error::Error;

/// An object to create.
pub struct Item<'a> {
    /// Its place in the import.
    pub index: i64,
    /// Its entity.
    pub entity: &'a Entity,
    /// Its values.
    pub values: Vec<(&'a Field, Value)>,
}

/// Creates the objects of a batch. Returns those that are refused, each with its error.
pub async fn insert_all(
    connection: &mut AsyncPgConnection,
    model: &Model,
    items: &[Item<'_>],
) -> Result<Vec<(i64, Error)>, Failure> {
    let mut refused = Vec::new();
    // Runs of one entity go in together; the order between entities is kept.
    for run in items.chunk_by(|a, b| a.entity.index == b.entity.index) {
        if savepoint(connection, run).await?.is_ok() {
            continue;
        }
        for item in run {
            if let Err(failure) = savepoint(connection, std::slice::from_ref(item)).await? {
                let id = composed_id(item.entity, &item.values).unwrap_or_default();
                let error = naming(model, failure.into_error(model, Intent::on(item.entity, &id)), &item.values);
                if error.kind == crate::error::ErrorKind::Unavailable {
                    return Err(error.into());
                }
                refused.push((item.index, error));
            }
        }
    }
    Ok(refused)
}

/// Inserts under a savepoint. The outer result is that of the transaction, the inner one that of the objects.
async fn savepoint(connection: &mut AsyncPgConnection, items: &[Item<'_>]) -> Result<Result<(), Failure>, Failure> {
    AnsiTransactionManager::begin_transaction(connection).await?;
    let inserted = insert(connection, items).await;
    match inserted {
        Ok(()) => {
            AnsiTransactionManager::commit_transaction(connection).await?;
            Ok(Ok(()))
        }
        Err(failure) => {
            AnsiTransactionManager::rollback_transaction(connection).await?;
            // A retry begins with the whole transaction.
            if failure.is_retryable() { Err(failure) } else { Ok(Err(failure)) }
        }
    }
}

async fn insert(connection: &mut AsyncPgConnection, items: &[Item<'_>]) -> Result<(), Failure> {
    let Some(first) = items.first() else { return Ok(()) };
    let fields: Vec<&Field> = first
        .entity
        .fields
        .iter()
        .filter(|field| items.iter().any(|item| item.values.iter().any(|(given, _)| given.name == field.name)))
        .collect();
    let mut sql = Sql::new();
    sql.push(&format!("INSERT INTO \"{}\" (", first.entity.name));
    for (index, field) in fields.iter().enumerate() {
        sql.push(if index == 0 { "\"" } else { ", \"" }).push(&field.name).push("\"");
    }
    sql.push(") VALUES ");
    for (row, item) in items.iter().enumerate() {
        sql.push(if row == 0 { "(" } else { ", (" });
        for (column, field) in fields.iter().enumerate() {
            if column > 0 {
                sql.push(", ");
            }
            match item.values.iter().find(|(given, _)| given.name == field.name) {
                Some((field, value)) => _ = sql.bind(bind(field, value)),
                None if field.nullable => _ = sql.bind(Bind::Null(NullOf::field(field))),
                None => _ = sql.push("DEFAULT"),
            }
        }
        sql.push(")");
    }
    sql.uncached().run(connection).await?;
    // What is checked at commit is checked here too, while it is known which objects are at fault.
    connection.batch_execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED").await?;
    Ok(())
}
