//! `get`, `list` and `query`: rows as they come.

use clap::ArgMatches;
use qairon::model::Entity;

use super::{Session, text};
use crate::error::Result;
use crate::output::row::Row;
use crate::query_document;
use crate::requests::{self, ListQuery, Pages, read_mask};

impl Session {
    pub(super) async fn get(&mut self, entity: &Entity, id: &str) -> Result<()> {
        self.check_asked(entity)?;
        let object = requests::get(&self.client, entity, id, &read_mask(&self.asked)).await?;
        self.output.object(&self.row(entity, &object))
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
        self.rows(entity, &query).await
    }

    pub(super) async fn query(&mut self, entity: &'static Entity, document: &str) -> Result<()> {
        let query = query_document::parse(entity, document)?;
        self.rows(entity, &query).await
    }

    async fn rows(&mut self, entity: &Entity, query: &ListQuery) -> Result<()> {
        self.check_asked(entity)?;
        let client = self.client.clone();
        let mut pages = Pages::new(&client, entity, query, &read_mask(&self.asked));
        // A refused list prints nothing: the array begins with the first page.
        let Some(mut page) = pages.next().await? else { return self.output.array().finish() };
        let mut array = self.output.array();
        loop {
            for object in &page {
                array.push(Row::of_object(entity, object, &self.asked))?;
            }
            match pages.next().await? {
                Some(next) => page = next,
                None => return array.finish(),
            }
        }
    }
}
