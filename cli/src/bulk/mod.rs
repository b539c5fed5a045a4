//! Many objects at once: CSV files in and out, bundles that are applied, compared and exported.

mod apply;
mod bundle;
mod csv;
mod export;
mod plan;
mod report;
mod wire;

use clap::ArgMatches;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use qairon::model::Method;
use qairon::v1::BulkScope;

use crate::args::route::normal;
use crate::commands::{Session, named};
use crate::error::{Error, Result};

/// The name of standard input among files.
const STDIN: &str = "-";

/// Runs one of the commands in [`crate::args::bulk::NAMES`].
pub async fn run(session: &mut Session, name: &str, verb: &str, matches: &ArgMatches) -> Result<()> {
    match (name, verb) {
        ("csv_import", "import_csv") => csv::import(session, matches).await,
        ("csv_import", "export_csv") => csv::export(session, matches).await,
        ("apply", _) => apply::apply(session, matches).await,
        ("diff", _) => apply::diff(session, matches).await,
        ("export", _) => export::run(session, matches).await,
        (name, verb) => Err(Error::Usage(format!("unknown command `{name} {verb}`"))),
    }
}

/// A method of the service for many objects.
fn method(name: &str) -> Result<&'static Method> {
    let found = qairon::model().methods().iter().find(|method| method.descriptor.name() == name);
    found.ok_or_else(|| Error::refused(format!("no method `{name}`")))
}

/// A message as the client takes it.
fn untyped<M: prost::Message>(descriptor: MessageDescriptor, message: &M) -> Result<DynamicMessage> {
    DynamicMessage::decode(descriptor, &message.encode_to_vec()[..])
        .map_err(|error| Error::refused(format!("the request cannot be encoded: {error}")))
}

/// A message as the protos describe it.
fn typed<M: prost::Message + Default>(message: &DynamicMessage) -> Result<M> {
    message.transcode_to().map_err(|error| Error::refused(format!("the server's answer cannot be decoded: {error}")))
}

/// A part of the organisation from its name: `application/shop`.
fn scope(text: &str) -> Result<BulkScope> {
    let Some((resource, id)) = text.split_once('/').filter(|(_, id)| !id.is_empty()) else {
        return Err(Error::Usage(format!("scope `{text}` must be a resource and an ID, such as `application/shop`")));
    };
    Ok(BulkScope { resource: named(&normal(&resource.into()))?.name.clone(), id: id.to_owned() })
}

/// A file's name for people.
fn file_name(path: &str) -> &str {
    if path == STDIN { "standard input" } else { path }
}
