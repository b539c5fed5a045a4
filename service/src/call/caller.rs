//! Who calls.

use std::net::SocketAddr;

use uuid::Uuid;

/// The principal of a call that nobody is known to have made.
pub const ANONYMOUS: &str = "anonymous";

/// The longest text that a caller may say of itself, in characters. Longer ones are cut.
const MAX_CHARS: usize = 128;

/// Who calls.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who is known to ask: [`ANONYMOUS`] until there is authentication.
    pub principal: String,
    /// For whom they say they ask. A claim, recorded and never trusted.
    pub on_behalf_of: Option<String>,
    /// What correlates the call with the log, for the caller as well; not the `request_id` of idempotency.
    pub request_id: String,
    /// The program that calls.
    pub client: Option<Client>,
    /// Where the call comes from.
    pub peer: Option<SocketAddr>,
}

/// A program that calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its name: `qcli`.
    pub name: String,
    /// Its version, when it says so.
    pub version: Option<String>,
}

/// What a caller says of itself, as the transport has received it.
#[derive(Debug, Default)]
pub struct Claims<'a> {
    /// The ID of the request; one is made when there is none.
    pub request_id: Option<&'a str>,
    /// For whom.
    pub actor: Option<&'a str>,
    /// The user agent: `qcli/0.1.0 tonic/0.14`.
    pub user_agent: Option<&'a str>,
}

impl Caller {
    /// Nobody known, with what they say of themselves.
    pub fn anonymous(claims: &Claims<'_>, peer: Option<SocketAddr>) -> Self {
        Self {
            principal: ANONYMOUS.to_owned(),
            on_behalf_of: claims.actor.and_then(clean),
            request_id: claims.request_id.and_then(clean).unwrap_or_else(|| Uuid::now_v7().to_string()),
            client: claims.user_agent.and_then(clean).and_then(|agent| Client::parse(&agent)),
            peer,
        }
    }
}

impl Client {
    /// The first product of a user agent; the others are the libraries beneath it.
    fn parse(user_agent: &str) -> Option<Self> {
        let product = user_agent.split_whitespace().next()?;
        Some(match product.split_once('/') {
            Some((name, version)) => Self { name: name.to_owned(), version: Some(version.to_owned()) },
            None => Self { name: product.to_owned(), version: None },
        })
    }
}

impl std::fmt::Display for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.version {
            Some(version) => write!(f, "{}/{version}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// A text without control characters, which could forge lines of a log; `None` when nothing is left.
fn clean(text: &str) -> Option<String> {
    let clean: String = text.chars().filter(|c| !c.is_control()).take(MAX_CHARS).collect();
    (!clean.is_empty()).then_some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_callers_say_is_cut_and_cleaned() {
        let long = "x".repeat(1000);
        let claims = Claims { request_id: Some("a\nb"), actor: Some(&long), user_agent: Some("qcli/0.1.0 tonic/0.14") };
        let caller = Caller::anonymous(&claims, None);
        assert_eq!((caller.principal.as_str(), caller.request_id.as_str()), (ANONYMOUS, "ab"));
        assert_eq!(caller.on_behalf_of.map(|actor| actor.len()), Some(MAX_CHARS));
        assert_eq!(caller.client.expect("a client").to_string(), "qcli/0.1.0");
        let nobody = Caller::anonymous(&Claims { actor: Some("\t"), ..Claims::default() }, None);
        assert!(nobody.on_behalf_of.is_none() && nobody.client.is_none() && !nobody.request_id.is_empty());
    }
}
