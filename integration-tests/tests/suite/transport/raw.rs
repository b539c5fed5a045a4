//! Calls below gRPC: bodies as they go over the wire, whether or not they are frames, and answers as they come back.

use http_body_util::{BodyExt, Full};
use tonic::body::Body;
use tonic::codegen::{Bytes, Service, http};
use tonic::transport::Channel;
use tonic::{Code, Status};

use qairon_integration_tests::Failure;

/// An answer with everything it consists of.
#[derive(Debug)]
pub struct Answer {
    /// The status of HTTP.
    pub http: u16,
    /// Headers, then trailers.
    pub headers: http::HeaderMap,
    /// The messages.
    pub messages: Vec<Bytes>,
}

impl Answer {
    /// The status of gRPC.
    pub fn status(&self) -> Status {
        Status::from_header_map(&self.headers).unwrap_or_else(|| panic!("no status in {self:?}"))
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.status().code()
    }

    /// The status taken apart.
    pub fn failure(&self) -> Failure {
        Failure::new(&self.status())
    }

    /// What headers and trailers take.
    pub fn header_bytes(&self) -> usize {
        self.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
    }
}

/// A message as gRPC frames it.
pub fn frame(message: &[u8]) -> Vec<u8> {
    flagged_frame(0, message)
}

/// A frame with a compression flag.
pub fn flagged_frame(flag: u8, message: &[u8]) -> Vec<u8> {
    let mut frame = vec![flag];
    frame.extend(u32::try_from(message.len()).expect("a message is smaller than 4 GiB").to_be_bytes());
    frame.extend(message);
    frame
}

/// Sends a body and opens the answer. A content type among the headers takes the place of that of gRPC.
pub async fn open(
    mut channel: Channel,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Result<http::Response<Body>, tonic::transport::Error> {
    let mut request = http::Request::post(path).header("te", "trailers");
    if headers.iter().all(|(name, _)| *name != "content-type") {
        request = request.header("content-type", "application/grpc");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::new(Full::new(Bytes::from(body)))).expect("a request");
    std::future::poll_fn(|context| channel.poll_ready(context)).await?;
    channel.call(request).await
}

/// Sends a body and takes the whole answer.
pub async fn post(channel: Channel, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let response = open(channel, path, headers, body).await.unwrap_or_else(|error| panic!("{path}: {error:?}"));
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap_or_else(|error| panic!("{path}: {error:?}"));
    let mut headers = head.headers;
    if let Some(trailers) = body.trailers() {
        headers.extend(trailers.clone());
    }
    Answer { http: head.status.as_u16(), headers, messages: messages(body.to_bytes()) }
}

/// The next message of an answer that is a stream, or its status at the end. Every frame of HTTP is one of gRPC, as
/// small messages come.
pub async fn next(response: &mut http::Response<Body>) -> Result<Bytes, Status> {
    let frame = match response.body_mut().frame().await {
        Some(Ok(frame)) => frame,
        Some(Err(status)) => return Err(status),
        None => return Err(Status::from_header_map(response.headers()).unwrap_or_else(|| Status::unknown("cut off"))),
    };
    match frame.into_data() {
        Ok(data) => Ok(messages(data).remove(0)),
        Err(frame) => {
            let trailers = frame.into_trailers().unwrap_or_else(|_| panic!("neither data nor trailers"));
            Err(Status::from_header_map(&trailers).unwrap_or_else(|| Status::unknown("no status")))
        }
    }
}

fn messages(mut data: Bytes) -> Vec<Bytes> {
    let mut messages = Vec::new();
    while data.len() >= 5 {
        let length = u32::from_be_bytes([data[1], data[2], data[3], data[4]]) as usize;
        messages.push(data.slice(5..5 + length));
        data = data.slice(5 + length..);
    }
    messages
}

/// The request of `grpc.health.v1.Health`.
pub fn health_request(service: &str) -> Vec<u8> {
    let mut message = vec![0x0a, u8::try_from(service.len()).expect("names of services are short")];
    message.extend(service.as_bytes());
    frame(&message)
}

/// The answer of `grpc.health.v1.Health` for SERVING.
pub const SERVING: &[u8] = &[8, 1];
/// The answer of `grpc.health.v1.Health` for NOT_SERVING.
pub const NOT_SERVING: &[u8] = &[8, 2];
