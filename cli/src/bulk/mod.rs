//! Many objects at once: CSV files in and out, bundles that are applied, compared and exported.

mod csv;
mod report;
mod wire;

use clap::ArgMatches;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use qairon::model::Method;

use crate::commands::Session;
use crate::error::{Error, Result};

/// The name of standard input among files.
const STDIN: &str = "-";

/// Runs one of the commands in [`crate::args::bulk::NAMES`].
pub async fn run(session: &mut Session, name: &str, verb: &str, matches: &ArgMatches) -> Result<()> {
    match (name, verb) {
        ("csv_import", "import_csv") => csv::import(session, matches).await,
        (name, _) => Err(Error::refused(format!("`{name}` is not there yet"))),
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
    message
        .transcode_to()
        .map_err(|error| Error::refused(format!("the answer of the server cannot be decoded: {error}")))
}

/// A file's name for people.
fn file_name(path: &str) -> &str {
    if path == STDIN { "standard input" } else { path }
}
