//! What the metadata of a request says of its caller.

use std::net::SocketAddr;
use std::time::Duration;

use http::Request;

use crate::call::Caller;
use crate::call::caller::Claims;

/// The header that correlates a request with the log.
pub const REQUEST_ID: &str = "x-request-id";
/// The header that says for whom a request is made.
const ACTOR: &str = "x-qairon-actor";

/// Where a connection comes from, put with each of its requests.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Who makes a request.
pub fn caller<B>(request: &Request<B>) -> Caller {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let claims = Claims { request_id: text(REQUEST_ID), actor: text(ACTOR), user_agent: text("user-agent") };
    Caller::anonymous(&claims, request.extensions().get::<Peer>().map(|Peer(address)| *address))
}

/// The `grpc-timeout` header: up to eight digits and a unit.
pub fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 3600)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_in_every_unit() {
        assert_eq!(parse_timeout("1H"), Some(Duration::from_secs(3600)));
        assert_eq!(parse_timeout("5m"), Some(Duration::from_millis(5)));
        assert_eq!(parse_timeout("99999999n"), Some(Duration::from_nanos(99_999_999)));
        for bad in ["", "m", "123456789m", "-1m", "1x", "1é", "é"] {
            assert_eq!(parse_timeout(bad), None, "{bad:?}");
        }
    }
}
