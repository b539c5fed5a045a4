//! The changes that `apply` made or would make, as text and as rows.

use qairon::v1::{ApplySummary, ChangeKind, FieldChange, ObjectChange};
use serde_json::Value as Json;

use crate::colour::Paint;
use crate::error::one_line;
use crate::hazards::affected::Counts;
use crate::output::row::{Cell, Datum, Place, Row};

/// A change on a line.
pub fn line(change: &ObjectChange) -> String {
    let (sign, _) = kind(change);
    let object = format!("{sign} {} {}", change.resource, change.id);
    if change.kind() != ChangeKind::Update || change.fields.is_empty() {
        return one_line(&object);
    }
    let fields: Vec<String> = change.fields.iter().flat_map(differences).collect();
    one_line(&format!("{object}: {}", fields.join(", ")))
}

/// What its line is shown in.
pub fn paint(change: &ObjectChange) -> Option<Paint> {
    match change.kind() {
        ChangeKind::Create => Some(Paint::Green),
        ChangeKind::Update => Some(Paint::Yellow),
        ChangeKind::Delete => Some(Paint::Red),
        ChangeKind::Unspecified => None,
    }
}

/// A change as a row.
pub fn row(change: &ObjectChange) -> Row {
    let field = |field: &FieldChange| {
        let datum = |text: &str| Datum::Json(value(text));
        let cells = [
            ("field", Datum::Text(field.field.clone())),
            ("before", datum(&field.before)),
            ("after", datum(&field.after)),
        ];
        Datum::Row(Row { cells: cells.into_iter().map(|(name, datum)| cell(name, datum, Place::Everywhere)).collect() })
    };
    let cells = vec![
        cell("change", Datum::Text(kind(change).1.to_owned()), Place::Everywhere),
        cell("resource", Datum::Text(change.resource.clone()), Place::Everywhere),
        cell("id", Datum::Text(change.id.clone()), Place::Everywhere),
        cell("fields", Datum::List(change.fields.iter().map(field).collect()), Place::Detail),
    ];
    Row { cells }
}

/// The summary, in one line.
pub fn summary(summary: &ApplySummary, tally: &Tally, dry_run: bool) -> String {
    let ApplySummary { created, updated, deleted, unchanged, .. } = summary;
    let [new, set, gone] = [&tally.created, &tally.updated, &tally.deleted].map(|counts| match counts.total() {
        0 => String::new(),
        _ => format!(" ({counts})"),
    });
    match dry_run {
        true => format!(
            "would create {created}{new}, update {updated}{set} and delete {deleted}{gone}; {unchanged} unchanged"
        ),
        false => {
            format!("{created} created{new}, {updated} updated{set}, {deleted} deleted{gone}, {unchanged} unchanged")
        }
    }
}

/// How many objects of each resource changed, and how.
#[derive(Debug, Default)]
pub struct Tally {
    created: Counts,
    updated: Counts,
    deleted: Counts,
    /// Changes that only a newer qcli knows.
    unknown: Counts,
}

impl Tally {
    /// Counts a change.
    pub fn add(&mut self, change: &ObjectChange) {
        let counts = match change.kind() {
            ChangeKind::Create => &mut self.created,
            ChangeKind::Update => &mut self.updated,
            ChangeKind::Delete => &mut self.deleted,
            ChangeKind::Unspecified => &mut self.unknown,
        };
        counts.add(&change.resource);
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        [&self.created, &self.updated, &self.deleted, &self.unknown].iter().all(|counts| counts.total() == 0)
    }
}

fn cell(name: &str, datum: Datum, place: Place) -> Cell {
    Cell { name: name.to_owned(), datum, place }
}

fn kind(change: &ObjectChange) -> (&'static str, &'static str) {
    match change.kind() {
        ChangeKind::Create => ("+", "create"),
        ChangeKind::Update => ("~", "update"),
        ChangeKind::Delete => ("-", "delete"),
        // From a newer server.
        ChangeKind::Unspecified => ("?", "unknown"),
    }
}

