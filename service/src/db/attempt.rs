//! One attempt at a write, watched over: one that takes others' share is interrupted, and undone by PostgreSQL.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_postgres::CancelToken;

use super::failure::Failure;
use super::session::cancel;

/// How long an interrupted attempt may take to end before it is interrupted again: it may have been between statements.
const AGAIN: Duration = Duration::from_millis(50);

/// Interrupts the transaction of an attempt.
#[derive(Clone, Default)]
pub(in crate::db) struct Interrupt(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Of the transaction under way, if there is one.
    token: Mutex<Option<CancelToken>>,
    /// The process of PostgreSQL that works for it, when that is known; or 0.
    process: AtomicI64,
    is_used: AtomicBool,
}

impl Interrupt {
    /// The attempt has a transaction on a connection now.
    pub fn aim(&self, token: CancelToken) {
        *self.token() = Some(token);
    }

    /// The transaction has ended: its connection is about to serve others.
    pub fn disarm(&self) {
        *self.token() = None;
        self.set_process(0);
    }

    fn token(&self) -> MutexGuard<'_, Option<CancelToken>> {
        self.0.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process that works for the transaction under way, when there is one and it is known.
    pub fn process(&self) -> Option<i64> {
        Some(self.0.process.load(Ordering::Relaxed)).filter(|process| *process != 0)
    }

    /// The process that works for the transaction under way.
    pub fn set_process(&self, process: i64) {
        self.0.process.store(process, Ordering::Relaxed);
    }

    /// Whether the attempt was interrupted. A cancellation may then still be on its way to the connection.
    pub fn is_used(&self) -> bool {
        self.0.is_used.load(Ordering::Relaxed)
    }

    async fn send(&self) {
        self.0.is_used.store(true, Ordering::Relaxed);
        let token = self.token().clone();
        if let Some(token) = token {
            cancel(token).await;
        }
    }
}

/// Waits for the end of an attempt, and interrupts it when `until` comes first. An attempt is not dropped: a statement
/// that commits by itself may have done so, and only its end says whether. Returns what `until` came with when the
/// attempt was undone for it.
pub(in crate::db) async fn watched<T, R>(
    attempt: impl Future<Output = Result<T, Failure>>,
    interrupt: &Interrupt,
    until: impl Future<Output = R>,
) -> Result<Result<T, Failure>, R> {
    let mut attempt = std::pin::pin!(attempt);
    let reason = tokio::select! {
        biased;
        done = &mut attempt => return Ok(done),
        reason = until => reason,
    };
    loop {
        // Not at the same time: the attempt keeps its connection until the cancellation was sent.
        interrupt.send().await;
        match tokio::time::timeout(AGAIN, &mut attempt).await {
            Ok(Err(failure)) if failure.is_cancelled() || failure.is_retryable() => return Err(reason),
            Ok(done) => return Ok(done),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    /// An attempt that goes on until it is interrupted, and what it ends with then.
    async fn until_interrupted(interrupt: &Interrupt, end: Result<u8, Failure>) -> Result<u8, Failure> {
        while !interrupt.is_used() {
            tokio::task::yield_now().await;
        }
        end
    }

    #[tokio::test]
    async fn an_interrupted_attempt_is_undone_only_if_it_says_so() {
        let undone = || Failure::outdated("it");
        let interrupt = Interrupt::default();
        let done = watched(async { Ok(1) }, &interrupt, async { "too late" }).await;
        assert!(matches!(done, Ok(Ok(1))) && !interrupt.is_used());
        let given_up = watched(until_interrupted(&interrupt, Err(undone())), &interrupt, async { "enough" }).await;
        assert!(matches!(given_up, Err("enough")));
        // It committed before the cancellation came.
        let interrupt = Interrupt::default();
        let done = watched(until_interrupted(&interrupt, Ok(2)), &interrupt, async { "enough" }).await;
        assert!(matches!(done, Ok(Ok(2))));
        // It failed for another reason, which is what its caller is to know.
        let interrupt = Interrupt::default();
        let failure = || Failure::from(Error::not_found("stack", "a:b"));
        let done = watched(until_interrupted(&interrupt, Err(failure())), &interrupt, async { "enough" }).await;
        assert!(matches!(done, Ok(Err(Failure::Rule(_)))));
    }

    #[test]
    fn what_has_ended_is_not_named_any_more() {
        let interrupt = Interrupt::default();
        interrupt.set_process(7);
        assert_eq!(interrupt.process(), Some(7));
        interrupt.disarm();
        assert_eq!((interrupt.process(), interrupt.token().is_none()), (None, true));
    }
}
