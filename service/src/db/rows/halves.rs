//! Many objects at once, and down to the one that is at fault.
//!
//! A batch is written under a savepoint, with what is checked at commit checked at once. When PostgreSQL refuses it,
//! that is undone and each half goes in by itself, and so on: every refusal is as if the object had come alone, and the
//! others are in.

use crate::db::failure::{Failure, Intent};
use crate::db::transaction::{Transaction, Work};
use crate::domain::draft::{Value, naming};
use crate::error::{Error, ErrorKind};
use qairon::Model;
use qairon::model::{Entity, Field};

/// Below this, a batch that is refused is tried one by one.
const FEW: usize = 4;

/// What is written in batches.
pub(in crate::db) trait Batches: Sync {
    /// An object, or a key to one.
    type Item: Sync;
    /// What the statement returns.
    type Done: Send;

    /// Writes a batch.
    fn write<'w>(&'w self, transaction: &'w mut Transaction, batch: &'w [Self::Item]) -> Work<'w, Self::Done>;
}

/// What became of a batch.
pub(in crate::db) enum Outcome<'b, B: Batches> {
    /// It is written.
    Written(&'b [B::Item], B::Done),
    /// This one is refused.
    Refused(&'b B::Item, Failure),
}

/// Writes items in batches that are as large as PostgreSQL lets them be. What is no fault of an item, a deadlock or a
/// timeout, ends the work.
pub(in crate::db) async fn in_halves<'b, B: Batches>(
    transaction: &mut Transaction,
    batches: &B,
    items: &'b [B::Item],
) -> Result<Vec<Outcome<'b, B>>, Failure> {
    let mut outcomes = Vec::new();
    let mut waiting = vec![items];
    while let Some(batch) = waiting.pop().filter(|batch| !batch.is_empty()) {
        match attempt(transaction, batches, batch).await? {
            Ok(done) => outcomes.push(Outcome::Written(batch, done)),
            Err(failure) => match batch {
                [item] => outcomes.push(Outcome::Refused(item, failure)),
                batch => waiting.extend(parts(batch).rev()),
            },
        }
    }
    Ok(outcomes)
}

/// Writes a batch under a savepoint. The outer result is that of the transaction, the inner one that of the batch.
async fn attempt<B: Batches>(
    transaction: &mut Transaction,
    batches: &B,
    batch: &[B::Item],
) -> Result<Result<B::Done, Failure>, Failure> {
    transaction.savepoint();
    let done = match batches.write(transaction, batch).await {
        Ok(done) => transaction.release_checked().await.map(|()| done),
        Err(failure) => Err(failure),
    };
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(failure) if failure.is_about_values() => {
            transaction.undo().await?;
            Ok(Err(failure))
        }
        Err(failure) => Err(failure),
    }
}

/// The parts in which a batch that was refused is tried again.
fn parts<T>(batch: &[T]) -> impl DoubleEndedIterator<Item = &[T]> {
    let size = if batch.len() <= FEW { 1 } else { batch.len().div_ceil(2) };
    batch.chunks(size)
}

/// The error of an object that was refused when it came alone.
pub(in crate::db) fn refusal(
    model: &Model,
    entity: &Entity,
    id: &str,
    values: &[(&Field, Value)],
    failure: Failure,
) -> Result<Error, Failure> {
    let error = naming(model, failure.into_error(model, Intent::on(entity, id)), values);
    if is_refusal(&error) { Ok(error) } else { Err(error.into()) }
}

/// Whether an error is about the object that it met. Any other, a timeout for one, is about the whole call.
pub(in crate::db) fn is_refusal(error: &Error) -> bool {
    use ErrorKind::{AlreadyExists, FailedPrecondition, InvalidArgument, NotFound};
    matches!(error.kind, AlreadyExists | FailedPrecondition | InvalidArgument | NotFound)
}
