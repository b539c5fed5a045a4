//! Calls that take a stream of requests. They are made once: a part of the stream may have been acted on.

use std::time::Instant;

use prost_reflect::DynamicMessage;
use qairon::model::Method;
use tokio::task::JoinHandle;
use tokio_stream::{Stream, StreamExt};
use tonic::{Status, Streaming};

use super::{Client, path};
use crate::codec::DynamicCodec;
use crate::error::Result;

/// The answers to a stream of requests, while it is sent.
///
/// Requests are taken from their stream as the server has room for them, even if no caller waits for an answer.
/// Dropping this ends the call, and the server rolls back what was not committed.
pub struct Answers {
    client: Client,
    method: &'static Method,
    opening: Option<JoinHandle<std::result::Result<Streaming<DynamicMessage>, Status>>>,
    stream: Option<Streaming<DynamicMessage>>,
    started: Instant,
    count: u64,
}

impl Client {
    /// Calls a method that takes a stream of requests and answers with one:
    ///
    /// ```ignore
    /// let mut answers = client.duplex(method, requests);
    /// while let Some(answer) = answers.next().await? { … }
    /// ```
    ///
    /// The call has started when this returns. Requests may come from a channel that is filled between answers:
    /// `tokio_stream::wrappers::ReceiverStream` over one with a few places keeps memory bounded.
    pub fn duplex<S>(&self, method: &'static Method, requests: S) -> Answers
    where
        S: Stream<Item = DynamicMessage> + Send + 'static,
    {
        let client = self.clone();
        let request = self.streamed(requests);
        // In its own task: a server may send nothing before the first request, and the caller may send none before this
        // returns.
        let opening = tokio::spawn(async move {
            let mut grpc = client.ready().await?;
            let codec = DynamicCodec::new(method.descriptor.output());
            Ok(grpc.streaming(request, path(method)?, codec).await?.into_inner())
        });
        let (client, started) = (self.clone(), Instant::now());
        Answers { client, method, opening: Some(opening), stream: None, started, count: 0 }
    }

    fn streamed<S>(&self, requests: S) -> tonic::Request<impl Stream<Item = DynamicMessage> + Send + 'static>
    where
        S: Stream<Item = DynamicMessage> + Send + 'static,
    {
        let watch = self.watch;
        let mut request = tonic::Request::new(requests.map(move |message| {
            watch.request(&message);
            message
        }));
        request.metadata_mut().insert("x-qairon-actor", self.actor.clone());
        request
    }
}

impl Answers {
    /// The next answer; `None` when the call is complete. The wait for it has no limit by default: a server may work on
    /// a large file for long. Keepalive detects a dead server.
    pub async fn next(&mut self) -> Result<Option<DynamicMessage>> {
        let limit = self.client.stream_timeout;
        let received = match limit {
            Some(limit) => match tokio::time::timeout(limit, self.receive()).await {
                Ok(received) => received,
                Err(elapsed) => Err(Status::from_error(Box::new(elapsed))),
            },
            None => self.receive().await,
        };
        match received {
            Ok(Some(message)) => {
                self.count += 1;
                self.client.watch.response(&message);
                Ok(Some(message))
            }
            Ok(None) => {
                self.tell(Ok(self.count));
                Ok(None)
            }
            Err(status) => {
                self.tell(Err(&status));
                Err(self.client.failure(&status).await)
            }
        }
    }

    async fn receive(&mut self) -> std::result::Result<Option<DynamicMessage>, Status> {
        if let Some(opening) = &mut self.opening {
            let opened = opening.await.map_err(|error| Status::internal(error.to_string()));
            self.opening = None;
            self.stream = Some(opened??);
        }
        match &mut self.stream {
            Some(stream) => stream.message().await,
            None => Ok(None),
        }
    }

    fn tell(&self, outcome: std::result::Result<u64, &Status>) {
        let watched = self.client.watch.begin(self.method, &self.client.address, 1);
        watched.since(self.started).end(outcome, None);
    }
}

impl Drop for Answers {
    fn drop(&mut self) {
        if let Some(opening) = &self.opening {
            opening.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::Error;

    #[test]
    fn a_server_that_is_not_there_is_told_whether_or_not_requests_were_sent() {
        let method = qairon::model().methods().iter().find(|method| method.descriptor.name() == "LoadObjects");
        let method = method.expect("the API has it");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let message = DynamicMessage::new(method.descriptor.input());
        for requests in [vec![], vec![message.clone(), message]] {
            let outcome = runtime.block_on(async {
                let server = crate::endpoint::parse("127.0.0.1:1").expect("an endpoint");
                let client = Client::new(server, None, Duration::from_secs(5), "me").expect("a client");
                client.duplex(method, tokio_stream::iter(requests)).next().await
            });
            let error = outcome.expect_err("nobody listens there");
            assert!(matches!(&error, Error::Unreachable(told) if told.contains("127.0.0.1:1")), "{error}");
        }
    }
}
