//! Fair shares of the pool, so that nobody starves everybody.
//!
//! What is quick takes any connection. What lasts goes by a lane: a few connections for each kind of it, so that
//! however much of one kind there is, the other kinds and everything quick find room. Which work lasts is not
//! estimated but seen: a read or a write starts as quick, and after a slice of time it moves to its lane. When that is
//! full while others wait for a connection, it is set aside: undone, and done again when it is its turn.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;
use qairon::v1::ErrorReason;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, ErrorKind, Result};

/// The slice of a read, and the shortest one of a write.
const SHORTEST: Duration = Duration::from_millis(100);
/// The longest one of a write.
const LONGEST: Duration = Duration::from_secs(1);
/// The slice of a write is so many times what quick ones take on average: where the disk is slow, all of them are.
const TIMES: u64 = 8;
/// How often work that exceeds its slice is looked at again.
const LOOK: Duration = Duration::from_millis(20);
/// How many shapes of reads that take long are remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(1024).expect("not zero");
/// How long work waits in line at least that may take minutes itself.
const PATIENT: Duration = Duration::from_secs(120);

/// Work that lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::db) enum Lane {
    /// Reads that take longer than a slice.
    Reads,
    /// Reads that last as long as their caller reads.
    Streams,
    /// Writes of many objects.
    Writes,
    /// Writes that wait for others to end.
    Locked,
    /// Transactions that last as long as their caller sends.
    Loads,
}

impl Lane {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Reads, Self::Streams, Self::Writes, Self::Locked, Self::Loads];

    /// Sixteenths of the pool. What is left is for what is quick.
    fn sixteenths(self) -> u32 {
        match self {
            Self::Streams => 4,
            Self::Reads | Self::Writes => 3,
            Self::Locked | Self::Loads => 2,
        }
    }

    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reads => "long_reads",
            Self::Streams => "streams",
            Self::Writes => "long_writes",
            Self::Locked => "waits_for_locks",
            Self::Loads => "loads",
        }
    }

    /// What it is for, for people.
    fn of(self) -> &'static str {
        match self {
            Self::Reads => "reads that take long",
            Self::Streams => "answers that are streams",
            Self::Writes => "writes of many objects",
            Self::Locked => "writes that wait for others",
            Self::Loads => "loads",
        }
    }

    fn remedy(self) -> &'static str {
        match self {
            Self::Reads => "ask for less at once, such as a narrower filter or one over fewer relations, or try again",
            Self::Streams | Self::Writes | Self::Loads => "try again when others have ended",
            Self::Locked => "others are changing the same objects; try again when they have ended",
        }
    }
}

/// The right to use a connection, until it is dropped.
#[derive(Debug)]
pub(in crate::db) struct Permit {
    _gate: OwnedSemaphorePermit,
    _lane: Option<OwnedSemaphorePermit>,
}

/// The shares of one pool.
pub(in crate::db) struct Shares {
    /// One permit for each connection, in the order of asking: bb8 alone lets some wait for seconds.
    gate: Arc<Semaphore>,
    /// Who waits at the gate.
    waiting: AtomicUsize,
    lanes: [(Arc<Semaphore>, u32); Lane::ALL.len()],
    /// What quick writes take on average, in microseconds.
    usual: AtomicU64,
    /// Shapes of reads that take long.
    slow: Mutex<LruCache<u64, ()>>,
    timeout: Duration,
}

impl Shares {
    /// The shares of a pool of so many connections.
    pub fn new(size: u32, timeout: Duration) -> Self {
        let permits = |count: u32| Arc::new(Semaphore::new(count as usize));
        let lanes = Lane::ALL.map(|lane| {
            let width = (size * lane.sixteenths() / 16).max(1);
            (permits(width), width)
        });
        Self {
            gate: permits(size),
            waiting: AtomicUsize::new(0),
            lanes,
            usual: AtomicU64::new(0),
            slow: Mutex::new(LruCache::new(REMEMBERED)),
            timeout,
        }
    }

