//! Memory that calls share: what does not fit is refused, not tried.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many bytes for all calls of a kind together.
#[derive(Debug, Clone)]
pub struct Memory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limit: usize,
    used: AtomicUsize,
}

/// The part of one call, free again when it is dropped, however the call ends.
#[derive(Debug)]
pub struct Share {
    memory: Memory,
    bytes: usize,
}

/// Why a share cannot grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// It would be larger than everything there is.
    Alone,
    /// Others have too much of it at the moment.
    Others,
}

impl Memory {
    /// Memory of so many bytes.
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Inner { limit, used: AtomicUsize::new(0) }))
    }

    /// How many bytes there are in all.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// A share without bytes.
    pub fn share(&self) -> Share {
        Share { memory: self.clone(), bytes: 0 }
    }
}

impl Share {
    /// Takes more bytes, all or none.
    pub fn grow(&mut self, bytes: usize) -> Result<(), Full> {
        let Inner { limit, used } = &*self.memory.0;
        if self.bytes.saturating_add(bytes) > *limit {
            return Err(Full::Alone);
        }
        let fits = |used: usize| used.checked_add(bytes).filter(|used| used <= limit);
        used.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).map_err(|_| Full::Others)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.memory.0.used.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_never_exceed_the_whole_and_are_given_back() {
        let memory = Memory::new(100);
        let (mut one, mut other) = (memory.share(), memory.share());
        assert_eq!((one.grow(60), other.grow(60), other.grow(40)), (Ok(()), Err(Full::Others), Ok(())));
        assert_eq!((one.grow(1), one.grow(41)), (Err(Full::Others), Err(Full::Alone)));
        drop(one);
        assert_eq!((other.grow(60), other.grow(usize::MAX)), (Ok(()), Err(Full::Alone)));
    }
}
