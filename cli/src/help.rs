//! How help is laid out: the resources by area, and the options of every command in one line.
//!
//! The areas are the services of the API. Manual pages and the reference do without this: they have every option.

use std::collections::BTreeSet;
use std::fmt::Write;

use clap::Command;
use clap::builder::Styles;
use qairon::model::{Entity, Kind};

use crate::args::{GROUPS, globals};
use crate::output::room;

/// How wide help is where there is no terminal, and at most: as clap has it.
const WIDTH: usize = 100;
const MOST: usize = 120;

/// What a short line may end before.
const PAUSES: [&str; 8] = [",", ";", ":", " and ", " that ", " from which ", " made ", " between "];

/// The tree with help for people: options of every command in full, or in one line.
pub fn shaped(tree: Command, all: bool) -> Command {
    let groups = overview(&tree);
    let options = if all { format!("\n\n{}", options().render_help().ansi()) } else { String::new() };
    let groups = groups.trim_end();
    let tree = match all {
        true => tree,
        false => folded(tree.mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg })),
    };
    tree.help_template(format!("{{about-with-newline}}\n{{usage-heading}} {{usage}}\n{groups}{options}{{after-help}}"))
}

/// A command that has the options of every command and nothing else.
pub fn options() -> Command {
    Command::new("options")
        .args(globals::args())
        .disable_help_flag(true)
        .max_term_width(MOST)
        .help_template("{all-args}")
}

fn folded(command: Command) -> Command {
    let name = |arg: &clap::Arg| {
        let short = arg.get_short().map(|letter| format!("-{letter} ")).unwrap_or_default();
        Some(format!("{short}--{}", arg.get_long()?))
    };
    let names: Vec<String> = globals::args().iter().filter_map(name).collect();
    let line = format!("Options of every command: {}; see `qcli options`", names.join(", "));
    with_line(command, &line)
}

fn with_line(command: Command, line: &str) -> Command {
    let after = command.get_after_help().map(|text| format!("{text}\n\n")).unwrap_or_default();
    command.after_help(format!("{after}{line}")).mut_subcommands(|command| with_line(command, line))
}

/// The commands by area, a line each.
fn overview(root: &Command) -> String {
    let header = Styles::default();
    let (header, name_style) = (*header.get_header(), *header.get_literal());
    let mut sections: Vec<(String, Vec<&str>)> =
        areas().into_iter().map(|(area, names)| (title(area), names)).collect();
    sections.push(("Tools".to_owned(), GROUPS.iter().map(|(name, _)| *name).collect()));
    let names = sections.iter().flat_map(|(_, names)| names).map(|name| name.len()).max().unwrap_or_default();
    let line_room = room::of_stdout().unwrap_or(WIDTH).min(MOST);
    let about_room = line_room.saturating_sub(names + 4);
    let mut text = String::new();
    for (title, commands) in sections {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "\n{header}{title}:{header:#}");
        for name in commands {
            let about = root.find_subcommand(name).and_then(Command::get_about).map(ToString::to_string);
            let about = short(about.as_deref().unwrap_or_default(), about_room);
            let _ = writeln!(text, "  {name_style}{name:names$}{name_style:#}  {about}");
        }
    }
    text
}

/// The services that keep entities, each after those it refers to, with the names of their entities.
fn areas() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut areas: Vec<(&str, Vec<&str>)> = Vec::new();
    for entity in qairon::model().sequence() {
        match areas.iter_mut().find(|(area, _)| *area == entity.service) {
            Some((_, names)) => names.push(&entity.name),
            None => areas.push((&entity.service, vec![&entity.name])),
        }
    }
    areas.sort_by_key(|(area, _)| (names_any(area), below(area).len(), *area));
    areas
}

fn entities_of(area: &str) -> impl Iterator<Item = &'static Entity> {
    qairon::model().entities().iter().filter(move |entity| entity.service == area)
}

