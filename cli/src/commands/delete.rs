//! `delete`: one object or several, and with `--force` what depends on them.

use std::collections::HashMap;

use clap::ArgMatches;
use prost_reflect::Value;
use qairon::model::{Entity, Verb};
use serde_json::json;

use super::nearest;
use super::relation::text_of;
use crate::arguments::{Ids, ids};
use crate::client::Client;
use crate::error::{Error, Result, tell};
use crate::hazards::affected::{Affected, Counts, DELETED};
use crate::hazards::ask::{self, Plan};
use crate::output::row::Row;
use crate::requests::{self, Request};
use crate::session::Session;

/// The deletions of a command.
struct Deletions<'a> {
    client: Client,
    entity: &'a Entity,
    force: bool,
    /// The etags of the objects when they were shown.
    etags: HashMap<String, String>,
    /// What was shown, if anything was.
    shown: Option<Affected>,
    /// Whether a failure ends the command.
    is_one: bool,
    failed: bool,
}

impl Session {
    pub(super) async fn delete(&mut self, entity: &Entity, matches: &ArgMatches) -> Result<()> {
        let Ids { mut list, is_one } = ids(matches)?;
        let mut seen = std::collections::HashSet::new();
        list.retain(|id| seen.insert(id.clone()));
        let mut deletions = Deletions {
            client: self.client.clone(),
            entity,
            force: matches.get_flag("force"),
            etags: HashMap::new(),
            shown: None,
            is_one,
            failed: false,
        };
        if matches.get_flag("dry_run") {
            return self.rehearse(deletions, &list).await;
        }
        if (deletions.force || list.len() > 1) && ask::is_wanted(matches) {
            list = deletions.show(list).await?;
        }
        let mut counts = Counts::default();
        if let ([id], true) = (list.as_slice(), is_one) {
            let affected = deletions.delete(id).await?;
            counts = affected.counts(DELETED);
            self.output.object(&row(entity, id, &affected))?;
        } else {
            let mut array = self.output.array("");
            let mut ended = Ok(());
            for id in &list {
                match deletions.delete(id).await {
                    Ok(affected) => {
                        counts.merge(&affected.counts(DELETED));
                        array.push(row(entity, id, &affected))?;
                    }
                    Err(error) => ended = deletions.note(error).await,
                }
                if ended.is_err() {
                    break;
                }
            }
            array.finish()?;
            ended?;
        }
        if counts.total() > 1 && !self.output.is_data() {
            self.output.finish()?;
            self.output.note(&format!("deleted {}: {counts}", counts.total()));
        }
        if deletions.failed { Err(Error::Told(1)) } else { Ok(()) }
    }

    /// Prints what would be affected.
    async fn rehearse(&mut self, mut deletions: Deletions<'_>, list: &[String]) -> Result<()> {
        let all = deletions.rehearsal(list).await?.0;
        let mut array = self.output.array("Nothing would be deleted.");
        for object in &all.objects {
            array.push(object.row())?;
        }
        array.finish()?;
        if all.truncated {
            self.output.finish()?;
            tell(&format!("the list is incomplete: {}", all.counts(DELETED)));
        }
        if deletions.failed { Err(Error::Told(1)) } else { Ok(()) }
    }
}

impl Deletions<'_> {
    /// Shows what would be deleted, and asks. Returns the IDs that can be.
    async fn show(&mut self, list: Vec<String>) -> Result<Vec<String>> {
        self.etags = etags(&self.client, self.entity, &list).await?;
        let (all, list) = self.rehearsal(&list).await?;
        if list.is_empty() {
            return Ok(list);
        }
        // What only loses a reference is touched as well.
        if all.total() > 1 {
            let id = list.first().filter(|_| list.len() == 1).map(String::as_str);
            Plan { verb: "delete", effect: DELETED, affected: &all, id }.confirm().await?;
            self.shown = Some(all);
        }
        Ok(list)
    }

    /// What the calls would affect, and the IDs of those that are not refused.
    async fn rehearsal(&mut self, list: &[String]) -> Result<(Affected, Vec<String>)> {
        let (mut all, mut good) = (Affected::default(), Vec::new());
        for id in list {
            match self.call(id, true).await {
                Ok(affected) => {
                    all.merge(&affected);
                    good.push(id.clone());
                }
                Err(error) if self.is_one => return Err(error),
                Err(error) => self.note(error).await?,
            }
        }
        Ok((all, good))
    }

    async fn delete(&self, id: &str) -> Result<Affected> {
        // The etag is that of the object alone, and others may have come to depend on it since.
        if let Some(shown) = &self.shown
            && !shown.covers(&self.call(id, true).await?)
        {
            return Err(Error::refused(format!(
                "what depends on {} `{id}` has changed since it was shown, so it was not deleted; try again",
                self.entity.human()
            )));
        }
        self.call(id, false).await
    }

    async fn call(&self, id: &str, validate_only: bool) -> Result<Affected> {
        let answer = Request::standard(self.entity, Verb::Delete)
            .text("id", id)
            .text("etag", self.etags.get(id).map(String::as_str).unwrap_or_default())
            .set("force", Value::Bool(self.force))
            .set("validate_only", Value::Bool(validate_only))
            .call(&self.client)
            .await;
        let answer = answer.map_err(|error| nearest::about(self.entity, id, error))?;
        Ok(Affected::of(&answer))
    }

    /// Prints a refusal of one of several; what is not about one object ends the command.
    async fn note(&mut self, error: Error) -> Result<()> {
        if !matches!(error, Error::Refused { .. }) {
            return Err(error);
        }
        tell(&nearest::with_suggestion(&self.client, error).await.to_string());
        self.failed = true;
        Ok(())
    }
}

/// The etags of objects. What is missing has none: its deletion says so.
async fn etags(client: &Client, entity: &Entity, ids: &[String]) -> Result<HashMap<String, String>> {
    let mask = ["id", "etag"].map(str::to_owned);
    let found = requests::some_of(client, entity, ids, &mask).await?;
    Ok(found.iter().map(|object| (text_of(object, "id"), text_of(object, "etag"))).collect())
}

fn row(entity: &Entity, id: &str, affected: &Affected) -> Row {
    let mut row = Row::of_cells([("resource", json!(entity.name)), ("id", json!(id)), ("status", json!(204))]);
    row.cells.push(affected.counts(DELETED).cell());
    row
}
