//! `dependencies get_related`: the objects that a dependency relates to, of any type.

use qairon::model::Entity;

use super::relation::text_of;
use crate::error::{Error, Result};
use crate::fields::Fields;
use crate::requests::{self, ListQuery, Pages};
use crate::session::Session;

impl Session {
    pub(super) async fn get_related(&mut self, dependency: &Entity, related: &Entity, id: &str) -> Result<()> {
        let client = self.client.clone();
        let ends = ["related_type", "object_id"].map(str::to_owned);
        let mut pages = Pages::new(&client, related, &ListQuery::equal("dependency_id", id), &ends);
        let mut page = pages.next().await?.unwrap_or_default();
        if page.is_empty() {
            // Related to nothing, or no such dependency: the second is an error.
            requests::get(&client, dependency, id, &["id".to_owned()]).await?;
        }
        let mut array = self.output.array("No related objects found.");
        loop {
            // One case governs all of them, so that they are of one type.
            if let Some(first) = page.first() {
                let type_name = text_of(first, "related_type");
                let target = qairon::model().entity_of_type(&type_name).ok_or_else(|| {
                    Error::Usage(format!(
                        "`{type_name}` is an entity that this qcli does not know; install a newer one"
                    ))
                })?;
                let fields = Fields::of(target, &self.asked)?;
                let ids: Vec<String> = page.iter().map(|end| text_of(end, "object_id")).collect();
                let objects = requests::batch_get(&client, target, &ids, &fields.mask()).await?;
                for row in fields.rows(&client, &objects).await? {
                    array.push(row)?;
                }
            }
            match pages.next().await? {
                Some(next) => page = next,
                None => return array.finish(),
            }
        }
    }
}
