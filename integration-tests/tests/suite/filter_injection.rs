//! Texts that mean something to SQL, JSON or filters, wherever a question takes a text: they find nothing, or are
//! refused with an error of this API, and change nothing.

use std::collections::HashSet;

use prost::Message;
use qairon::model::Entity;
use qairon_integration_tests::{Client, Failure, Report};
use serde_json::{Map, Value, json};
use tonic::Code;

use crate::stage::{Stage, entities};

const CORPUS: [&str; 34] = [
    "'",
    "\"",
    "\\",
    "';--",
    "'; DROP TABLE stack; --",
    "\"; DROP TABLE stack; --",
    "' OR '1'='1",
    "x' UNION SELECT 1 --",
    "\" OR \"\"=\"",
    "id\" = id --",
    "name\") FROM stack --",
    "sleep(10)",
    "$1",
    "$$",
    "%",
    "_%\\",
    "{}",
    "[",
    "{\"and\":",
    "\0",
    "a\0b",
    "\\u0000",
    "/*",
    "*/",
    "*",
    "(",
    "-",
    "..",
    "id.id.id",
    "\u{202e}abc",
    "\u{feff}",
    "𝕏🎈e\u{301}",
    "\u{10ffff}",
    "NaN",
];

/// Every operator, and what is none.
const OPS: [&str; 12] = ["==", "!=", ">", "<=", "like", "ilike", "in", "is_null", "has", "any", "<<", "&&"];

/// Notes whether an answer is what a question with a strange text may get.
fn note(report: &mut Report, place: &str, text: &str, result: Result<Value, Failure>) {
    let Err(failure) = result else { return report.check(true, place, "") };
    let flaws = failure.flaws();
    let typed = matches!(failure.code, Code::InvalidArgument | Code::NotFound) && flaws.is_empty();
    report.check(typed, place, format!("{text:?}: {failure} {flaws:?}"));
}

/// A text as a quoted literal of a filter.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('*', "\\*"))
}

fn filters(entity: &Entity, text: &str) -> Vec<String> {
    let literal = quoted(text);
    let mut filters = vec![
        text.to_owned(),
        literal.clone(),
        format!("id = {text}"),
        format!("id = {literal}"),
        format!("id:{literal}"),
        format!("{text} = 1"),
        format!("{literal} = 1"),
        format!("defaults.{literal} = {literal}"),
        format!("defaults.{literal}:{literal}"),
        format!("defaults.a < {literal}"),
        format!("created_at > {literal}"),
        format!("uid = {literal}"),
        format!("like(id, {literal})"),
        format!("starts_with(id, {literal})"),
        format!("in(id, {literal}, {text})"),
        format!("{text}(id)"),
        format!("id = \"{text}\""),
        format!("id = '{text}'"),
    ];
    for relation in &entity.relations {
        filters.push(format!("{}.id = {literal}", relation.name()));
        filters.push(format!("{}.{literal} = 1", relation.name()));
        filters.push(format!("any({}, ({text}))", relation.name()));
    }
    filters
}

fn documents(entity: &Entity, text: &str) -> Vec<Value> {
    let mut documents = vec![
        json!([{ "name": text, "op": "==", "val": 1 }]),
        json!([{ "name": "id", "op": text, "val": "x" }]),
        json!([{ "name": "id", "op": "==", "field": text }]),
        json!([{ "name": format!("defaults.{text}"), "op": "==", "val": text }]),
        json!([{ "name": format!("defaults.\"{text}\""), "op": "==", "val": text }]),
        json!([{ text: [] }]),
        json!([text]),
        json!({ text: [] }),
        json!({ "filters": text }),
        json!({ "order_by": [{ "field": text, "direction": "asc" }] }),
        json!({ "order_by": [{ "field": "id", "direction": text }] }),
        json!({ "limit": text }),
        json!({ "offset": text }),
    ];
    for op in OPS {
        documents.push(json!([{ "name": "id", "op": op, "val": text }]));
        documents.push(json!([{ "name": "id", "op": op, "val": [text] }]));
        documents.push(json!([{ "name": "created_at", "op": op, "val": text }]));
    }
    for relation in &entity.relations {
        let op = if relation.is_to_one() { "has" } else { "any" };
        documents
            .push(json!([{ "name": relation.name(), "op": op, "val": { "name": text, "op": "==", "val": text } }]));
        documents
            .push(json!([{ "name": relation.name(), "op": op, "val": { "name": "id", "op": "==", "val": text } }]));
    }
    documents
}

#[tokio::test]
async fn every_text_of_a_filter_and_an_order_is_data() {
    let stage = Stage::set().await;
    let (client, mut report) = (&stage.client, Report::new());
    for (index, entity) in entities().iter().enumerate() {
        let name = &entity.name;
        let row = stage.factory.create(name).await;
        let rows = stage.rows().await;
        // Every text meets some of the entities, and every entity some of the texts.
        for text in CORPUS.into_iter().skip(index % 17).step_by(17) {
            for filter in filters(entity, text) {
                let request = json!({ "filter": filter, "page_size": 1, "read_mask": ["id"] });
                note(&mut report, name, &filter, client.standard(entity, qairon::model::Verb::List, request).await);
            }
            for document in documents(entity, text) {
                let filter = document.to_string();
                let request = json!({ "filter": filter, "page_size": 1, "read_mask": ["id"] });
                note(&mut report, name, &filter, client.standard(entity, qairon::model::Verb::List, request).await);
            }
            for order_by in [text.to_owned(), format!("id {text}"), format!("created_at, {text}"), format!("{text}.id")]
            {
                let result = client.page(name, json!({ "order_by": order_by })).await.map(|_| Value::Null);
                report.check(result.is_err(), name, format!("the order {order_by:?} was taken"));
                note(&mut report, name, &order_by, result);
            }
        }
        report.equal(name, stage.rows().await, rows);
        report.equal(name, client.get(name, row.id()).await.as_ref(), Ok(&row));
    }
    report.finish();
}

