//! Which resource and command the arguments are for, found before the command tree is built.

use std::ffi::OsString;

use super::spelling::normal;
use super::{GROUPS, HIDDEN, globals, group_verbs, misordered, resource};
use crate::error::{Error, Result};
use crate::plugins::{self, Call};
use crate::suggest;

/// The arguments with resource and command under their own names, and what to build for them.
#[derive(Debug, PartialEq)]
pub struct Route {
    /// The arguments, the program's name included.
    pub argv: Vec<OsString>,
    /// The resource or the group whose commands are needed; empty for none.
    pub resource: String,
    /// Whether help will be printed, which needs the comments of the protos.
    pub wants_docs: bool,
    /// Whether that has the options of every command.
    pub wants_all: bool,
    /// The external program that runs instead of a built-in command.
    pub plugin: Option<Call>,
}

/// Finds the command. Names of resources and commands may have hyphens instead of underscores.
pub fn route(mut argv: Vec<OsString>) -> Result<Route> {
    let mut words = positions(&argv).into_iter();
    let words_before_rest = || argv.iter().skip(1).take_while(|word| *word != "--");
    let wants_all = words_before_rest().any(|word| word == "--help-all");
    let asks_help = wants_all || words_before_rest().any(|word| word == "-h" || word == "--help");
    let (argv_out, resource, wants_docs) = (Vec::new(), String::new(), asks_help || argv.len() < 2);
    let mut route = Route { argv: argv_out, resource, wants_docs, wants_all, plugin: None };
    let mut first = words.next();
    let help = first.filter(|at| argv[*at] == "help");
    if help.is_some() {
        route.wants_docs = true;
        first = words.next();
    }
    if let Some(at) = first {
        let name = normal(&argv[at]);
        if let Some(entity) = qairon::model().entity(&name) {
            let verb = words.next();
            if let Some(verb_at) = verb {
                let verbs = resource::verbs(entity);
                let is_known = normal(&argv[verb_at]) == "help" || verbs.contains(&normal(&argv[verb_at]));
                if let Some(told) = misordered::second(&argv, at, verb_at, entity).filter(|_| !is_known) {
                    return Err(Error::Usage(told));
                }
                let at = verb_at;
                argv[at] = known(&format!("command of `{name}`"), &argv[at], verbs.iter().map(String::as_str))?;
            }
            route.wants_docs |= verb.is_none() || verb.is_some_and(|at| argv[at] == "help");
            argv[at] = name.clone().into();
            route.resource = name;
        } else {
            let is_own = HIDDEN.contains(&name.as_str()) || GROUPS.iter().any(|(group, _)| *group == name);
            if !is_own && name != "help" {
                // `qcli --help foo` asks about qcli.
                let asks_before = argv[1..at].iter().any(|word| word == "-h" || word == "--help");
                match plugins::find(&argv[at]) {
                    Some(program) if !asks_before => route.plugin = Some(Call::new(program, &argv, at, help)),
                    Some(_) => {}
                    None => {
                        let meant = misordered::first(&argv, at).map(Error::Usage);
                        return Err(meant.unwrap_or_else(|| unknown(&argv[at])));
                    }
                }
                route.argv = argv;
                return Ok(route);
            }
            argv[at] = name.clone().into();
            let verbs = group_verbs(&name);
            if !verbs.is_empty() {
                let verb = words.next();
                if let Some(at) = verb {
                    argv[at] = known(&format!("command of `{name}`"), &argv[at], verbs.into_iter())?;
                }
                route.wants_docs |= verb.is_none_or(|at| argv[at] == "help");
            }
            route.wants_docs |= HIDDEN.contains(&name.as_str());
            route.resource = name;
        }
    }
    route.argv = argv;
    Ok(route)
}

fn known<'a>(what: &str, word: &OsString, names: impl Iterator<Item = &'a str> + Clone) -> Result<OsString> {
    let name = normal(word);
    if name == "help" || names.clone().any(|known| known == name) {
        return Ok(name.into());
    }
    Err(Error::Usage(suggest::unknown(what, &word.to_string_lossy(), names)))
}

/// The error for a word that is neither a command nor a program, with the closest match.
fn unknown(word: &OsString) -> Error {
    let word = word.to_string_lossy();
    let plugins = plugins::all();
    let entities = qairon::model().entities().iter().map(|entity| entity.name.as_str());
    let groups = GROUPS.iter().map(|(group, _)| *group);
    let names = entities.chain(groups).chain(plugins.iter().map(|plugin| plugin.name.as_str()));
    Error::Usage(match plugins::not_executable(&word) {
        Some(path) => {
            format!("unknown command `{word}`: {} exists but is not executable; run `chmod +x` on it", path.display())
        }
        None => suggest::unknown("resource or command", &word, names),
    })
}

/// The positions of the first words that are neither options nor their values: `help`, a resource, a command.
pub fn positions(argv: &[OsString]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 1;
    while at < argv.len() && found.len() < 3 {
        let word = argv[at].to_string_lossy();
        if word == "--" {
            break;
        }
        if !word.starts_with('-') {
            found.push(at);
        } else if takes_next(&word) {
            at += 1;
        }
        at += 1;
    }
    found
}

/// Whether the value of this option is the next word.
fn takes_next(option: &str) -> bool {
    if let Some(long) = option.strip_prefix("--") {
        return globals::WITH_VALUE.iter().any(|(name, _)| *name == long);
    }
    let with_value = |letter: char| globals::WITH_VALUE.iter().any(|(_, short)| *short == Some(letter));
    // Letters can be joined, and the rest after one that takes a value is the value.
    option.find(with_value).is_some_and(|at| at + 1 == option.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(words: &str) -> Vec<OsString> {
        words.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn options_and_hyphens_do_not_hide_the_resource() {
        for words in [
            "qcli deployment-target get-field x",
            "qcli -o json deployment_target get_field x",
            "qcli --endpoint=h:1 -qo json --field id deployment_target -q get-field x",
        ] {
            let route = route(argv(words)).expect(words);
            assert_eq!(route.resource, "deployment_target", "{words}");
            assert!(route.argv.contains(&"get_field".into()), "{words}");
            assert!(!route.wants_docs);
        }
        assert_eq!(route(argv("qcli help stack create")).expect("help").resource, "stack");
        assert_eq!(route(argv("qcli csv-import import-csv stack -")).expect("csv").argv[2], "import_csv");
        let search = route(argv("qcli native-id a-b")).expect("native_id");
        assert_eq!((search.resource.as_str(), search.argv[2].to_str()), ("native_id", Some("a-b")));
        assert!(route(argv("qcli trace")).expect("trace").wants_docs);
        assert!(!route(argv("qcli trace impact fleet x")).expect("impact").wants_docs);
    }

    #[test]
    fn unknown_names_suggest_the_nearest() {
        for (words, told) in [
            ("qcli stak get x", "unknown resource or command `stak`, did you mean `stack`?"),
            ("qcli stack gte x", "unknown command of `stack` `gte`, did you mean `get`?"),
            ("qcli deployment asign-zone x y", "did you mean `assign_zone`?"),
            ("qcli csv_import imprt_csv x y", "did you mean `import_csv`?"),
            ("qcli trace imapct x y", "unknown command of `trace` `imapct`, did you mean `impact`?"),
        ] {
            assert!(route(argv(words)).expect_err(words).to_string().contains(told), "{words}");
        }
    }
}
