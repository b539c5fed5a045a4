//! Colours at a terminal. Whether there are any is decided here and nowhere else.

use std::io::{self, IsTerminal};

/// What a text is shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Bold, for headers.
    Bold,
    /// Red, for errors and what is deleted.
    Red,
    /// Green, for what is created.
    Green,
    /// Yellow, for what is changed.
    Yellow,
}

impl Paint {
    /// The text in this colour, or as it is.
    pub fn on(self, text: &str, colours: bool) -> String {
        let code = match self {
            Self::Bold => 1,
            Self::Red => 31,
            Self::Green => 32,
            Self::Yellow => 33,
        };
        if colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Whether standard output shows colours.
pub fn on_stdout() -> bool {
    wanted(io::stdout().is_terminal(), variable)
}

/// Whether standard error shows colours.
pub fn on_stderr() -> bool {
    wanted(io::stderr().is_terminal(), variable)
}

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// By the rules of <https://no-color.org> and <https://bixense.com/clicolors>, as the help texts have them.
fn wanted(terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let forced = variable("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0");
    let off = variable("CLICOLOR").is_some_and(|value| value == "0");
    let dumb = variable("TERM").is_some_and(|term| term == "dumb");
    !is_set("NO_COLOR") && (forced || terminal && !off && !dumb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_that_show_them_unless_somebody_decides_otherwise() {
        let colours = |terminal, set: &[(&str, &str)]| {
            wanted(terminal, |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        for set in [&[][..], &[("NO_COLOR", ""), ("TERM", "xterm")], &[("CLICOLOR_FORCE", "0")]] {
            assert!(colours(true, set), "{set:?}");
            assert!(!colours(false, set), "{set:?}");
        }
        assert!(colours(false, &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")]));
        for set in [("NO_COLOR", "1"), ("TERM", "dumb"), ("CLICOLOR", "0")] {
            assert!(!colours(true, &[set]), "{set:?}");
        }
        assert!(!colours(true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
        assert_eq!(Paint::Red.on("x", true), "\u{1b}[31mx\u{1b}[0m");
        assert_eq!(Paint::Red.on("x", false), "x");
    }
}
