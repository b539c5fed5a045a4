//! Candidates in the form of each shell.

use super::candidate::Candidate;
use super::line::Line;

/// What the script of a shell reads.
pub fn print(shell: &str, line: &Line, breaks: &str, candidates: &[Candidate]) -> String {
    let width = candidates.iter().map(|candidate| candidate.text.chars().count()).max().unwrap_or_default();
    let lines = candidates.iter().filter(|candidate| !candidate.text.contains(['\n', '\t', '\0'])).map(|candidate| {
        let Candidate { text, help, whole } = candidate;
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        match shell {
            "zsh" => {
                let kind = if *whole { "whole" } else { "part" };
                let shown = if help.is_empty() { text.clone() } else { format!("{text:width$}  -- {help}") };
                format!("{kind}\t{text}\t{shown}\n")
            }
            "fish" if help.is_empty() => format!("{text}\n"),
            "fish" => format!("{text}\t{help}\n"),
            _ => bash(line, breaks, text, *whole),
        }
    });
    lines.collect()
}

/// Bash replaces the last piece of the word only: what follows a character of COMP_WORDBREAKS that is not quoted. And
/// it inserts the answer unchanged, so the answer has to be quoted like the word.
fn bash(line: &Line, breaks: &str, text: &str, whole: bool) -> String {
    let space = if whole && line.quote.is_none() { " " } else { "" };
    let quoted = match line.quote {
        Some('"') => escaped(text, |c| matches!(c, '"' | '\\' | '$' | '`')),
        Some(_) => text.replace('\'', r"'\''"),
        None => escaped(text, |c| c.is_whitespace() || r#"\'"`$&|;<>()*?[]{}!#~"#.contains(c)),
    };
    // The break itself stays on the line; everything up to it is the same in what was typed and in what is answered.
    let kept = match line.quote {
        Some(_) => 0,
        None => last_break(&line.raw, breaks).map_or(0, |at| unquoted(&line.raw[..=at])),
    };
    let rest: String = skip_plain(&quoted, kept);
    format!("{rest}{space}\n")
}

/// The position of the last of these characters that is not escaped or quoted.
fn last_break(raw: &str, breaks: &str) -> Option<usize> {
    let (mut last, mut quote, mut chars) = (None, None, raw.char_indices());
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (None | Some('"'), '\\') => _ = chars.next(),
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if breaks.contains(c) => last = Some(at),
            _ => {}
        }
    }
    last
}

fn escaped(text: &str, special: impl Fn(char) -> bool) -> String {
    text.chars().flat_map(|c| [Some('\\').filter(|_| special(c)), Some(c)]).flatten().collect()
}

/// How many characters a part of a typed word represents.
fn unquoted(raw: &str) -> usize {
    super::line::read(raw, false).words.last().map_or(0, |word| word.chars().count())
}

/// A quoted text without its first characters.
fn skip_plain(quoted: &str, count: usize) -> String {
    let mut chars = quoted.chars();
    for _ in 0..count {
        if chars.next() == Some('\\') {
            chars.next();
        }
    }
    chars.collect()
}
