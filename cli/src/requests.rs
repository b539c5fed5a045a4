//! Requests of the standard methods. Their fields have the same numbers in every message; the model checks that.

use prost_reflect::{DynamicMessage, Kind as ProtoKind, ReflectMessage, Value};
use qairon::model::{Entity, Method, Verb};

use crate::client::Client;
use crate::error::{Error, Result};
use crate::filter;

/// The most that the server puts on a page.
const MAX_PAGE: i64 = 1_000;

/// How many IDs the server takes in one BatchGet.
pub const MAX_BATCH: usize = 1_000;

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
            _ => Err(Error::refused("the server returned no object")),
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

/// Gets those of some objects that exist, in no particular order. IDs that were just read can be deleted by now, and a
/// BatchGet returns all or nothing: then they are listed.
pub async fn some_of(client: &Client, entity: &Entity, ids: &[String], mask: &[String]) -> Result<Vec<DynamicMessage>> {
    let mut found = Vec::new();
    for part in ids.chunks(MAX_BATCH) {
        match batch_get(client, entity, part, mask).await {
            Err(Error::Refused { reason: Some(reason), .. }) if reason == "NOT_FOUND" => {
                for part in in_parts(part) {
                    let mut pages = Pages::new(client, entity, &ListQuery::one_of("id", part), mask);
                    while let Some(page) = pages.next().await? {
                        found.extend(page);
                    }
                }
            }
            objects => found.extend(objects?),
        }
    }
    Ok(found)
}

/// Which objects to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListQuery {
    /// The filter.
    pub filter: String,
    /// The order.
    pub order_by: String,
    /// How many to skip.
    pub skip: i32,
    /// The maximum number.
    pub limit: Option<i64>,
    /// How many in one call.
    pub page_size: Option<i64>,
}

impl ListQuery {
    /// The query of a document; the server parses and checks it.
    pub fn document(text: &str) -> Result<Self> {
        match text.trim_start().starts_with(['{', '[']) {
            true => Ok(Self { filter: text.to_owned(), ..Self::default() }),
            false => Err(Error::Usage(
                "a query document is a JSON object or a list, such as `[{\"name\": \"id\", \"op\": \"eq\", \"val\": \"x\"}]`; \
                 a filter in the filter language goes to `list --filter`"
                    .to_owned(),
            )),
        }
    }

    /// Those of them that have one of these IDs.
    pub fn among(self, ids: &[String]) -> Self {
        Self { filter: format!("{} AND {}", filter::one_of("id", ids), self.filter), ..self }
    }

    /// The objects whose field or path has one of these values.
    pub fn one_of(path: &str, values: &[String]) -> Self {
        Self { filter: filter::one_of(path, values), ..Self::default() }
    }

    /// The objects of an entity whose field or path has this value.
    pub fn equal(path: &str, value: &str) -> Self {
        Self { filter: filter::equal(path, value), ..Self::default() }
    }
}

/// Texts in parts that each fit into a filter, which has 16 KiB: see the limits of the service.
pub fn in_parts(texts: &[String]) -> Vec<&[String]> {
    const PART: usize = 14 * 1024;
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, text) in texts.iter().enumerate() {
        // A comma and a space follow.
        let size = filter::quoted(text).len() + 2;
        if bytes + size > PART && index > start {
            parts.push(&texts[start..index]);
            (start, bytes) = (index, 0);
        }
        bytes += size;
    }
    if start < texts.len() {
        parts.push(&texts[start..]);
    }
    parts
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

/// How many objects a filter matches. At most one of them is returned.
pub async fn count(client: &Client, entity: &Entity, filter: &str) -> Result<i64> {
    let request = Request::standard(entity, Verb::List)
        .text("filter", filter)
        .set("page_size", Value::I32(1))
        .set("include_total_size", Value::Bool(true))
        .mask("read_mask", &["id".to_owned()]);
    let answer = request.call(client).await?;
    let total = answer.get_field_by_name("total_size").and_then(|total| total.as_i64());
    total.ok_or_else(|| Error::refused("the server returned no total"))
}

/// A filter and an order as the server understands them, in the filter language.
pub async fn explain(client: &Client, entity: &Entity, query: &ListQuery) -> Result<(String, String)> {
    let name = "ExplainFilter";
    let method = qairon::model().methods().iter().find(|method| method.descriptor.name() == name);
    let method = method.ok_or_else(|| Error::refused(format!("no method `{name}`")))?;
    let request = Request::new(method)
        .text("resource", &entity.name)
        .text("filter", &query.filter)
        .text("order_by", &query.order_by);
    let answer = request.call(client).await?;
    let text = |field| {
        let value = answer.get_field_by_name(field);
        value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    Ok((text("filter"), text("order_by")))
}

/// The objects in the first field of an answer.
fn objects(answer: &DynamicMessage) -> Vec<DynamicMessage> {
    let list = answer.get_field_by_number(1);
    let items = list.as_deref().and_then(Value::as_list).unwrap_or_default();
    items.iter().filter_map(|item| item.as_message().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fit_into_filters_and_leave_nothing_out() {
        let texts: Vec<String> = (0..5000).map(|n| format!("{n}{}", "*".repeat(n % 300))).collect();
        let parts = in_parts(&texts);
        assert_eq!(parts.concat(), texts);
        assert!(parts.iter().all(|part| filter::one_of("relation.id", part).len() < 16 * 1024));
        assert!(in_parts(&[]).is_empty());
    }

    #[test]
    fn only_documents_are_sent_as_documents() {
        assert_eq!(ListQuery::document(" [] ").expect("a list").filter, " [] ");
        assert!(ListQuery::document("name = x").is_err());
    }
}
