//! Many objects in one transaction.
//!
//! [`insert_all`] creates objects, [`upsert_all`] creates those that are missing and sets what differs in the others.
//! Objects of an entity go in together, as one array per column, under a savepoint. When PostgreSQL refuses them, that is
//! undone and each half goes in by itself, down to the object that is at fault, so that every refusal is told as if the
//! object had come alone, and the others are in.

mod insert;
mod shape;
mod upsert;

use diesel_async::{AnsiTransactionManager, AsyncPgConnection, SimpleAsyncConnection, TransactionManager};
use qairon::Model;
use qairon::model::{Entity, Field};

use super::failure::{Failure, Intent};
use crate::domain::draft::{Value, naming};
use crate::error::{Error, ErrorKind};

pub use insert::insert_all;
pub use upsert::{Upsert, Upserted, existing, upsert_all};

/// Objects that go in with one statement. More do not make it faster.
const BATCH: usize = 1000;
/// Below this, a batch that is refused is tried one by one.
const FEW: usize = 4;

/// An object to create.
pub struct Item<'a> {
    /// Its place in the import.
    pub index: i64,
    /// Its entity.
    pub entity: &'a Entity,
    /// Its values.
    pub values: Vec<(&'a Field, Value)>,
}

/// Begins work on a batch that can be undone by itself.
async fn begin(connection: &mut AsyncPgConnection) -> Result<(), Failure> {
    Ok(AnsiTransactionManager::begin_transaction(connection).await?)
}

/// Ends it. The outer result is that of the transaction, the inner one that of the batch.
async fn settle<T>(
    connection: &mut AsyncPgConnection,
    done: Result<T, Failure>,
) -> Result<Result<T, Failure>, Failure> {
    match done {
        Ok(done) => {
            AnsiTransactionManager::commit_transaction(connection).await?;
            Ok(Ok(done))
        }
        Err(failure) => {
            AnsiTransactionManager::rollback_transaction(connection).await?;
            // A retry begins with the whole transaction.
            if failure.is_retryable() { Err(failure) } else { Ok(Err(failure)) }
        }
    }
}

/// The error of an object that was refused when it came alone. What is no fault of the object ends the work.
fn refusal(
    model: &Model,
    entity: &Entity,
    id: &str,
    values: &[(&Field, Value)],
    failure: Failure,
) -> Result<Error, Failure> {
    let error = naming(model, failure.into_error(model, Intent::on(entity, id)), values);
    match error.kind {
        ErrorKind::Unavailable => Err(error.into()),
        _ => Ok(error),
    }
}

/// The parts in which a batch that was refused is tried again; none when it is a single object.
fn parts<T>(batch: &[T]) -> impl DoubleEndedIterator<Item = &[T]> {
    let size = match batch.len() {
        0 | 1 => usize::MAX,
        few if few <= FEW => 1,
        many => many.div_ceil(2),
    };
    batch.chunks(size)
}

/// What is checked at commit is checked here too, while it is known which objects are at fault.
async fn check(connection: &mut AsyncPgConnection) -> Result<(), Failure> {
    connection.batch_execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED").await?;
    Ok(())
}
