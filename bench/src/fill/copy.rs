//! Writing the pieces: a few connections take one after the other, so that PostgreSQL works on some while the next
//! are made.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use bytes::Bytes;
use futures_util::SinkExt;
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

use super::check;
use super::plan::{Piece, Plan};
use super::rows::{Batch, Table};

/// A session in the database.
pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.context("the database to fill cannot be reached")?;
    tokio::spawn(connection);
    Ok(client)
}

/// Writes everything, phase by phase.
pub async fn write(url: &str, client: &mut Client, plan: &Arc<Plan>) -> Result<()> {
    let order: Arc<[String]> = check::tables_in_order().into();
    for pieces in plan.phases() {
        let pieces: Arc<[Piece]> = pieces.into();
        let next = Arc::new(AtomicUsize::new(0));
        let mut writers = JoinSet::new();
        for _ in 0..writers_for(pieces.len()) {
            let (plan, order, pieces, next) = (plan.clone(), order.clone(), pieces.clone(), next.clone());
            let mut client = connect(url).await?;
            writers.spawn(async move {
                while let Some(&piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let batch = plan.make(piece);
                    write_batch(&mut client, batch, &order).await.with_context(|| format!("{piece:?}"))?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(written) = writers.join_next().await {
            written??;
        }
        // The triggers plan their statements by what is known of the tables.
        client.batch_execute("ANALYZE").await?;
    }
    Ok(())
}

/// One more than there are cores, for each has to wait for the other side at times.
fn writers_for(pieces: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores + 1).min(pieces)
}

/// Writes a piece in one transaction: rows may refer to others of the piece that come later.
async fn write_batch(client: &mut Client, batch: Batch, order: &[String]) -> Result<()> {
    let transaction = client.transaction().await?;
    for (table, data) in batch.into_copies(order) {
        let sink = transaction.copy_in::<_, Bytes>(&statement(table)).await.with_context(|| table.name.to_owned())?;
        let mut sink = std::pin::pin!(sink);
        sink.send(data.into()).await.with_context(|| table.name.to_owned())?;
        sink.close().await.with_context(|| table.name.to_owned())?;
    }
    Ok(transaction.commit().await?)
}

fn statement(table: &Table) -> String {
    let columns: Vec<String> = table.columns().map(|column| format!("\"{column}\"")).collect();
    format!("COPY \"{}\" ({}) FROM STDIN (FORMAT binary)", table.name, columns.join(", "))
}
