//! Explains why a connection was not made: TLS on one side only, or a certificate that is not trusted.

mod reasons;

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::Status;

use crate::endpoint::Address;
use crate::transport::CaFile;

/// How long a server may take for the first byte of its answer to a question that no client asks but this one.
const PATIENCE: Duration = Duration::from_secs(2);
/// What a connection of HTTP/2 begins with, and an empty frame of settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// The type of a TLS record with an alert.
const ALERT: u8 = 0x15;

/// Whether it is of no use to try again: the server's certificate is the same then.
pub fn is_permanent(status: &Status) -> bool {
    matches!(
        tls(status),
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::InvalidMessage(_) | rustls::Error::AlertReceived(_))
    )
}

/// What is wrong and what to do about it; `None` when the failure is of another kind.
pub async fn explain(status: &Status, address: &Address, ca_file: Option<&CaFile>) -> Option<String> {
    let at = &address.authority;
    if !address.tls {
        return match ask(at).await {
            Answer::Byte(ALERT) => Some(format!("the server at {at} expects TLS: use `https://{at}`")),
            Answer::Byte(b'H') => Some(format!(
                "the server at {at} does not speak HTTP/2 without TLS, as gRPC needs: use `https://{at}` if it expects \
                 TLS, or another endpoint"
            )),
            // Many servers with TLS do so, without an alert.
            Answer::Cut => Some(format!(
                "the server at {at} closed the connection without an answer: use `https://{at}` if it expects TLS, or \
                 start it again"
            )),
            Answer::Byte(_) | Answer::None => None,
        };
    }
    let plain = format!("the server at {at} does not speak TLS: use `http://{at}`");
    match tls(status) {
        Some(rustls::Error::InvalidCertificate(error)) => Some(reasons::certificate(error, address, ca_file)),
        Some(rustls::Error::InvalidMessage(_)) => Some(plain),
        Some(error) => {
            let reason = reasons::handshake(error);
            Some(format!("the TLS handshake with {at} failed: {reason}; look into the log of the server"))
        }
        None if chain(status).any(is_cut) => match ask(at).await {
            Answer::Byte(ALERT) | Answer::Cut | Answer::None => None,
            // It answers without TLS, or as one without.
            Answer::Byte(_) => Some(plain),
        },
        // tonic keeps the type to itself.
        None if chain(status).any(|error| error.to_string().starts_with("HTTP/2 was not negotiated")) => Some(format!(
            "the server at {at} speaks TLS but not HTTP/2, as gRPC needs: use the address that is for gRPC"
        )),
        None => None,
    }
}

/// What a server answers to HTTP/2 without TLS.
enum Answer {
    /// This, to begin with.
    Byte(u8),
    /// The end of the connection.
    Cut,
    /// Nothing, or it was not reached.
    None,
}

async fn ask(authority: &str) -> Answer {
    let answer = async {
        let mut connection = TcpStream::connect(authority).await.ok()?;
        let byte = match connection.write_all(PREFACE).await {
            Ok(()) => connection.read_u8().await,
            Err(error) => Err(error),
        };
        match byte {
            Ok(byte) => Some(Answer::Byte(byte)),
            Err(error) => is_end(&error).then_some(Answer::Cut),
        }
    };
    tokio::time::timeout(PATIENCE, answer).await.ok().flatten().unwrap_or(Answer::None)
}

/// The error of rustls in a failure. It is inside an error of input and output, which does not name it as its source.
fn tls(status: &Status) -> Option<&rustls::Error> {
    chain(status).find_map(|error| {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inner.and_then(|inner| inner.downcast_ref()).or_else(|| error.downcast_ref())
    })
}

fn is_cut(error: &(dyn StdError + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(is_end)
}

fn is_end(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
}

fn chain<'a>(status: &'a Status) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(status as &'a (dyn StdError + 'static)), |&error| error.source())
}
