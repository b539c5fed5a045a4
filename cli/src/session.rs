//! What every command works with, and how it prints.

use prost_reflect::DynamicMessage;
use qairon::model::Entity;

use crate::client::Client;
use crate::error::Result;
use crate::fields::Fields;
use crate::output::Output;
use crate::requests::Pages;

/// What people read where there are no objects of an entity.
pub fn none_found(entity: &Entity) -> String {
    format!("No {} found.", entity.plural.replace('_', " "))
}

/// What every command works with.
pub struct Session {
    /// The server.
    pub client: Client,
    /// Standard output.
    pub output: Output,
    /// The fields asked for.
    pub asked: Vec<String>,
}

impl Session {
    /// The fields asked for, of rows of an entity.
    pub fn fields(&self, entity: &Entity) -> Result<Fields> {
        Fields::of(entity, &self.asked)
    }

    /// Prints an object as a row with these fields.
    pub async fn print(&mut self, fields: &Fields, object: &DynamicMessage) -> Result<()> {
        let row = fields.row(&self.client, object).await?;
        self.output.object(&row)
    }

    /// Prints the objects of a list, page by page. The first page is there already: a list that is refused prints
    /// nothing, not even the beginning of an array.
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
        let mut array = self.output.array(none_found(fields.entity()));
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
