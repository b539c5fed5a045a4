//! Explains why a connection was not made: TLS on one side only, or a certificate that is not trusted.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use rustls::CertificateError;
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
        return match first_byte(at).await? {
            ALERT => Some(format!("the server at {at} expects TLS: use `https://{at}`")),
            b'H' => Some(format!(
                "the server at {at} does not speak HTTP/2 without TLS, as gRPC needs: use `https://{at}` if it expects \
                 TLS, or another endpoint"
            )),
            _ => None,
        };
    }
    let plain = format!("the server at {at} does not speak TLS: use `http://{at}`");
    match tls(status) {
        Some(rustls::Error::InvalidCertificate(error)) => Some(certificate(error, address, ca_file)),
        Some(rustls::Error::InvalidMessage(_)) => Some(plain),
        Some(error) => Some(format!("the TLS handshake with {at} failed: {error}; look into the log of the server")),
        None if chain(status).any(is_cut) => match first_byte(at).await {
            // It answers without TLS, or as one without.
            Some(ALERT) | None => None,
            Some(_) => Some(plain),
        },
        // tonic keeps the type to itself.
        None if chain(status).any(|error| error.to_string().starts_with("HTTP/2 was not negotiated")) => Some(format!(
            "the server at {at} speaks TLS but not HTTP/2, as gRPC needs: use the address that is for gRPC"
        )),
        None => None,
    }
}

fn certificate(error: &CertificateError, address: &Address, ca_file: Option<&CaFile>) -> String {
    let at = &address.authority;
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("the certificate of {at} has expired: renew it on the server")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("the certificate of {at} is not valid yet: set the clock of this machine or of the issuer")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("the certificate of {at} is not for the host `{}`: use a name that is in it", address.host())
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => match ca_file {
            Some(file) => format!(
                "the certificate of {at} is not from an issuer in {}: correct {}",
                file.path.display(),
                file.named_by
            ),
            None => format!(
                "the certificate of {at} is from an issuer that this system does not trust: name the issuer's certificate \
                 with `--ca-file` or QAIRON_CA_FILE"
            ),
        },
        error => format!("the certificate of {at} is not valid ({error}): renew it on the server"),
    }
}

/// The first byte that the server answers to HTTP/2 without TLS.
async fn first_byte(authority: &str) -> Option<u8> {
    let answer = async {
        let mut connection = TcpStream::connect(authority).await.ok()?;
        connection.write_all(PREFACE).await.ok()?;
        connection.read_u8().await.ok()
    };
    tokio::time::timeout(PATIENCE, answer).await.ok().flatten()
}

/// The error of rustls in a failure. It is inside an error of input and output, which does not name it as its source.
fn tls(status: &Status) -> Option<&rustls::Error> {
    chain(status).find_map(|error| {
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        inner.and_then(|inner| inner.downcast_ref()).or_else(|| error.downcast_ref())
    })
}

fn is_cut(error: &(dyn StdError + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| {
        matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
        )
    })
}

fn chain<'a>(status: &'a Status) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(status as &'a (dyn StdError + 'static)), |&error| error.source())
}
