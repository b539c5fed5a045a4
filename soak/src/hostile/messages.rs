//! Requests that cost much, hold what nothing can hold, or are none.

use std::io::Write;

use anyhow::Result;
use bytes::Bytes;
use fastrand::Rng;
use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use qairon::v1::{Application, CreateApplicationRequest, GetServiceRequest, ListStacksRequest, TraceImpactRequest};

use super::Request;
use super::raw::framed;

/// As much as one message may have, nearly.
const MOST: usize = 4_000_000;

fn request(service: &str, method: &str, body: Bytes) -> Request {
    Request { path: format!("/qairon.v1.{service}/{method}"), headers: Vec::new(), body }
}

fn message(service: &str, method: &str, message: &impl Message) -> Request {
    request(service, method, framed(0, &message.encode_to_vec()))
}

fn get() -> Bytes {
    framed(0, &GetServiceRequest { id: "a:b:c".to_owned(), read_mask: None }.encode_to_vec())
}

fn create(id: String, defaults: Struct) -> Request {
    let application = Application { id, defaults: Some(defaults), ..Default::default() };
    // Nothing of it is to stay.
    let request =
        CreateApplicationRequest { application: Some(application), validate_only: true, ..Default::default() };
    message("CatalogService", "CreateApplication", &request)
}

/// Conditions that read the same objects again and again, in one of many shapes.
pub fn deep_filter(rng: &mut Rng) -> Result<Request> {
    let value = rng.u32(..);
    let filter = match rng.u32(..4) {
        0 => {
            let path = ["services.stack"; 7].join(".");
            let conditions = (0..4).map(|number| format!("{path}.name != \"x{value}{number}\""));
            conditions.collect::<Vec<_>>().join(" AND ")
        }
        1 => {
            let inner = format!("services.name = \"x{value}\"");
            (0..rng.u32(1..12)).fold(inner, |inner, _| format!("any(services.stack, ({inner}))"))
        }
        2 => {
            let path = "services.deployments.zones.deployments.zones.deployments";
            format!("({path}.tag = \"x{value}\" OR NOT {path}.tag = \"y{value}\")")
        }
        _ => format!("NOT id = \"*x{value}*\" AND defaults.x{value}:\"y\""),
    };
    let request = ListStacksRequest { filter, page_size: 10, include_total_size: true, ..Default::default() };
    Ok(message("CatalogService", "ListStacks", &request))
}

/// One compressed message of a load.
pub fn empty_objects(_: &mut Rng) -> Result<Request> {
    let empty = [0x12, 0x00].repeat(2_000_000);
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&empty)?;
    let mut request = request("BulkService", "LoadObjects", framed(1, &packed.finish()?));
    request.headers.push(("grpc-encoding", "gzip".to_owned()));
    Ok(request)
}

pub fn many_keys(_: &mut Rng) -> Result<Request> {
    let null = Value { kind: Some(Kind::NullValue(0)) };
    let fields = (0..280_000).map(|number| (format!("k{number}"), null.clone())).collect();
    Ok(create("keys".to_owned(), Struct { fields }))
}

/// The nearest name to it may be looked for.
pub fn long_resource(_: &mut Rng) -> Result<Request> {
    let request = TraceImpactRequest { resource: "x".repeat(MOST), id: "a".to_owned(), ..Default::default() };
    Ok(message("TraceService", "TraceImpact", &request))
}

pub fn strange_numbers(rng: &mut Rng) -> Result<Request> {
    let numbers = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, 5e-324, -0.0];
    let number = numbers[rng.usize(..numbers.len())];
    let value = Value { kind: Some(Kind::NumberValue(number)) };
    Ok(create("numbers".to_owned(), Struct { fields: [("a".to_owned(), value)].into() }))
}

pub fn invisible_names(rng: &mut Rng) -> Result<Request> {
    let invisible = ['\u{200b}', '\u{feff}', '\u{202e}', '\u{2066}', '\u{ad}', '\u{0301}', '\0', '\n'];
    let name = format!("pay{}ments", invisible[rng.usize(..invisible.len())]);
    Ok(create(name, Struct::default()))
}

/// Bytes that are no message, to any method.
pub fn random_bytes(rng: &mut Rng) -> Result<Request> {
    let methods = qairon::model().methods();
    let path = methods[rng.usize(..methods.len())].path.clone();
    let length = rng.usize(..512);
    let bytes: Vec<u8> = (0..length).map(|_| rng.u8(..)).collect();
    Ok(Request { path, headers: Vec::new(), body: framed(0, &bytes) })
}

pub fn random_method(rng: &mut Rng) -> Result<Request> {
    let length = rng.usize(1..200);
    let name: String = (0..length).map(|_| rng.alphanumeric()).collect();
    let service = ["qairon.v1.CatalogService", "nobody.Nothing", "", "qairon.v1"][rng.usize(..4)];
    Ok(Request { path: format!("/{service}/{name}"), headers: Vec::new(), body: get() })
}

pub fn much_metadata(rng: &mut Rng) -> Result<Request> {
    let mut request = request("CatalogService", "GetService", get());
    request.headers.push(("x-much", "a".repeat(rng.usize(70_000..200_000))));
    Ok(request)
}

pub fn malformed_timeout(rng: &mut Rng) -> Result<Request> {
    let mut request = request("CatalogService", "GetService", get());
    let wrong = ["soon", "-1S", "1", "S", "123456789S", "1.5S", "1x", "99999999H "];
    request.headers.push(("grpc-timeout", wrong[rng.usize(..wrong.len())].to_owned()));
    Ok(request)
}

pub fn wrong_content_type(rng: &mut Rng) -> Result<Request> {
    let mut request = request("CatalogService", "GetService", get());
    let wrong = ["text/plain", "application/json", "application/grpc-web", "application/grpcx", ""];
    request.headers.push(("content-type", wrong[rng.usize(..wrong.len())].to_owned()));
    Ok(request)
}

pub fn two_messages(_: &mut Rng) -> Result<Request> {
    Ok(request("CatalogService", "GetService", [get(), get()].concat().into()))
}

/// A frame that ends before its length.
pub fn wrong_length(rng: &mut Rng) -> Result<Request> {
    let mut body = vec![0];
    body.extend(rng.u32(100..).to_be_bytes());
    body.extend([0; 50]);
    Ok(request("CatalogService", "GetService", body.into()))
}

pub fn broken_gzip(rng: &mut Rng) -> Result<Request> {
    let bytes: Vec<u8> = (0..100).map(|_| rng.u8(..)).collect();
    let mut request = request("CatalogService", "GetService", framed(1, &bytes));
    if rng.bool() {
        request.headers.push(("grpc-encoding", "gzip".to_owned()));
    }
    Ok(request)
}
