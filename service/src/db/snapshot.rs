//! One moment for several statements: what is written meanwhile, none of them sees.

use diesel_async::{AnsiTransactionManager, AsyncPgConnection, TransactionManager};

use super::doorway::Work;
use super::failure::Failure;

/// Runs reads that all see the database as it is when the first of them begins. What they leave behind, such as
/// temporary tables, is undone. For use inside of [`super::Db::query`], which never drops work under way.
pub async fn snapshot<T, F>(connection: &mut AsyncPgConnection, work: F) -> Result<T, Failure>
where
    F: for<'c> FnOnce(&'c mut AsyncPgConnection) -> Work<'c, T>,
{
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    AnsiTransactionManager::begin_transaction_sql(connection, begin).await?;
    let result = work(connection).await;
    // A connection that cannot even roll back is broken, and the pool throws it away.
    if let Err(error) = AnsiTransactionManager::rollback_transaction(connection).await {
        tracing::debug!(%error, "a snapshot could not be given up");
    }
    result
}
