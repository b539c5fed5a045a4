//! The words of `set_field` as values of fields.

use std::collections::BTreeMap;

use clap::ArgMatches;
use prost_reflect::Value;
use qairon::model::{Entity, Field, Kind, RelationKind};

use super::inside::Inside;
use crate::error::{Error, Result};
use crate::paths::parts;
use crate::{structs, values};

/// What is set and what is unset.
#[derive(Debug, Default)]
pub struct Assignments<'a> {
    /// The mask: fields, and paths into JSON.
    pub mask: Vec<String>,
    /// The fields that are concerned.
    pub fields: Vec<String>,
    /// The values of fields.
    pub values: Vec<(&'a Field, Value)>,
    /// The ID to be, where it is given and not composed.
    pub new_id: Option<String>,
    /// Values inside JSON, by the field.
    inside: BTreeMap<String, Inside>,
}

/// The words of the command line.
#[derive(Debug, Default)]
pub struct Words {
    /// Fields and values in turn.
    pub pairs: Vec<String>,
    /// The fields to unset; empty for a flag without one, which is about the last word.
    pub unset: Vec<String>,
}

/// The words of the arguments.
pub fn words(matches: &ArgMatches) -> Words {
    let texts = |name: &str| matches.get_many::<String>(name).into_iter().flatten().cloned();
    Words { pairs: ["field", "value", "more"].into_iter().flat_map(texts).collect(), unset: texts("unset").collect() }
}

impl<'a> Assignments<'a> {
    /// Checks the words, and parses the values.
    pub fn of(entity: &'a Entity, words: Words) -> Result<Self> {
        let Words { mut pairs, unset } = words;
        let mut cleared: Vec<String> = Vec::new();
        for field in unset {
            match field.is_empty() {
                false => cleared.push(field),
                // `set_field <id> <field> --unset`
                true if pairs.len() % 2 == 1 => cleared.extend(pairs.pop()),
                true => return Err(Error::Usage("`--unset` needs the field to clear: `--unset FIELD`".to_owned())),
            }
        }
        if pairs.len() % 2 == 1 {
            let field = pairs.pop().unwrap_or_default();
            return Err(Error::Usage(format!("`{field}` has no value; to clear it write `--unset {field}`")));
        }
        if pairs.is_empty() && cleared.is_empty() {
            return Err(Error::Usage("name a field and its value, or `--unset` with a field".to_owned()));
        }
        let mut given = Self::default();
        let mut pairs = pairs.into_iter();
        while let (Some(path), Some(value)) = (pairs.next(), pairs.next()) {
            given.take(entity, &path, Some(value))?;
        }
        for path in cleared {
            given.take(entity, &path, None)?;
        }
        for (name, inside) in std::mem::take(&mut given.inside) {
            let field = entity.field(&name).ok_or_else(|| Error::Usage(format!("unknown field `{name}`")))?;
            given.values.push((field, values::parse(field, &inside.json()).map_err(Error::Usage)?));
        }
        Ok(given)
    }

    /// Takes one field, or what is at a path inside one.
    fn take(&mut self, entity: &'a Entity, path: &str, value: Option<String>) -> Result<()> {
        let names = parts(path)?;
        let (name, keys) = names.split_first().ok_or_else(|| Error::Usage("a field has no name".to_owned()))?;
        let field = settable(entity, name)?;
        if let Some(value) = value.as_ref().filter(|value| looks_like_flag(value))
            && !std::env::args_os().any(|word| word == "--")
        {
            return Err(Error::Usage(format!("`{value}` looks like an option; write `-- {value}` if it is the value")));
        }
        let steps: String = keys.iter().map(|key| structs::step(key)).collect();
        self.note(&field.name, &steps)?;
        if !keys.is_empty() {
            if field.kind != Kind::Json {
                return Err(Error::Usage(format!("`{path}`: `{}` has no fields of its own", field.name)));
            }
            // The value of an unset path is missing in the object.
            let inside = self.inside.entry(field.name.clone()).or_default();
            if let Some(value) = value {
                inside.set(keys, &value);
            }
            return Ok(());
        }
        match value {
            None if field.required => {
                let (name, human) = (&field.name, entity.human());
                Err(Error::Usage(format!("`{name}` cannot be unset: every {human} has one")))
            }
            None => Ok(()),
            Some(value) => {
                let parsed = values::parse(field, &value).map_err(Error::Usage)?;
                match field.name.as_str() {
                    "id" => self.new_id = Some(value),
                    _ => self.values.push((field, parsed)),
                }
                Ok(())
            }
        }
    }

    /// Notes a path. The same one twice, or one inside another, would have two values.
    fn note(&mut self, field: &str, steps: &str) -> Result<()> {
        let path = format!("{field}{steps}");
        let within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
        let known = if field == "id" { self.new_id.as_ref().map(|_| &path) } else { None };
        let twice = self.mask.iter().find(|other| **other == path || within(other, &path) || within(&path, other));
        if let Some(other) = twice.or(known) {
            return Err(Error::Usage(match *other == path {
                true => format!("`{path}` is given twice"),
                false => format!("`{path}` and `{other}` overlap; give one of them"),
            }));
        }
        self.fields.push(field.to_owned());
        if field != "id" {
            self.mask.push(path);
        }
        Ok(())
    }
}