/// A page token as the service makes them. It is opaque to callers, which keeps no one from making one up.
#[derive(Clone, PartialEq, Message)]
struct Token {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(fixed64, tag = "2")]
    query: u64,
    #[prost(message, repeated, tag = "3")]
    keys: Vec<Key>,
    #[prost(int64, optional, tag = "4")]
    left: Option<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Key {
    #[prost(string, optional, tag = "1")]
    value: Option<String>,
}

#[tokio::test]
async fn a_forged_page_token_is_refused_or_finds_nothing_it_should_not() {
    let Stage { client, server: _server, database: _database, .. } = Stage::set().await;
    let mut report = Report::new();
    for (place, result) in forged_page_tokens(&client).await {
        note(&mut report, &place, "", result.map(|()| Value::Null));
    }
    report.finish();
}

/// Lists every entity in every order with tokens that the service has not made, and returns what came of each.
pub async fn forged_page_tokens(client: &Client) -> Vec<(String, Result<(), Failure>)> {
    let (factory, mut results) = (client.factory(), Vec::new());
    for entity in entities() {
        let name = &entity.name;
        factory.create(name).await;
        factory.create(name).await;
        let columns = entity.fields.iter().filter(|field| field.is_column());
        for field in columns.filter(|field| field.kind != qairon::model::Kind::Json) {
            let request = json!({ "order_by": field.name, "page_size": 1 });
            let (_, genuine) = client.page(name, request.clone()).await.expect("a page");
            let token = Token::decode(decode(&genuine).as_slice()).expect("tokens are messages");
            assert!(!token.keys.is_empty(), "{name}: a token without keys");
            let texts = ["'; DROP TABLE stack; --", "\0", "x", "", "1e400", "infinity", "9999999999999999999999"];
            let keyed = texts.map(|text| {
                let keys = token.keys.iter().map(|_| Key { value: Some(text.to_owned()) }).collect();
                (format!("{name} by {} from {text:?}", field.name), Token { keys, ..token.clone() })
            });
            let counted = [i64::MIN, -1, 0, i64::MAX]
                .map(|left| (format!("{name}, {left} left"), Token { left: Some(left), ..token.clone() }));
            for (place, forged) in keyed.into_iter().chain(counted) {
                let token = json!({ "page_token": encode(&forged.encode_to_vec()) });
                let result = client.page(name, qairon_integration_tests::merged(request.clone(), token)).await;
                results.push((place, result.map(drop)));
            }
        }
    }
    results
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Bytes in base64 for URLs, without padding.
fn encode(bytes: &[u8]) -> String {
    let of_chunk = |chunk: &[u8]| {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        let digit = |at: usize| char::from(BASE64[bits >> (18 - 6 * at) & 63]);
        (0..=chunk.len()).map(digit).collect::<String>()
    };
    bytes.chunks(3).map(of_chunk).collect()
}

fn decode(text: &str) -> Vec<u8> {
    let digit = |c: &u8| BASE64.iter().position(|known| known == c).expect("tokens are base64");
    let of_chunk = |chunk: &[u8]| {
        let bits = (0..4).fold(0, |bits, at| bits << 6 | chunk.get(at).map_or(0, digit));
        (0..chunk.len() - 1).map(|at| u8::try_from(bits >> (16 - 8 * at) & 255).expect("a byte")).collect::<Vec<_>>()
    };
    text.as_bytes().chunks(4).flat_map(of_chunk).collect()
}

/// All methods that only read.
fn reads(name: &str) -> bool {
    let writes = ["Create", "Update", "Delete", "Add", "Remove", "Import", "Allocate", "Clone", "Promote"];
    !writes.iter().any(|verb| name.starts_with(verb))
}

#[tokio::test]
async fn every_text_of_every_reading_method_is_data() {
    let stage = Stage::set().await;
    let mut report = Report::new();
    stage.factory.create("deployment").await;
    let rows = stage.rows().await;
    let methods: Vec<_> = qairon::model().methods().iter().filter(|method| reads(method.descriptor.name())).collect();
    assert!(methods.len() > 3 * entities().len(), "{} methods", methods.len());
    for (index, method) in methods.into_iter().enumerate() {
        for text in CORPUS.into_iter().skip(index % 3).step_by(3) {
            let (mut request, mut choices) = (Map::new(), HashSet::new());
            for field in method.descriptor.input().fields() {
                // Of several that exclude each other the first is given.
                let chosen = field.containing_oneof().is_none_or(|choice| choices.insert(choice.name().to_owned()));
                if chosen && matches!(field.kind(), prost_reflect::Kind::String) {
                    let value = if field.is_list() { json!([text]) } else { json!(text) };
                    request.insert(field.name().to_owned(), value);
                }
            }
            let result = call(&stage.client, method, Value::Object(request)).await;
            note(&mut report, &method.path, text, result);
        }
    }
    report.equal("rows", stage.rows().await, rows);
    report.finish();
}

async fn call(
    client: &Client,
    method: &qairon::model::Method,
    request: Value,
) -> Result<Value, qairon_integration_tests::Failure> {
    match method.descriptor.is_server_streaming() {
        true => client.stream(&method.path, request).await.map(Value::Array),
        false => client.call(&method.path, request).await,
    }
}
