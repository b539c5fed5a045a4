//! One moment for several statements: what is written meanwhile, none of them sees.

use diesel_async::{AnsiTransactionManager, AsyncPgConnection, TransactionManager};

use super::doorway::Work;
use super::failure::Failure;

/// Settings under which statements are planned once and not for every value: for those that look up by ID, whatever the
/// ID, planning takes longer than running.
pub const PLANNED_ONCE: &str = "SET LOCAL plan_cache_mode = force_generic_plan";

/// Runs reads that all see the database as it is when the first of them begins. What they leave behind, such as
/// temporary tables, is undone. For use inside of [`super::Db::query`], which never drops work under way.
/// Settings are `SET LOCAL` statements.
pub async fn snapshot<T, F>(connection: &mut AsyncPgConnection, settings: &str, work: F) -> Result<T, Failure>
where
    F: for<'c> FnOnce(&'c mut AsyncPgConnection) -> Work<'c, T>,
{
    // One round trip for both.
    let begin = format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {settings}");
    AnsiTransactionManager::begin_transaction_sql(connection, &begin).await?;
    let result = work(connection).await;
    // A connection that cannot even roll back is broken, and the pool throws it away.
    if let Err(error) = AnsiTransactionManager::rollback_transaction(connection).await {
        tracing::debug!(%error, "a snapshot could not be given up");
    }
    result
}
