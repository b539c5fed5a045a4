//! `get`, `list` and `query`: rows as they come.

use std::collections::HashMap;

use clap::ArgMatches;
use prost_reflect::DynamicMessage;
use qairon::model::Entity;
use serde_json::Value as Json;

use super::nearest::{self, INVALID_ID};
use super::relation::text_of;
use crate::arguments::{Ids, text};
use crate::client::Client;
use crate::error::{Error, Result, tell};
use crate::fields::Fields;
use crate::output::row::Row;
use crate::requests::{self, ListQuery, MAX_BATCH, Pages};
use crate::session::Session;

impl Session {
    pub(super) async fn get(&mut self, entity: &Entity, ids: &Ids) -> Result<()> {
        let fields = self.fields(entity)?;
        match (ids.is_one, ids.list.as_slice()) {
            (true, [id]) => {
                let object = requests::get(&self.client, entity, id, &fields.mask()).await?;
                self.print(&fields, &object).await
            }
            (_, ids) => self.get_some(entity, &fields, ids).await,
        }
    }

    /// Prints those of some objects that exist, in the order of the IDs, and an error for each of the others.
    async fn get_some(&mut self, entity: &Entity, fields: &Fields, ids: &[String]) -> Result<()> {
        let client = self.client.clone();
        let mut missing: Vec<Error> = Vec::new();
        let mut parts = ids.chunks(MAX_BATCH);
        let mut rows = match parts.next() {
            Some(part) => some(&client, entity, fields, part, &mut missing).await?,
            None => Vec::new(),
        };
        // What is refused prints nothing: the array begins with the first part.
        let mut array = self.output.array("");
        loop {
            for row in rows {
                array.push(row)?;
            }
            let Some(part) = parts.next() else { break };
            rows = some(&client, entity, fields, part, &mut missing).await?;
        }
        array.finish()?;
        // Errors come after what they are not about.
        self.output.finish()?;
        let failed = !missing.is_empty();
        for error in missing {
            tell(&nearest::with_suggestion(&client, error).await.to_string());
        }
        if failed { Err(Error::Told(1)) } else { Ok(()) }
    }

    pub(super) async fn list(&mut self, entity: &Entity, matches: &ArgMatches) -> Result<()> {
        let number = |name| matches.get_one::<i64>(name).copied();
        let query = ListQuery {
            filter: text(matches, "filter").to_owned(),
            order_by: text(matches, "order_by").to_owned(),
            skip: number("skip").and_then(|skip| i32::try_from(skip).ok()).unwrap_or_default(),
            limit: number("limit"),
            page_size: number("page_size"),
        };
        if matches.get_flag("count") {
            self.refuse_fields("count")?;
            return self.count(entity, &query).await;
        }
        self.rows_or_explanation(entity, &query, matches).await
    }

    pub(super) async fn query(&mut self, entity: &'static Entity, matches: &ArgMatches) -> Result<()> {
        let query = ListQuery::document(text(matches, "query"))?;
        self.rows_or_explanation(entity, &query, matches).await
    }

    async fn rows_or_explanation(&mut self, entity: &Entity, query: &ListQuery, matches: &ArgMatches) -> Result<()> {
        match matches.get_flag("explain_filter") {
            true => {
                self.refuse_fields("explain-filter")?;
                self.explain(entity, query).await
            }
            false => self.rows(entity, query).await,
        }
    }

    /// There are no rows to print fields of.
    fn refuse_fields(&self, flag: &str) -> Result<()> {
        match self.asked.is_empty() {
            true => Ok(()),
            false => Err(Error::Usage(format!("`--{flag}` prints no rows; leave out `--field`"))),
        }
    }

    /// A number for scripts: bare, unless a format for programs is given.
    async fn count(&mut self, entity: &Entity, query: &ListQuery) -> Result<()> {
        let count = requests::count(&self.client, entity, &query.filter).await?;
        match self.output.asked_data() {
            true => self
                .output
                .object(&Row::of_cells([("resource", Json::from(entity.name.as_str())), ("count", Json::from(count))])),
            false => self.output.line(&count.to_string()),
        }
    }

    /// The filter on one line and, when there is one, the order on the next.
    async fn explain(&mut self, entity: &Entity, query: &ListQuery) -> Result<()> {
        let (filter, order_by) = requests::explain(&self.client, entity, query).await?;
        match self.output.asked_data() {
            true => self.output.object(&Row::of_cells([
                ("resource", Json::from(entity.name.as_str())),
                ("filter", Json::from(filter)),
                ("order_by", Json::from(order_by)),
            ])),
            false => {
                self.output.line(&filter)?;
                if order_by.is_empty() { Ok(()) } else { self.output.line(&format!("order by {order_by}")) }
            }
        }
    }

    async fn rows(&mut self, entity: &Entity, query: &ListQuery) -> Result<()> {
        let fields = self.fields(entity)?;
        let client = self.client.clone();
        let mut pages = Pages::new(&client, entity, query, &fields.mask());
        let first = pages.next().await?;
        self.print_pages(&fields, first, pages).await
    }
}

/// The rows of those of some objects that exist, in the order of their IDs, and the errors for the others.
async fn some(
    client: &Client,
    entity: &Entity,
    fields: &Fields,
    ids: &[String],
    missing: &mut Vec<Error>,
) -> Result<Vec<Row>> {
    let mut wanted: Vec<String> = ids.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let (mut found, mut malformed) = (HashMap::new(), HashMap::new());
    let mut parts = vec![wanted.as_slice()];
    while let Some(part) = parts.pop() {
        match requests::some_of(client, entity, part, &fields.mask()).await {
            Ok(objects) => found.extend(objects.into_iter().map(|object| (text_of(&object, "id"), object))),
            // One ID is at fault, or they are too much for one answer.
            Err(error) if is_splittable(&error) && part.len() > 1 => {
                let (front, back) = part.split_at(part.len() / 2);
                parts.extend([front, back]);
            }
            Err(Error::Refused { message, reason, .. }) if reason.as_deref() == Some(INVALID_ID) => {
                malformed.extend(part.iter().map(|id| (id.clone(), message.clone())));
            }
            Err(error) => return Err(error),
        }
    }
    let mut objects: Vec<DynamicMessage> = Vec::with_capacity(ids.len());
    for id in ids {
        match (found.get(id), malformed.get(id)) {
            (Some(object), _) => objects.push(object.clone()),
            (None, Some(told)) => missing.push(nearest::failure(entity, id, told.clone(), INVALID_ID)),
            (None, None) => missing.push(nearest::missing(entity, id)),
        }
    }
    fields.rows(client, &objects).await
}

fn is_splittable(error: &Error) -> bool {
    let reasons = [INVALID_ID, "MESSAGE_TOO_LARGE"];
    matches!(error, Error::Refused { reason: Some(reason), .. } if reasons.contains(&reason.as_str()))
}
