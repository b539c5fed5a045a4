//! Links, set to exactly what the bundle gives. The home of a fleet is a link that nobody takes away.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use qairon::model::{Entity, Link, Relation, RelationKind};
use qairon::v1::{ChangeKind, FieldChange};

use super::compare::Work;
use super::{Applying, CHUNK, is_refusal, shown};
use crate::db::failure::{Failure, Intent};
use crate::db::links::missing_end;
use crate::db::sql::{Bind, Sql};
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
    own: String,
    other: String,
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
    let rows = end.read(ids).rows(applying.connection).await?;
    let mut present: HashMap<&str, BTreeMap<String, bool>> = HashMap::new();
    for row in &rows {
        present.entry(row.text(0)).or_default().insert(row.text(1).to_owned(), row.bool(2));
    }
    let (mut gone, mut new, mut changes) = (Vec::new(), Vec::new(), Vec::new());
    for (place, link) in wishes {
        let own = &objects[*place].id;
        let before = present.remove(own.as_str()).unwrap_or_default();
        let kept = before.iter().filter(|(_, home)| **home).map(|(id, _)| id);
        let after: BTreeSet<&String> = link.ids.iter().chain(kept).collect();
        let change = |other: &String| Change { object: *place, own: own.clone(), other: other.clone() };
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
    for chunk in changes.chunks(CHUNK) {
        let all: Vec<&Change> = chunk.iter().collect();
        if applying.attempt(end.write(&all, add)).await?.is_ok() {
            continue;
        }
        // One of them stands against it: each is told on its own.
        for change in chunk {
            if let Err(failure) = applying.attempt(end.write(&[change], add)).await? {
                let error = why(applying, end, change, failure).await?;
                if !is_refusal(&error) {
                    return Err(error.into());
                }
                let index = applying.bundle.objects[change.object].index;
                applying.outcome.refused.push((index, error));
            }
        }
    }
    Ok(())
}

async fn why(applying: &mut Applying<'_>, end: &End, change: &Change, failure: Failure) -> Result<Error, Failure> {
    let (owner, target) = end.pair(change);
    if failure.is_foreign_key_violation() {
        let missing = missing_end(applying.connection, applying.model, end.owner, end.link, owner, target).await?;
        if let Some(error) = missing {
            return Ok(error.with_field(end.relation.name()));
        }
    }
    Ok(failure.into_error(applying.model, Intent::on(end.entity, &change.own)))
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

    /// The IDs of owner and target.
    fn pair<'a>(&self, change: &'a Change) -> (&'a str, &'a str) {
        if self.is_owner { (&change.own, &change.other) } else { (&change.other, &change.own) }
    }

    /// Reads the links of some objects, and which of them are homes.
    fn read(&self, ids: Vec<String>) -> Sql {
        let (own, other) = self.columns();
        let Link { table, home, owner_column, target_column, .. } = self.link;
        let home = home.as_ref().map_or("false".to_owned(), |home| {
            format!(
                "EXISTS (SELECT FROM \"{}\" o WHERE o.\"id\" = l.\"{owner_column}\" AND o.\"{home}\" = \
                 l.\"{target_column}\")",
                self.owner.name
            )
        });
        let mut sql = Sql::new();
        sql.push(&format!("SELECT l.\"{own}\", l.\"{other}\", {home} FROM \"{table}\" l WHERE l.\"{own}\" = ANY("));
        sql.bind(Bind::TextArray(ids)).push(")");
        sql
    }

    fn write(&self, changes: &[&Change], add: bool) -> Sql {
        let (owners, targets) =
            changes.iter().map(|change| self.pair(change)).map(|(o, t)| (o.to_owned(), t.to_owned())).unzip();
        let Link { table, owner_column, target_column, .. } = self.link;
        let mut sql = Sql::new();
        sql.push(&match add {
            true => {
                format!("INSERT INTO \"{table}\" (\"{owner_column}\", \"{target_column}\") SELECT o, t FROM unnest(")
            }
            false => format!("DELETE FROM \"{table}\" l USING unnest("),
        });
        sql.bind(Bind::TextArray(owners)).push(", ").bind(Bind::TextArray(targets)).push(") AS w(o, t)");
        sql.push(&match add {
            true => " ON CONFLICT DO NOTHING".to_owned(),
            false => format!(" WHERE l.\"{owner_column}\" = w.o AND l.\"{target_column}\" = w.t"),
        });
        sql
    }
}
