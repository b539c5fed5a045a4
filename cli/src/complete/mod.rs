//! Completion in shells.
//!
//! The script that `qcli completion <shell>` prints hands the line to the hidden command `qcli complete` and shows what
//! comes back. [`line`] finds the words in it, [`parse`] says what stands where the cursor is, [`values`] what can stand
//! there, with IDs from the server ([`ids`]), and [`print`] says it as the shell wants to hear it.
//!
//! What can stand somewhere depends on the words before it: zones to unassign are those of the deployment two words
//! earlier. So this is an engine of our own over the command tree, of which only one resource's part is built.
//!
//! Whatever goes wrong, there is nothing to offer: a prompt is no place for errors.

mod candidate;
mod ids;
mod line;
mod parse;
mod paths;
mod print;
mod target;
#[cfg(test)]
mod tests;
mod values;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::ArgMatches;

use candidate::Candidate;

use crate::args::{self, Full};
use crate::arguments::text;
use crate::error::Result;
use crate::session::Session;

/// The hidden command.
const COMMAND: &str = "complete";

const BASH: &str = include_str!("scripts/qcli.bash");
const ZSH: &str = include_str!("scripts/qcli.zsh");
const FISH: &str = include_str!("scripts/qcli.fish");

/// Prints the script of a shell.
pub fn completion(_session: &mut Session, matches: &ArgMatches) -> Result<()> {
    let script = match text(matches, "shell") {
        "zsh" => ZSH,
        "fish" => FISH,
        _ => BASH,
    };
    Ok(std::io::stdout().write_all(script.as_bytes())?)
}

/// Runs the hidden command, when these arguments are its own: `qcli complete bash BREAKS LINE`, `qcli complete zsh LINE
/// WORD...`, `qcli complete fish LINE`.
pub fn hidden(argv: &[OsString]) -> Option<ExitCode> {
    if argv.get(1)? != COMMAND {
        return None;
    }
    let given: Vec<String> = argv[2..].iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let (shell, given) = given.split_first()?;
    let (text, breaks) = match (shell.as_str(), given) {
        ("bash", [breaks, line]) => (line, breaks.as_str()),
        ("zsh" | "fish", [line, ..]) => (line, ""),
        _ => return Some(ExitCode::SUCCESS),
    };
    let mut line = line::read(text, shell == "fish");
    if shell == "zsh" {
        // Its own idea of the words, with aliases expanded.
        line.words = given[1..].to_vec();
    }
    let candidates = complete(&line);
    let printed = print::print(shell, &line, breaks, &candidates);
    // Nobody reads it when the shell went on.
    _ = std::io::stdout().write_all(printed.as_bytes());
    Some(ExitCode::SUCCESS)
}

/// What the word at the cursor can become, with all of the word in each.
fn complete(line: &line::Line) -> Vec<Candidate> {
    let Some((current, before)) = line.words.split_last() else { return Vec::new() };
    // The first is the program.
    let Some(before) = before.get(1..) else { return Vec::new() };
    let docs = args::Docs::default();
    let name = parse::resource(before);
    let mut tree = args::tree(Full::Only(&name), &docs);
    // Gives commands their `help`, and arguments to those below them.
    tree.build();
    let spot = parse::spot(&tree, before, current);
    let mut found = values::candidates(&tree, &spot, line);
    found.iter_mut().for_each(|candidate| candidate.text.insert_str(0, &spot.joined));
    found
}
