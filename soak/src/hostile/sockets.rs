//! Connections that say half of what they should, and then nothing.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Attacker;

/// How long the service may wait for the other half.
const MOST: Duration = Duration::from_secs(10);

/// What they say.
#[derive(Clone, Copy)]
pub enum Half {
    Preface,
    Metrics,
}

impl Attacker {
    /// Opens a connection, says half of something, and waits for the other side to lose patience.
    pub async fn hold(&self, half: Half) -> String {
        let (address, text) = match half {
            Half::Preface => (self.stage.api(), &b"PRI * HTTP/2.0\r\n\r\nS"[..]),
            Half::Metrics => (self.stage.metrics(), &b"GET /metrics HTTP/1.1\r\nHost: a\r\nX-"[..]),
        };
        let Ok(mut stream) = TcpStream::connect(address).await else { return "connection refused".to_owned() };
        if stream.write_all(text).await.is_err() {
            return "closed at once".to_owned();
        }
        let began = Instant::now();
        let mut rest = [0; 1024];
        let closed = async { while let Ok(1..) = stream.read(&mut rest).await {} };
        let left = self.until.saturating_duration_since(Instant::now()).max(MOST + Duration::from_secs(2));
        match tokio::time::timeout(left, closed).await {
            Ok(()) if began.elapsed() < MOST => "closed within 10 s".to_owned(),
            Ok(()) => "closed later".to_owned(),
            Err(_) => "open after 10 s".to_owned(),
        }
    }
}
