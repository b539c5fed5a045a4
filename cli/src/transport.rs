//! How a connection is made, with TLS or without.

pub mod own;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tonic::transport::{ClientTlsConfig, Endpoint};

use crate::endpoint::Address;
use crate::error::{Error, Result};

/// The file with the certificates of the issuers that are trusted, in place of those of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaFile {
    /// Where it is.
    pub path: PathBuf,
    /// What names it, such as QAIRON_CA_FILE.
    pub named_by: String,
}

/// A connection to a server, not yet made. Certificates are read only for a server with TLS: those of the system are a
/// hundred files.
pub fn endpoint(address: &Address, ca_file: Option<&CaFile>) -> Result<Endpoint> {
    let invalid = |error: tonic::transport::Error| Error::Usage(format!("{address} cannot be called: {error}"));
    let endpoint = Endpoint::from_shared(address.to_string()).map_err(invalid)?;
    if !address.tls {
        return Ok(endpoint);
    }
    let tls = ClientTlsConfig::new().domain_name(address.host());
    match ca_file {
        Some(file) => {
            let verifier = Arc::new(verifier(file)?);
            endpoint.tls_config_with_verifier(tls, verifier).map_err(|error| unnamed(address, &error))
        }
        None => endpoint.tls_config(tls.with_native_roots()).map_err(|error| {
            if rustls::pki_types::ServerName::try_from(address.host()).is_err() {
                return unnamed(address, &error);
            }
            Error::Usage(
                "this system has no trusted certificates: install its package `ca-certificates`, or name the issuer's \
                 certificate with `--ca-file` or QAIRON_CA_FILE"
                    .to_owned(),
            )
        }),
    }
}

fn unnamed(address: &Address, error: &tonic::transport::Error) -> Error {
    let host = address.host();
    Error::Usage(format!(
        "no certificate can be for the host `{host}` of {address} ({error}): write it as the certificate does"
    ))
}

/// Reads the certificates of a file.
fn verifier(file: &CaFile) -> Result<own::Verifier> {
    let name = file.path.display();
    let wrong = |told: String| Error::Usage(format!("the CA file {name} of {} {told}", file.named_by));
    let text = std::fs::read(&file.path).map_err(|error| wrong(fault(&error, &file.path)))?;
    let (mut store, mut certificates) = (RootCertStore::empty(), Vec::new());
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let added = certificate.ok().filter(|certificate| store.add(certificate.clone()).is_ok());
        let damaged = || wrong("has a damaged certificate: write it anew, in PEM".to_owned());
        certificates.push(added.ok_or_else(damaged)?);
    }
    let none = || wrong("has no certificate: write the issuer's to it, in PEM".to_owned());
    own::Verifier::new(store, certificates).ok_or_else(none)
}

fn fault(error: &std::io::Error, path: &Path) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "does not exist: correct its path".to_owned(),
        _ if path.is_dir() => "is a directory: name a file in it".to_owned(),
        std::io::ErrorKind::PermissionDenied => "cannot be read (permission denied): allow it".to_owned(),
        _ => format!("cannot be read ({error}): name another"),
    }
}
