//! `export`: objects in the form that `apply` takes, written as they arrive.

use clap::ArgMatches;
use prost_reflect::DynamicMessage;
use qairon::model::Entity;
use qairon::v1::{BulkObject, ExportObjectsRequest, ExportObjectsResponse};
use serde_json::Value as Json;

use super::calls::{method, scope, typed, untyped};
use super::wire;
use crate::args::spelling::normal;
use crate::arguments::{named, text};
use crate::client::streams::Answers;
use crate::error::{Error, Result};
use crate::output::row::{Cell, Datum, Place, Row, datum};
use crate::output::{Format, Output};
use crate::session::Session;

/// Runs the command.
pub async fn run(session: &mut Session, matches: &ArgMatches) -> Result<()> {
    let texts = |name: &str| matches.get_many::<String>(name).into_iter().flatten();
    let resources = texts("resource").map(|name| Ok(named(&normal(&name.into()))?.name.clone()));
    let request = ExportObjectsRequest {
        resources: resources.collect::<Result<_>>()?,
        filter: text(matches, "filter").to_owned(),
        scopes: texts("scope").map(|text| scope(text)).collect::<Result<_>>()?,
        ..ExportObjectsRequest::default()
    };
    if !session.asked.is_empty() {
        return Err(Error::Usage("a bundle has every field; leave out `--field`, or use `list`".to_owned()));
    }
    let format = session.output.asked.unwrap_or(Format::Yaml);
    if !format.is_data() {
        return Err(Error::Usage("a bundle is YAML or JSON: use `-o yaml`, `-o json` or `-o jsonl`".to_owned()));
    }
    session.output = Output::stdout(Some(format), matches.get_flag("quiet"));
    let mut objects = Objects::of(session, &request)?;
    // A refused export prints nothing: the list begins with the first object.
    let mut next = objects.next().await?;
    let mut array = session.output.array("No objects found.");
    while let Some(object) = next {
        array.push(row(&object)?)?;
        next = objects.next().await?;
    }
    array.finish()
}

/// The objects of an export, as they arrive.
pub struct Objects {
    answers: Answers,
    part: std::vec::IntoIter<BulkObject>,
}

impl Objects {
    /// Requests them.
    pub fn of(session: &Session, request: &ExportObjectsRequest) -> Result<Self> {
        let method = method("ExportObjects")?;
        let request = untyped(method.descriptor.input(), request)?;
        // As a bidirectional stream: such a call has no fixed deadline.
        let answers = session.client.duplex(method, tokio_stream::once(request));
        Ok(Self { answers, part: Vec::new().into_iter() })
    }

    /// The next object.
    pub async fn next(&mut self) -> Result<Option<BulkObject>> {
        loop {
            if let Some(object) = self.part.next() {
                return Ok(Some(object));
            }
            let Some(answer) = self.answers.next().await? else { return Ok(None) };
            self.part = typed::<ExportObjectsResponse>(&answer)?.objects.into_iter();
        }
    }
}

/// An object and its entity.
pub fn decoded(object: &BulkObject) -> Result<(&'static Entity, DynamicMessage)> {
    let any = object.object.as_ref().ok_or_else(|| Error::refused("the server returned no object"))?;
    let entity = wire::entity_of(&any.type_url)
        .ok_or_else(|| Error::refused(format!("this qcli does not know `{}`; install a newer one", any.type_url)))?;
    let message = DynamicMessage::decode(entity.message.clone(), &any.value[..])
        .map_err(|error| Error::refused(format!("the server's answer cannot be decoded: {error}")))?;
    Ok((entity, message))
}

/// The row: the resource, the ID, what is set, and the links.
fn row(object: &BulkObject) -> Result<Row> {
    let (entity, message) = decoded(object)?;
    let cell = |name: &str, datum: Datum| Cell { name: name.to_owned(), datum, place: Place::Everywhere };
    let mut cells = vec![cell("resource", Datum::Text(entity.name.clone()))];
    for field in entity.fields.iter().filter(|field| field.number == 1 || field.is_settable()) {
        let datum = datum(field, &message);
        if !is_unset(&datum) {
            cells.push(cell(&field.name, datum));
        }
    }
    for links in &object.links {
        let ids = links.ids.iter().cloned().map(Datum::Text).collect();
        cells.push(cell(&links.relation, Datum::List(ids)));
    }
    Ok(Row { cells })
}

fn is_unset(datum: &Datum) -> bool {
    match datum {
        Datum::Json(Json::Null) => true,
        Datum::Json(Json::Object(members)) => members.is_empty(),
        _ => false,
    }
}
