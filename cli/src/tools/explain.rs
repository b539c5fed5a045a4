//! `explain`: what a resource is, and what its fields and relations hold, from the comments of the protos.
//!
//! A path is followed over relations ([`subject`]), what is found there is described as data ([`facts`]), and the data
//! is printed for programs, or laid out as text ([`text`]).

mod facts;
mod subject;
#[cfg(test)]
mod tests;
mod text;

use clap::ArgMatches;

use crate::args::Docs;
use crate::arguments::text as argument;
use crate::error::{Error, Result};
use crate::output::row::Datum;
use crate::session::Session;
use subject::Subject;

/// Prints what the argument names. No server is called.
pub fn run(session: &mut Session, matches: &ArgMatches) -> Result<()> {
    if !session.asked.is_empty() {
        return Err(Error::Usage("`explain` prints no rows; leave out `--field`".to_owned()));
    }
    let subject = Subject::of(argument(matches, "path"))?;
    let docs = Docs::load();
    let facts = facts::of(&subject, &docs);
    if session.output.asked_data() {
        return session.output.value(&Datum::Row(facts));
    }
    for line in text::lines(&facts) {
        session.output.line(&line)?;
    }
    Ok(())
}
