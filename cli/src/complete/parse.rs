//! What is at the cursor: a command, a flag, or the value of an argument.

use std::ffi::OsString;

use clap::{Arg, Command};

use crate::args::route::positions;
use crate::args::spelling::normal;

/// The place of the cursor.
#[derive(Debug)]
pub struct Spot<'a> {
    /// The command that the words lead to.
    pub command: &'a Command,
    /// Its name and those above it, without the program: `deployment`, `get`.
    pub path: Vec<String>,
    /// The values that were given: the ID of the argument, and the text.
    pub given: Vec<(String, String)>,
    /// What can be here.
    pub place: Place<'a>,
    /// The part of the word that is kept, such as `--output=`.
    pub joined: String,
    /// The part of the word that is completed.
    pub typed: String,
    /// Whether flags can be named here.
    pub flags: bool,
}

/// What a place is for.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// A command of the command.
    Command,
    /// The value of an argument.
    Value(&'a Arg),
    /// Nothing more.
    Nothing,
}

impl Spot<'_> {
    /// The value that an argument was given, by itself or as a positional one.
    pub fn value(&self, name: &str) -> Option<&str> {
        let positional = crate::args::resource::positional_id(name);
        let found = self.given.iter().rev().find(|(id, _)| *id == name || *id == positional);
        found.map(|(_, value)| value.as_str())
    }
}

/// The resource or the group that the words are about, found before its commands are built.
pub fn resource(words: &[String]) -> String {
    let argv: Vec<OsString> = std::iter::once("qcli").chain(words.iter().map(String::as_str)).map(Into::into).collect();
    let mut names = positions(&argv).into_iter().map(|at| normal(&argv[at]));
    names.find(|name| name != "help").unwrap_or_default()
}

/// Finds the place after these words.
pub fn spot<'a>(tree: &'a Command, before: &[String], current: &str) -> Spot<'a> {
    let mut spot = Spot {
        command: tree,
        path: Vec::new(),
        given: Vec::new(),
        place: Place::Nothing,
        joined: String::new(),
        typed: current.to_owned(),
        flags: true,
    };
    let mut positionals = Vec::new();
    let mut awaits: Option<&Arg> = None;
    for word in before {
        if let Some(arg) = awaits.take() {
            spot.given.push((arg.get_id().to_string(), word.clone()));
        } else if spot.flags && word == "--" {
            spot.flags = false;
        } else if spot.flags && word.len() > 1 && word.starts_with('-') && !is_number(word) {
            awaits = option(&mut spot, word);
        } else if let Some(command) =
            spot.command.find_subcommand(normal(&word.into())).or_else(|| spot.command.find_subcommand(word))
        {
            // `qcli help stack` is about what follows.
            if command.get_name() != "help" {
                spot.path.push(command.get_name().to_owned());
                spot.command = command;
            }
        } else {
            positionals.push(word.clone());
        }
    }
    if let Some(arg) = awaits {
        // The values before it decide what is offered.
        place(&mut spot, positionals);
        spot.place = Place::Value(arg);
        spot.flags = false;
        return spot;
    }
    if spot.flags
        && let Some((flag, value)) = current.split_once('=').filter(|(flag, _)| flag.starts_with("--"))
    {
        if let Some(arg) = long(spot.command, &flag[2..]) {
            place(&mut spot, positionals);
            (spot.joined, spot.typed) = (format!("{flag}="), value.to_owned());
            spot.place = Place::Value(arg);
        }
        spot.flags = false;
        return spot;
    }
    if spot.command.get_subcommands().next().is_some() && positionals.is_empty() {
        spot.place = Place::Command;
        return spot;
    }
    place(&mut spot, positionals);
    spot
}

/// Arguments fill up from the left. One of `create` that was given by its flag is not offered again.
fn place(spot: &mut Spot<'_>, positionals: Vec<String>) {
    let is_open = |arg: &&Arg| {
        let id = arg.get_id().as_str();
        !id.starts_with("positional ") || spot.value(id.trim_start_matches("positional ")).is_none()
    };
    let mut open = spot.command.get_positionals().filter(is_open).collect::<Vec<_>>().into_iter();
    for word in positionals {
        let Some(arg) = open.next() else { return };
        spot.given.push((arg.get_id().to_string(), word));
        spot.place = if repeats(arg) { Place::Value(arg) } else { Place::Nothing };
    }
    if let Some(arg) = open.next() {
        spot.place = Place::Value(arg);
    }
}

fn repeats(arg: &Arg) -> bool {
    arg.get_num_args().is_some_and(|range| range.max_values() > 1)
}

/// Takes note of an option; returns the argument whose value is the next word.
fn option<'a>(spot: &mut Spot<'a>, word: &str) -> Option<&'a Arg> {
    if let Some(name) = word.strip_prefix("--") {
        let (name, value) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
        let arg = long(spot.command, name)?;
        match value {
            Some(value) => spot.given.push((arg.get_id().to_string(), value.to_owned())),
            None if arg.get_action().takes_values() => return Some(arg),
            None => spot.given.push((arg.get_id().to_string(), String::new())),
        }
        return None;
    }
    // Letters can be joined, and the rest after one that takes a value is the value.
    for (at, letter) in word.char_indices().skip(1) {
        let arg = spot.command.get_arguments().find(|arg| arg.get_short() == Some(letter))?;
        let rest = &word[at + letter.len_utf8()..];
        if arg.get_action().takes_values() {
            if rest.is_empty() {
                return Some(arg);
            }
            spot.given.push((arg.get_id().to_string(), rest.trim_start_matches('=').to_owned()));
            return None;
        }
        spot.given.push((arg.get_id().to_string(), String::new()));
    }
    None
}

/// The argument of a long name or one of its aliases.
fn long<'a>(command: &'a Command, name: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|arg| {
        arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
    })
}

fn is_number(word: &str) -> bool {
    word[1..].starts_with(|c: char| c.is_ascii_digit())
}
