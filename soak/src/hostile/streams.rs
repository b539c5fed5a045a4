//! Streams that hold what others need, or that are greater than anybody needs.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use prost::Message;
use prost_types::Any;
use qairon::v1::bulk_service_client::BulkServiceClient;
use qairon::v1::{Application, ApplyObjectsRequest, BulkObject, LoadObjectsRequest, LoadOptions, Service};
use qairon_integration_tests::Client;
use serde_json::json;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};

use super::Attacker;
use super::raw::named;

const WRITERS: usize = 24;
const HELD: &str = "hostile-held";
/// A message of a bundle, and how many there are: 160 MiB.
const PART: usize = 3 << 20;
const PARTS: usize = 53;

fn any<M: Message>(name: &str, message: &M) -> Any {
    Any { type_url: format!("type.googleapis.com/qairon.v1.{name}"), value: message.encode_to_vec() }
}

impl Attacker {
    fn channel(&self) -> Option<Channel> {
        Some(Endpoint::from_shared(format!("http://{}", self.stage.api())).ok()?.connect_lazy())
    }

    /// A load has changed an object and stays open, and others want to change that object.
    pub async fn open_load(&self, note: impl Fn(String) + Copy) {
        let Some(channel) = self.channel() else { return note("no address".to_owned()) };
        let client = Client::new(channel.clone());
        // It may be there from the time before.
        let missing = json!({ "application": { "id": HELD }, "allow_missing": true });
        if let Err(failure) = client.call("UpdateApplication", missing).await {
            return note(format!("{:?} {}", failure.code, failure.reason));
        }
        let changed = serde_json::json!({ "n": 1 }).to_string().len() as f64;
        let fields =
            [("n".to_owned(), prost_types::Value { kind: Some(prost_types::value::Kind::NumberValue(changed)) })];
        let application = Application {
            id: HELD.to_owned(),
            defaults: Some(prost_types::Struct { fields: fields.into() }),
            ..Default::default()
        };
        let options = LoadOptions { upsert: true, ..Default::default() };
        let first = LoadObjectsRequest { options: Some(options), objects: vec![any("Application", &application)] };
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        if sender.send(first).await.is_err() {
            return;
        }
        let mut bulk = BulkServiceClient::new(channel.clone());
        let mut answers = match bulk.load_objects(ReceiverStream::new(receiver)).await {
            Ok(answers) => answers.into_inner(),
            Err(status) => return note(named(&status)),
        };
        if let Err(status) = answers.message().await {
            return note(named(&status));
        }
        let writers = (0..WRITERS).map(|number| {
            let client = client.clone();
            async move {
                let change = json!({ "application": { "id": HELD, "defaults": { "writer": number } } });
                while Instant::now() < self.until {
                    let left = self.until.saturating_duration_since(Instant::now());
                    let client = client.clone().with_timeout(left + Duration::from_secs(1));
                    let outcome = client.call("UpdateApplication", change.clone()).await;
                    let answer = outcome
                        .map_or_else(|failure| format!("{:?} {}", failure.code, failure.reason), |_| "Ok".to_owned());
                    note(answer);
                    // A refusal at once is not to become a race.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        });
        let writers: Vec<_> = writers.collect();
        futures_util::stream::iter(writers).for_each_concurrent(None, |writer| writer).await;
        drop(sender);
    }

    /// A bundle of many objects below a stack that does not exist.
    pub async fn bundle(&self) -> String {
        let Some(channel) = self.channel() else { return "no address".to_owned() };
        let service = |number: usize| {
            let text = "x".repeat(1000);
            let service = Service {
                stack_id: "nobody:nothing".to_owned(),
                name: format!("s{number}"),
                artifact_name: Some(text),
                ..Default::default()
            };
            BulkObject { object: Some(any("Service", &service)), ..Default::default() }
        };
        let (sender, receiver) = tokio::sync::mpsc::channel(2);
        let until = self.until;
        let sending = tokio::spawn(async move {
            let many = PART / 1100;
            for part in 0..PARTS {
                let objects = (0..many).map(|number| service(part * many + number)).collect();
                let is_over = Instant::now() > until + Duration::from_secs(5);
                if is_over || sender.send(ApplyObjectsRequest { options: None, objects }).await.is_err() {
                    return;
                }
            }
        });
        let mut bulk = BulkServiceClient::new(channel).max_decoding_message_size(64 << 20);
        let answer = match bulk.apply_objects(ReceiverStream::new(receiver)).await {
            Ok(answers) => {
                let mut answers = answers.into_inner();
                loop {
                    match answers.message().await {
                        Ok(Some(_)) => {}
                        Ok(None) => break "Ok, each object refused".to_owned(),
                        Err(status) => break named(&status),
                    }
                }
            }
            Err(status) => named(&status),
        };
        sending.abort();
        answer
    }
}
