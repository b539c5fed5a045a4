//! What can be set, and where a value comes from: a flag, else a variable, else the context, else the default.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::endpoint;
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
    /// Says what is wrong with a value.
    is_wrong: fn(&Setting, &str) -> Option<String>,
}

/// All settings.
pub static ALL: [Setting; 6] = [
    Setting {
        name: "endpoint",
        variable: "QAIRON_ENDPOINT",
        form: "an address such as `http://host:port`, `https://host:port` or `host:port`",
        is_wrong: |_, text| endpoint::parse(text).err(),
    },
    Setting {
        name: "timeout",
        variable: "QAIRON_TIMEOUT",
        form: "a positive time such as `500ms`, `10s` or `2m`",
        is_wrong: |setting, text| setting.unless(text, duration(text).is_some()),
    },
    Setting {
        name: "retries",
        variable: "QAIRON_RETRIES",
        form: "a number from 0 to 100",
        is_wrong: |setting, text| setting.unless(text, retries(text).is_some()),
    },
    Setting {
        name: "output",
        variable: "QAIRON_OUTPUT",
        form: "the name of a format",
        is_wrong: |_, text| match Format::named(text) {
            Some(_) => None,
            None => Some(format!("`output` must be one of `{}`, not `{text}`", Format::NAMES.join("`, `"))),
        },
    },
    Setting {
        name: "actor",
        variable: "QAIRON_ACTOR",
        form: "a name in printable ASCII",
        is_wrong: |setting, text| {
            setting.unless(text, !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)))
        },
    },
    Setting {
        name: CA_FILE,
        variable: "QAIRON_CA_FILE",
        form: "the path of a file with certificates in PEM",
        is_wrong: |setting, text| setting.unless(text, !text.is_empty()),
    },
];

/// The setting that names the trusted issuers.
pub const CA_FILE: &str = "ca_file";

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
        (self.is_wrong)(self, value).map_or(Ok(()), Err)
    }

    fn unless(&self, value: &str, is_valid: bool) -> Option<String> {
        (!is_valid).then(|| format!("`{}` must be {}, not `{value}`", self.name, self.form))
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
    /// What is wrong with other values, with their lines. It matters where such a value would be used: a command that
    /// uses another context, or mends this one, has to go on.
    pub wrong: Vec<(&'static str, String)>,
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
            Self::Flag(name) => write!(f, "--{}", name.replace('_', "-")),
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
        let variable = variable(self.variable).filter(|value| !value.is_empty());
        let given = flag.map(|value| (value, Source::Flag(self.name)));
        if let Some((value, source)) = given.or_else(|| Some((variable?, Source::Variable(self.variable)))) {
            self.check(&value).map_err(|told| format!("{source}: {told}"))?;
            return Ok((Some(value), source));
        }
        let wrong = context.and_then(|context| context.wrong.iter().find(|(name, _)| *name == self.name));
        if let Some((_, told)) = wrong {
            return Err(told.clone());
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
