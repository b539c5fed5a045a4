//! What the commands are put together from.

use std::ops::RangeInclusive;

use clap::{Arg, ArgAction, Command};
use qairon::model::Entity;

/// A command that does nothing without one of its own.
pub(super) fn verbs(command: Command) -> Command {
    command.subcommand_required(true).arg_required_else_help(true).subcommand_help_heading("Commands")
}

/// A positional argument under its own name.
pub(super) fn positional(name: &str, help: impl Into<String>) -> Arg {
    Arg::new(name.to_owned()).value_name(name.to_owned()).help(help.into())
}

/// The flag of every command that writes.
pub(super) fn dry_run() -> Arg {
    Arg::new("dry_run")
        .long("dry-run")
        .alias("dry_run")
        .action(ArgAction::SetTrue)
        .help("Check everything and print what the real call would print, but change nothing")
}

/// The flag of every command that may ask first.
pub(super) fn yes() -> Arg {
    Arg::new("yes")
        .long("yes")
        .short('y')
        .action(ArgAction::SetTrue)
        .help("Ask nothing; without a terminal nothing is asked in any case")
}

/// Parses a whole number within a range. The error names the range in words.
pub(super) fn whole_number(range: RangeInclusive<i64>) -> impl Fn(&str) -> Result<i64, String> + Clone + Send + Sync {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("it must be a whole number from {} to {}", range.start(), range.end()))
    }
}

/// `a stack`, `an application`.
pub(super) fn with_article(entity: &Entity) -> String {
    let human = entity.human();
    let article = if human.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {human}")
}
