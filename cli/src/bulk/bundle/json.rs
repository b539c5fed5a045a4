//! Bundles in JSON: an object, a list of objects, or any number of either one after the other.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use super::row::{Cell, Entry, Problem, Row};

/// The rows of a text, each with its line.
pub fn rows(text: &str) -> Vec<Result<Row, Problem>> {
    let mut reader = Reader { text, counted: 0, line: 1, rows: Vec::new() };
    if let Err(problem) = reader.read() {
        reader.rows.push(Err(problem));
    }
    reader.rows
}

struct Reader<'a> {
    text: &'a str,
    /// The position up to which lines are counted.
    counted: usize,
    line: u64,
    rows: Vec<Result<Row, Problem>>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) -> Result<(), Problem> {
        let text = self.text;
        for value in serde_json::Deserializer::from_str(text).into_iter::<&'a RawValue>() {
            let value = value.map_err(|error| (error.line() as u64, told(&error)))?;
            if value.get().starts_with('[') {
                let items: Vec<&'a RawValue> = self.parse(value)?;
                for item in items {
                    self.row(item);
                }
            } else {
                self.row(value);
            }
        }
        Ok(())
    }

    fn row(&mut self, value: &'a RawValue) {
        let line = self.line_of(value);
        let row = if value.get().starts_with('{') {
            self.parse::<Members>(value).and_then(|members| Ok(Row { line, entries: members.entries(line)? }))
        } else {
            Err((line, "expected an object, such as {\"resource\": \"stack\", …}".to_owned()))
        };
        self.rows.push(row);
    }

    fn parse<T: Deserialize<'a>>(&mut self, value: &'a RawValue) -> Result<T, Problem> {
        let line = self.line_of(value);
        serde_json::from_str(value.get()).map_err(|error| (line + error.line() as u64 - 1, told(&error)))
    }

    /// The line where a value begins. Values come in their order.
    fn line_of(&mut self, value: &RawValue) -> u64 {
        // A raw value is a part of the text that was read.
        let at = (value.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let between = self.text.as_bytes().get(self.counted..at).unwrap_or_default();
        self.line += between.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.counted = self.counted.max(at);
        self.line
    }
}

/// What is wrong, without the position: the caller adds that.
fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let told = text.rsplit_once(" at line ").map_or(text.as_str(), |(told, _)| told);
    format!("not JSON: {told}")
}

/// The members of an object in their order, duplicates included.
struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    fn entries(self, line: u64) -> Result<Vec<Entry>, Problem> {
        self.0.into_iter().map(|(name, raw)| entry(line, name, &raw)).collect()
    }
}

/// A member with its value. The notation of numbers is kept: a JSON field refuses what would be rounded.
fn entry(line: u64, name: String, raw: &RawValue) -> Result<Entry, Problem> {
    let text = raw.get();
    let json = text.starts_with(['{', '-']) || text.starts_with(|c: char| c.is_ascii_digit());
    let value = match serde_json::from_str(text) {
        Ok(value) => value,
        // A number that is too large somewhere, which the field refuses by its path.
        Err(_) if text.starts_with('{') => Json::Object(Map::new()),
        Err(_) if json => Json::from(0),
        Err(error) => return Err((line, told(&error))),
    };
    Ok(Entry { line, name, cell: Cell { value, bare: None, json: json.then(|| text.to_owned()) } })
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
