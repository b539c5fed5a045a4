//! `link`, `unlink` and their short forms: `assign_zone`, `unassign_repo` and the like.

use clap::ArgMatches;
use prost_reflect::Value;
use qairon::model::{Entity, RelationKind, Verb};
use serde_json::json;

use crate::args::resource::linked_relations;
use crate::arguments::text;
use crate::error::{Error, Result};
use crate::output::row::Row;
use crate::requests::Request;
use crate::session::Session;
use crate::suggest;

impl Session {
    pub(super) async fn link(&mut self, entity: &Entity, adds: bool, name: &str, matches: &ArgMatches) -> Result<()> {
        let end = End::of(entity, name)?;
        let (id, other_id) = (text(matches, "id"), text(matches, "other_id"));
        let (owner_id, target_id) = if end.is_owner { (id, other_id) } else { (other_id, id) };
        let link = &end.owner.links[end.index];
        let verb = if adds { Verb::AddLink(end.index) } else { Verb::RemoveLink(end.index) };
        let answer = Request::standard(end.owner, verb)
            .text(&format!("{}_id", end.owner.name), owner_id)
            .text(&format!("{}_id", link.target), target_id)
            .set("validate_only", Value::Bool(matches.get_flag("dry_run")))
            .call(&self.client)
            .await?;
        let changed = answer.get_field_by_number(1).and_then(|changed| changed.as_bool()).unwrap_or_default();
        self.output.object(&Row::of_cells([
            ("resource", json!(entity.name)),
            ("id", json!(id)),
            ("relation", json!(name)),
            ("other_id", json!(other_id)),
            ("changed", json!(changed)),
        ]))
    }
}

/// One end of a link.
#[derive(Debug)]
struct End {
    owner: &'static Entity,
    /// The place of the link among those of its owner.
    index: usize,
    /// Whether this end is the owner's.
    is_owner: bool,
}

impl End {
    fn of(entity: &Entity, name: &str) -> Result<Self> {
        let unknown = || {
            let what = format!("link of `{}`", entity.name);
            Error::Usage(suggest::unknown(&what, name, linked_relations(entity)))
        };
        let relation = entity.relation(name).ok_or_else(unknown)?;
        let RelationKind::Linked { table, owner: is_owner, .. } = &relation.kind else {
            return Err(unknown());
        };
        let owner = qairon::model().target(if *is_owner { &entity.name } else { &relation.target });
        let index = owner.links.iter().position(|link| link.table == *table).ok_or_else(unknown)?;
        Ok(Self { owner, index, is_owner: *is_owner })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_is_found_from_both_ends() {
        for entity in qairon::model().entities() {
            for (index, link) in entity.links.iter().enumerate() {
                let end = End::of(entity, &link.relation).expect(&link.relation);
                assert_eq!((end.owner.index, end.index, end.is_owner), (entity.index, index, true));
                let end = End::of(qairon::model().target(&link.target), &link.inverse).expect(&link.inverse);
                assert_eq!((end.owner.index, end.index, end.is_owner), (entity.index, index, false));
            }
        }
    }

    #[test]
    fn other_relations_are_no_links() {
        let stack = qairon::model().target("stack");
        assert!(End::of(stack, "services").is_err());
        let error = End::of(qairon::model().target("deployment"), "zonse").expect_err("typo").to_string();
        assert!(error.contains("did you mean `zones`?"), "{error}");
    }
}
