//! Paths: from field to field over relations, and those of files.

use std::fs;

use qairon::model::{Entity, Field, Kind, Relation};

use super::candidate::Candidate;

/// Fields that can be printed, and after a dot those of the object at the other end of a relation.
pub fn fields(entity: &Entity, typed: &str) -> Vec<Candidate> {
    steps(entity, typed, &is_own, &Relation::is_to_one)
}

/// Fields that can be sorted by.
pub fn orders(entity: &Entity, typed: &str) -> Vec<Candidate> {
    steps(entity, typed, &|field| field.is_column() && field.kind != Kind::Json, &Relation::is_to_one)
}

/// Fields that a filter can name: over relations to many too.
pub fn filters(entity: &Entity, typed: &str) -> Vec<Candidate> {
    steps(entity, typed, &Field::is_column, &|_| true)
}

/// What can be explained: a resource, then its fields and relations.
pub fn subjects(typed: &str) -> Vec<Candidate> {
    let typed = typed.replace('-', "_");
    if let Some((name, rest)) = typed.split_once('.') {
        let entities = qairon::model().entities();
        let entity = entities.iter().find(|entity| entity.name == name || entity.plural == name);
        let found = entity.map(|entity| steps(entity, rest, &|_| true, &|_| true)).unwrap_or_default();
        return found.into_iter().map(|found| Candidate { text: format!("{name}.{}", found.text), ..found }).collect();
    }
    let named = qairon::model().entities().iter().filter(|entity| entity.name.starts_with(&typed));
    let mut found: Vec<Candidate> = named.map(|entity| Candidate::whole(entity.name.clone(), "")).collect();
    // A path can go on where a name is complete.
    if let [only] = found.as_slice() {
        found.push(Candidate::part(format!("{}.", only.text)));
    } else if found.iter().any(|candidate| candidate.text == typed) {
        found.push(Candidate::part(format!("{typed}.")));
    }
    found
}

fn is_own(field: &Field) -> bool {
    field.embed.as_ref().is_none_or(|embed| !embed.nested_only)
}

fn steps(
    entity: &Entity,
    typed: &str,
    counts: &dyn Fn(&Field) -> bool,
    leads: &dyn Fn(&Relation) -> bool,
) -> Vec<Candidate> {
    let (way, begun) = typed.rfind('.').map_or(("", typed), |dot| typed.split_at(dot + 1));
    let mut at = entity;
    for step in way.split_terminator('.') {
        match at.relation(step).filter(|relation| leads(relation)) {
            Some(relation) => at = qairon::model().target(&relation.target),
            None => return Vec::new(),
        }
    }
    let fields = at.fields.iter().filter(|field| counts(field) && field.name.starts_with(begun));
    let fields = fields.map(|field| Candidate::whole(format!("{way}{}", field.name), ""));
    let relations = at.relations.iter().filter(|relation| leads(relation) && relation.name().starts_with(begun));
    let ways = relations.map(|relation| Candidate::part(format!("{way}{}.", relation.name())));
    let mut found: Vec<Candidate> = fields.chain(ways).collect();
    found.sort_by(|one, other| one.text.cmp(&other.text));
    found
}

/// Files and directories.
pub fn files(typed: &str) -> Vec<Candidate> {
    let (directory, begun) = typed.rfind('/').map_or(("", typed), |slash| typed.split_at(slash + 1));
    let listed = match (directory, directory.strip_prefix("~/"), std::env::home_dir()) {
        ("", ..) => ".".into(),
        (_, Some(rest), Some(home)) => home.join(rest),
        (directory, ..) => directory.into(),
    };
    let Ok(entries) = fs::read_dir(listed) else { return Vec::new() };
    let named = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let name = entry.file_name().into_string().ok()?;
        // Hidden ones only if the word begins with a dot.
        let shown = name.starts_with(begun) && (begun.starts_with('.') || !name.starts_with('.'));
        // Links count as what they lead to.
        let is_directory = fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir());
        shown.then(|| match is_directory {
            true => Candidate::part(format!("{directory}{name}/")),
            false => Candidate::whole(format!("{directory}{name}"), ""),
        })
    });
    let mut found: Vec<Candidate> = named.collect();
    found.sort_by(|one, other| one.text.cmp(&other.text));
    found
}
