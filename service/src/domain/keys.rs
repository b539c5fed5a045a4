//! Masks that name keys of JSON fields: `defaults.recon.k8s_context`.

use std::collections::BTreeMap;

use qairon::model::{Entity, Field, Kind};
use qairon::v1::ErrorReason;

use super::draft::Draft;
use super::json;
use super::masks::SHOWN;
use super::validate::MAX_JSON_DEPTH;
use crate::error::{Error, Result, shortened};

/// Changes to keys of a JSON field.
#[derive(Debug, Clone)]
pub struct KeyChanges {
    /// The field.
    pub field: &'static Field,
    /// A list of paths, each with the value to set or without one, to be removed, as JSON text.
    pub changes: String,
}

/// A mask, in parts.
#[derive(Debug, Default)]
pub struct Split {
    /// The paths that name whole fields, and those that name nothing.
    pub fields: Vec<String>,
    /// The keys of JSON fields.
    pub keys: Vec<(&'static Field, Vec<String>)>,
}

/// Parts a mask. A key below another that is named, or below a field that is, goes with that.
pub fn split(entity: &'static Entity, mask: &[String]) -> Result<Split> {
    let mut split = Split::default();
    let mut named: BTreeMap<&str, (&'static Field, Vec<Vec<String>>)> = BTreeMap::new();
    for path in mask {
        let field = path.split_once('.').and_then(|(name, rest)| Some((entity.field(name)?, rest)));
        match field.filter(|(field, _)| field.kind == Kind::Json && field.is_settable()) {
            Some((field, rest)) => {
                named.entry(&field.name).or_insert_with(|| (field, Vec::new())).1.push(keys(path, rest)?);
            }
            None => split.fields.push(path.clone()),
        }
    }
    for (name, (field, mut paths)) in named {
        if split.fields.iter().any(|path| path == "*" || path == name) {
            continue;
        }
        // What begins with another comes right after it.
        paths.sort();
        paths.dedup_by(|path, before| path.starts_with(before));
        split.keys.extend(paths.into_iter().map(|path| (field, path)));
    }
    Ok(split)
}

/// The keys of a path. One that is not a plain word is quoted, as in filters, or in backticks, as AIP-161 has it.
fn keys(path: &str, rest: &str) -> Result<Vec<String>> {
    let fail = |what: &str| {
        let path = shortened(path.to_owned(), SHOWN);
        let message = format!("`{path}` {what}; write keys with dots between them, and quote those that have dots");
        Error::invalid("update_mask", ErrorReason::UnknownField, message)
    };
    let mut keys = Vec::new();
    let mut chars = rest.chars().peekable();
    loop {
        let mut key = String::new();
        match chars.next_if(|c| matches!(c, '"' | '`')) {
            Some(quote) => loop {
                match chars.next() {
                    Some('\\') if quote == '"' => key.extend(chars.next()),
                    // Two backticks are one.
                    Some(c) if c == quote && !(c == '`' && chars.next_if_eq(&'`').is_some()) => break,
                    Some(c) => key.push(c),
                    None => return Err(fail("has a quote that does not end")),
                }
            },
            None => {
                while let Some(c) = chars.next_if(|c| *c != '.') {
                    key.push(c);
                }
                if key.is_empty() {
                    return Err(fail("has an empty key"));
                }
            }
        }
        if key.contains('\0') {
            return Err(fail("has a key with a null character, which cannot be stored"));
        }
        keys.push(key);
        match chars.next() {
            None => break,
            Some('.') => {}
            Some(_) => return Err(fail("has text right after a quote")),
        }
    }
    if keys.len() > MAX_JSON_DEPTH {
        return Err(fail(&format!("nests deeper than the {MAX_JSON_DEPTH} levels of JSON that are stored")));
    }
    Ok(keys)
}

/// The changes that a mask asks for: what the object of the request has at each key, or its removal.
pub fn changes(draft: &Draft, keys: &[(&'static Field, Vec<String>)]) -> Result<Vec<KeyChanges>> {
    let mut changes: Vec<KeyChanges> = Vec::new();
    for (field, path) in keys {
        let value = json::text_at(field, &draft.json(field)?, path)?;
        let path = serde_json::to_string(path).map_err(Error::internal)?;
        let change = match value {
            Some(value) => format!("[{path},{value}]"),
            None => format!("[{path}]"),
        };
        match changes.last_mut().filter(|last| last.field.number == field.number) {
            Some(last) => {
                last.changes.push(',');
                last.changes.push_str(&change);
            }
            None => changes.push(KeyChanges { field, changes: format!("[{change}") }),
        }
    }
    changes.iter_mut().for_each(|change| change.changes.push(']'));
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(mask: &[&str]) -> (Vec<String>, Vec<Vec<String>>) {
        let mask: Vec<String> = mask.iter().map(|path| (*path).to_owned()).collect();
        let split = split(qairon::model().target("stack"), &mask).expect("a mask");
        (split.fields, split.keys.into_iter().map(|(_, path)| path).collect())
    }

    #[test]
    fn a_mask_names_fields_and_keys() {
        assert_eq!(named(&["name", "defaults.b", "defaults.a.c"]).0, ["name"]);
        assert_eq!(named(&["defaults.b", "defaults.a.c"]).1, [vec!["a", "c"], vec!["b"]]);
        assert_eq!(
            named(&[r#"defaults."app.io/x".y"#, "defaults.`a``.b`", r#"defaults."q\"""#]).1,
            [vec!["a`.b"], vec!["app.io/x", "y"], vec!["q\""]]
        );
        // What is named as a whole is set as a whole.
        assert_eq!(named(&["defaults.a", "defaults.a.b", "defaults.ab"]).1, [vec!["a"], vec!["ab"]]);
        assert_eq!(named(&["defaults", "defaults.a"]), (vec!["defaults".to_owned()], vec![]));
        assert_eq!(named(&["*", "defaults.a"]), (vec!["*".to_owned()], vec![]));
        // Left for others to refuse.
        assert_eq!(named(&["name.a", "nothing.a"]).0, ["name.a", "nothing.a"]);
    }

    #[test]
    fn what_is_no_path_of_keys_is_refused() {
        let long = format!("defaults.{}", vec!["a"; MAX_JSON_DEPTH + 1].join("."));
        for path in
            ["defaults.", "defaults..a", "defaults.a.", r#"defaults."a"#, r#"defaults."a"b"#, "defaults.`a", &long]
        {
            let refused = split(qairon::model().target("stack"), &[path.to_owned()]).expect_err(path);
            assert_eq!((refused.field.as_deref(), refused.reason), (Some("update_mask"), ErrorReason::UnknownField));
        }
    }
}
