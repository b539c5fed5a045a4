//! A client for any method, known from the descriptors alone.

use std::ops::Index;
use std::time::Duration;

use prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor};
use qairon::model::{Entity, Method, Verb};
use serde_json::{Map, Value, json};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::{Ascii, MetadataKey, MetadataValue};
use tonic::transport::Channel;
use tonic::{Request, Status, Streaming};

use crate::codec::DynamicCodec;
use crate::factory::Factory;
use crate::failure::Failure;
use crate::json::{from_message, to_message};

/// A client. Clones share the channel.
#[derive(Debug, Clone)]
pub struct Client {
    channel: Channel,
    metadata: Vec<(String, String)>,
    timeout: Option<Duration>,
}

/// The messages of an answer that is a stream.
#[derive(Debug)]
pub struct Messages(Streaming<DynamicMessage>);

impl Messages {
    /// The next one in JSON, when it is there.
    pub async fn next(&mut self) -> Result<Option<Value>, Failure> {
        let message = self.0.message().await.map_err(|status| Failure::new(&status))?;
        Ok(message.map(|message| from_message(&message)))
    }
}

/// An object as the API returned it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row(pub Value);

impl Row {
    /// The ID.
    pub fn id(&self) -> &str {
        self.text("id")
    }

    /// The etag.
    pub fn etag(&self) -> &str {
        self.text("etag")
    }

    /// A text field; empty when unset.
    pub fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    /// Whether two objects are the same, what is left out counting as null.
    pub fn same_as(&self, other: &Self) -> bool {
        let members = [self, other].map(|row| row.0.as_object().cloned().unwrap_or_default());
        let keys = members.iter().flat_map(Map::keys);
        keys.into_iter().all(|key| self.0[key] == other.0[key])
    }

    /// The object with a field set.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0[field] = value.into();
        self
    }
}

impl Index<&str> for Row {
    type Output = Value;

    fn index(&self, field: &str) -> &Value {
        &self.0[field]
    }
}

impl From<Row> for Value {
    fn from(row: Row) -> Self {
        row.0
    }
}

impl Client {
    /// A client on a channel.
    pub fn new(channel: Channel) -> Self {
        Self { channel, metadata: Vec::new(), timeout: None }
    }

