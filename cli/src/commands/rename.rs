//! Updates, some of which change IDs: those are asked about when they change more than one.

use clap::ArgMatches;
use prost_reflect::{DynamicMessage, Value};
use qairon::model::Entity;

use super::relation::text_of;
use crate::error::{Error, Result};
use crate::fields::Fields;
use crate::hazards::affected::{Affected, RENAMED};
use crate::hazards::ask::{self, Plan};
use crate::requests::{self, Request};
use crate::session::Session;

/// An update, before it is made.
pub struct Update<'a> {
    /// The entity.
    pub entity: &'a Entity,
    /// The ID of the object.
    pub id: &'a str,
    /// The object with the values to set. With an etag if the update is to be made only on this version.
    pub object: DynamicMessage,
    /// The request, without the object.
    pub request: Request,
    /// The fields that it sets.
    pub fields: &'a [String],
}

impl Update<'_> {
    /// Whether it may change IDs.
    fn renames(&self) -> bool {
        self.fields.iter().any(|field| field == "id" || self.entity.id_fields.contains(field))
    }

    fn request(&self, validate_only: bool) -> Request {
        let request = self.request.clone().set(&self.entity.name, Value::Message(self.object.clone()));
        request.set("validate_only", Value::Bool(validate_only))
    }
}

impl Session {
    /// Makes an update, after asking where it is wanted, and prints the object.
    pub(super) async fn update(&mut self, fields: &Fields, mut update: Update<'_>, matches: &ArgMatches) -> Result<()> {
        if update.renames() && ask::is_wanted(matches) {
            let mask = ["id", "etag"].map(str::to_owned);
            if text_of(&update.object, "etag").is_empty() {
                let current = requests::get(&self.client, update.entity, update.id, &mask).await?;
                update.object.set_field_by_name("etag", Value::String(text_of(&current, "etag")));
            }
            let shown = Affected::of(&update.request(true).call(&self.client).await?);
            if shown.counts(RENAMED).total() > 1 {
                let plan = Plan { verb: "rename", effect: RENAMED, affected: &shown, id: Some(update.id) };
                plan.confirm().await?;
                // The etag is that of the object alone, and others may be below it since.
                if !shown.covers(&Affected::of(&update.request(true).call(&self.client).await?)) {
                    let human = update.entity.human();
                    return Err(Error::refused(format!(
                        "what is below {human} `{}` has changed since it was shown, so nothing was renamed; try again",
                        update.id
                    )));
                }
            }
        }
        let dry_run = matches.get_flag("dry_run");
        let answer = update.request(dry_run).call(&self.client).await?;
        let object = answer.get_field_by_number(1);
        let Some(object) = object.as_deref().and_then(Value::as_message) else {
            return Err(Error::refused("the server returned no object"));
        };
        let counts = Affected::of(&answer).counts(RENAMED);
        let mut row = fields.row(&self.client, object).await?;
        if counts.total() > 0 && self.asked.is_empty() {
            row.cells.push(counts.cell());
        }
        self.output.object(&row)?;
        if counts.total() > 1 && !self.output.is_data() {
            self.output.finish()?;
            let done = if dry_run { "would rename" } else { "renamed" };
            self.output.note(&format!("{done} {}: {counts}", counts.total()));
        }
        Ok(())
    }
}
