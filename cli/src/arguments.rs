//! What the arguments of commands say.

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