    /// Waits in line for a connection.
    pub async fn permit(&self, lane: Option<Lane>) -> Result<Permit> {
        let lane = match lane {
            Some(lane) => Some(self.enter(lane).await?),
            None => None,
        };
        let waiting = Waiting::new(&self.waiting);
        let gate = tokio::time::timeout(self.timeout, self.gate.clone().acquire_owned()).await;
        drop(waiting);
        match gate {
            Ok(Ok(gate)) => Ok(Permit { _gate: gate, _lane: lane }),
            Ok(Err(_)) | Err(_) => Err(overloaded(
                "every database connection is busy; try again, or give the server more of them (--pool-size)",
            )),
        }
    }

    async fn enter(&self, lane: Lane) -> Result<OwnedSemaphorePermit> {
        let (permits, width) = &self.lanes[lane as usize];
        let patience = match lane {
            Lane::Reads | Lane::Streams | Lane::Locked => self.timeout,
            Lane::Writes | Lane::Loads => self.timeout.max(PATIENT),
        };
        match tokio::time::timeout(patience, permits.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => {
                let (of, remedy) = (lane.of(), lane.remedy());
                let has = if *width == 1 { "connection" } else { "connections" };
                Err(overloaded(&format!("the {width} {has} that the server has for {of} are busy; {remedy}")))
            }
        }
    }

    /// Returns when quick work that is under way is to be set aside: when its slice is over, its lane is full, and
    /// others wait for a connection. When there is room in the lane it moves there, and is not set aside any more.
    pub async fn exceeded(&self, lane: Lane) {
        tokio::time::sleep(if lane == Lane::Reads { SHORTEST } else { self.slice() }).await;
        loop {
            // Whoever is in line for the lane comes first.
            if let Ok(_lane) = self.lanes[lane as usize].0.try_acquire() {
                return std::future::pending().await;
            }
            if self.waiting.load(Ordering::Relaxed) > 0 {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What a quick write may take.
    pub fn slice(&self) -> Duration {
        Duration::from_micros(self.usual.load(Ordering::Relaxed) * TIMES).clamp(SHORTEST, LONGEST)
    }

    /// A quick write has ended. What exceeded its slice says nothing about what is usual. An average is good enough when
    /// two report at once and one is lost.
    pub fn wrote(&self, elapsed: Duration) {
        if elapsed <= self.slice() {
            let (usual, took) = (self.usual.load(Ordering::Relaxed), elapsed.as_micros());
            let took = u64::try_from(took).unwrap_or(u64::MAX);
            self.usual.store(usual - usual / 64 + took / 64, Ordering::Relaxed);
        }
    }

    /// A read of a shape begins.
    pub fn reading(&self, shape: Option<u64>) -> Reading<'_> {
        Reading { shares: self, shape, began: Instant::now() }
    }

    /// Whether reads of this shape take long.
    pub fn is_slow(&self, shape: u64) -> bool {
        self.slow.lock().unwrap_or_else(PoisonError::into_inner).contains(&shape)
    }

    /// Operations that could begin at once.
    pub fn free(&self) -> usize {
        self.gate.available_permits()
    }

    /// How many are in a lane.
    pub fn in_lane(&self, lane: Lane) -> usize {
        let (permits, width) = &self.lanes[lane as usize];
        (*width as usize).saturating_sub(permits.available_permits())
    }
}

/// A read under way, whose end is remembered by its shape, also when it is given up.
pub(in crate::db) struct Reading<'s> {
    shares: &'s Shares,
    shape: Option<u64>,
    began: Instant,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let Some(shape) = self.shape else { return };
        let elapsed = self.began.elapsed();
        let mut slow = self.shares.slow.lock().unwrap_or_else(PoisonError::into_inner);
        if elapsed >= SHORTEST {
            slow.put(shape, ());
        } else if elapsed < SHORTEST / 2 {
            // In the lane, where fewer run at once, it takes less.
            slow.pop(&shape);
        }
    }
}

/// Counts one who waits.
struct Waiting<'w>(&'w AtomicUsize);

impl<'w> Waiting<'w> {
    fn new(count: &'w AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn overloaded(message: &str) -> Error {
    Error::new(ErrorKind::Unavailable, ErrorReason::Overloaded, message)
}
