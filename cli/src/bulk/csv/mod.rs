//! `csv_import import_csv`: the objects of a CSV file, all or none.
//!
//! The file is read twice: once to find the rows that cannot be sent, and once to send the others. When a row cannot
//! be sent, the server only checks the rest, so that one report tells everything that is wrong with the file.

mod header;
mod row;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use clap::ArgMatches;
use prost_reflect::{DynamicMessage, Kind as ProtoKind, Value};
use qairon::model::{Entity, Method};
use serde_json::json;

use crate::args::route::normal;
use crate::commands::{Session, named, text};
use crate::error::{Error, Result, one_line};
use crate::output::row::Row;
use row::Rows;

/// What some programs put at the beginning of UTF-8 files.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// How many objects go into one message.
const BATCH_ROWS: usize = 500;
/// How many bytes of objects go into one message, which may hold 4 MiB.
const BATCH_BYTES: usize = 2 << 20;

/// A row that was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct BadRow {
    /// Its line in the file, from one.
    line: u64,
    /// What is wrong with it.
    message: String,
    /// The `ErrorReason`, when the server gave one.
    reason: Option<String>,
}

/// Runs the command.
pub async fn run(session: &mut Session, matches: &ArgMatches) -> Result<()> {
    let entity = named(&normal(&text(matches, "resource").into()))?;
    let path = text(matches, "file");
    let content = read(path)?;
    let (lines, mut bad) = check(entity, &content)?;
    let method = qairon::model().methods().iter().find(|method| method.descriptor.name() == "ImportObjects");
    let method = method.ok_or_else(|| Error::refused("no method `ImportObjects`"))?;
    let validate_only = matches.get_flag("dry_run") || !bad.is_empty();
    let requests = Requests::new(method, entity, content, validate_only)?;
    let answer = session.client.stream(method, tokio_stream::iter(requests)).await?;
    let number = |name: &str| answer.get_field_by_name(name).and_then(|value| value.as_i64()).unwrap_or_default();
    let refused = number("refused") + i64::try_from(bad.len()).unwrap_or(i64::MAX);
    bad.extend(refusals(&answer, &lines));
    bad.sort_by_key(|row| row.line);
    if refused == 0 {
        let told = [("resource", json!(entity.name)), ("created", json!(number("created")))];
        return session.output.object(&Row::of_cells(told));
    }
    let name = if path == "-" { "standard input" } else { path };
    for row in &bad {
        let reason = row.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        eprintln!("qcli: {name}:{}: {}{reason}", row.line, one_line(&row.message));
    }
    let rows = if refused == 1 { "row was" } else { "rows were" };
    Err(Error::refused(format!("{refused} {rows} refused, nothing was imported from {name}")))
}

/// The whole file, so that it can be read twice whatever it is.
fn read(path: &str) -> Result<Arc<[u8]>> {
    let content = match path {
        "-" => {
            let mut content = Vec::new();
            std::io::stdin().lock().read_to_end(&mut content).map(|_| content)
        }
        path => std::fs::read(Path::new(path)),
    };
    let content = content.map_err(|error| Error::Usage(format!("cannot read `{path}`: {error}")))?;
    Ok(without_bom(&content).into())
}

fn without_bom(content: &[u8]) -> &[u8] {
    content.strip_prefix(BOM).unwrap_or(content)
}

/// The lines of the rows that can be sent, and the rows that cannot.
fn check(entity: &'static Entity, content: &Arc<[u8]>) -> Result<(Vec<u64>, Vec<BadRow>)> {
    let (mut lines, mut bad) = (Vec::new(), Vec::new());
    for (line, object) in Rows::new(entity, Arc::clone(content))? {
        match object {
            Ok(_) => lines.push(line),
            Err(message) => bad.push(BadRow { line, message, reason: None }),
        }
    }
    Ok((lines, bad))
}

/// What the server refused, by line.
fn refusals(answer: &DynamicMessage, lines: &[u64]) -> Vec<BadRow> {
    let list = answer.get_field_by_name("errors");
    let items = list.as_deref().and_then(Value::as_list).unwrap_or_default();
    let refusal = |error: &DynamicMessage| {
        let text = |name: &str| {
            error.get_field_by_name(name).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
        };
        let index = error.get_field_by_name("index").and_then(|index| usize::try_from(index.as_i64()?).ok());
        let (field, message) = (text("field"), text("message"));
        BadRow {
            line: index.and_then(|index| lines.get(index).copied()).unwrap_or_default(),
            message: if field.is_empty() || message.contains(&format!("`{field}`")) {
                message
            } else {
                format!("`{field}`: {message}")
            },
            reason: Some(text("reason")).filter(|reason| !reason.is_empty()),
        }
    };
    items.iter().filter_map(Value::as_message).map(refusal).collect()
}

/// The messages of an import.
struct Requests {
    rows: Rows,
    request: DynamicMessage,
    any: DynamicMessage,
    /// A message of its own starts the stream: without one, an empty file would say nothing.
    started: bool,
}

impl Requests {
    fn new(method: &Method, entity: &'static Entity, content: Arc<[u8]>, validate_only: bool) -> Result<Self> {
        let mut request = DynamicMessage::new(method.descriptor.input());
        request.set_field_by_name("validate_only", Value::Bool(validate_only));
        let objects = method.descriptor.input().get_field_by_name("objects").map(|field| field.kind());
        let Some(ProtoKind::Message(any)) = objects else {
            return Err(Error::refused("`ImportObjects` takes no objects"));
        };
        let mut any = DynamicMessage::new(any);
        let type_url = format!("type.googleapis.com/{}", entity.message.full_name());
        any.set_field_by_name("type_url", Value::String(type_url));
        Ok(Self { rows: Rows::new(entity, content)?, request, any, started: false })
    }

    fn message(&self, objects: Vec<Value>) -> DynamicMessage {
        let mut message = self.request.clone();
        message.set_field_by_name("objects", Value::List(objects));
        message
    }
}

impl Iterator for Requests {
    type Item = DynamicMessage;

    fn next(&mut self) -> Option<DynamicMessage> {
        let (mut objects, mut bytes) = (Vec::new(), 0);
        while objects.len() < BATCH_ROWS && bytes < BATCH_BYTES {
            let Some((_, row)) = self.rows.next() else { break };
            // Those that cannot be sent are in the report already.
            let Ok(object) = row else { continue };
            let encoded = prost::Message::encode_to_vec(&object);
            bytes += encoded.len();
            let mut any = self.any.clone();
            any.set_field_by_name("value", Value::Bytes(encoded.into()));
            objects.push(Value::Message(any));
        }
        if objects.is_empty() && self.started {
            return None;
        }
        self.started = true;
        Some(self.message(objects))
    }
}
