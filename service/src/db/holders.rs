//! Who holds what others wait for.
//!
//! Writes that last are entered here by the process of PostgreSQL that works for them, so that who waits for one can
//! be answered with more than that it had to wait.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::identity::Identity;

/// The writes that last, by the processes that work for them.
#[derive(Default)]
pub(in crate::db) struct Holders(Mutex<HashMap<i64, Holder>>);

struct Holder {
    /// Whose entry it is.
    serial: u64,
    who: String,
    since: Instant,
    is_load: bool,
}

/// Who holds something, for others.
pub(in crate::db) struct Found {
    /// Who, and since when, for people.
    pub who: String,
    /// Whether it lasts as long as its caller sends.
    pub is_load: bool,
}

/// An entry, until it is dropped.
pub(in crate::db) struct Entry {
    holders: Arc<Holders>,
    process: i64,
    serial: u64,
}

impl Entry {
    /// Enters a write.
    pub fn new(holders: &Arc<Holders>, identity: &Identity, process: i64, is_load: bool) -> Self {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let who = format!("{} by `{}` (request `{}`)", identity.method, identity.principal, identity.request_id);
        let holders = holders.clone();
        let holder = Holder { serial, who, since: Instant::now(), is_load };
        holders.0.lock().unwrap_or_else(PoisonError::into_inner).insert(process, holder);
        Self { holders, process, serial }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut holders = self.holders.0.lock().unwrap_or_else(PoisonError::into_inner);
        if holders.get(&self.process).is_some_and(|holder| holder.serial == self.serial) {
            holders.remove(&self.process);
        }
    }
}

impl Holders {
    /// Who is at work in one of these processes: a load before others, then what has been under way for longest.
    pub fn of(&self, processes: &[i64]) -> Option<Found> {
        let holders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = processes.iter().filter_map(|process| holders.get(process));
        let holder = known.max_by_key(|holder| (holder.is_load, holder.since.elapsed()))?;
        let who = format!("{}, under way for {} s,", holder.who, holder.since.elapsed().as_secs());
        Some(Found { who, is_load: holder.is_load })
    }
}