/// Whether its objects may be about any others.
fn names_any(area: &str) -> bool {
    entities_of(area).any(|entity| entity.fields.iter().any(|field| field.kind == Kind::EntityType))
}

/// The areas that the objects of an area need.
fn below(area: &str) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut left = vec![area.to_owned()];
    while let Some(area) = left.pop() {
        for reference in entities_of(&area).flat_map(Entity::references).filter_map(|field| field.reference.as_ref()) {
            let service = qairon::model().target(&reference.entity).service.as_str();
            if found.insert(service) {
                left.push(service.to_owned());
            }
        }
    }
    found
}

/// `Catalog` of `qairon.v1.CatalogService`.
fn title(service: &str) -> String {
    let name = service.rsplit('.').next().unwrap_or(service);
    name.strip_suffix("Service").unwrap_or(name).to_owned()
}

/// As much of a text as fits, up to a pause if there is one.
fn short(text: &str, most: usize) -> String {
    if room::width(text) <= most {
        return text.to_owned();
    }
    let pauses = PAUSES.iter().flat_map(|pause| text.match_indices(pause)).map(|(at, _)| at);
    let fitting = pauses.filter(|at| room::width(&text[..*at]) <= most).max();
    match fitting {
        Some(at) => text[..at].trim_end_matches([',', ';', ':']).to_owned(),
        None => room::cut(text, most).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Docs, Full, tree};

    fn page(command: &mut Command) -> String {
        command.render_help().to_string()
    }

    #[test]
    fn every_resource_and_every_tool_is_in_one_section_on_one_line() {
        let help = page(&mut shaped(tree(Full::Only(""), &Docs::load()), false));
        let names = qairon::model().entities().iter().map(|entity| entity.name.as_str());
        for name in names.chain(GROUPS.iter().map(|(name, _)| *name)) {
            let lines = help.lines().filter(|line| line.starts_with(&format!("  {name} ")));
            assert_eq!(lines.count(), 1, "{name}: {help}");
        }
        assert!(help.lines().all(|line| room::width(line) <= WIDTH), "{help}");
        let titles: Vec<&str> = help.lines().filter(|line| line.ends_with(':') && !line.starts_with(' ')).collect();
        assert_eq!(titles.first(), Some(&"Catalog:"));
        assert_eq!(titles.last(), Some(&"Tools:"));
        let services: BTreeSet<&str> =
            qairon::model().entities().iter().map(|entity| entity.service.as_str()).collect();
        assert_eq!(titles.len(), services.len() + 1, "{titles:?}");
    }

    #[test]
    fn the_options_of_every_command_are_one_line_unless_all_are_asked_for() {
        for (all, count) in [(false, 0), (true, 1)] {
            let mut root = shaped(tree(Full::Only("stack"), &Docs::default()), all);
            root.build();
            let stack = root.find_subcommand_mut("stack").expect("stack");
            for help in [page(&mut stack.clone()), page(stack.find_subcommand_mut("list").expect("list"))] {
                assert_eq!(help.matches("--endpoint <ADDRESS>").count(), count, "{help}");
                assert_eq!(
                    help.matches("Options of every command: --context, --endpoint").count(),
                    1 - count,
                    "{help}"
                );
            }
            let help = page(&mut root);
            assert_eq!(help.matches("--endpoint <ADDRESS>").count(), count, "{help}");
        }
        let options = page(&mut options());
        for arg in globals::args() {
            assert!(options.contains(&format!("--{}", arg.get_long().expect("a name"))), "{options}");
        }
    }

    #[test]
    fn short_lines_end_before_a_pause() {
        for (text, most, wanted) in [
            ("A part of a network", 30, "A part of a network"),
            ("Apply files: create and update objects, and more", 40, "Apply files: create and update objects"),
            ("Abcdefghij", 5, "Abcd…"),
        ] {
            assert_eq!(short(text, most), wanted);
        }
    }
}
