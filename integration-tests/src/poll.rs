//! Waiting for something to come true.

use std::future::Future;
use std::time::{Duration, Instant};

/// Asks again and again until there is an answer. Panics when there is none within the time, which is
/// [`soon`](crate::soon) or [`long`](crate::long).
pub async fn poll_until<T, F>(within: Duration, what: &str, probe: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    poll_or(within, probe).await.unwrap_or_else(|| panic!("not within {within:?}: {what}"))
}

/// The same for a caller who has more to say about it when there is no answer.
pub async fn poll_or<T, F>(within: Duration, mut probe: impl FnMut() -> F) -> Option<T>
where
    F: Future<Output = Option<T>>,
{
    let started = Instant::now();
    loop {
        if let Some(answer) = probe().await {
            return Some(answer);
        }
        if started.elapsed() > within {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