    /// A client that sends this metadata with every call.
    #[must_use]
    pub fn with_metadata(mut self, name: &str, value: &str) -> Self {
        self.metadata.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A client that gives every call this deadline.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// A factory that creates objects through this client.
    pub fn factory(&self) -> Factory {
        Factory::new(self.clone())
    }

    /// Calls a method, `GetStack` or `/qairon.v1.CatalogService/GetStack`, with a request in JSON (see
    /// [`crate::Client::message`]) and returns the response in JSON: field names as in the protos, integers as numbers,
    /// unset messages and unset optional fields left out or null.
    pub async fn call(&self, method: &str, request: Value) -> Result<Value, Failure> {
        let method = find_method(method);
        let message = to_message(&method.descriptor.input(), request);
        let response =
            self.call_encoded(method, message.encode_to_vec()).await.map_err(|status| Failure::new(&status))?;
        Ok(from_message(&response))
    }

    /// Calls a method with bytes, whether they are a message of its type or not.
    pub async fn call_encoded(&self, method: &Method, request: Vec<u8>) -> Result<DynamicMessage, Status> {
        let (mut grpc, request, path) = self.prepared(&method.path, request).await?;
        let codec = DynamicCodec::new(method.descriptor.output());
        Ok(grpc.unary(request, path, codec).await?.into_inner())
    }

    /// Calls a method whose answer is a stream and collects its messages. Those before an error are lost.
    pub async fn stream(&self, method: &str, request: Value) -> Result<Vec<Value>, Failure> {
        let mut messages = self.open(method, request).await?;
        let mut all = Vec::new();
        while let Some(message) = messages.next().await? {
            all.push(message);
        }
        Ok(all)
    }

    /// Calls a method whose answer is a stream, and hangs up after a number of messages.
    pub async fn stream_start(&self, method: &str, request: Value, count: usize) -> Result<Vec<Value>, Failure> {
        let mut messages = self.open(method, request).await?;
        let mut first = Vec::new();
        while first.len() < count {
            let Some(message) = messages.next().await? else { break };
            first.push(message);
        }
        Ok(first)
    }

    /// Calls a method whose answer is a stream. What is dropped before its end is cancelled.
    pub async fn open(&self, method: &str, request: Value) -> Result<Messages, Failure> {
        let method = find_method(method);
        let message = to_message(&method.descriptor.input(), request);
        let codec = DynamicCodec::new(method.descriptor.output());
        let opened = async {
            let (mut grpc, request, path) = self.prepared(&method.path, message.encode_to_vec()).await?;
            let request = request.map(tokio_stream::once);
            Ok(grpc.streaming(request, path, codec).await?.into_inner())
        };
        opened.await.map(Messages).map_err(|status: Status| Failure::new(&status))
    }

    /// Calls any method, of whatever kind, with all of its requests, and returns all of its answers.
    pub async fn exchange(&self, method: &MethodDescriptor, requests: Vec<Value>) -> Result<Vec<Value>, Failure> {
        let encoded = requests.into_iter().map(|request| to_message(&method.input(), request).encode_to_vec());
        let encoded: Vec<Vec<u8>> = encoded.collect();
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        let exchanged = async {
            // On the wire, one message is a stream of one.
            let (mut grpc, request, path) = self.prepared(&path, tokio_stream::iter(encoded)).await?;
            let codec = DynamicCodec::new(method.output());
            let mut answers = grpc.streaming(request, path, codec).await?.into_inner();
            let mut all = Vec::new();
            while let Some(answer) = answers.message().await? {
                all.push(from_message(&answer));
            }
            Ok(all)
        };
        exchanged.await.map_err(|status: Status| Failure::new(&status))
    }

    async fn prepared<T>(&self, path: &str, request: T) -> Result<(Grpc<Channel>, Request<T>, PathAndQuery), Status> {
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(64 << 20);
        grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
        let mut request = Request::new(request);
        for (name, value) in &self.metadata {
            let name: MetadataKey<Ascii> = name.parse().expect("a metadata key");
            let value: MetadataValue<Ascii> = value.parse().expect("a metadata value");
            request.metadata_mut().insert(name, value);
        }
        if let Some(timeout) = self.timeout {
            request.set_timeout(timeout);
        }
        Ok((grpc, request, path.parse().expect("a path")))
    }

    /// A message from JSON: field names of the protos, a field mask as a list of paths.
    pub fn message(descriptor: &MessageDescriptor, value: Value) -> DynamicMessage {
        to_message(descriptor, value)
    }

    /// The JSON of a message: every field, unset ones as null or their zero, integers as numbers.
    pub fn object(message: &DynamicMessage) -> Value {
        from_message(message)
    }

    /// Calls a standard method.
    pub async fn standard(&self, entity: &Entity, verb: Verb, request: Value) -> Result<Value, Failure> {
        self.call(&qairon::model().method(entity, verb).path, request).await
    }

    /// Gets an object.
    pub async fn get(&self, entity: &str, id: &str) -> Result<Row, Failure> {
        let entity = find_entity(entity);
        let response = self.standard(entity, Verb::Get, json!({ "id": id })).await?;
        Ok(Row(response[&entity.name].clone()))
    }

    /// Creates an object.
    pub async fn create(&self, entity: &str, object: Value) -> Result<Row, Failure> {
        let entity = find_entity(entity);
        let response = self.standard(entity, Verb::Create, json!({ &entity.name: object })).await?;
        Ok(Row(response[&entity.name].clone()))
    }

    /// Changes fields of an object: those the object has, which must include its ID.
    pub async fn update(&self, entity: &str, object: Value) -> Result<Row, Failure> {
        let entity = find_entity(entity);
        let response = self.standard(entity, Verb::Update, json!({ &entity.name: object })).await?;
        Ok(Row(response[&entity.name].clone()))
    }

    /// Calls an Update with further fields in its request, such as `update_mask`, and returns the whole response.
    pub async fn update_with(&self, entity: &str, object: Value, options: Value) -> Result<Value, Failure> {
        let entity = find_entity(entity);
        let request = merged(json!({ &entity.name: object }), options);
        self.standard(entity, Verb::Update, request).await
    }

    /// Deletes an object and returns the response.
    pub async fn delete(&self, entity: &str, id: &str) -> Result<Value, Failure> {
        self.standard(find_entity(entity), Verb::Delete, json!({ "id": id })).await
    }

    /// Calls a Delete with further fields in its request, such as `force`.
    pub async fn delete_with(&self, entity: &str, id: &str, options: Value) -> Result<Value, Failure> {
        self.standard(find_entity(entity), Verb::Delete, merged(json!({ "id": id }), options)).await
    }

    /// Every object that a filter matches, over all pages.
    pub async fn list(&self, entity: &str, filter: &str) -> Result<Vec<Row>, Failure> {
        self.list_with(entity, json!({ "filter": filter, "page_size": 1000 })).await
    }

    /// Every object of a listing, over all pages, with further fields in its requests.
    pub async fn list_with(&self, entity: &str, options: Value) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        let mut token = String::new();
        loop {
            let request = merged(options.clone(), json!({ "page_token": token }));
            let (page, next) = self.page(entity, request).await?;
            rows.extend(page);
            token = next;
            if token.is_empty() {
                return Ok(rows);
            }
        }
    }

