//! A gRPC client that costs little: HTTP/2 and the five bytes in front of a message, nothing between.
//!
//! Client and service share the machine here, so what the client spends the service lacks; pgbench beside it is a
//! lean program in C. It is a whole client all the same: framing, flow control and status are checked on every call.

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
        Ok(format!("http://{}/qairon.v1.CatalogService/{name}", self.address).parse()?)
    }

    /// Calls a method and returns the encoded response.
    pub async fn call(&self, method: &Uri, message: &impl Message) -> Result<Bytes> {
        let mut request = http::Request::new(());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = method.clone();
        *request.version_mut() = Version::HTTP_2;
        request.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        request.headers_mut().insert(http::header::TE, HeaderValue::from_static("trailers"));

        let mut sender = self.sender.clone().ready().await?;
        let (response, mut stream) = sender.send_request(request, false)?;
        stream.send_data(frame(message)?, true)?;
        let response = response.await?;
        ensure!(response.status() == 200, "the service answered {}", response.status());
        if response.headers().contains_key("grpc-status") {
            check_status(response.headers())?;
        }
        let mut body = response.into_body();
        let frame = read(&mut body).await?;
        check_status(&body.trailers().await?.context("the response has no trailers")?)?;
        unframe(frame)
    }
}

fn frame(message: &impl Message) -> Result<Bytes> {
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
