//! Load through the service: a number of callers, each with one call under way at a time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::Uri;
use prost::Message;
use qairon::v1;

use crate::client::Connection;
use crate::measure::Sample;
use crate::organisation::Place;

/// The size of a page.
pub const PAGE: i32 = 100;
/// Callers share connections, as those of one client program do.
const CONNECTIONS: usize = 2;
/// Every so many responses are decoded whole and compared with what was asked for. The rest are checked for status
/// and framing: decoding all would measure the client.
const VERIFY_EVERY: u64 = 32;

/// What callers do.
#[derive(Clone)]
pub enum Work {
    /// Get a service, any of them.
    Get,
    /// List a page of services, any but the first.
    List(Arc<Vec<Page>>),
    /// Create a service in any stack.
    Create,
}

/// A page of the listing: the token that asks for it, and the first ID on it.
pub struct Page {
    pub token: String,
    pub first_id: String,
}

/// The name of a service to create. pgbench draws from the same range; a clash is not to be expected in years.
pub fn new_name() -> String {
    format!("created-{}", fastrand::u64(..1 << 62))
}

impl Work {
    fn method(&self) -> &'static str {
        match self {
            Self::Get => "GetService",
            Self::List(_) => "ListServices",
            Self::Create => "CreateService",
        }
    }

    async fn call(&self, connection: &Connection, method: &Uri, verify: bool) -> Result<()> {
        match self {
            Self::Get => {
                let id = Place::random().id();
                let bytes = connection.call(method, &v1::GetServiceRequest { id: id.clone(), read_mask: None }).await?;
                if verify {
                    let service = v1::GetServiceResponse::decode(bytes)?.service.context("no service")?;
                    ensure!(service.id == id, "asked for `{id}`, got `{}`", service.id);
                }
            }
            Self::List(pages) => {
                let page = &pages[fastrand::usize(..pages.len())];
                let bytes = connection.call(method, &list_request(&page.token)).await?;
                if verify {
                    let services = v1::ListServicesResponse::decode(bytes)?.services;
                    ensure!(services.len() == PAGE.cast_unsigned() as usize, "a page of {} services", services.len());
                    ensure!(services[0].id == page.first_id, "the page starts with `{}`", services[0].id);
                }
            }
            Self::Create => {
                let (stack_id, name) = (Place::random().stack_id(), new_name());
                let bytes = connection.call(method, &create_request(&stack_id, &name)).await?;
                if verify {
                    let service = v1::CreateServiceResponse::decode(bytes)?.service.context("no service")?;
                    ensure!(service.id == format!("{stack_id}:{name}"), "created `{}`", service.id);
                }
            }
        }
        Ok(())
    }
}

pub fn list_request(token: &str) -> v1::ListServicesRequest {
    v1::ListServicesRequest { page_size: PAGE, page_token: token.to_owned(), ..Default::default() }
}

pub fn create_request(stack_id: &str, name: &str) -> v1::CreateServiceRequest {
    let service = v1::Service { stack_id: stack_id.to_owned(), name: name.to_owned(), ..Default::default() };
    v1::CreateServiceRequest { service: Some(service), ..Default::default() }
}

/// Walks the listing once, and returns every page but the first.
pub async fn pages(address: SocketAddr) -> Result<Vec<Page>> {
    let connection = Connection::open(address).await?;
    let method = connection.method("ListServices")?;
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let bytes: Bytes = connection.call(&method, &list_request(&token)).await?;
        let page = v1::ListServicesResponse::decode(bytes)?;
        if !token.is_empty() && page.services.len() == PAGE.cast_unsigned() as usize {
            pages.push(Page { token, first_id: page.services[0].id.clone() });
        }
        if page.next_page_token.is_empty() {
            return Ok(pages);
        }
        token = page.next_page_token;
    }
}

/// Runs callers for a while. The first call of each connection is made before the clock starts.
pub async fn run(address: SocketAddr, work: &Work, in_flight: usize, duration: Duration) -> Result<Sample> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS.min(in_flight) {
        let connection = Connection::open(address).await?;
        work.call(&connection, &connection.method(work.method())?, true).await?;
        connections.push(connection);
    }
    let started = Instant::now();
    let callers: Vec<_> = (0..in_flight)
        .map(|caller| {
            tokio::spawn(call_until(connections[caller % connections.len()].clone(), work.clone(), started + duration))
        })
        .collect();
    let mut latencies = Vec::new();
    for caller in callers {
        latencies.extend(caller.await??);
    }
    Ok(Sample::new(latencies, started.elapsed()))
}

async fn call_until(connection: Connection, work: Work, end: Instant) -> Result<Vec<Duration>> {
    let method = connection.method(work.method())?;
    let mut latencies = Vec::with_capacity(16 * 1024);
    let mut calls = 0;
    let mut began = Instant::now();
    while began < end {
        work.call(&connection, &method, calls % VERIFY_EVERY == 0).await?;
        calls += 1;
        let now = Instant::now();
        latencies.push(now - began);
        began = now;
    }
    Ok(latencies)
}
