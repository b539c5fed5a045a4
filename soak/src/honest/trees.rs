//! Several objects in one call: an application with a stack and two services, loaded, applied anew and deleted, always
//! as a whole.

use prost::Message;
use prost_types::value::Kind;
use prost_types::{Any, Struct};
use qairon::v1::bulk_service_client::BulkServiceClient;
use qairon::v1::{Application, ApplyObjectsRequest, BulkObject, LoadObjectsRequest, LoadOptions, Service, Stack};
use qairon_integration_tests::Failure;
use serde_json::json;
use tonic::{Request, Status};

use super::{Caller, PATIENCE};
use crate::journal::{Image, Thing};

fn root(thing: &Thing) -> Option<String> {
    let image = thing.known().filter(|image| image.len() == 4)?;
    image.keys().find_map(|key| key.strip_prefix("application ").map(str::to_owned))
}

fn image(id: &str, number: i64) -> Image {
    let service = |name: &str| (format!("service {id}:s:{name}"), number);
    let stack = (format!("stack {id}:s"), 0);
    Image::from([(format!("application {id}"), 0), stack, service("v"), service("w")])
}

fn any<M: Message>(name: &str, message: &M) -> Any {
    Any { type_url: format!("type.googleapis.com/qairon.v1.{name}"), value: message.encode_to_vec() }
}

#[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
fn objects(id: &str, number: i64) -> Vec<Any> {
    let value = prost_types::Value { kind: Some(Kind::NumberValue(number as f64)) };
    let defaults = Struct { fields: [("n".to_owned(), value)].into() };
    let service = |name: &str| {
        let service = Service {
            stack_id: format!("{id}:s"),
            name: name.to_owned(),
            defaults: Some(defaults.clone()),
            ..Default::default()
        };
        any("Service", &service)
    };
    let stack = Stack { application_id: id.to_owned(), name: "s".to_owned(), ..Default::default() };
    let application = Application { id: id.to_owned(), ..Default::default() };
    // Not in the order of their references.
    vec![service("v"), any("Application", &application), service("w"), any("Stack", &stack)]
}

impl Caller {
    pub(super) async fn load_tree(&mut self) {
        let number = self.next();
        let id = format!("soak-t{}-{number}", self.number);
        let request = LoadObjectsRequest { options: Some(LoadOptions::default()), objects: objects(&id, number) };
        let call = async |mut bulk: BulkServiceClient<_>| {
            let mut answers = bulk.load_objects(timed(request)).await?.into_inner();
            let mut is_committed = false;
            while let Some(answer) = answers.message().await? {
                is_committed = answer.committed;
            }
            Ok(is_committed)
        };
        self.journal.things.push(Thing { possible: vec![Image::default()], open: None });
        let place = self.journal.things.len() - 1;
        let at = self.record.now();
        let outcome = call(BulkServiceClient::new(self.channel.clone())).await;
        self.bulk("load", at, place, image(&id, number), outcome);
    }

    pub(super) async fn apply_tree(&mut self) {
        let Some(place) = self.pick(|thing| root(thing).is_some()) else { return };
        let (Some(id), number) = (root(&self.journal.things[place]), self.next()) else { return };
        let objects = objects(&id, number).into_iter();
        let objects = objects.map(|object| BulkObject { object: Some(object), ..Default::default() }).collect();
        let request = ApplyObjectsRequest { options: None, objects };
        let call = async |mut bulk: BulkServiceClient<_>| {
            let mut answers = bulk.apply_objects(timed(request)).await?.into_inner();
            let mut is_committed = false;
            while let Some(answer) = answers.message().await? {
                is_committed |= answer.summary.is_some_and(|summary| summary.committed);
            }
            Ok(is_committed)
        };
        let at = self.record.now();
        let outcome = call(BulkServiceClient::new(self.channel.clone())).await;
        self.bulk("apply", at, place, image(&id, number), outcome);
    }

    pub(super) async fn fell_tree(&mut self) {
        let Some(place) = self.pick(|thing| root(thing).is_some()) else { return };
        let Some(id) = root(&self.journal.things[place]) else { return };
        let request = json!({ "id": id, "force": true, "request_id": self.request_id() });
        self.change(place, "delete", "DeleteApplication", request, Image::default()).await;
    }

    /// Notes the outcome of a call that has no request ID: it is not repeated.
    fn bulk(
        &mut self,
        what: &'static str,
        at: std::time::Duration,
        place: usize,
        after: Image,
        outcome: Result<bool, Status>,
    ) {
        let failure = outcome.as_ref().err().map(Failure::new);
        self.record.call(what, at, failure.as_ref());
        self.judge(what, failure.as_ref());
        match outcome {
            Ok(true) => self.journal.things[place].is_now(after),
            Ok(false) => self.record.fault(format!("{what} of {after:?} was not committed")),
            Err(_) => self.journal.things[place].may_be(after, None),
        }
    }
}

fn timed<T: Send + 'static>(message: T) -> Request<tokio_stream::Once<T>> {
    let mut request = Request::new(tokio_stream::once(message));
    request.set_timeout(PATIENCE);
    request
}
