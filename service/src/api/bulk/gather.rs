//! Loads that are small enough are gathered before they are written.
//!
//! Then all their locks are taken in one order, the transaction waits for nobody but other writers, and it can be
//! repeated when PostgreSQL gives it up. A caller who waits for an acknowledgement before sending more is not kept
//! waiting for long: what has come by then is written at once, and the rest as it comes.

use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::feed::Chunks;
use super::held::size;
use super::objects::Chunk;

/// How much a load may have to be gathered whole, and all loads together, in KiB of values, roughly.
const ROOM: u32 = 4 * 1024;
const ROOM_OF_ALL: usize = 64 * 1024;
/// After this long without a message, the caller may be waiting for an acknowledgement.
const SILENCE: Duration = Duration::from_secs(1);

static FREE: Semaphore = Semaphore::const_new(ROOM_OF_ALL);

/// How far a load has been gathered.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It is complete.
    Whole,
    /// More may come.
    #[default]
    Open,
    /// The stream broke.
    Broken,
}

/// The messages of a load from its beginning.
#[derive(Default)]
pub struct Gathered {
    /// Their objects.
    pub chunk: Chunk,
    /// How many messages there were.
    pub messages: i64,
    pub end: End,
    room: Option<SemaphorePermit<'static>>,
    taken: u32,
}

impl Gathered {
    /// Adds a message. `false` when there is no room for it: it is there, and no other may be added.
    fn add(&mut self, mut chunk: Chunk) -> bool {
        let bytes: usize = chunk.objects.iter().map(size).sum::<usize>() + 256 * chunk.refused.len();
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        self.chunk.objects.append(&mut chunk.objects);
        self.chunk.refused.append(&mut chunk.refused);
        self.messages += 1;
        self.taken = self.taken.saturating_add(kib);
        let room = Some(self.taken).filter(|taken| *taken <= ROOM).and_then(|_| FREE.try_acquire_many(kib).ok());
        let Some(room) = room else { return false };
        match &mut self.room {
            Some(all) => all.merge(room),
            none => *none = Some(room),
        }
        true
    }
}

/// Gathers a load until its end, until there is no room for more, or until nothing comes for a while.
pub async fn gather(chunks: &mut Chunks) -> Gathered {
    let mut gathered = Gathered::default();
    loop {
        let next = match gathered.messages {
            0 => Ok(chunks.recv().await),
            _ => tokio::time::timeout(SILENCE, chunks.recv()).await,
        };
        gathered.end = match next {
            Ok(Some(Some(chunk))) => match gathered.add(chunk) {
                true => continue,
                false => End::Open,
            },
            Ok(Some(None)) => End::Whole,
            Ok(None) => End::Broken,
            Err(_) => End::Open,
        };
        return gathered;
    }
}
