//! Bundles in YAML: documents that are objects or lists of objects.
//!
//! Read as events, not as values: the field decides whether `012` or `yes` is a text, and an event has the original
//! text and the line. Inside JSON no field decides: a bare word is a JSON value if it can be one, and a text otherwise.

use std::borrow::Cow;
use std::collections::HashMap;

use qairon::numbers;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::row::{Cell, Entry, Problem, Row};
use crate::structs;

/// The maximum nesting of values; the service allows less.
const MAX_DEPTH: usize = 100;
/// How many values aliases may add: a few lines could expand to more than fits in memory.
const MAX_ALIASED: usize = 1_000_000;

/// The rows of a text, each with its line.
pub fn rows(text: &str) -> Vec<Result<Row, Problem>> {
    let mut reader = Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), aliased: 0 };
    let mut rows = Vec::new();
    if let Err(problem) = reader.documents(&mut rows) {
        rows.push(Err(problem));
    }
    rows
}

/// A value with its place.
#[derive(Debug, Clone)]
struct Node {
    line: u64,
    value: Value,
}

#[derive(Debug, Clone)]
enum Value {
    /// Without quotes.
    Bare(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, (Node, usize)>,
    aliased: usize,
}

impl<'a> Reader<'a> {
    fn documents(&mut self, rows: &mut Vec<Result<Row, Problem>>) -> Result<(), Problem> {
        loop {
            let (event, span) = self.event()?;
            match event {
                Event::StreamEnd => return Ok(()),
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) => self.anchors.clear(),
                event => {
                    let (node, _) = self.node(event, span, 0)?;
                    of_document(node, rows);
                }
            }
        }
    }

    /// The next event that is data.
    fn event(&mut self) -> Result<(Event<'a>, Span), Problem> {
        loop {
            match self.parser.next_event() {
                Some(Ok((Event::Comment(..), _))) => {}
                Some(Ok(event)) => return Ok(event),
                Some(Err(error)) => return Err(of_error(&error)),
                None => return Ok((Event::StreamEnd, Span::default())),
            }
        }
    }

    /// The value that begins with an event, and how many values it is made of.
    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<(Node, usize), Problem> {
        let line = span.start.line() as u64;
        if depth > MAX_DEPTH {
            return Err((line, format!("values nest deeper than {MAX_DEPTH} levels")));
        }
        let mut size = 1;
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => (scalar(text, style, tag.as_deref(), line)?, anchor),
            Event::SequenceStart(_, anchor, _) => {
                let mut items = Vec::new();
                loop {
                    let (event, span) = self.event()?;
                    if event == Event::SequenceEnd {
                        break;
                    }
                    let (item, more) = self.node(event, span, depth + 1)?;
                    items.push(item);
                    size += more;
                }
                (Value::List(items), anchor)
            }
            Event::MappingStart(_, anchor, _) => {
                let mut entries = Vec::new();
                loop {
                    let (event, span) = self.event()?;
                    if event == Event::MappingEnd {
                        break;
                    }
                    let (key, _) = self.node(event, span, depth + 1)?;
                    let (event, span) = self.event()?;
                    let (value, more) = self.node(event, span, depth + 1)?;
                    entries.push((key, value));
                    size += 1 + more;
                }
                (Value::Map(entries), anchor)
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err((line, "the alias has no anchor".to_owned()));
                };
                self.aliased += size;
                if self.aliased > MAX_ALIASED {
                    return Err((line, format!("aliases expand to more than {MAX_ALIASED} values")));
                }
                return Ok((Node { line, ..node }, size));
            }
            _ => return Err((line, "a value is missing".to_owned())),
        };
        let node = Node { line, value };
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        Ok((node, size))
    }
}

fn of_error(error: &ScanError) -> Problem {
    // The scanner has its own limit, which lists on one line reach first.
    let info = match error.info() {
        info if info.contains("recursion limit") => "values nest too deeply".to_owned(),
        info => format!("not YAML: {info}"),
    };
    (error.marker().line() as u64, info)
}

