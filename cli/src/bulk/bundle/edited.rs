//! One object that somebody has edited as YAML.

use prost_reflect::DynamicMessage;
use qairon::model::Entity;
use serde_json::Value as Json;

use super::object;
use super::row::{Cell, Entry, Problem};
use super::yaml;
use crate::values;

/// What the text says.
#[derive(Debug)]
pub struct Edited {
    /// The object, with the fields that the text has.
    pub object: DynamicMessage,
    /// Their names.
    pub fields: Vec<String>,
}

/// Reads the fields of one object; `None` if the text has none. Errors have their lines.
pub fn edited(entity: &Entity, text: &str) -> Result<Option<Edited>, Vec<Problem>> {
    let mut rows = yaml::rows(text).into_iter();
    let Some(row) = rows.next().transpose().map_err(|problem| vec![problem])? else { return Ok(None) };
    match rows.next() {
        Some(Ok(other)) => return Err(vec![(other.line, "expected one object, but here begins another".to_owned())]),
        Some(Err(problem)) => return Err(vec![problem]),
        None => {}
    }
    let mut row = row;
    let problems: Vec<Problem> = row.entries.iter().filter_map(|entry| unsettable(entity, entry)).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let fields: Vec<String> = row.entries.iter().map(|entry| entry.name.clone()).collect();
    let line = row.line;
    let cell = Cell { value: Json::from(entity.name.as_str()), bare: None, json: None };
    row.entries.push(Entry { line, name: "resource".to_owned(), cell });
    let bulk = object::of(row)?;
    let value = bulk.object.map(|any| any.value).unwrap_or_default();
    let object = DynamicMessage::decode(entity.message.clone(), &value[..]);
    let object = object.map_err(|error| vec![(line, error.to_string())])?;
    Ok(Some(Edited { object, fields }))
}

fn unsettable(entity: &Entity, entry: &Entry) -> Option<Problem> {
    if entity.field(&entry.name).is_none() && entity.relation(&entry.name).is_some() {
        let message =
            format!("`{}` is a relation; use `link` and `unlink`, or the object at its other end", entry.name);
        return Some((entry.line, message));
    }
    match values::settable(entity, &entry.name) {
        Ok(field) if field.immutable => {
            Some((entry.line, format!("`{}` is set at creation and never changes", entry.name)))
        }
        Ok(_) => None,
        Err(error) => Some((entry.line, error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Edited>, Vec<Problem>> {
        edited(qairon::model().target("service"), text)
    }

    #[test]
    fn an_object_has_the_fields_of_the_text() {
        let edited = read("# a comment\nname: 012\ndefaults:\n  tier: 5\n").expect("YAML").expect("an object");
        assert_eq!(edited.fields, ["name", "defaults"]);
        assert_eq!(edited.object.get_field_by_name("name").expect("a field").as_str(), Some("012"));
        assert!(read("# nothing\n").expect("YAML").is_none() && read("").expect("YAML").is_none());
    }

    #[test]
    fn mistakes_have_their_line() {
        for (text, line, told) in [
            ("name: [x", 1, "not YAML"),
            ("name: x\nnmae: y\n", 2, "did you mean `name`?"),
            ("\nid: x\n", 2, "is composed"),
            ("created_at: x\n", 1, "only the service sets it"),
            ("repos: [x]\n", 1, "is a relation"),
            ("resource: stack\n", 1, "unknown field"),
            ("name: x\n---\nname: y\n", 3, "another"),
            ("text\n", 1, "expected an object"),
            ("defaults: 5\n", 1, "defaults"),
            ("name: x\nname: y\n", 2, "twice"),
        ] {
            let problems = read(text).expect_err(text);
            assert!(problems[0].0 == line && problems[0].1.contains(told), "{text}: {problems:?}");
        }
    }
}
