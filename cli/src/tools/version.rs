//! `qcli version`: which programs these are, on both sides.

use clap::ArgMatches;
use prost_reflect::DynamicMessage;
use serde_json::Value as Json;

use crate::commands::Session;
use crate::error::{Error, Result};
use crate::output::row::{Cell, Datum, Place, Row};
use crate::output::shape::datum;
use crate::suggest;

/// The method that tells about a server.
const METHOD: &str = "GetServerInfo";

/// Prints one row. What is known of the client is printed also when no server answers.
pub async fn run(session: &mut Session, matches: &ArgMatches) -> Result<()> {
    let methods = qairon::model().methods().iter();
    let method = methods.clone().find(|method| method.descriptor.name() == METHOD);
    let method = method.ok_or_else(|| Error::refused(format!("the API has no `{METHOD}`")))?;
    let alone = matches.get_flag("client");
    let mut cells = vec![cell("client_version", Datum::Text(env!("CARGO_PKG_VERSION").to_owned()))];
    if !alone {
        cells.push(cell("endpoint", Datum::Text(session.client.address().to_owned())));
    }
    let request = DynamicMessage::new(method.descriptor.input());
    let asked_of_server = !alone;
    let answer = match asked_of_server {
        true => session.client.call(method, request).await,
        false => Ok(DynamicMessage::new(method.descriptor.output())),
    };
    if asked_of_server {
        let none = DynamicMessage::new(method.descriptor.output());
        for field in method.descriptor.output().fields() {
            let name = if field.name() == "version" { "server_version" } else { field.name() };
            let value = datum(&field, answer.as_ref().unwrap_or(&none));
            let unknown = answer.is_err() || value == Datum::Text(String::new());
            cells.push(cell(name, if unknown { Datum::Json(Json::Null) } else { value }));
        }
    }
    session.output.object(&Row { cells: asked(session, cells)? })?;
    answer.map(|_| ())
}

/// The cells asked for.
fn asked(session: &Session, cells: Vec<Cell>) -> Result<Vec<Cell>> {
    if session.asked.is_empty() {
        return Ok(cells);
    }
    let found = session.asked.iter().map(|name| {
        cells.iter().find(|cell| cell.name == *name).cloned().ok_or_else(|| {
            let known = cells.iter().map(|cell| cell.name.as_str());
            Error::Usage(suggest::unknown("field of `version`", name, known))
        })
    });
    found.collect()
}

fn cell(name: &str, datum: Datum) -> Cell {
    Cell { name: name.to_owned(), datum, place: Place::Everywhere }
}
