//! Requests below gRPC, and the names of their answers.

use anyhow::Result;
use bytes::{BufMut, Bytes, BytesMut};
use qairon_bench::client::Connection;
use qairon_integration_tests::Failure;
use tonic::Status;

use super::Request;

/// A message in a frame of gRPC.
pub fn framed(flag: u8, message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(message.len() + 5);
    frame.put_u8(flag);
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put_slice(message);
    frame.freeze()
}

/// Sends a request and names its answer: the code and the reason, or the status of HTTP.
pub async fn exchange(connection: &Connection, request: Request) -> Result<String> {
    let mut head = http::Request::post(connection.uri(&request.path)?).version(http::Version::HTTP_2);
    for (name, value) in &request.headers {
        head = head.header(*name, value);
    }
    if !request.headers.iter().any(|(name, _)| *name == "content-type") {
        head = head.header("content-type", "application/grpc");
    }
    let answer = connection.exchange(head.header("te", "trailers").body(())?, request.body).await?;
    Ok(match Status::from_header_map(answer.headers()) {
        Some(status) => named(&status),
        None => format!("HTTP {}", answer.status().as_u16()),
    })
}

/// The code, and the reason when there is one.
pub fn named(status: &Status) -> String {
    if status.code() == tonic::Code::Ok {
        return "Ok".to_owned();
    }
    let failure = Failure::new(status);
    format!("{:?} {}", failure.code, failure.reason).trim_end().to_owned()
}
