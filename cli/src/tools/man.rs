//! `qcli man`: manual pages, one for qcli, one for each resource, and one for each command.
//!
//! They contain nothing of the build machine, so that packages with them are reproducible.

use std::fs;
use std::path::Path;

use clap::{ArgMatches, Command};
use clap_mangen::Man;

use crate::args::spelling::normal;
use crate::args::{self, Docs, Full};
use crate::error::{Error, Result};
use crate::session::Session;
use crate::suggest;

/// The texts of the page of qcli in addition to its arguments.
const SURROUNDINGS: &str = r#".SH "EXIT STATUS"
.TP
0
It is done.
.TP
1
The server refused, or a comparison found a difference.
.TP
2
The command line or the config file is wrong; nothing was sent.
.TP
3
No server could be reached in time.
.SH ENVIRONMENT
An option counts more than its variable, and a variable more than the context.
.TP
QAIRON_ENDPOINT, QAIRON_CA_FILE, QAIRON_TIMEOUT, QAIRON_RETRIES, QAIRON_OUTPUT, QAIRON_ACTOR
The default values of the options of these names.
.TP
QAIRON_CONTEXT
The context to use.
.TP
QAIRON_CONFIG
Where the config file is. It has to exist; `qcli config set-context` creates it.
.TP
NO_COLOR
When it is set, there is no colour.
.TP
COLUMNS
How wide tables are, also without a terminal.
.SH FILES
.TP
~/.config/qairon/config.toml
The config file, with its contexts; in XDG_CONFIG_HOME when that is set.
"#;

/// Prints a page, or writes them all.
pub fn run(session: &mut Session, matches: &ArgMatches) -> Result<()> {
    let root = built();
    match matches.get_one::<String>("directory") {
        Some(word) if find(&root, word.split(' ')).is_ok() => Err(Error::Usage(format!(
            "`{word}` is a command; print its page with `qcli man --page {word}`, or write `./{word}` for a directory"
        ))),
        Some(directory) => {
            let count = write_all(&root, Path::new(directory))?;
            session.output.line(&format!("wrote {count} pages to {directory}"))
        }
        None => {
            let words = matches.get_many::<String>("page").into_iter().flatten().flat_map(|words| words.split(' '));
            let text = page(find(&root, words)?)?;
            session.output.line(text.trim_end_matches('\n'))
        }
    }
}

/// The whole tree, as it is documented.
fn built() -> Command {
    let mut root = args::tree(Full::All, &Docs::load()).disable_help_subcommand(true);
    root.build();
    root
}

/// The command that words name.
fn find<'a>(root: &'a Command, words: impl Iterator<Item = &'a str>) -> Result<&'a Command> {
    words.filter(|word| !word.is_empty()).try_fold(root, |command, word| {
        let name = normal(&word.into());
        let known = || command.get_subcommands().filter(|command| !command.is_hide_set());
        known().find(|command| command.get_name() == name).ok_or_else(|| {
            let names = known().map(Command::get_name);
            Error::Usage(suggest::unknown(&format!("command of `{}`", command.get_name()), word, names))
        })
    })
}

fn write_all(root: &Command, directory: &Path) -> Result<usize> {
    let told = |path: &Path, error: std::io::Error| Error::refused(format!("{}: {error}", path.display()));
    fs::create_dir_all(directory).map_err(|error| told(directory, error))?;
    let mut count = 0;
    let mut left = vec![root];
    while let Some(command) = left.pop() {
        let path = directory.join(format!("{}.1", display_name(command)));
        fs::write(&path, page(command)?).map_err(|error| told(&path, error))?;
        count += 1;
        left.extend(command.get_subcommands().filter(|command| !command.is_hide_set()));
    }
    Ok(count)
}

fn display_name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// The page of a command, in the language of `man`.
fn page(command: &Command) -> Result<String> {
    let is_root = command.get_name() == "qcli";
    // The common options are only on the page of qcli.
    let told = match is_root {
        true => command.clone(),
        false => command.clone().mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg }),
    };
    let man = Man::new(told)
        .title(display_name(command).to_uppercase())
        .source(concat!("qcli ", env!("CARGO_PKG_VERSION")))
        // A page without a date would have the next argument for one.
        .date(" ")
        .manual("Qairon");
    let mut bytes = Vec::new();
    man.render(&mut bytes)?;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    if is_root {
        text.push_str(SURROUNDINGS);
    } else {
        let parent =
            display_name(command).rsplit_once('-').map(|(parent, _)| parent).filter(|parent| *parent != "qcli");
        let parent = parent.map(|parent| format!(",\n.BR {parent} (1)")).unwrap_or_default();
        text.push_str(&format!(".SH \"SEE ALSO\"\n.BR qcli (1){parent}\n"));
    }
    Ok(text)
}
