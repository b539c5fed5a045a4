//! What a request has to be before it is a call: gRPC, with metadata of a size that is read.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use qairon::v1::ErrorReason;
use tonic::Status;
use tonic::body::Body;

use super::metadata::parse_timeout;
use crate::error::{Error, ErrorKind, shortened};

/// The metadata of one call, as HTTP/2 measures it: names, values, and 32 bytes for each.
pub const MAX_METADATA_BYTES: usize = 128 * 1024;
/// How much of a caller's text an error repeats, in bytes.
const SHOWN: usize = 100;

/// Why a request is not a call.
#[derive(Debug)]
pub struct Refusal {
    /// For those who know HTTP and not gRPC.
    http: StatusCode,
    /// For everybody else.
    pub error: Error,
}

impl Refusal {
    fn new(http: StatusCode, error: Error) -> Box<Self> {
        Box::new(Self { http, error })
    }

    /// The answer, in both languages.
    pub fn into_response(self) -> Response<Body> {
        let mut response = Status::from(self.error).into_http();
        *response.status_mut() = self.http;
        if self.http == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }
}

/// Checks a request, and returns how long its client waits, when it says so.
pub fn check<B>(request: &Request<B>) -> Result<Option<Duration>, Box<Refusal>> {
    let malformed = |http, message: String| {
        Refusal::new(http, Error::new(ErrorKind::InvalidArgument, ErrorReason::MalformedMessage, message))
    };
    if request.method() != Method::POST {
        let message = format!("calls are made with POST, not with {}", request.method());
        return Err(malformed(StatusCode::METHOD_NOT_ALLOWED, shortened(message, SHOWN)));
    }
    let headers = request.headers();
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if !is_grpc(kind) {
        let kind = shortened(String::from_utf8_lossy(kind).into_owned(), SHOWN);
        let message = format!("the content type must be `application/grpc`, not {kind:?}");
        return Err(malformed(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let bytes = metadata_bytes(headers) + request.uri().path().len();
    if bytes > MAX_METADATA_BYTES {
        let message = format!(
            "the metadata takes {bytes} bytes, and {MAX_METADATA_BYTES} are allowed; leave entries out, or send the \
             content in messages"
        );
        let error = Error::new(ErrorKind::Exhausted, ErrorReason::MetadataTooLarge, message);
        return Err(Refusal::new(StatusCode::OK, error));
    }
    patience(headers).map_err(|error| Refusal::new(StatusCode::OK, error))
}

/// `application/grpc`, with parameters or not, and with messages in protobuf's encoding.
fn is_grpc(kind: &[u8]) -> bool {
    let essence = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    [&b"application/grpc"[..], b"application/grpc+proto"].iter().any(|known| essence.eq_ignore_ascii_case(known))
}

fn metadata_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}

/// How long the client waits; `None` when it does not say.
fn patience(headers: &HeaderMap) -> Result<Option<Duration>, Error> {
    let mut given = headers.get_all("grpc-timeout").iter();
    let Some(first) = given.next() else { return Ok(None) };
    let parsed = first.to_str().ok().and_then(parse_timeout).filter(|_| given.next().is_none());
    parsed.map(Some).ok_or_else(|| {
        let shown = shortened(String::from_utf8_lossy(first.as_bytes()).into_owned(), SHOWN);
        let message = format!(
            "`grpc-timeout` must be given once, as one to eight digits and a unit of H, M, S, m, u or n, not as {shown:?}"
        );
        Error::new(ErrorKind::InvalidArgument, ErrorReason::InvalidValue, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::post("/a/B");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request")
    }

    #[test]
    fn what_is_not_a_call_is_refused_in_both_languages() {
        let grpc = ("content-type", "application/grpc");
        for good in ["application/grpc", "application/grpc+proto", "Application/gRPC; charset=utf-8"] {
            assert_eq!(check(&request(&[("content-type", good)])).expect("a call"), None, "{good}");
        }
        for bad in ["application/json", "application/grpc-web", "application/grpc+json", "text/plain", ""] {
            let refusal = check(&request(&[("content-type", bad)])).expect_err("no call");
            assert_eq!(refusal.http, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{bad}");
        }
        assert_eq!(check(&request(&[grpc, ("grpc-timeout", "5S")])).expect("a call"), Some(Duration::from_secs(5)));
        for bad in [&["5"][..], &["S"], &["-5S"], &["123456789m"], &[""], &["5S", "5S"]] {
            let mut headers = vec![grpc];
            headers.extend(bad.iter().map(|value| ("grpc-timeout", *value)));
            let refusal = check(&request(&headers)).expect_err("no time");
            assert_eq!((refusal.http, refusal.error.reason), (StatusCode::OK, ErrorReason::InvalidValue), "{bad:?}");
        }
        let large = "x".repeat(MAX_METADATA_BYTES);
        let refusal = check(&request(&[grpc, ("x-large", &large)])).expect_err("too large");
        assert_eq!(refusal.error.reason, ErrorReason::MetadataTooLarge);
    }
}
