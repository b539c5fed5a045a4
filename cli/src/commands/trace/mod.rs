//! `trace`: questions across all resources. Answers are rows, one object or ways; some can be drawn.
//!
//! Rows are printed as they come. A picture is made of the whole answer, which is held for it.

mod builds;
mod impact;
mod infrastructure;
mod lineage;
mod neighbors;
mod path;
mod pictures;
mod provenance;

use clap::ArgMatches;
use prost_reflect::{DynamicMessage, Kind as ProtoKind, MessageDescriptor, Value};
use qairon::model::Entity;

use super::{Session, named, text};
use crate::args::route::normal;
use crate::args::trace::{Question, TRACES, names_resource};
use crate::client::{Client, Messages};
use crate::error::{Error, Result};
use crate::output::row::Cell;
use crate::output::shape::{Shape, json_cell};
use crate::requests::Request;

impl Session {
    pub(super) async fn trace(&mut self, verb: &str, matches: &ArgMatches) -> Result<()> {
        let question = TRACES.iter().find(|trace| trace.verb == verb);
        let question = question.ok_or_else(|| Error::Usage(format!("unknown command `trace {verb}`")))?;
        let request = request(question, matches)?;
        let picture = question.pictures.iter().copied().find(|picture| matches.get_flag(picture.flag()));
        match (verb, picture) {
            ("impact", Some(picture)) => self.draw_impact(request, picture).await,
            ("impact", None) => self.impact_rows(question, request).await,
            ("infrastructure", Some(picture)) => self.draw_infrastructure(request, picture).await,
            ("neighbors", Some(picture)) => self.draw_neighbors(request, picture).await,
            ("builds", Some(picture)) => self.draw_builds(request, picture).await,
            ("infrastructure" | "neighbors", None) => {
                self.rows_of(question, request, &[json_cell("resource", "deployment")], &[]).await
            }
            ("provenance", picture) => self.provenance(question, request, picture).await,
            ("lineage", picture) => self.lineage(question, request, picture).await,
            ("path", picture) => self.path(question, request, picture).await,
            _ => self.rows_of(question, request, &[], &[]).await,
        }
    }

    /// Prints the rows of a stream as they come.
    async fn rows_of(
        &mut self,
        question: &Question,
        request: Request,
        leading: &[Cell],
        hidden: &'static [&'static str],
    ) -> Result<()> {
        let names: Vec<&str> = leading.iter().map(|cell| cell.name.as_str()).collect();
        let shape = Shape::new(&question.name(), &names, &row_type(&request)?, hidden, &self.asked)?;
        let mut messages = messages(&self.client, request);
        // A refused trace prints nothing: the array begins with the first message.
        let mut next = messages.next().await?;
        let mut array = self.output.array();
        while let Some(message) = next {
            for row in items(&message, "rows") {
                array.push(shape.row(leading.to_vec(), &row))?;
            }
            next = messages.next().await?;
        }
        array.finish()
    }

    async fn impact_rows(&mut self, question: &Question, mut request: Request) -> Result<()> {
        const PARENTS: &[&str] = &["parent_resource", "parent_id"];
        if self.asked.iter().any(|name| PARENTS.contains(&name.as_str())) {
            request = request.set("include_parents", Value::Bool(true));
        }
        self.rows_of(question, request, &[], PARENTS).await
    }
}

/// The request of a question, from the arguments.
pub(super) fn request(question: &Question, matches: &ArgMatches) -> Result<Request> {
    let method = question.method().ok_or_else(|| Error::refused(format!("no method `{}`", question.method)))?;
    let mut request = Request::new(method);
    for field in question.fields() {
        let name = field.name();
        let value = match field.kind() {
            ProtoKind::Bool => Value::Bool(matches.get_flag(name)),
            ProtoKind::Int32 => {
                let number = matches.get_one::<i64>(name).copied().unwrap_or_default();
                Value::I32(i32::try_from(number).unwrap_or(i32::MAX))
            }
            _ if field.is_list() => {
                let texts = matches.get_many::<String>(name).into_iter().flatten();
                Value::List(texts.map(|text| argument(name, text).map(Value::String)).collect::<Result<_>>()?)
            }
            _ => Value::String(match text(matches, name) {
                "" => String::new(),
                text => argument(name, text)?,
            }),
        };
        request = request.set(name, value);
    }
    Ok(request)
}

/// The value of a text: the names of resources are checked, and may have hyphens.
fn argument(field: &str, text: &str) -> Result<String> {
    match names_resource(field) {
        true => named(&normal(&text.into())).map(|entity: &Entity| entity.name.clone()),
        false => Ok(text.to_owned()),
    }
}

fn messages(client: &Client, request: Request) -> Messages {
    client.messages(request.method, request.message)
}

/// The whole of a stream's rows, for a picture.
async fn all_rows(client: &Client, request: Request) -> Result<Vec<DynamicMessage>> {
    let mut messages = messages(client, request);
    let mut rows = Vec::new();
    while let Some(message) = messages.next().await? {
        rows.extend(items(&message, "rows"));
    }
    Ok(rows)
}

/// The type of the rows that a method answers with.
fn row_type(request: &Request) -> Result<MessageDescriptor> {
    inner_type(&request.method.descriptor.output(), "rows")
}

/// The type of the messages in a field.
pub(super) fn inner_type(message: &MessageDescriptor, field: &str) -> Result<MessageDescriptor> {
    match message.get_field_by_name(field).map(|field| field.kind()) {
        Some(ProtoKind::Message(inner)) => Ok(inner),
        _ => Err(Error::refused(format!("`{}` has no `{field}`", message.full_name()))),
    }
}

/// The messages in a list.
pub(super) fn items(message: &DynamicMessage, field: &str) -> Vec<DynamicMessage> {
    let list = message.get_field_by_name(field);
    let items = list.as_deref().and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.as_message().cloned()).collect()
}

/// The texts in a list.
fn texts(message: &DynamicMessage, field: &str) -> Vec<String> {
    let list = message.get_field_by_name(field);
    let items = list.as_deref().and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