/// Null means no value.
fn value(text: &str) -> Json {
    if text.is_empty() { Json::Null } else { serde_json::from_str(text).unwrap_or_else(|_| Json::from(text)) }
}

fn differences(field: &FieldChange) -> Vec<String> {
    let mut told = Vec::new();
    compare(&field.field, &value(&field.before), &value(&field.after), &mut told);
    told
}

/// The differences: the members of objects and the elements of lists of texts one by one, so that a change in a large
/// value is visible.
fn compare(path: &str, before: &Json, after: &Json, told: &mut Vec<String>) {
    match (before, after) {
        (Json::Object(old), Json::Object(new)) => {
            let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
            for key in keys {
                match (old.get(key), new.get(key)) {
                    (Some(before), Some(after)) if before == after => {}
                    (Some(before), Some(after)) => compare(&format!("{path}.{key}"), before, after, told),
                    (Some(before), None) => told.push(format!("{path}.{key}: {before} -> nothing")),
                    (None, after) => told.push(format!("{path}.{key}: nothing -> {}", after.unwrap_or(&Json::Null))),
                }
            }
        }
        (Json::Array(old), Json::Array(new)) if old.iter().chain(new).all(Json::is_string) => {
            let parts = [("-", old, new), ("+", new, old)].map(|(sign, these, others)| {
                let only = these.iter().filter(|item| !others.contains(item));
                only.map(|item| format!("{sign}{}", item.as_str().unwrap_or_default())).collect::<Vec<_>>()
            });
            let parts = parts.concat();
            told.push(match parts.is_empty() {
                // In another order.
                true => format!("{path}: {before} -> {after}"),
                false => format!("{path}: {}", parts.join(" ")),
            });
        }
        _ => told.push(format!("{path}: {before} -> {after}")),
    }
}

/// The last row of an apply, for programs: how many objects of each resource.
pub fn totals(summary: &ApplySummary, tally: &Tally) -> Row {
    Row::of_cells([
        ("change", Json::from("summary")),
        ("created", tally.created.json()),
        ("updated", tally.updated.json()),
        ("deleted", tally.deleted.json()),
        ("unchanged", Json::from(summary.unchanged)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: ChangeKind, fields: &[(&str, &str, &str)]) -> ObjectChange {
        let field = |(field, before, after): &(&str, &str, &str)| FieldChange {
            field: (*field).to_owned(),
            before: (*before).to_owned(),
            after: (*after).to_owned(),
        };
        let (resource, id) = ("service".to_owned(), "a:b:c".to_owned());
        ObjectChange { kind: kind.into(), resource, id, fields: fields.iter().map(field).collect() }
    }

    #[test]
    fn changes_are_lines_that_show_what_differs() {
        let update = |fields| line(&change(ChangeKind::Update, fields));
        assert_eq!(line(&change(ChangeKind::Create, &[("name", "", "\"c\"")])), "+ service a:b:c");
        assert_eq!(line(&change(ChangeKind::Delete, &[])), "- service a:b:c");
        assert_eq!(
            update(&[("artifact_name", "\"a\"", "\"b\""), ("native_id", "", "\"x\\ny\"")]),
            r#"~ service a:b:c: artifact_name: "a" -> "b", native_id: null -> "x\ny""#
        );
        assert_eq!(
            update(&[("defaults", r#"{"a":{"b":1,"c":2},"d":0}"#, r#"{"a":{"b":1,"c":3},"e":[1]}"#)]),
            "~ service a:b:c: defaults.a.c: 2 -> 3, defaults.d: 0 -> nothing, defaults.e: nothing -> [1]"
        );
        assert_eq!(update(&[("repos", r#"["x","y"]"#, r#"["y","z"]"#)]), "~ service a:b:c: repos: -x +z");
    }

    #[test]
    fn rows_have_values_and_not_their_text() {
        let row = row(&change(ChangeKind::Update, &[("artifact_name", "", "\"b\"")]));
        assert_eq!(
            serde_json::to_string(&row).expect("JSON"),
            r#"{"change":"update","resource":"service","id":"a:b:c","fields":[{"field":"artifact_name","before":null,"after":"b"}]}"#
        );
    }
}
