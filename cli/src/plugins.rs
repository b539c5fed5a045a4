//! External commands: `qcli foo` runs the program `qcli-foo`, if no resource and no built-in command has the name.
//!
//! The program replaces qcli, so its exit code, its signals and the terminal are its own. Its environment has the
//! effective server, context and config file, so a `qcli` that it runs uses the same.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::{fs, process};

use clap::Command;

use crate::args::globals::{self, Globals, Settings};
use crate::args::spelling::normal;
use crate::args::{GROUPS, HIDDEN};
use crate::config::settings::{ALL, Source};
use crate::config::{CONTEXT_VARIABLE, PATH_VARIABLE};
use crate::error::Error;

/// How the names of programs begin.
const PREFIX: &str = "qcli-";

/// A program that is a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugin {
    /// The command.
    pub name: String,
    /// The program.
    pub path: PathBuf,
}

/// A program with its arguments.
#[derive(Debug, PartialEq)]
pub struct Call {
    program: PathBuf,
    /// Options of ours, before the name.
    options: Vec<OsString>,
    /// The arguments after the name.
    arguments: Vec<OsString>,
}

/// Why a program does not run.
pub enum Failure {
    /// The options before its name.
    Arguments(clap::Error),
    /// Anything else.
    Other(Error),
}

impl Call {
    /// The call that arguments with the name at a place make, which may follow `help`.
    pub fn new(program: PathBuf, argv: &[OsString], at: usize, help: Option<usize>) -> Self {
        let options = argv[..at].iter().enumerate().filter(|(place, _)| *place != 0 && Some(*place) != help);
        let options = options.map(|(_, word)| word.clone()).collect();
        let mut arguments = argv[at + 1..].to_vec();
        if help.is_some() {
            arguments.push("--help".into());
        }
        Self { program, options, arguments }
    }

    /// Replaces this process with the program: returns only on failure.
    pub fn run(self) -> Result<Infallible, Failure> {
        let parser = Command::new("qcli").no_binary_name(true).disable_help_flag(true).args(globals::args());
        let matches = parser.try_get_matches_from(self.options).map_err(Failure::Arguments)?;
        let settings = Settings::from_matches(&matches).map_err(Failure::Other)?;
        let globals = Globals::from_matches(&matches).map_err(Failure::Other)?;
        let mut command = process::Command::new(&self.program);
        command.args(self.arguments).env("QAIRON_ENDPOINT", &globals.endpoint);
        for (setting, (_, (value, source))) in ALL.iter().zip(&settings.values) {
            if let (Some(value), Source::Flag(_)) = (value, source) {
                command.env(setting.variable, value);
            }
        }
        if let Some(context) = &globals.context {
            command.env(CONTEXT_VARIABLE, context);
        }
        // A default file that is missing is not named: a name would make it an error.
        if let Some(path) = globals.config.as_ref().filter(|path| path.exists()) {
            command.env(PATH_VARIABLE, std::path::absolute(path).unwrap_or_else(|_| path.clone()));
        }
        let error = command.exec();
        Err(Failure::Other(Error::refused(format!("{} cannot be run: {error}", self.program.display()))))
    }
}

/// The program of a command, where hyphens and underscores are the same.
pub fn find(word: &OsStr) -> Option<PathBuf> {
    let word = word.to_str()?;
    named(word).find(|path| is_executable(path))
}

/// A file that would be the program of a command if it could be run.
pub fn not_executable(word: &str) -> Option<PathBuf> {
    named(word).find(|path| path.is_file())
}

/// Every program that is a command, the first of each name, by name.
pub fn all() -> Vec<Plugin> {
    let mut plugins: Vec<Plugin> = Vec::new();
    for directory in directories() {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        for entry in entries {
            let file = entry.file_name();
            let Some(name) = file.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
            let known = plugins.iter().any(|plugin| normal(&plugin.name.as_str().into()) == normal(&name.into()));
            if !known && !name.is_empty() && !is_own(name) && is_executable(&entry.path()) {
                plugins.push(Plugin { name: name.to_owned(), path: entry.path() });
            }
        }
    }
    plugins.sort_by(|a, b| a.name.cmp(&b.name));
    plugins
}

/// The root command with the programs in its help.
pub fn listed(root: Command) -> Command {
    let plugins = all();
    if plugins.is_empty() {
        return root;
    }
    let width = plugins.iter().map(|plugin| plugin.name.chars().count()).max().unwrap_or_default();
    let mut text = String::from("External commands:\n");
    for Plugin { name, path } in plugins {
        let _ = writeln!(text, "  {name:width$}  {}", path.display());
    }
    let rest = root.get_after_help().map(ToString::to_string).unwrap_or_default();
    root.after_help(format!("{text}\n{rest}"))
}

/// Where the program of a command can be, in the order of `PATH`.
fn named(word: &str) -> impl Iterator<Item = PathBuf> {
    let mut spellings = vec![word.to_owned(), word.replace('_', "-"), word.replace('-', "_")];
    spellings.dedup();
    // A name with a slash in it would lead out of the directory.
    if word.is_empty() || word.contains('/') || is_own(word) {
        spellings.clear();
    }
    directories().into_iter().flat_map(move |directory| {
        let files = spellings.iter().map(|spelling| directory.join(format!("{PREFIX}{spelling}"))).collect::<Vec<_>>();
        files.into_iter()
    })
}

/// The directories of `PATH`. Relative ones are skipped: they would make a command of any file in the current
/// directory.
fn directories() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).filter(|directory| directory.is_absolute()).collect()
}

/// Whether a name is built in, which no program can replace.
fn is_own(name: &str) -> bool {
    let name = normal(&name.into());
    let is_group = GROUPS.iter().any(|(group, _)| *group == name);
    is_group || name == "help" || HIDDEN.contains(&name.as_str()) || qairon::model().entity(&name).is_some()
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
