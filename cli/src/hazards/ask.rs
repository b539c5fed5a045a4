//! The question at a terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::ArgMatches;

use super::affected::{Affected, Object, UNLINKED};
use super::environments::is_production;
use crate::error::{Error, Result, one_line};

/// How many objects are named.
const NAMED: usize = 8;

/// What would be done.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// What is done to them: `delete` or `rename`.
    pub verb: &'a str,
    /// The effect that it has: see [`super::affected`].
    pub effect: &'a str,
    /// On what.
    pub affected: &'a Affected,
    /// The ID of the object that was named, when it was one.
    pub id: Option<&'a str>,
}

/// Whether a person can be asked and wants to be. A program that has no terminal is never asked: it would wait forever.
pub fn is_wanted(matches: &ArgMatches) -> bool {
    let flag = |name| matches.get_flag(name);
    !flag("yes") && !flag("dry_run") && io::stdin().is_terminal() && place().is_some()
}

/// Where a person sees the question. Standard error may be in a file while somebody is at the terminal.
fn place() -> Option<Box<dyn Write>> {
    if io::stderr().is_terminal() {
        return Some(Box::new(io::stderr()));
    }
    let terminal = std::fs::OpenOptions::new().write(true).open("/dev/tty").ok()?;
    Some(Box::new(terminal))
}

impl Plan<'_> {
    /// Shows the plan and asks. The error says that nothing was done.
    pub async fn confirm(&self) -> Result<()> {
        let (question, wanted) = self.question();
        let mut err = place().unwrap_or_else(|| Box::new(io::stderr()));
        write!(err, "{}{question}", self.description())?;
        err.flush()?;
        // The connection is kept alive meanwhile.
        let answer = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line).map(|_| line)
        });
        let answer = answer.await.map_err(io::Error::other)??;
        // The end of the input leaves the cursor after the question.
        if !answer.ends_with('\n') {
            writeln!(err)?;
        }
        let (answer, done) = (answer.trim(), past(self.verb));
        match wanted {
            None if ["y", "yes"].iter().any(|yes| answer.eq_ignore_ascii_case(yes)) => Ok(()),
            Some(wanted) if answer == wanted => Ok(()),
            Some(wanted) if !answer.is_empty() => {
                Err(Error::refused(format!("`{answer}` is not `{wanted}`; nothing was {done}")))
            }
            _ => Err(Error::refused(format!("nothing was {done}"))),
        }
    }

    /// The question, and what has to be typed when it is more than a letter.
    fn question(&self) -> (String, Option<String>) {
        let (verb, total) = (self.verb, self.affected.counts(self.effect).total());
        let objects = if total == 1 { "this object".to_owned() } else { format!("these {total} objects") };
        let live: Vec<&str> = self.affected.environments().into_iter().filter(|name| is_production(name)).collect();
        // What is not listed may be in production.
        if live.is_empty() && !self.affected.truncated {
            return (format!("{} {objects}? [y/N] ", capital(verb)), None);
        }
        let wanted = match self.id {
            Some(id) => id.to_owned(),
            None if live.is_empty() => total.to_string(),
            None => live.join(" "),
        };
        (format!("Type `{}` to {verb} {objects}: ", one_line(&wanted)), Some(wanted))
    }

    fn description(&self) -> String {
        let affected = self.affected;
        let counts = affected.counts(self.effect);
        let mut lines = vec![format!("{}s {}: {counts}", self.verb, objects(counts.total()))];
        let cleared = affected.counts(UNLINKED);
        if cleared.total() > 0 {
            lines.push(format!("leaves {} without a reference or link: {cleared}", objects(cleared.total())));
        }
        let environments = affected.environments();
        if !environments.is_empty() {
            let names: Vec<&str> = environments.into_iter().collect();
            let more = if affected.truncated { ", and maybe more" } else { "" };
            lines.push(format!("environments: {}{more}", names.join(", ")));
        }
        lines.extend(affected.objects.iter().take(NAMED).map(|object| format!("  {}", named(object))));
        let more = counts.total() + cleared.total() - i64::try_from(NAMED).unwrap_or_default();
        if more > 0 {
            lines.push(format!("  … and {more} more"));
        }
        lines.iter().map(|line| format!("{}\n", printable(line))).collect()
    }
}

fn named(Object { resource, id, new_id, effect, fields }: &Object) -> String {
    match effect.as_str() {
        UNLINKED if !fields.is_empty() => format!("{resource} {id} (loses {})", fields.join(", ")),
        UNLINKED => format!("{resource} {id} (loses a reference)"),
        _ if !new_id.is_empty() && new_id != id => format!("{resource} {id} -> {new_id}"),
        _ => format!("{resource} {id}"),
    }
}

fn objects(count: i64) -> String {
    if count == 1 { "1 object".to_owned() } else { format!("{count} objects") }
}

/// With its indentation.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// `deleted`, `renamed`.
pub fn past(verb: &str) -> String {
    format!("{}d", verb)
}

fn capital(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

#[cfg(test)]
mod tests {
    use super::super::affected::DELETED;
    use super::*;

    fn affected(ids: &[&str]) -> Affected {
        let mut affected = Affected::default();
        for id in ids {
            let (resource, effect) = ("deployment".to_owned(), DELETED.to_owned());
            affected.add(Object { resource, id: (*id).to_owned(), new_id: String::new(), effect, fields: Vec::new() });
        }
        affected
    }

    #[test]
    fn production_is_deleted_by_name_only() {
        let question =
            |ids: &[&str], id| Plan { verb: "delete", effect: DELETED, affected: &affected(ids), id }.question();
        assert_eq!(question(&["dev:a", "dev:b"], None), ("Delete these 2 objects? [y/N] ".to_owned(), None));
        let (text, wanted) = question(&["prod:a", "dev:b"], Some("eks"));
        assert_eq!((text.as_str(), wanted.as_deref()), ("Type `eks` to delete these 2 objects: ", Some("eks")));
        let (_, wanted) = question(&["prod:a", "dev:b", "live:c"], None);
        assert_eq!(wanted.as_deref(), Some("live prod"));
    }

    #[test]
    fn the_plan_names_numbers_and_the_first_objects() {
        let ids: Vec<String> = (0..10).map(|n| format!("dev:{n}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let text = Plan { verb: "delete", effect: DELETED, affected: &affected(&ids), id: None }.description();
        assert!(
            text.starts_with("deletes 10 objects: 10 deployment\nenvironments: dev\n  deployment dev:0\n"),
            "{text}"
        );
        assert!(text.ends_with("  deployment dev:7\n  … and 2 more\n"), "{text}");
    }
}
