//! The beginning of a connection: HTTP/2's preface and the settings after it, which every client sends at once.
//!
//! HTTP/2 has no time limit before them, and cannot end a connection in words either, so that a connection that stops in the middle
//! of them would last for ever and hold up the stop. Later on a peer that stops in the middle of a frame does not answer
//! the pings of [`super::listen`].

use std::future::Future;
use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long a connection may take to begin.
pub const PATIENCE: Duration = Duration::from_secs(8);
/// The preface, and the head of the first frame.
const HEAD: usize = 24 + 9;

/// A connection that ends when it does not begin in time, or not before the server stops.
pub struct Greeting<S> {
    stream: S,
    /// `None` when it has begun.
    waiting: Option<Waiting>,
}

struct Waiting {
    /// Ends when nobody waits any more.
    end: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// What has come of the head.
    head: [u8; HEAD],
    taken: usize,
}

impl<S> Greeting<S> {
    /// A connection at its beginning.
    pub fn new(stream: S, stopping: CancellationToken, patience: Duration) -> Self {
        let end = Box::pin(async move { _ = timeout(patience, stopping.cancelled_owned()).await });
        Self { stream, waiting: Some(Waiting { end, head: [0; HEAD], taken: 0 }) }
    }
}

impl Waiting {
    /// Takes note of bytes, and returns whether they are all that was waited for.
    fn take(&mut self, bytes: &[u8]) -> bool {
        if let Some(room) = self.head.get_mut(self.taken..) {
            let many = room.len().min(bytes.len());
            room[..many].copy_from_slice(&bytes[..many]);
        }
        self.taken += bytes.len();
        // The length of the first frame is what its head begins with.
        let [.., high, middle, low, _, _, _, _, _, _] = self.head;
        let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        self.taken >= HEAD + length
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Greeting<S> {
    fn poll_read(mut self: Pin<&mut Self>, tasks: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let this = &mut *self;
        let Some(waiting) = &mut this.waiting else { return Pin::new(&mut this.stream).poll_read(tasks, buffer) };
        if waiting.end.as_mut().poll(tasks).is_ready() {
            return Poll::Ready(Err(Error::new(ErrorKind::TimedOut, "the connection did not begin in time")));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(tasks, buffer))?;
        if waiting.take(&buffer.filled()[before..]) {
            this.waiting = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Greeting<S> {
    fn poll_write(mut self: Pin<&mut Self>, tasks: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write(tasks, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, tasks: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(tasks)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, tasks: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(tasks)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        tasks: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(tasks, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const SHORT: Duration = Duration::from_millis(250);
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    /// A first frame of settings with two bytes missing or not.
    fn beginning(missing: usize) -> Vec<u8> {
        let mut bytes = PREFACE.to_vec();
        bytes.extend([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]);
        bytes.truncate(bytes.len() - missing);
        bytes
    }

    #[tokio::test]
    async fn what_does_not_begin_in_time_ends() {
        for (sent, ends) in [(Vec::new(), true), (PREFACE.to_vec(), true), (beginning(2), true), (beginning(0), false)]
        {
            let (mut client, server) = duplex(1024);
            let mut greeting = Greeting::new(server, CancellationToken::new(), SHORT);
            // Byte by byte, as a proxy might send it.
            for byte in &sent {
                client.write_all(&[*byte]).await.expect("room");
                assert_eq!(greeting.read_u8().await.expect("in time"), *byte);
            }
            let more = timeout(SHORT * 4, greeting.read_u8()).await;
            assert_eq!(matches!(more, Ok(Err(_))), ends, "{} bytes", sent.len());
        }
    }

    #[tokio::test]
    async fn what_has_not_begun_ends_with_the_server() {
        let (_client, server) = duplex(1024);
        let stopping = CancellationToken::new();
        let mut greeting = Greeting::new(server, stopping.clone(), PATIENCE);
        stopping.cancel();
        assert_eq!(greeting.read_u8().await.expect_err("the end").kind(), ErrorKind::TimedOut);
    }
}
