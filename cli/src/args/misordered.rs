//! Commands in the words of other tools, such as `get service x` or `services list`: what was meant by them.

use std::ffi::OsString;

use qairon::model::Entity;

use super::resource;
use super::spelling::normal;
use crate::suggest;

/// What other tools call the commands of a resource.
const SYNONYMS: [(&str, &str); 19] = [
    ("add", "create"),
    ("change", "set_field"),
    ("describe", "get"),
    ("destroy", "delete"),
    ("info", "get"),
    ("insert", "create"),
    ("ls", "list"),
    ("make", "create"),
    ("modify", "set_field"),
    ("new", "create"),
    ("patch", "set_field"),
    ("read", "get"),
    ("remove", "delete"),
    ("rm", "delete"),
    ("select", "query"),
    ("set", "set_field"),
    ("show", "get"),
    ("update", "set_field"),
    ("view", "get"),
];

/// The error for an unknown first word, if the words after it say what was meant.
pub fn first(argv: &[OsString], at: usize) -> Option<String> {
    let word = normal(&argv[at]);
    if let Some(entity) = named(&word) {
        let rest = argv.get(at + 1..).unwrap_or_default();
        let told = |command: String| format!("unknown resource `{}`; did you mean `{command}`?", shown(&argv[at]));
        return Some(told(match rest.split_first() {
            Some((verb, rest)) => match verb_of(entity, &normal(verb)) {
                Some(verb) => line(argv, at, entity, &verb, rest),
                None => format!("qcli {}", entity.name),
            },
            None => format!("qcli {}", entity.name),
        }));
    }
    let is_verb = SYNONYMS.iter().any(|(other, _)| *other == word)
        || qairon::model().entities().iter().any(|entity| resource::verbs(entity).contains(&word));
    if !is_verb {
        return None;
    }
    let unknown = format!("unknown command `{}`", shown(&argv[at]));
    let next = argv.get(at + 1).filter(|next| !next.to_string_lossy().starts_with('-'));
    let Some(next) = next else {
        let verb = SYNONYMS.iter().find(|(other, _)| *other == word).map_or(word.as_str(), |(_, verb)| *verb);
        return Some(format!("{unknown}; the resource comes first: `qcli <resource> {verb}`"));
    };
    let text = next.to_string_lossy().into_owned();
    // `get service/x`
    let (name, id) = text.split_once('/').map_or((text.as_str(), None), |(name, id)| (name, Some(OsString::from(id))));
    let entity = near(&normal(&name.into()))?;
    let verb = verb_of(entity, &word)?;
    let rest: Vec<OsString> = id.into_iter().chain(argv[at + 2..].iter().cloned()).collect();
    Some(format!("{unknown}; did you mean `{}`?", line(argv, at, entity, &verb, &rest)))
}

/// The error for an unknown command of a resource, if it is the word of another tool for one, or an ID.
pub fn second(argv: &[OsString], resource_at: usize, at: usize, entity: &Entity) -> Option<String> {
    let word = normal(&argv[at]);
    let rest = &argv[at + 1..];
    let (verb, rest) = match SYNONYMS.iter().find(|(other, _)| *other == word) {
        Some((_, verb)) => ((*verb).to_owned(), rest.to_vec()),
        None if word.contains(':') => {
            // The ID before the command, or without one.
            let verb = rest.first().and_then(|next| verb_of(entity, &normal(next)));
            let after = rest.get(usize::from(verb.is_some())..).unwrap_or_default();
            let words = std::iter::once(argv[at].clone()).chain(after.iter().cloned());
            (verb.unwrap_or_else(|| "get".to_owned()), words.collect())
        }
        None => return None,
    };
    let meant = line(argv, resource_at, entity, &verb, &rest);
    Some(format!("unknown command `{}` of `{}`; did you mean `{meant}`?", shown(&argv[at]), entity.name))
}

/// The resource of a name in the plural, or of the name of its message.
fn named(word: &str) -> Option<&'static Entity> {
    let bare = word.replace('_', "");
    qairon::model()
        .entities()
        .iter()
        .find(|entity| entity.name == word || entity.plural == word || entity.type_name.eq_ignore_ascii_case(&bare))
}

