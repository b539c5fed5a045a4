//! The facts, laid out for people: a heading in capitals, its text, and lists below.

use serde_json::Value as Json;

use crate::output::row::{Cell, Datum, Row};

/// How wide a line of prose is.
const WIDTH: usize = 96;

/// The lines of a description.
pub fn lines(facts: &Row) -> Vec<String> {
    let mut lines = Vec::new();
    match facts.cells.iter().find(|cell| cell.name == "target") {
        Some(Cell { datum: Datum::Row(target), .. }) => {
            headings(facts, &mut lines);
            lines.push(String::new());
            lines.extend(self::lines(target));
        }
        _ => headings(facts, &mut lines),
    }
    for (list, heading) in [("values", "VALUES"), ("fields", "FIELDS"), ("relations", "RELATIONS")] {
        let Some(Datum::List(items)) =
            get(facts, list).filter(|datum| !matches!(datum, Datum::List(items) if items.is_empty()))
        else {
            continue;
        };
        lines.extend([String::new(), heading.to_owned()]);
        for item in items {
            if let Datum::Row(row) = item {
                lines.extend(self::item(list, row));
            }
        }
    }
    lines
}

/// A line for each fact that is one, the description last.
fn headings(facts: &Row, lines: &mut Vec<String>) {
    let shown: Vec<(String, String)> = facts
        .cells
        .iter()
        .filter(|cell| !matches!(cell.name.as_str(), "description" | "id_fields"))
        .filter_map(|cell| Some((cell.name.to_uppercase().replace('_', " "), said(&cell.datum)?)))
        .collect();
    let width = shown.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, value) in shown {
        lines.extend(wrapped(&value, width + 2).into_iter().enumerate().map(|(index, line)| match index {
            0 => format!("{name:width$}  {line}"),
            _ => format!("{:width$}  {line}", ""),
        }));
    }
    let description = text(facts, "description");
    if !description.is_empty() {
        lines.push(String::new());
        lines.extend(sentence(description, 0));
    }
}

/// An item of a list: its name and what it is, then what it means.
fn item(list: &str, row: &Row) -> Vec<String> {
    let mut first = match list {
        "values" => format!("  {}", text(row, "value")),
        "fields" => {
            let mut words = vec![text(row, "type").to_owned()];
            for flag in ["required", "immutable", "output_only"] {
                if matches!(get(row, flag), Some(Datum::Json(Json::Bool(true)))) {
                    words.push(flag.replace('_', " "));
                }
            }
            let references = text(row, "references");
            if !references.is_empty() {
                words.push(format!("of {}", article(references)));
            }
            if !text(row, "default").is_empty() {
                words.push(format!("default {}", text(row, "default")));
            }
            format!("  {}  <{}>", text(row, "name"), words.join(", "))
        }
        _ => {
            let many = matches!(get(row, "many"), Some(Datum::Json(Json::Bool(true))));
            let count = if many { "many" } else { "one" };
            format!("  {}  <{count} {}>  by {}", text(row, "name"), text(row, "leads_to"), text(row, "kept_in"))
        }
    };
    if let Some(names) = get(row, "other_names").and_then(said) {
        first.push_str(&format!(", also {names}"));
    }
    let mut lines = vec![first];
    let description = text(row, "description");
    if !description.is_empty() {
        lines.extend(sentence(description, 6));
    }
    lines
}

fn article(resource: &str) -> String {
    let article = if resource.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {resource}")
}

/// What a fact says; nothing for one that does not hold, and for lists that have a place of their own.
fn said(datum: &Datum) -> Option<String> {
    match datum {
        Datum::Text(text) | Datum::Moment(text) => Some(text.clone()),
        Datum::Json(Json::Bool(true)) => Some("yes".to_owned()),
        Datum::Json(Json::Number(number)) => Some(number.to_string()),
        Datum::Json(Json::Array(items)) if !items.is_empty() => {
            Some(items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(", "))
        }
        _ => None,
    }
}

fn get<'a>(row: &'a Row, name: &str) -> Option<&'a Datum> {
    row.cells.iter().find(|cell| cell.name == name).map(|cell| &cell.datum)
}

fn text<'a>(row: &'a Row, name: &str) -> &'a str {
    match get(row, name) {
        Some(Datum::Text(text)) => text,
        _ => "",
    }
}

/// Comments are kept without their last full stop.
fn sentence(text: &str, indent: usize) -> Vec<String> {
    let lines = wrapped(&format!("{text}."), indent).into_iter();
    lines.map(|line| format!("{:indent$}{line}", "")).collect()
}

/// The words in lines that fit after an indent.
fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if indent + line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
