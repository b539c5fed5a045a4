//! Requests of the standard methods. Their fields have the same numbers in every message; the model made sure of it.

use prost_reflect::{DynamicMessage, Kind as ProtoKind, ReflectMessage, Value};
use qairon::model::{Entity, Method, Verb};

use crate::client::Client;
use crate::error::{Error, Result};
use crate::filter;

/// The most that the server puts on a page.
const MAX_PAGE: i64 = 1_000;

/// A request that is being filled in.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: &'static Method,
    /// The message.
    pub message: DynamicMessage,
}

impl Request {
    /// An empty request of a method.
    pub fn new(method: &'static Method) -> Self {
        Self { method, message: DynamicMessage::new(method.descriptor.input()) }
    }

    /// An empty request of a standard method.
    pub fn standard(entity: &Entity, verb: Verb) -> Self {
        Self::new(qairon::model().method(entity, verb))
    }

    /// Sets a field by its name. Setting one to its default leaves it unset.
    pub fn set(mut self, name: &str, value: Value) -> Self {
        self.message.set_field_by_name(name, value);
        self
    }

    /// Sets a text.
    pub fn text(self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, Value::String(value.into()))
    }

    /// Sets a field mask, unless it names nothing.
    pub fn mask(self, name: &str, paths: &[String]) -> Self {
        let field = self.message.descriptor().get_field_by_name(name);
        let Some(ProtoKind::Message(mask)) = field.map(|field| field.kind()).filter(|_| !paths.is_empty()) else {
            return self;
        };
        let mut message = DynamicMessage::new(mask);
        let paths = paths.iter().cloned().map(Value::String).collect();
        message.set_field_by_name("paths", Value::List(paths));
        self.set(name, Value::Message(message))
    }

    /// Makes the call.
    pub async fn call(self, client: &Client) -> Result<DynamicMessage> {
        client.call(self.method, self.message).await
    }

    /// Makes the call, and returns the object in the first field of the answer.
    pub async fn call_for_object(self, client: &Client) -> Result<DynamicMessage> {
        let answer = self.call(client).await?;
        match answer.get_field_by_number(1).as_deref() {
            Some(Value::Message(object)) => Ok(object.clone()),
            _ => Err(Error::refused("the answer of the server holds no object")),
        }
    }
}

/// Gets one object.
pub async fn get(client: &Client, entity: &Entity, id: &str, mask: &[String]) -> Result<DynamicMessage> {
    Request::standard(entity, Verb::Get).text("id", id).mask("read_mask", mask).call_for_object(client).await
}

/// Gets some objects, each once, in no particular order.
pub async fn batch_get(
    client: &Client,
    entity: &Entity,
    ids: &[String],
    mask: &[String],
) -> Result<Vec<DynamicMessage>> {
    let ids = ids.iter().cloned().map(Value::String).collect();
    let request = Request::standard(entity, Verb::BatchGet).set("ids", Value::List(ids)).mask("read_mask", mask);
    Ok(objects(&request.call(client).await?))
}

/// The read mask for the fields asked for: all when none are, and never empty otherwise.
pub fn read_mask(asked: &[String]) -> Vec<String> {
    if asked.is_empty() {
        return Vec::new();
    }
    let fields = asked.iter().filter(|name| *name != "resource" && *name != "id").cloned();
    std::iter::once("id".to_owned()).chain(fields).collect()
}

/// Which objects to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListQuery {
    /// The filter.
    pub filter: String,
    /// The order.
    pub order_by: String,
    /// How many to pass over.
    pub skip: i32,
    /// How many at most.
    pub limit: Option<i64>,
    /// How many in one call.
    pub page_size: Option<i64>,
}

impl ListQuery {
    /// The objects of an entity whose field or path has this value.
    pub fn equal(path: &str, value: &str) -> Self {
        Self { filter: filter::equal(path, value), ..Self::default() }
    }
}

/// The pages of a list.
#[derive(Debug)]
pub struct Pages<'a> {
    client: &'a Client,
    request: Request,
    page_size: i64,
    left: Option<i64>,
    done: bool,
}

impl<'a> Pages<'a> {
    /// Starts a list.
    pub fn new(client: &'a Client, entity: &Entity, query: &ListQuery, mask: &[String]) -> Self {
        let request = Request::standard(entity, Verb::List)
            .text("filter", &query.filter)
            .text("order_by", &query.order_by)
            .set("skip", Value::I32(query.skip))
            .mask("read_mask", mask);
        let page_size = query.page_size.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
        Self { client, request, page_size, left: query.limit, done: query.limit == Some(0) }
    }

    /// The next page; `None` after the last. A page can be empty.
    pub async fn next(&mut self) -> Result<Option<Vec<DynamicMessage>>> {
        if self.done {
            return Ok(None);
        }
        let wanted = self.left.map_or(self.page_size, |left| left.min(self.page_size));
        let size = i32::try_from(wanted).unwrap_or(i32::MAX);
        self.request.message.set_field_by_name("page_size", Value::I32(size));
        let answer = self.request.clone().call(self.client).await?;
        let page = objects(&answer);
        if let Some(left) = &mut self.left {
            *left -= i64::try_from(page.len()).unwrap_or(i64::MAX);
        }
        let token = answer.get_field_by_name("next_page_token").and_then(|token| token.as_str().map(str::to_owned));
        let token = token.unwrap_or_default();
        self.done = token.is_empty() || self.left.is_some_and(|left| left <= 0);
        self.request.message.set_field_by_name("page_token", Value::String(token));
        Ok(Some(page))
    }
}

/// The objects in the first field of an answer.
fn objects(answer: &DynamicMessage) -> Vec<DynamicMessage> {
    let list = answer.get_field_by_number(1);
    let items = list.as_deref().and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.as_message().cloned()).collect()
}
