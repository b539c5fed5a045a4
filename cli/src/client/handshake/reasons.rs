//! What is wrong with a certificate or a handshake, in words: rustls has most of it as names of its own types.

use rustls::CertificateError;

use crate::endpoint::Address;
use crate::transport::{CaFile, own};

/// What is wrong with a certificate, and what to do about it.
pub fn certificate(error: &CertificateError, address: &Address, ca_file: Option<&CaFile>) -> String {
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
        error if is_untrusted(error) => match ca_file {
            Some(file) if own::is_of_authority(error) => format!(
                "the certificate of {at} is that of an authority itself: give the server a certificate that the \
                 authority has signed, or add this one to {}",
                file.path.display()
            ),
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
        error => format!("the certificate of {at} is not valid ({}): renew it on the server", fault(error)),
    }
}

fn is_untrusted(error: &CertificateError) -> bool {
    matches!(error, CertificateError::UnknownIssuer | CertificateError::BadSignature) || own::is_of_authority(error)
}

fn fault(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::BadEncoding => "it is damaged",
        CertificateError::Revoked => "its issuer has revoked it",
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => "it is not for servers",
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "its signature is of a kind that is not supported"
        }
        CertificateError::UnhandledCriticalExtension => "it has an extension that is not supported",
        _ => "it breaks a rule for certificates",
    }
}

/// Why a handshake failed.
pub fn handshake(error: &rustls::Error) -> String {
    match error {
        rustls::Error::AlertReceived(alert) => match alert.as_str() {
            Some(name) => format!("the server refused it with the alert `{}`", words(name)),
            None => format!("the server refused it with the alert {}", u8::from(*alert)),
        },
        rustls::Error::PeerIncompatible(_) => {
            "the server has no version or cipher of TLS in common with this program".to_owned()
        }
        rustls::Error::NoCertificatesPresented => "the server has no certificate".to_owned(),
        rustls::Error::DecryptError => "a message cannot be decrypted".to_owned(),
        _ => "the server breaks the rules of TLS".to_owned(),
    }
}

/// `HandshakeFailure` as `handshake failure`, which is how OpenSSL and the standard have it.
fn words(name: &str) -> String {
    let mut words = String::new();
    let mut after_small = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && after_small {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
        after_small = c.is_ascii_lowercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::{AlertDescription, Error, OtherError, PeerIncompatible, PeerMisbehaved};

    use super::*;

    #[test]
    fn no_name_of_a_type_is_shown() {
        let address = crate::endpoint::parse("https://localhost:443").expect("an endpoint");
        let file = CaFile { path: "ca.pem".into(), named_by: "`--ca-file`".to_owned() };
        for error in [
            CertificateError::BadEncoding,
            CertificateError::Revoked,
            CertificateError::InvalidPurpose,
            CertificateError::UnknownIssuer,
            CertificateError::Other(OtherError(Arc::new(webpki::Error::CaUsedAsEndEntity))),
            CertificateError::Other(OtherError(Arc::new(webpki::Error::EmptyEkuExtension))),
        ] {
            for file in [None, Some(&file)] {
                let told = certificate(&error, &address, file);
                assert!(!told.contains("Other") && !told.contains("Error"), "{told}");
                assert!(!told.contains(&format!("{error:?}")) && told.contains(": "), "{told}");
            }
        }
        for (error, told) in [
            (Error::AlertReceived(AlertDescription::HandshakeFailure), "`handshake failure`"),
            (Error::AlertReceived(AlertDescription::UnknownCA), "`unknown ca`"),
            (Error::AlertReceived(AlertDescription::from(200)), "alert 200"),
            (Error::PeerIncompatible(PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig), "in common"),
            (Error::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedPsk), "breaks the rules"),
        ] {
            assert!(handshake(&error).contains(told), "{}", handshake(&error));
        }
    }
}
