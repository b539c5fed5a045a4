//! What all questions share: the request from the arguments, and the rows of the answer.

use clap::ArgMatches;
use prost_reflect::{DynamicMessage, Kind as ProtoKind, MessageDescriptor, Value};
use qairon::model::Entity;

use crate::args::spelling::normal;
use crate::args::trace::{Question, names_resource};
use crate::arguments::{named, text};
use crate::client::Client;
use crate::client::messages::Messages;
use crate::error::{Error, Result};
use crate::output::row::Cell;
use crate::output::shape::Shape;
use crate::requests::Request;
use crate::session::Session;

impl Session {
    /// Prints the rows of a stream as they come.
    pub(super) async fn rows_of(
        &mut self,
        question: &Question,
        request: Request,
        leading: &[Cell],
        hidden: &'static [&'static str],
        limit: Option<i64>,
    ) -> Result<()> {
        let names: Vec<&str> = leading.iter().map(|cell| cell.name.as_str()).collect();
        let shape = Shape::new(&question.name(), &names, &row_type(&request)?, hidden, &self.asked)?;
        let mut left = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let mut messages = messages(&self.client, request);
        // What is refused prints nothing: the array begins with the first message.
        let mut next = messages.next().await?;
        let mut array = self.output.array(question.none);
        while let Some(message) = next {
            for row in items(&message, "rows").into_iter().take(left) {
                array.push(shape.row(leading.to_vec(), &row))?;
                left -= 1;
            }
            if left == 0 {
                // The server stops its statement.
                messages.end();
                break;
            }
            next = messages.next().await?;
        }
        array.finish()
    }
}

/// The request of a question, from the arguments.
pub(in crate::commands) fn request(question: &Question, matches: &ArgMatches) -> Result<Request> {
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
pub(super) async fn all_rows(client: &Client, request: Request) -> Result<Vec<DynamicMessage>> {
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
pub(in crate::commands) fn inner_type(message: &MessageDescriptor, field: &str) -> Result<MessageDescriptor> {
    match message.get_field_by_name(field).map(|field| field.kind()) {
        Some(ProtoKind::Message(inner)) => Ok(inner),
        _ => Err(Error::refused(format!("`{}` has no `{field}`", message.full_name()))),
    }
}

/// The messages in a list.
pub(in crate::commands) fn items(message: &DynamicMessage, field: &str) -> Vec<DynamicMessage> {
    let list = message.get_field_by_name(field);
    let items = list.as_deref().and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.as_message().cloned()).collect()
}

/// The texts in a list.
pub(super) fn texts(message: &DynamicMessage, field: &str) -> Vec<String> {
    let list = message.get_field_by_name(field);
    let items = list.as_deref().and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
