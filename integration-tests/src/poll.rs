//! Waiting for something to come true.

use std::future::Future;
use std::time::{Duration, Instant};

/// Asks again and again until there is an answer. Panics when there is none within the time.
pub async fn poll_until<T, F>(within: Duration, what: &str, mut probe: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let started = Instant::now();
    loop {
        if let Some(answer) = probe().await {
            return answer;
        }
        assert!(started.elapsed() < within, "not within {within:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