fn scalar(text: Cow<'_, str>, style: ScalarStyle, tag: Option<&Tag>, line: u64) -> Result<Value, Problem> {
    let core = tag.map(|tag| tag.core_suffix().ok_or_else(|| tag.original()));
    match core.transpose() {
        Ok(Some("str")) => Ok(Value::Text(text.into_owned())),
        Ok(Some(_)) => Ok(Value::Bare(text.into_owned())),
        Ok(None) if style == ScalarStyle::Plain => Ok(Value::Bare(text.into_owned())),
        Ok(None) => Ok(Value::Text(text.into_owned())),
        Err(tag) => Err((line, format!("unknown tag `{tag}`; leave it out"))),
    }
}

/// The rows of a document.
fn of_document(node: Node, rows: &mut Vec<Result<Row, Problem>>) {
    let line = node.line;
    match node.value {
        Value::List(items) => items.into_iter().for_each(|item| rows.push(of_node(item))),
        // A document with nothing in it.
        Value::Bare(text) if bare(&text) == Json::Null => {}
        value => rows.push(of_node(Node { line, value })),
    }
}

fn of_node(node: Node) -> Result<Row, Problem> {
    let Value::Map(entries) = node.value else {
        return Err((node.line, "expected an object, such as `resource: stack` and more lines below it".to_owned()));
    };
    let entry = |(key, value): (Node, Node)| {
        let name = name(&key)?;
        let cell = match value.value {
            Value::Bare(text) => Cell { value: bare(&text), bare: Some(text), json: None },
            _ => Cell { value: json(value, &name)?, bare: None, json: None },
        };
        Ok(Entry { line: key.line, name, cell })
    };
    Ok(Row { line: node.line, entries: entries.into_iter().map(entry).collect::<Result<_, _>>()? })
}

fn name(key: &Node) -> Result<String, Problem> {
    match &key.value {
        Value::Bare(text) | Value::Text(text) => Ok(text.clone()),
        _ => Err((key.line, "expected a name before `:`".to_owned())),
    }
}

/// A value at a path inside JSON.
fn json(node: Node, path: &str) -> Result<Json, Problem> {
    Ok(match node.value {
        Value::Bare(text) => number(&text, path).map_err(|told| (node.line, told))?.unwrap_or_else(|| bare(&text)),
        Value::Text(text) => Json::String(text),
        Value::List(items) => {
            let item = |(index, item)| json(item, &format!("{path}[{index}]"));
            Json::Array(items.into_iter().enumerate().map(item).collect::<Result<_, _>>()?)
        }
        Value::Map(entries) => {
            let mut members = Map::new();
            for (key, value) in entries {
                let line = key.line;
                let name = name(&key)?;
                let twice = format!("`{name}` is given twice");
                let value = json(value, &format!("{path}{}", structs::step(&name)))?;
                if members.insert(name, value).is_some() {
                    return Err((line, twice));
                }
            }
            Json::Object(members)
        }
    })
}

/// The number that a bare word is; what is a number in YAML and cannot be held is refused.
fn number(text: &str, path: &str) -> Result<Option<Json>, String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(format!(
            "`{path}`: JSON has no number for {text}; leave it out, or quote it to write it as a text"
        ));
    }
    let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && serde_json::from_str::<&RawValue>(text).is_ok_and(|raw| raw.get() == text);
    if !is_number {
        return Ok(None);
    }
    let number = numbers::read(text).map_err(|error| format!("`{path}`: {error}"))?;
    Ok(Some(structs::number_to_json(number)))
}

/// What a bare word is.
fn bare(text: &str) -> Json {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Json::Null,
        "true" | "True" | "TRUE" => Json::Bool(true),
        "false" | "False" | "FALSE" => Json::Bool(false),
        text if text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            serde_json::from_str(text).map_or_else(|_| Json::from(text), Json::Number)
        }
        text => Json::from(text),
    }
}
