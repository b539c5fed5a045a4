//! What `-v` prints on standard error: each call with its outcome and time, and with `-vv` its messages too.
//!
//! Headers are never printed, and values of keys that look like secrets are hidden: terminal output ends up in tickets.

use std::time::{Duration, Instant};

use prost_reflect::{DynamicMessage, ReflectMessage, SerializeOptions};
use qairon::model::Method;
use serde_json::Value as Json;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::failures::{is_local, root};
use crate::error::tell;

/// How much is shown of a message.
const LONGEST: usize = 4000;
/// Parts of keys whose values are secret.
const SECRETS: [&str; 8] =
    ["password", "passwd", "passphrase", "secret", "credential", "private_key", "api_key", "access_key"];

/// What is printed about calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct Watch {
    verbosity: u8,
}

/// One attempt at a call, while it lasts.
#[derive(Debug)]
pub struct Watched<'a> {
    watch: Watch,
    method: &'a Method,
    address: &'a str,
    attempt: u32,
    started: Instant,
}

impl Watch {
    /// Nothing, calls, or calls with their messages.
    pub fn new(verbosity: u8) -> Self {
        Self { verbosity }
    }

    /// An attempt begins.
    pub fn begin<'a>(self, method: &'a Method, address: &'a str, attempt: u32) -> Watched<'a> {
        Watched { watch: self, method, address, attempt, started: Instant::now() }
    }

    /// A message is about to be sent.
    pub fn request(self, message: &DynamicMessage) {
        self.message("request", message);
    }

    /// A message came.
    pub fn response(self, message: &DynamicMessage) {
        self.message("response", message);
    }

    fn message(self, what: &str, message: &DynamicMessage) {
        if self.verbosity > 1 {
            tell(&format!("{what} {} {}", message.descriptor().name(), shown(message)));
        }
    }
}

impl Watched<'_> {
    /// It started before it was watched.
    pub fn since(self, started: Instant) -> Self {
        Self { started, ..self }
    }

    /// The attempt ended; there is another after the pause.
    pub fn end(self, outcome: Result<u64, &Status>, pause: Option<Duration>) {
        if self.watch.verbosity == 0 {
            return;
        }
        let mut line = format!("{} at {}: ", self.method.descriptor.name(), self.address);
        match outcome {
            Ok(1) => line.push_str("OK"),
            Ok(messages) => line.push_str(&format!("OK, {messages} messages")),
            Err(status) => {
                line.push_str(&code_name(status.code()));
                match status.get_details_error_info() {
                    // The reason often has the name of the code.
                    Some(info) if info.reason == code_name(status.code()) => {}
                    Some(info) => line.push_str(&format!(" {}", info.reason)),
                    None if is_local(status) => line.push_str(&format!(" ({})", root(status))),
                    None => {}
                }
            }
        }
        line.push_str(&format!(" in {:.1} ms", self.started.elapsed().as_secs_f64() * 1000.0));
        if self.attempt > 1 || pause.is_some() {
            line.push_str(&format!(", attempt {}", self.attempt));
        }
        if let Some(pause) = pause {
            line.push_str(&format!(", again in {} ms", pause.as_millis()));
        }
        tell(&line);
    }
}

