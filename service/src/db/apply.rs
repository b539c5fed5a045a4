//! Makes objects be as a bundle gives them, inside one transaction.
//!
//! - [`compare`]: which objects are missing, which differ and which are the same, a statement for a thousand of them.
//! - [`rounds`]: updates and creations, entity by entity, each after those it refers to. What is refused goes in again
//!   as long as others get through, for one change may make room for another.
//! - [`links`]: the links, when all objects are there.
//! - [`prune`]: deletions. What nothing needs goes first, to make room; what others needed goes when they have changed.
//!
//! What differs is locked and read again before it is written, so nobody's change is overwritten unseen. What is the
//! same is not locked: changes that others make meanwhile come after.

mod applying;
mod compare;
mod links;
mod prune;
mod rounds;
mod shown;
mod update;

use qairon::Model;

use super::failure::Failure;
use super::transaction::Transaction;
use crate::domain::apply::Bundle;
use applying::Applying;

pub use applying::Outcome;
pub use shown::MESSAGE_BYTES;

/// Applies a bundle.
pub async fn apply(
    transaction: &mut Transaction,
    model: &'static Model,
    bundle: &Bundle,
    limit: usize,
) -> Result<Outcome, Failure> {
    let mut applying = Applying { transaction, model, bundle, outcome: Outcome::default() };
    let mut work = compare::compare(&mut applying).await?;
    // What is wrong by itself may be what would be deleted for want of it.
    let pruning = bundle.prune.as_ref().filter(|_| bundle.refused.is_empty());
    let mut doomed = match pruning {
        Some(pruning) => prune::Doomed::find(&mut applying, pruning, limit).await?,
        None => prune::Doomed::default(),
    };
    doomed.make_room(&mut applying).await?;
    rounds::run(&mut applying, &mut work).await?;
    links::set(&mut applying, &work).await?;
    if let Some(pruning) = pruning {
        doomed.finish(&mut applying, pruning).await?;
    }
    let mut outcome = applying.outcome;
    outcome.unchanged = bundle.objects.len().saturating_sub(outcome.of_object.len());
    outcome.refused.extend(bundle.refused.iter().cloned());
    outcome.refused.sort_by_key(|(index, _)| *index);
    Ok(outcome)
}
