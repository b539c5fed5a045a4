//! What can be set, and where a value comes from: a flag, else a variable, else the context, else the default.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::client;
use crate::output::Format;

/// Something that can be set, under one name as a flag and in the file.
#[derive(Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// The variable that sets it.
    pub variable: &'static str,
    /// What a value must be.
    pub form: &'static str,
    is_valid: fn(&str) -> bool,
}

/// All settings.
pub static ALL: [Setting; 5] = [
    Setting {
        name: "endpoint",
        variable: "QAIRON_ENDPOINT",
        form: "an address such as `http://host:port` or `host:port`, without user and password",
        is_valid: |text| client::address(text).is_ok(),
    },
    Setting {
        name: "timeout",
        variable: "QAIRON_TIMEOUT",
        form: "a positive time such as `500ms`, `10s` or `2m`",
        is_valid: |text| duration(text).is_some(),
    },
    Setting {
        name: "retries",
        variable: "QAIRON_RETRIES",
        form: "a number from 0 to 100",
        is_valid: |text| retries(text).is_some(),
    },
    Setting {
        name: "output",
        variable: "QAIRON_OUTPUT",
        form: "the name of a format",
        is_valid: |text| Format::named(text).is_some(),
    },
    Setting {
        name: "actor",
        variable: "QAIRON_ACTOR",
        form: "a name in printable ASCII",
        is_valid: |text| !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
    },
];

/// Underscores for hyphens: people write both.
pub fn normal(key: &str) -> String {
    key.replace('-', "_")
}

/// The setting of a name.
pub fn setting(name: &str) -> Option<&'static Setting> {
    ALL.iter().find(|setting| setting.name == normal(name))
}

/// The names of all settings.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|setting| setting.name).collect()
}

impl Setting {
    /// Checks a value.
    pub fn check(&self, value: &str) -> Result<(), String> {
        match (self.is_valid)(value) {
            true => Ok(()),
            false if self.name == "output" => {
                Err(format!("`output` must be one of `{}`, not `{value}`", Format::NAMES.join("`, `")))
            }
            // The part before an `@` may be a password.
            false if value.contains('@') => Err(format!("`{}` must be {}", self.name, self.form)),
            false => Err(format!("`{}` must be {}, not `{value}`", self.name, self.form)),
        }
    }
}

/// Values of settings, by name.
#[derive(Debug, Clone, Default)]
pub struct Values(BTreeMap<&'static str, String>);

impl Values {
    /// Sets one.
    pub fn set(&mut self, setting: &Setting, value: String) {
        self.0.insert(setting.name, value);
    }

    /// One of them.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// A context.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// What it sets.
    pub values: Values,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The command line.
    Flag(&'static str),
    /// The environment.
    Variable(&'static str),
    /// A context of the file.
    Context(String),
    /// It is not set.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "--{name}"),
            Self::Variable(name) => f.write_str(name),
            Self::Context(name) => write!(f, "context {name}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// An effective value; `None` for the default.
pub type Effective = (Option<String>, Source);

impl Setting {
    /// The effective value. An empty variable is the same as an unset one.
    pub fn effective(
        &self,
        flag: Option<String>,
        variable: impl Fn(&str) -> Option<String>,
        context: Option<&Context>,
    ) -> Result<Effective, String> {
        if let Some(value) = flag {
            self.check(&value)?;
            return Ok((Some(value), Source::Flag(self.name)));
        }
        if let Some(value) = variable(self.variable).filter(|value| !value.is_empty()) {
            self.check(&value).map_err(|told| format!("{}: {told}", self.variable))?;
            return Ok((Some(value), Source::Variable(self.variable)));
        }
        let of_context = context.and_then(|context| Some((context.values.get(self.name)?, &context.name)));
        Ok(match of_context {
            Some((value, name)) => (Some(value.to_owned()), Source::Context(name.clone())),
            None => (None, Source::Default),
        })
    }
}

/// A time with its unit; a bare number counts seconds.
pub fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let seconds = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    let time = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
    // Nobody waits longer, and clocks cannot add such times.
    (!time.is_zero() && time <= Duration::from_secs(365 * 24 * 3600)).then_some(time)
}

/// How often a call is retried.
pub fn retries(text: &str) -> Option<u32> {
    text.parse().ok().filter(|retries| *retries <= 100)
}