/// The same, or the one whose name is nearest.
fn near(word: &str) -> Option<&'static Entity> {
    let entities = qairon::model().entities();
    let names = entities.iter().flat_map(|entity| [entity.name.as_str(), entity.plural.as_str()]);
    named(word).or_else(|| named(suggest::nearest(word, names)?))
}

fn verb_of(entity: &Entity, word: &str) -> Option<String> {
    let verbs = resource::verbs(entity);
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == word).map(|(_, verb)| (*verb).to_owned());
    let known = verbs.iter().find(|verb| *verb == word).cloned().or(synonym);
    known.or_else(|| suggest::nearest(word, verbs.iter().map(String::as_str)).map(str::to_owned))
}

/// The command as it can be typed, with the options in front of it.
fn line(argv: &[OsString], at: usize, entity: &Entity, verb: &str, rest: &[OsString]) -> String {
    let quoted = |word: &OsString| shell_words::quote(&word.to_string_lossy()).into_owned();
    let front = argv.get(1..at).unwrap_or_default().iter().map(quoted);
    let own = [entity.name.clone(), verb.to_owned()];
    let words: Vec<String> = front.chain(own).chain(rest.iter().map(quoted)).collect();
    format!("qcli {}", words.join(" "))
}

fn shown(word: &OsString) -> String {
    word.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(words: &str) -> Option<String> {
        let argv: Vec<OsString> = words.split(' ').map(OsString::from).collect();
        match qairon::model().entity(&normal(&argv[1])) {
            Some(entity) => second(&argv, 1, 2, entity),
            None => first(&argv, 1),
        }
    }

    #[test]
    fn other_orders_and_other_words_lead_to_the_command() {
        for (words, meant) in [
            (
                "qcli get service ecommerce:checkout",
                "unknown command `get`; did you mean `qcli service get ecommerce:checkout`?",
            ),
            (
                "qcli describe services a:b -o yaml",
                "unknown command `describe`; did you mean `qcli service get a:b -o yaml`?",
            ),
            ("qcli list services", "unknown command `list`; did you mean `qcli service list`?"),
            ("qcli delete service x", "unknown command `delete`; did you mean `qcli service delete x`?"),
            ("qcli rm deployment-target/x", "unknown command `rm`; did you mean `qcli deployment_target delete x`?"),
            ("qcli get servcie x", "unknown command `get`; did you mean `qcli service get x`?"),
            (
                "qcli assign-zone deployment d z",
                "unknown command `assign-zone`; did you mean `qcli deployment assign_zone d z`?",
            ),
            ("qcli get", "unknown command `get`; the resource comes first: `qcli <resource> get`"),
            ("qcli describe", "unknown command `describe`; the resource comes first: `qcli <resource> get`"),
            ("qcli services list", "unknown resource `services`; did you mean `qcli service list`?"),
            ("qcli services", "unknown resource `services`; did you mean `qcli service`?"),
            (
                "qcli deployment-targets ls",
                "unknown resource `deployment-targets`; did you mean `qcli deployment_target list`?",
            ),
            (
                "qcli DeploymentTarget list",
                "unknown resource `DeploymentTarget`; did you mean `qcli deployment_target list`?",
            ),
            ("qcli service describe x", "unknown command `describe` of `service`; did you mean `qcli service get x`?"),
            (
                "qcli service a:b delete --force",
                "unknown command `a:b` of `service`; did you mean `qcli service delete a:b --force`?",
            ),
            ("qcli service a:b", "unknown command `a:b` of `service`; did you mean `qcli service get a:b`?"),
        ] {
            assert_eq!(told(words).as_deref(), Some(meant), "{words}");
        }
        for words in ["qcli stak get x", "qcli service gte x", "qcli get nothing x"] {
            assert_eq!(told(words), None, "{words}");
        }
    }

    #[test]
    fn synonyms_are_not_commands_and_mean_one() {
        for entity in qairon::model().entities() {
            let verbs = resource::verbs(entity);
            for (other, verb) in SYNONYMS {
                // A word may be a command of its own for one resource.
                let own = super::super::action::of(entity).any(|action| action.verb == other);
                assert!(own || !verbs.contains(&other.to_owned()), "{other}");
                assert!(verbs.contains(&verb.to_owned()), "{other}");
            }
        }
    }
}
