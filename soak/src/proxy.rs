//! A TCP proxy between the honest callers and the service. Its address stays when the service comes back on another
//! port, and it makes the network slow, cuts it or swallows what is sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the network does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    Fair,
    /// Every piece of data comes late.
    Slow(Duration),
    /// Nothing arrives any more, and nobody says so: connections are half-open.
    Void,
}

/// The proxy. Clones share it.
#[derive(Clone)]
pub struct Proxy {
    pub address: SocketAddr,
    target: Arc<Mutex<String>>,
    weather: Arc<watch::Sender<Weather>>,
    /// Counts up when all connections are cut.
    cuts: Arc<watch::Sender<u64>>,
}

impl Proxy {
    pub async fn start(target: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let proxy = Self {
            address: listener.local_addr()?,
            target: Arc::new(Mutex::new(target.to_owned())),
            weather: Arc::new(watch::Sender::new(Weather::Fair)),
            cuts: Arc::new(watch::Sender::new(0)),
        };
        let accepting = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().lead(client));
            }
        });
        Ok(proxy)
    }

    /// Connections from now on lead there.
    pub fn lead_to(&self, target: &str) {
        target.clone_into(&mut self.target.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }

    /// Cuts every connection.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    async fn lead(self, client: TcpStream) {
        let target = self.target.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let Ok(server) = TcpStream::connect(&target).await else { return };
        if client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).is_err() {
            return;
        }
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let mut cuts = self.cuts.subscribe();
        // Both ends are closed when one direction ends.
        tokio::select! {
            () = pour(from_client, to_server, self.weather.subscribe()) => {}
            () = pour(from_server, to_client, self.weather.subscribe()) => {}
            _ = cuts.changed() => {}
        }
    }
}

async fn pour(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
) {
    let mut part = vec![0; 64 * 1024];
    while let Ok(size @ 1..) = from.read(&mut part).await {
        let now = *weather.borrow_and_update();
        match now {
            Weather::Fair => {}
            Weather::Slow(pause) => tokio::time::sleep(pause).await,
            // What was sent into the void is lost: the connection cannot go on.
            Weather::Void => {
                _ = weather.wait_for(|weather| *weather != Weather::Void).await;
                return;
            }
        }
        if to.write_all(&part[..size]).await.is_err() {
            return;
        }
    }
}
