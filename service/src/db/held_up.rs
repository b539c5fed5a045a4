//! Writes that wait for others: for how long, and for whom.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use qairon::v1::ErrorReason;

use super::attempt::Interrupt;
use super::bind::Bind;
use super::door::Door;
use super::failure::Failure;
use super::sql::Sql;
use crate::error::{Error, ErrorKind};

/// How often it is asked who holds up a write.
const LOOK: Duration = Duration::from_millis(500);
/// How long a write waits for a load. That one may last for hours.
const FOR_LOADS: Duration = Duration::from_secs(2);

impl Door {
    /// Waits until a write has been held up for too long by a load, and returns the error for it. Who holds it up
    /// meanwhile is left in `seen`.
    pub(in crate::db) async fn held_up(&self, interrupt: &Interrupt, seen: &Mutex<Option<String>>) -> Error {
        let mut by_load: Option<Instant> = None;
        loop {
            tokio::time::sleep(LOOK).await;
            let Some(process) = interrupt.process() else { continue };
            let Ok(blocking) = self.blocking(process).await else { continue };
            let holder = self.db().holders.of(&blocking);
            let is_load = holder.as_ref().is_some_and(|holder| holder.is_load);
            by_load = by_load.or_else(|| Some(Instant::now())).filter(|_| is_load);
            let who = holder.map(|holder| holder.who);
            if let (Some(since), Some(who)) = (by_load, &who)
                && since.elapsed() + LOOK >= FOR_LOADS
            {
                let message = format!("{who} holds what this call changes; try again when it has ended");
                return Error::new(ErrorKind::Aborted, ErrorReason::Conflict, message);
            }
            // Another server's, or none of a server at all.
            let who = who.or_else(|| blocking.last().map(|process| format!("process {process} of PostgreSQL")));
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = who;
        }
    }

    /// The processes that a process waits for, and those that they wait for.
    async fn blocking(&self, process: i64) -> Result<Vec<i64>, Failure> {
        let mut sql = Sql::new();
        sql.push("WITH RECURSIVE blocking (process) AS (SELECT unnest(pg_blocking_pids(").bind(Bind::Integer(process));
        sql.push(
            "::integer)) UNION SELECT unnest(pg_blocking_pids(process)) FROM blocking) SELECT process::bigint FROM \
             blocking",
        );
        let rows = self.look_up("blocking", sql).await?;
        Ok(rows.iter().map(|row| row.integer(0)).collect::<Result<_, _>>()?)
    }
}
