//! What the arguments of commands say.

use std::io::{self, Read};

use clap::ArgMatches;
use qairon::model::Entity;

use crate::error::{Error, Result};

/// The entity of a resource name.
pub fn named(name: &str) -> Result<&'static Entity> {
    qairon::model().entity(name).ok_or_else(|| {
        let known = qairon::model().entities().iter().map(|entity| entity.name.as_str());
        Error::Usage(crate::suggest::unknown("resource", name, known))
    })
}

/// The text of an argument; empty when it was not given.
pub fn text<'a>(matches: &'a ArgMatches, name: &str) -> &'a str {
    matches.get_one::<String>(name).map(String::as_str).unwrap_or_default()
}

/// The name of standard input among IDs.
const STDIN: &str = "-";

/// The IDs that a command is about.
#[derive(Debug)]
pub struct Ids {
    /// In their order.
    pub list: Vec<String>,
    /// Whether it is one ID on the command line: its output is an object and not an array of one.
    pub is_one: bool,
}

/// The IDs of the arguments. Those of standard input take the place of `-`, one on each line.
pub fn ids(matches: &ArgMatches) -> Result<Ids> {
    let given: Vec<&String> = matches.get_many::<String>("id").into_iter().flatten().collect();
    let piped = given.iter().filter(|id| *id == &STDIN).count();
    if piped > 1 {
        return Err(Error::Usage("standard input can be read only once; give `-` once".to_owned()));
    }
    let mut list = Vec::with_capacity(given.len());
    for id in &given {
        match id.as_str() {
            STDIN => {
                let mut text = String::new();
                let read = io::stdin().lock().read_to_string(&mut text);
                read.map_err(|error| Error::Usage(format!("cannot read standard input: {error}")))?;
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                list.extend(lines.map(str::to_owned));
            }
            id => list.push(id.to_owned()),
        }
    }
    Ok(Ids { is_one: given.len() == 1 && piped == 0, list })
}