/// The field to set: a to-one relation means its reference.
fn settable<'a>(entity: &'a Entity, name: &str) -> Result<&'a Field> {
    let reference = entity.relation(name).and_then(|relation| match &relation.kind {
        RelationKind::ToOne { field } => entity.field(field),
        _ => None,
    });
    if let (None, Some(relation)) = (reference, entity.relation(name)) {
        let linked = matches!(relation.kind, RelationKind::Linked { .. });
        let remedy = if linked { "use `link` and `unlink`" } else { "set the reference on the other end" };
        return Err(Error::Usage(format!("`{name}` is a relation to many; {remedy}")));
    }
    let field = match reference {
        Some(field) => field,
        None => values::settable(entity, name)?,
    };
    if field.immutable {
        return Err(Error::Usage(format!("`{}` is set at creation and never changes", field.name)));
    }
    Ok(field)
}

fn looks_like_flag(value: &str) -> bool {
    let name = value.strip_prefix("--").or_else(|| value.strip_prefix('-')).unwrap_or_default();
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '-' | '_' | '='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(entity: &str, pairs: &[&str], unset: &[&str]) -> Result<(Vec<String>, String)> {
        let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let entity = qairon::model().target(entity);
        let given = Assignments::of(entity, Words { pairs: owned(pairs), unset: owned(unset) })?;
        let object = values::object(entity, given.values);
        Ok((given.mask, serde_json::to_string(&object).expect("JSON")))
    }

    #[test]
    fn what_cannot_be_set_says_what_to_do_instead() {
        for (entity, name, told) in [
            ("stack", "id", "composed, set `application_id`, `name` instead"),
            ("stack", "created_at", "only the service sets it"),
            ("build", "ver", "only the service sets it"),
            ("stack", "nmae", "did you mean `name`?"),
            ("deployment", "zones", "use `link` and `unlink`"),
            ("stack", "services", "on the other end"),
        ] {
            let error = settable(qairon::model().target(entity), name).expect_err(name).to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn a_relation_to_one_stands_for_its_reference() {
        let deployment = qairon::model().target("deployment");
        assert_eq!(settable(deployment, "current_release").expect("relation").name, "current_release_id");
        assert_eq!(settable(qairon::model().target("environment"), "id").expect("given").name, "id");
    }

    #[test]
    fn options_are_not_taken_for_values() {
        assert!(looks_like_flag("--unste") && looks_like_flag("-x") && looks_like_flag("--output=json"));
        assert!(
            !looks_like_flag("-5") && !looks_like_flag("---\na: 1") && !looks_like_flag("-") && !looks_like_flag("a")
        );
    }

    #[test]
    fn several_fields_are_set_and_unset_at_once() {
        let (mask, object) = given("service", &["name", "x", "defaults", "{}"], &["artifact_name"]).expect("fields");
        assert_eq!(mask, ["name", "defaults", "artifact_name"]);
        assert!(object.contains(r#""name":"x""#), "{object}");
        assert_eq!(
            given("service", &["name", "x", "artifact_name"], &[""]).expect("a flag").0,
            ["name", "artifact_name"]
        );
        assert_eq!(given("service", &["artifact_name"], &[""]).expect("a flag").0, ["artifact_name"]);
    }

    #[test]
    fn paths_lead_into_json() {
        let (mask, object) = given(
            "service",
            &["defaults.tier", "5", "defaults.owner.name", "5 apples", "defaults.\"a.b\"", "\"5\""],
            &["defaults.old"],
        )
        .expect("paths");
        assert_eq!(mask, ["defaults.tier", "defaults.owner.name", "defaults.\"a.b\"", "defaults.old"]);
        assert!(object.contains(r#""tier":5"#) && object.contains(r#""a.b":"5""#), "{object}");
        assert!(object.contains(r#"{"name":"5 apples"}"#) && !object.contains("old"), "{object}");
    }

    #[test]
    fn words_that_do_not_fit_are_refused() {
        for (pairs, unset, told) in [
            (&["name"][..], &[][..], "`name` has no value; to clear it write `--unset name`"),
            (&[], &[], "name a field"),
            (&["name", "x"], &[""], "`--unset` needs the field"),
            (&["name", "x", "name", "y"], &[], "`name` is given twice"),
            (&["defaults.a", "1", "defaults", "{}"], &[], "overlap"),
            (&["defaults.a.b", "1"], &["defaults.a"], "overlap"),
            (&["name.x", "1"], &[], "has no fields of its own"),
            (&["defaults.n", "9007199254740993"], &[], "`n`: the whole number 9007199254740993 is beyond 2^53"),
            (&[], &["name"], "cannot be unset"),
        ] {
            let error = given("service", pairs, unset).expect_err(told).to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
