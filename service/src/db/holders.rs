//! Who holds what others wait for.
//!
//! Writes that last are entered here by the process of PostgreSQL that works for them, so that who waits for one can
//! be answered with more than that it had to wait.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use qairon::v1::ErrorReason;

use super::bind::Bind;
use super::door::Door;
use super::failure::Failure;
use super::sql::Sql;
use crate::error::{Error, ErrorKind};

/// How often it is asked who holds up a write.
const LOOK: Duration = Duration::from_millis(500);
/// How long a write waits for a load. That one may last for hours.
const FOR_LOADS: Duration = Duration::from_secs(2);

/// The writes that last, by the processes that work for them.
#[derive(Default)]
pub(in crate::db) struct Holders(Mutex<HashMap<i64, Holder>>);

#[derive(Clone)]
struct Holder {
    who: String,
    since: Instant,
    is_load: bool,
}

/// An entry, until it is dropped.
pub(in crate::db) struct Entry {
    holders: Arc<Holders>,
    process: i64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.holders.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.process);
    }
}

impl Door {
    /// Enters a write of this call.
    pub(in crate::db) fn enter(&self, process: i64, is_load: bool) -> Entry {
        let identity = self.identity();
        let who = format!("{} by `{}` (request `{}`)", identity.method, identity.principal, identity.request_id);
        let holders = self.db().holders.clone();
        let holder = Holder { who, since: Instant::now(), is_load };
        holders.0.lock().unwrap_or_else(PoisonError::into_inner).insert(process, holder);
        Entry { holders, process }
    }

    /// Waits until a write has been held up for too long by a load, and returns the error for it. Who holds it up
    /// meanwhile is left in `seen`.
    pub(in crate::db) async fn held_up(&self, process: &AtomicI64, seen: &Mutex<Option<String>>) -> Error {
        let began = Instant::now();
        loop {
            tokio::time::sleep(LOOK).await;
            let Ok(blocking) = self.blocking(process.load(Ordering::Relaxed)).await else { continue };
            let holder = {
                let holders = self.db().holders.0.lock().unwrap_or_else(PoisonError::into_inner);
                let known = blocking.iter().filter_map(|process| holders.get(process));
                known.max_by_key(|holder| (holder.is_load, holder.since.elapsed())).cloned()
            };
            let who = holder.as_ref().map(Holder::described);
            if let (Some(Holder { is_load: true, .. }), Some(who)) = (&holder, &who)
                && began.elapsed() >= FOR_LOADS
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

impl Holder {
    fn described(&self) -> String {
        format!("{}, under way for {} s,", self.who, self.since.elapsed().as_secs())
    }
}