    /// One page and the token of the next.
    pub async fn page(&self, entity: &str, request: Value) -> Result<(Vec<Row>, String), Failure> {
        let entity = find_entity(entity);
        let response = self.standard(entity, Verb::List, request).await?;
        let rows = response[&entity.plural].as_array().cloned().unwrap_or_default().into_iter().map(Row).collect();
        Ok((rows, response["next_page_token"].as_str().unwrap_or_default().to_owned()))
    }

    /// Adds a link by the owner's relation; returns whether it is new.
    pub async fn add_link(&self, owner: &str, id: &str, relation: &str, other: &str) -> Result<bool, Failure> {
        self.link(true, owner, id, relation, other, json!({})).await
    }

    /// Removes a link; returns whether there was one.
    pub async fn remove_link(&self, owner: &str, id: &str, relation: &str, other: &str) -> Result<bool, Failure> {
        self.link(false, owner, id, relation, other, json!({})).await
    }

    /// Adds or removes a link with further fields in the request.
    pub async fn link(
        &self,
        add: bool,
        owner: &str,
        id: &str,
        relation: &str,
        other: &str,
        options: Value,
    ) -> Result<bool, Failure> {
        let owner = find_entity(owner);
        let index = owner.links.iter().position(|link| link.relation == relation);
        let index = index.unwrap_or_else(|| panic!("{} owns no link `{relation}`", owner.name));
        let link = &owner.links[index];
        let verb = if add { Verb::AddLink(index) } else { Verb::RemoveLink(index) };
        let request = merged(json!({ &link.owner_column: id, &link.target_column: other }), options);
        let response = self.standard(owner, verb, request).await?;
        Ok(response[if add { "added" } else { "removed" }] == true)
    }
}

/// The entity of a name.
pub fn find_entity(name: &str) -> &'static Entity {
    qairon::model().entity(name).unwrap_or_else(|| panic!("there is no entity `{name}`"))
}

fn find_method(name: &str) -> &'static Method {
    let methods = qairon::model().methods().iter();
    let mut found = methods.filter(|method| method.path == name || method.path.rsplit('/').next() == Some(name));
    found.next().unwrap_or_else(|| panic!("there is no method `{name}`"))
}

/// One JSON object with the members of another besides.
pub fn merged(value: Value, other: Value) -> Value {
    let members = |value: Value| match value {
        Value::Object(members) => members,
        value => panic!("{value} is no JSON object"),
    };
    let mut all: Map<String, Value> = members(value);
    all.extend(members(other));
    Value::Object(all)
}
