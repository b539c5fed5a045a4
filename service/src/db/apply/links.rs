//! Links, set to exactly what the bundle gives. The home of a fleet is a link that nobody takes away.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use qairon::model::{Entity, Link, Relation, RelationKind};
use qairon::v1::{ChangeKind, FieldChange};

use super::applying::{Applying, CHUNK, raced};
use super::compare::Work;
use super::shown;
use crate::db::bind::Bind;
use crate::db::failure::{Failure, Intent};
use crate::db::rows::halves::{Outcome, in_halves, is_refusal};
use crate::db::rows::links::{Linking, missing_end};
use crate::db::sources::table;
use crate::db::sql::Sql;
use crate::domain::apply::LinkWish;
use crate::error::Error;

/// A relation from one of its ends.
struct End {
    entity: &'static Entity,
    relation: &'static Relation,
    owner: &'static Entity,
    link: &'static Link,
    is_owner: bool,
}

/// A link to add or to remove, and the object of the bundle that says so.
struct Change {
    object: usize,
    owner: String,
    target: String,
}

impl Change {
    fn new(end: &End, object: usize, own: &str, other: &str) -> Self {
        let (owner, target) = if end.is_owner { (own, other) } else { (other, own) };
        Self { object, owner: owner.to_owned(), target: target.to_owned() }
    }
}

/// Sets the links of every object of the bundle that is there.
pub async fn set(applying: &mut Applying<'_>, work: &Work) -> Result<(), Failure> {
    let objects = &applying.bundle.objects;
    let mut groups: BTreeMap<(usize, &str), Vec<(usize, &LinkWish)>> = BTreeMap::new();
    for (place, wish) in objects.iter().enumerate().filter(|(place, _)| !work.refused.contains(place)) {
        for link in &wish.links {
            groups.entry((wish.entity.index, link.relation.name())).or_default().push((place, link));
        }
    }
    for ((entity, _), mut wishes) in groups {
        let end = End::new(applying, &applying.model.entities()[entity], wishes[0].1.relation)?;
        wishes.sort_by(|a, b| objects[a.0].id.cmp(&objects[b.0].id));
        for chunk in wishes.chunks(CHUNK) {
            set_chunk(applying, work, &end, chunk).await?;
        }
    }
    Ok(())
}

async fn set_chunk(
    applying: &mut Applying<'_>,
    work: &Work,
    end: &End,
    wishes: &[(usize, &LinkWish)],
) -> Result<(), Failure> {
    let objects = &applying.bundle.objects;
    let ids = wishes.iter().map(|(place, _)| objects[*place].id.clone()).collect();
    let rows = applying.transaction.rows(end.read(ids)).await?;
    let mut current: HashMap<&str, BTreeMap<String, bool>> = HashMap::new();
    for row in &rows {
        current.entry(row.text(0)?).or_default().insert(row.text(1)?.to_owned(), row.bool(2)?);
    }
    let (mut gone, mut new, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    for (place, link) in wishes {
        let own = &objects[*place].id;
        // Objects without links have no rows.
        let before = current.remove(own.as_str()).unwrap_or_default();
        let kept = before.iter().filter(|(_, home)| **home).map(|(id, _)| id);
        let after: BTreeSet<&String> = link.ids.iter().chain(kept).collect();
        let change = |other: &String| Change::new(end, *place, own, other);
        gone.extend(before.keys().filter(|id| !after.contains(id)).map(change));
        new.extend(after.iter().filter(|id| !before.contains_key(**id)).map(|id| change(id)));
        // What a new object was linked to by itself is new like the rest.
        let is_new = work.created.contains(place);
        let (was, is) = (if is_new { String::new() } else { shown::list(before.keys()) }, shown::list(after));
        if was != is {
            let field = end.relation.name().to_owned();
            changes.push((*place, FieldChange { field, before: was, after: is }));
        }
    }
    write(applying, end, &gone, false).await?;
    write(applying, end, &new, true).await?;
    for (place, change) in changes {
        applying.changed(place, ChangeKind::Update, vec![change]);
    }
    Ok(())
}

async fn write(applying: &mut Applying<'_>, end: &End, changes: &[Change], add: bool) -> Result<(), Failure> {
    let linking = Linking { link: end.link, add, pair: |change: &Change| (&change.owner, &change.target) };
    for chunk in changes.chunks(CHUNK) {
        for outcome in in_halves(applying.transaction, &linking, chunk).await? {
            let Outcome::Refused(change, failure) = outcome else { continue };
            let error = why(applying, end, change, failure).await?;
            if !is_refusal(&error) {
                return Err(error.into());
            }
            let index = applying.bundle.objects[change.object].index;
            applying.outcome.refused.push((index, error));
        }
    }
    Ok(())
}

async fn why(applying: &mut Applying<'_>, end: &End, change: &Change, failure: Failure) -> Result<Error, Failure> {
    let Change { object, owner, target } = change;
    if failure.is_foreign_key_violation() {
        let missing = missing_end(applying.transaction, applying.model, end.owner, end.link, owner, target).await?;
        if let Some(error) = missing {
            return Ok(error.with_field(end.relation.name()));
        }
        // It came back meanwhile.
        return Err(raced().into());
    }
    let own = &applying.bundle.objects[*object].id;
    Ok(failure.into_error(applying.model, Intent::on(end.entity, own)))
}

impl End {
    fn new(applying: &Applying<'_>, entity: &'static Entity, relation: &'static Relation) -> Result<Self, Error> {
        let RelationKind::Linked { table, owner: is_owner, .. } = &relation.kind else {
            return Err(Error::internal(format!("`{}` is not made of links", relation.name())));
        };
        let owner = if *is_owner { entity } else { applying.model.target(&relation.target) };
        let link = owner.links.iter().find(|link| link.table == *table);
        let link = link.ok_or_else(|| Error::internal(format!("nobody owns the links of {table}")))?;
        Ok(Self { entity, relation, owner, link, is_owner: *is_owner })
    }

    /// The columns of this end and of the other.
    fn columns(&self) -> (&str, &str) {
        let (owner, target) = (self.link.owner_column.as_str(), self.link.target_column.as_str());
        if self.is_owner { (owner, target) } else { (target, owner) }
    }

    /// Reads the links of some objects, and which of them are homes.
    fn read(&self, ids: Vec<String>) -> Sql {
        let (own, other) = self.columns();
        let Link { table: links, home, owner_column, target_column, .. } = self.link;
        let home = home.as_ref().map_or("false".to_owned(), |home| {
            format!(
                "EXISTS (SELECT FROM {} o WHERE o.\"id\" = l.\"{owner_column}\" AND o.\"{home}\" = \
                 l.\"{target_column}\")",
                table(&self.owner.name)
            )
        });
        let mut sql = Sql::new();
        sql.push(&format!(
            "SELECT l.\"{own}\", l.\"{other}\", {home} FROM {} l WHERE l.\"{own}\" = ANY(",
            table(links)
        ));
        sql.bind(Bind::TextArray(ids)).push(")");
        sql
    }
}
