//! Completion in shells.
//!
//! The script that `qcli completion <shell>` prints passes the line to the hidden command `qcli complete` and shows its
//! output. [`line`] splits it into words, [`parse`] finds what is at the cursor, [`values`] the candidates, with IDs
//! from the server ([`ids`]), and [`print`] prints them in the form of the shell.
//!
//! The candidates depend on the words before: zones to unassign are those of the deployment two words earlier. So this
//! is our own engine over the command tree, of which only one resource's part is built.
//!
//! On any error there are no candidates: a prompt is not the place for errors.

mod candidate;
mod filter;
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
    // The shell may have stopped reading.
    _ = std::io::stdout().write_all(printed.as_bytes());
    Some(ExitCode::SUCCESS)
}

/// The candidates for the word at the cursor, each with the whole word.
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
