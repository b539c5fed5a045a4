//! `get`, `list` and `query`: rows as they come.

use clap::ArgMatches;
use qairon::model::Entity;
use serde_json::Value as Json;

use crate::arguments::text;
use crate::error::{Error, Result};
use crate::output::row::Row;
use crate::requests::{self, ListQuery, Pages};
use crate::session::Session;

impl Session {
    pub(super) async fn get(&mut self, entity: &Entity, id: &str) -> Result<()> {
        let fields = self.fields(entity)?;
        let object = requests::get(&self.client, entity, id, &fields.mask()).await?;
        self.print(&fields, &object).await
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
