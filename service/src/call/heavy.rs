//! Work that keeps a processor busy leaves the threads that serve the other calls.
//!
//! It goes on where it is, as a blocking one: the runtime hands the other tasks of the thread to another. Only so much
//! of it runs at once that the other calls have processors.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::ready;

use tokio::sync::Semaphore;
use tokio::task::block_in_place;
use tokio_util::sync::PollSemaphore;

/// What less weight than this is done at once: it takes about a millisecond.
const LIGHT: usize = 128 * 1024;
/// What an element weighs, in bytes: decoding it takes as long as copying so many.
const ELEMENT: usize = 64;

static PROCESSORS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Arc::new(Semaphore::new((processors / 2).max(1)))
});

/// The weight of work on so many bytes and elements.
pub fn weight(bytes: usize, elements: usize) -> usize {
    bytes.saturating_add(elements.saturating_mul(ELEMENT))
}

/// Does work of a weight.
pub async fn heavy<T>(weight: usize, work: impl FnOnce() -> T) -> T {
    if weight < LIGHT {
        return work();
    }
    let _processor = PROCESSORS.acquire().await;
    block_in_place(work)
}

/// Does work of a weight that waits in between for others. While it waits it takes no processor.
pub async fn heavy_steps<F: Future>(weight: usize, work: F) -> F::Output {
    if weight < LIGHT {
        return work.await;
    }
    let mut work = pin!(work);
    let mut processors = PollSemaphore::new(PROCESSORS.clone());
    poll_fn(|tasks| {
        let _processor = ready!(processors.poll_acquire(tasks));
        block_in_place(|| work.as_mut().poll(tasks))
    })
    .await
}
