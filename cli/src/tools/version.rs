//! `qcli version`: the versions of client and server.

use clap::ArgMatches;
use prost_reflect::DynamicMessage;
use serde_json::Value as Json;

use super::select::select;
use crate::error::{Error, Result};
use crate::output::row::{Cell, Datum, Place, Row};
use crate::output::shape::datum;
use crate::session::Session;

/// The method that describes a server.
const METHOD: &str = "GetServerInfo";

/// Prints one row. The versions of the client are printed even if no server answers.
pub async fn run(session: &mut Session, matches: &ArgMatches) -> Result<()> {
    let method = qairon::model().methods().iter().find(|method| method.descriptor.name() == METHOD);
    let method = method.ok_or_else(|| Error::refused(format!("the API has no `{METHOD}`")))?;
    let alone = matches.get_flag("client");
    let mut cells = vec![cell("client_version", Datum::Text(env!("CARGO_PKG_VERSION").to_owned()))];
    if !alone {
        cells.push(cell("endpoint", Datum::Text(session.client.address().to_owned())));
    }
    let none = DynamicMessage::new(method.descriptor.output());
    let answer = match alone {
        true => Ok(none.clone()),
        false => session.client.call(method, DynamicMessage::new(method.descriptor.input())).await,
    };
    if !alone {
        for field in method.descriptor.output().fields() {
            let name = if field.name() == "version" { "server_version" } else { field.name() };
            let value = datum(&field, answer.as_ref().unwrap_or(&none));
            let unknown = answer.is_err() || value == Datum::Text(String::new());
            cells.push(cell(name, if unknown { Datum::Json(Json::Null) } else { value }));
        }
    }
    session.output.object(&select("version", Row { cells }, &session.asked)?)?;
    answer.map(|_| ())
}

fn cell(name: &str, datum: Datum) -> Cell {
    Cell { name: name.to_owned(), datum, place: Place::Everywhere }
}
