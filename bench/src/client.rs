//! A gRPC client that costs little: HTTP/2 and the five bytes in front of a message, nothing between.
//!
//! Client and service share the machine here, so what the client uses the service lacks; pgbench next to it is a lean
//! program in C. It is a whole client all the same: framing, flow control and status are checked on every call.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::RecvStream;
use h2::client::SendRequest;
use http::{HeaderMap, HeaderValue, Uri, Version};
use prost::Message;
use tokio::net::TcpStream;

/// Pages are about 20 KiB, and many are under way at a time.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 1 << 24;

/// A connection; its clones share it.
#[derive(Clone)]
pub struct Connection {
    sender: SendRequest<Bytes>,
    address: SocketAddr,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = h2::client::Builder::new()
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .handshake(stream)
            .await?;
        tokio::spawn(connection);
        Ok(Self { sender, address })
    }

    /// The address of a method of the catalogue.
    pub fn method(&self, name: &str) -> Result<Uri> {
        self.method_of("CatalogService", name)
    }

    /// The address of a method.
    pub fn method_of(&self, service: &str, name: &str) -> Result<Uri> {
        Ok(format!("http://{}/qairon.v1.{service}/{name}", self.address).parse()?)
    }

    /// Calls a method and returns the encoded response.
    pub async fn call(&self, method: &Uri, message: &impl Message) -> Result<Bytes> {
        let mut body = self.send(method, frame(message)?).await?;
        let frame = read(&mut body).await?;
        check_status(&body.trailers().await?.context("the response has no trailers")?)?;
        unframe(frame)
    }

    /// Calls a method with a request in its frame, passes on every message of the answer to its end, and counts them.
    pub async fn stream(&self, method: &Uri, request: Bytes, mut each: impl FnMut(Bytes)) -> Result<usize> {
        let mut body = self.send(method, request).await?;
        let (mut buffer, mut messages) = (BytesMut::new(), 0);
        while let Some(chunk) = body.data().await {
            let chunk = chunk?;
            body.flow_control().release_capacity(chunk.len())?;
            buffer.extend_from_slice(&chunk);
            while let Some(message) = next_message(&mut buffer)? {
                messages += 1;
                each(message);
            }
        }
        check_status(&body.trailers().await?.context("the answer has no trailers")?)?;
        ensure!(buffer.is_empty(), "the answer ends within a message");
        Ok(messages)
    }

    /// Sends any request whatever with any body, and returns the answer's headers and trailers in one.
    pub async fn exchange(&self, request: http::Request<()>, body: Bytes) -> Result<http::Response<()>> {
        let mut sender = self.sender.clone().ready().await?;
        let (response, mut stream) = sender.send_request(request, false)?;
        // A refusal may come before all of it is sent, and takes the window away.
        let sent = async {
            let mut rest = body;
            while !rest.is_empty() {
                stream.reserve_capacity(rest.len().min(1 << 20));
                match std::future::poll_fn(|context| stream.poll_capacity(context)).await {
                    Some(Ok(room)) => stream.send_data(rest.split_to(room.min(rest.len())), rest.is_empty())?,
                    _ => return Ok(()),
                }
            }
            anyhow::Ok(())
        };
        let received = async {
            let (mut head, mut body) = response.await?.into_parts();
            while let Some(chunk) = body.data().await {
                body.flow_control().release_capacity(chunk?.len())?;
            }
            head.headers.extend(body.trailers().await?.unwrap_or_default());
            anyhow::Ok(http::Response::from_parts(head, ()))
        };
        tokio::pin!(sent, received);
        tokio::select! {
            answer = &mut received => answer,
            outcome = &mut sent => match outcome {
                Ok(()) => received.await,
                // What was refused meanwhile has its answer.
                Err(error) => received.await.map_err(|_| error),
            },
        }
    }

    /// An address on this connection.
    pub fn uri(&self, path: &str) -> Result<Uri> {
        Ok(format!("http://{}{path}", self.address).parse()?)
    }

    /// Sends a request and waits for the answer to begin.
    async fn send(&self, method: &Uri, frame: Bytes) -> Result<RecvStream> {
        let mut request = http::Request::new(());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = method.clone();
        *request.version_mut() = Version::HTTP_2;
        request.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        request.headers_mut().insert(http::header::TE, HeaderValue::from_static("trailers"));

        let mut sender = self.sender.clone().ready().await?;
        let (response, mut stream) = sender.send_request(request, false)?;
        stream.send_data(frame, true)?;
        let response = response.await?;
        ensure!(response.status() == 200, "the service answered {}", response.status());
        if response.headers().contains_key("grpc-status") {
            check_status(response.headers())?;
        }
        Ok(response.into_body())
    }
}

/// A request as it travels.
pub fn frame(message: &impl Message) -> Result<Bytes> {
    let length = message.encoded_len();
    let mut frame = BytesMut::with_capacity(length + 5);
    frame.put_u8(0);
    frame.put_u32(u32::try_from(length)?);
    message.encode(&mut frame)?;
    Ok(frame.freeze())
}

fn unframe(mut frame: Bytes) -> Result<Bytes> {
    ensure!(frame.len() >= 5, "the response is cut short");
    ensure!(frame.get_u8() == 0, "the response is compressed, which was not asked for");
    ensure!(frame.get_u32() as usize == frame.len(), "the response is not one whole message");
    Ok(frame)
}

/// The first whole message in the buffer, taken out of it.
fn next_message(buffer: &mut BytesMut) -> Result<Option<Bytes>> {
    let Some((head, rest)) = buffer.split_first_chunk::<5>() else { return Ok(None) };
    ensure!(head[0] == 0, "the answer is compressed, which was not asked for");
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    if rest.len() < length {
        return Ok(None);
    }
    buffer.advance(5);
    Ok(Some(buffer.split_to(length).freeze()))
}

async fn read(body: &mut RecvStream) -> Result<Bytes> {
    let mut whole = Bytes::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        // Most responses are one chunk, and then nothing is copied.
        whole = if whole.is_empty() { chunk } else { [whole, chunk].concat().into() };
    }
    Ok(whole)
}

fn check_status(headers: &HeaderMap) -> Result<()> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match text("grpc-status") {
        "0" => Ok(()),
        code => bail!("the service answered with code {code}: {}", text("grpc-message")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_however_they_are_cut() {
        let whole: Vec<u8> = [b"\0\0\0\0\x03abc".as_slice(), b"\0\0\0\0\0", b"\0\0\0\0\x01d"].concat();
        let (mut buffer, mut found) = (BytesMut::new(), Vec::new());
        for byte in whole {
            buffer.put_u8(byte);
            found.extend(next_message(&mut buffer).unwrap());
        }
        assert_eq!(found, [Bytes::from("abc"), Bytes::new(), Bytes::from("d")]);
        assert!(buffer.is_empty());
        assert!(next_message(&mut BytesMut::from(&b"\x01\0\0\0\0"[..])).is_err(), "compressed");
    }
}
