//! The options that every command takes, before or after its name.

use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches};

use crate::error::{Error, Result};
use crate::output::Format;

/// Long and short names of the options that take a value, for finding the resource among the arguments.
pub const WITH_VALUE: [(&str, Option<char>); 5] =
    [("endpoint", None), ("timeout", None), ("actor", None), ("output", Some('o')), ("field", Some('f'))];

/// The argument of the fields asked for. `apply` and `diff`, which print none, have their files under it.
pub const ASKED: &str = "asked fields";

/// Names that no field of an entity can have as a flag.
pub const RESERVED: [&str; 11] =
    ["endpoint", "timeout", "actor", "output", "field", "quiet", "help", "version", "dry-run", "dry_run", "defaults"];

/// Letters that no field of an entity can have as a flag.
pub const RESERVED_LETTERS: [char; 5] = ['o', 'f', 'q', 'h', 'V'];

/// The options of every command.
#[derive(Debug, Clone)]
pub struct Globals {
    /// The address of the server.
    pub endpoint: String,
    /// How long one call may take.
    pub timeout: Duration,
    /// Who acts.
    pub actor: String,
    /// The format asked for.
    pub format: Option<Format>,
    /// The fields asked for.
    pub fields: Vec<String>,
    /// Whether nothing is printed.
    pub quiet: bool,
}

/// The options as arguments of the root command.
pub fn args() -> Vec<Arg> {
    let option = |name: &'static str| Arg::new(name).long(name).global(true).help_heading("Options of every command");
    vec![
        option("endpoint").env("QAIRON_ENDPOINT").hide_env_values(true).value_name("ADDRESS").help(format!(
            "Where the server listens: `http://host:port` or `host:port` [default: http://{}]",
            qairon::DEFAULT_ADDRESS
        )),
        option("timeout")
            .value_name("TIME")
            .default_value("30s")
            .help("How long one call may take, retries included: `500ms`, `10s`, `2m`"),
        option("actor")
            .env("QAIRON_ACTOR")
            .hide_env_values(true)
            .value_name("NAME")
            .help("On whose behalf the call is made [default: the name of the user]"),
        option("output")
            .short('o')
            .value_name("FORMAT")
            .value_parser(Format::NAMES)
            .help("The format of the output [default: table at a terminal, else json]"),
        // Kept under a name that no positional argument has.
        Arg::new(ASKED)
            .long("field")
            .global(true)
            .help_heading("Options of every command")
            .short('f')
            .value_name("FIELD")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .help("A field to print; repeat it for more [default: all]"),
        option("quiet").short('q').action(ArgAction::SetTrue).help("Print nothing but errors"),
    ]
}

impl Globals {
    /// Reads the options from the matches of the command that runs.
    pub fn from_matches(matches: &ArgMatches) -> Result<Self> {
        let text = |name: &str| matches.get_one::<String>(name).filter(|text| !text.is_empty()).cloned();
        let timeout = text("timeout").unwrap_or_default();
        Ok(Self {
            endpoint: text("endpoint").unwrap_or_else(|| format!("http://{}", qairon::DEFAULT_ADDRESS)),
            timeout: duration(&timeout).ok_or_else(|| {
                Error::Usage(format!("timeout `{timeout}` must be a positive time such as `500ms`, `10s` or `2m`"))
            })?,
            // A user without a name can still read, and say who writes with `--actor`.
            actor: text("actor").or_else(|| whoami::username().ok()).unwrap_or_else(|| "unknown".to_owned()),
            format: text("output").and_then(|name| Format::named(&name)),
            fields: matches.get_many::<String>(ASKED).into_iter().flatten().cloned().collect(),
            quiet: matches.get_flag("quiet"),
        })
    }
}

/// A time with its unit; a bare number counts seconds.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let seconds = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    let time = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
    (!time.is_zero()).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("2"), Some(Duration::from_secs(2)));
        assert_eq!(duration("1.5m"), Some(Duration::from_secs(90)));
        for bad in ["", "s", "0", "-1", "1h", "1e400"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
