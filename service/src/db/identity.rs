//! Who makes a call, as the database sees it.
//!
//! Every transaction that writes carries it in a setting of its own, where row triggers and AFTER triggers read it:
//! `nullif(current_setting('qairon.call', true), '')::jsonb`. A change that is made past the service has none. (In a
//! session that had one before, the setting is empty and not NULL.)

use serde::Serialize;

/// The setting that holds the identity, as a JSON object of the fields below.
pub const SETTING: &str = "qairon.call";

/// Who makes a call. What is unknown is left out.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Identity {
    /// Who is known to ask.
    pub principal: String,
    /// For whom they say they ask: a claim, which nobody has checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    /// What correlates the call with logs.
    pub request_id: String,
    /// The method: `qairon.v1.CatalogService/CreateStack`.
    pub method: String,
    /// The program that calls, with its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

impl Identity {
    /// The identity as it is in the setting.
    pub(in crate::db) fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The statement that gives the identity to the transaction. It has no values, so that it can travel with the
    /// BEGIN: the text is quoted in the form that means the same under every setting of the database.
    pub(in crate::db) fn setting(&self) -> Result<String, serde_json::Error> {
        let text = self.to_json()?;
        let mut quoted = String::with_capacity(text.len() + 48);
        quoted.push_str("SET LOCAL ");
        quoted.push_str(SETTING);
        quoted.push_str(" = E'");
        for c in text.chars() {
            if matches!(c, '\'' | '\\') {
                quoted.push('\\');
            }
            quoted.push(c);
        }
        quoted.push('\'');
        Ok(quoted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_quotes() {
        let request_id = "a'; DROP TABLE stack; --\\\"".to_owned();
        let identity = Identity { principal: "p".to_owned(), request_id, ..Identity::default() };
        let setting = identity.setting().expect("an identity is JSON");
        let body = setting.strip_prefix("SET LOCAL qairon.call = E'").and_then(|rest| rest.strip_suffix('\''));
        let body = body.expect("one quoted text");
        let mut chars = body.chars();
        while let Some(c) = chars.next() {
            assert_ne!(c, '\'', "{body}");
            if c == '\\' {
                chars.next().expect("an escaped character");
            }
        }
    }
}
