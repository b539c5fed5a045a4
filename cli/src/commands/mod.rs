//! What the commands do.

mod action;
mod create;
mod delete;
mod dependencies;
mod edit;
mod field;
mod field_query;
mod find;
mod link;
mod list;
mod nearest;
mod relation;
mod rename;
mod set_field;
mod trace;

use clap::ArgMatches;
use qairon::model::Entity;

use crate::args::globals::Globals;
use crate::args::trace::TRACE;
use crate::args::{action as actions, bulk, complete, resource, tools};
use crate::arguments::{ids, named, text};
use crate::error::{Error, Result};
use crate::session::Session;
use crate::tools::config::CONFIG;

/// Runs the command that the arguments name.
pub async fn run(name: &str, matches: &ArgMatches) -> Result<()> {
    let (verb, matches) = matches.subcommand().unwrap_or(("", matches));
    if name == CONFIG {
        return crate::tools::config::run(verb, matches);
    }
    if name == tools::OPTIONS {
        // Whatever the config file holds.
        return crate::tools::options::run();
    }
    let globals = Globals::from_matches(matches)?;
    let mut session = Session { client: globals.client()?, output: globals.output(), asked: globals.fields };
    let outcome = session.dispatch(name, verb, matches).await;
    // Output before a failure is still printed.
    let flushed = session.output.finish();
    match outcome {
        // What was not written was not said.
        Ok(()) | Err(Error::Different) => flushed.and(outcome),
        Err(error) => Err(nearest::with_suggestion(&session.client, error).await),
    }
}

impl Session {
    async fn dispatch(&mut self, name: &str, verb: &str, matches: &ArgMatches) -> Result<()> {
        if let Some(entity) = qairon::model().entity(name) {
            let outcome = self.resource(entity, verb, matches).await;
            let id = matches.try_get_one::<String>("id").ok().flatten().map(String::as_str).unwrap_or_default();
            return outcome.map_err(|error| nearest::about(entity, id, error));
        }
        match name {
            "dependencies" => self.get_related(named("dependency")?, named("related")?, text(matches, "id")).await,
            TRACE => self.trace(verb, matches).await,
            complete::COMPLETION => crate::complete::completion(self, matches),
            name if bulk::NAMES.contains(&name) => crate::bulk::run(self, name, verb, matches).await,
            name if tools::NAMES.contains(&name) => crate::tools::run(self, name, verb, matches).await,
            name => self.search(name, matches).await,
        }
    }

    async fn resource(&mut self, entity: &'static Entity, verb: &str, matches: &ArgMatches) -> Result<()> {
        let id = || text(matches, "id");
        match verb {
            "create" => self.create(entity, matches).await,
            "edit" => self.edit(entity, matches).await,
            "get" => self.get(entity, &ids(matches)?).await,
            "list" => self.list(entity, matches).await,
            "query" => self.query(entity, matches).await,
            "get_field" => self.get_field(entity, id(), text(matches, "field")).await,
            "get_field_query" => self.get_field_query(entity, text(matches, "field"), text(matches, "query")).await,
            "set_field" => self.set_field(entity, matches).await,
            "delete" => self.delete(entity, matches).await,
            "link" | "unlink" => self.link(entity, verb == "link", text(matches, "relation"), matches).await,
            verb => {
                for link in &entity.links {
                    let adds = verb == resource::assign_verb(link);
                    if adds || verb == resource::unassign_verb(link) {
                        return self.link(entity, adds, &link.relation, matches).await;
                    }
                }
                match actions::of(entity).find(|action| action.verb == verb) {
                    Some(action) => self.action(action, matches).await,
                    None => Err(Error::Usage(format!("unknown command `{verb}`"))),
                }
            }
        }
    }
}
