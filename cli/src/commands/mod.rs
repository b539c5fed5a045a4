//! What the commands do.

mod action;
mod create;
mod delete;
mod dependencies;
mod field;
mod field_query;
mod find;
mod link;
mod list;
mod relation;
mod set_field;
mod trace;

use clap::ArgMatches;
use prost_reflect::DynamicMessage;
use qairon::model::Entity;

use crate::args::globals::Globals;
use crate::args::trace::TRACE;
use crate::args::{action as actions, bulk, complete, resource, tools};
use crate::client::Client;
use crate::error::{Error, Result};
use crate::fields::Fields;
use crate::output::Output;
use crate::requests::Pages;
use crate::tools::config::CONFIG;

/// What every command works with.
pub struct Session {
    /// The server.
    pub client: Client,
    /// Standard output.
    pub output: Output,
    /// The fields asked for.
    pub asked: Vec<String>,
}

/// Runs the command that the arguments name.
pub async fn run(name: &str, matches: &ArgMatches) -> Result<()> {
    let (verb, matches) = matches.subcommand().unwrap_or(("", matches));
    if name == CONFIG {
        return crate::tools::config::run(verb, matches);
    }
    let globals = Globals::from_matches(matches)?;
    let mut session = Session { client: globals.client()?, output: globals.output(), asked: globals.fields };
    let outcome = session.dispatch(name, verb, matches).await;
    // Output before a failure is still printed.
    let flushed = session.output.finish();
    outcome.and(flushed)
}

impl Session {
    async fn dispatch(&mut self, name: &str, verb: &str, matches: &ArgMatches) -> Result<()> {
        if let Some(entity) = qairon::model().entity(name) {
            return self.resource(entity, verb, matches).await;
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
            "get" => self.get(entity, id()).await,
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

    /// The fields asked for, of rows of an entity.
    pub fn fields(&self, entity: &Entity) -> Result<Fields> {
        Fields::of(entity, &self.asked)
    }

    /// Prints an object as a row with these fields.
    pub async fn print(&mut self, fields: &Fields, object: &DynamicMessage) -> Result<()> {
        let row = fields.row(&self.client, object).await?;
        self.output.object(&row)
    }

    /// Prints the objects of a list, page by page. The first page is already read: a refused list prints nothing, not
    /// even the beginning of an array.
    pub async fn print_pages(
        &mut self,
        fields: &Fields,
        first: Option<Vec<DynamicMessage>>,
        mut pages: Pages<'_>,
    ) -> Result<()> {
        let mut page = first;
        let mut rows = match &page {
            Some(page) => fields.rows(&self.client, page).await?,
            None => Vec::new(),
        };
        let mut array = self.output.array();
        while page.is_some() {
            for row in rows {
                array.push(row)?;
            }
            page = pages.next().await?;
            rows = match &page {
                Some(page) => fields.rows(&self.client, page).await?,
                None => Vec::new(),
            };
        }
        array.finish()
    }
}

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