/// `NOT_FOUND`, as the documentation of gRPC writes it.
fn code_name(code: Code) -> String {
    let mut name = String::new();
    for letter in format!("{code:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

/// A message as JSON, without what may be secret, cut to a size that people can read.
fn shown(message: &DynamicMessage) -> String {
    // With the names of the protos, as everywhere else.
    let options = SerializeOptions::new().use_proto_field_name(true);
    let mut json = match message.serialize_with_options(serde_json::value::Serializer, &options) {
        Ok(json) => json,
        Err(error) => return format!("cannot be shown: {error}"),
    };
    hide(&mut json);
    let text = json.to_string();
    if text.len() <= LONGEST {
        return text;
    }
    let cut = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    format!("{}… ({} bytes in all)", &text[..cut], text.len())
}

fn hide(json: &mut Json) {
    match json {
        Json::Object(members) => {
            for (key, value) in members {
                if is_secret(key) { *value = Json::from("***") } else { hide(value) }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(hide),
        // JSON within a text, as a value that is set has it.
        Json::String(text) => match serde_json::from_str::<Json>(text).ok().filter(Json::is_object) {
            Some(mut inner) if !asks_for_secret(&inner) => {
                hide(&mut inner);
                *text = inner.to_string();
            }
            // A configuration, a filter or an address that contains a secret is not printed.
            _ if speaks_of_secret(text) => *text = "***".to_owned(),
            _ => {}
        },
        _ => {}
    }
}

/// Tokens of pages and streams only mark a position in a list; every other token is a secret.
fn is_secret(key: &str) -> bool {
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let token = key.ends_with("token") && !["pagetoken", "nextpagetoken", "resumetoken"].contains(&key.as_str());
    token || SECRETS.iter().any(|secret| key.contains(&secret.replace('_', "")))
}

/// Whether a JSON text is a query document that compares with a secret: its names and values are not members.
fn asks_for_secret(json: &Json) -> bool {
    let is_query = ["filters", "and", "or", "not", "op"].iter().any(|member| json.get(member).is_some());
    is_query && speaks_of_secret(&json.to_string())
}

/// Whether a text assigns a value to a secret, or contains the password of an address.
fn speaks_of_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let named = SECRETS.iter().copied().chain(["token"]).any(|word| {
        let found = text.find(word).or_else(|| text.find(&word.replace('_', "")));
        let rest = found.map(|at| &text[at..]).unwrap_or_default();
        rest.contains(['=', '"']) || rest.contains(": ") || rest.contains(":\n")
    });
    let address = text.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', ' ', '"', '\n']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    });
    named || address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_wherever_they_are() {
        let mut json = serde_json::json!({
            "defaults": {"db": [{"Password": "hunter2", "dbPassword": 7, "port": 5432}], "api-key": {"a": 1}},
            "text": "{\"client_secret\":\"x\",\"name\":\"y\"}",
            "pageToken": "abc", "githubToken": "ghp",
        });
        hide(&mut json);
        assert_eq!(
            json,
            serde_json::json!({
                "defaults": {"db": [{"Password": "***", "dbPassword": "***", "port": 5432}], "api-key": "***"},
                "text": "{\"client_secret\":\"***\",\"name\":\"y\"}",
                "pageToken": "abc", "githubToken": "***",
            })
        );
    }

    #[test]
    fn texts_that_give_a_secret_are_hidden_whole() {
        for text in [
            "password=hunter2",
            "db:\n  api_key: x",
            "defaults.password = \"hunter2\"",
            "[{\"name\":\"defaults.password\",\"op\":\"eq\",\"val\":\"hunter2\"}]",
            "{\"filters\":[{\"name\":\"defaults.password\",\"op\":\"eq\",\"val\":\"hunter2\"}]}",
            "postgres://u:hunter2@h/d",
        ] {
            let mut json = serde_json::json!({ "text": text });
            hide(&mut json);
            assert_eq!(json, serde_json::json!({ "text": "***" }), "{text}");
        }
        for text in ["shop:web:secret-store", "https://git.example.com/a@b", "stack_id = \"shop:web\"", "a: 1"] {
            let mut json = serde_json::json!({ "text": text });
            hide(&mut json);
            assert_eq!(json["text"], text);
        }
    }

    #[test]
    fn codes_have_their_documented_names() {
        assert_eq!(code_name(Code::NotFound), "NOT_FOUND");
        assert_eq!(code_name(Code::Ok), "OK");
        assert_eq!(code_name(Code::ResourceExhausted), "RESOURCE_EXHAUSTED");
    }
}
