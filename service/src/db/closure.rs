//! Everything that depends on an object: what a deletion takes with it, and what a change of ID re-keys.
//!
//! The walk goes level by level along the references that point at what was found so far, one statement for each
//! reference that is in use on a level, never one for each object.

use std::collections::{BTreeMap, HashMap, HashSet};

use qairon::Model;
use qairon::model::{Entity, RelationKind};
use qairon::v1::{AffectedObject, AffectedObjects, EntityCount, ErrorReason};
use uuid::Uuid;

use super::bind::Bind;
use super::failure::Failure;
use super::referrers::{By, Referrers, count_links, referrers};
use super::sources::table;
use super::sql::Sql;
use super::transaction::Transaction;
use crate::error::{Error, ErrorKind};

/// About how many bytes of objects an answer names.
const MAX_NAMED_BYTES: usize = 2 * 1024 * 1024;

/// Objects found by a walk, in the order in which they were found.
#[derive(Debug, Default)]
pub struct Closure {
    /// Entity index, uid, ID.
    pub objects: Vec<(usize, Uuid, String)>,
    /// Links in which a found object is the target: table, how many.
    pub links: Vec<(String, i64)>,
    /// Objects that stay, and whose optional reference to a found one goes: entity index, uid, ID.
    pub cleared: Vec<(usize, Uuid, String)>,
}

/// How far a walk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Direct dependents.
    OneLevel,
    /// Everything that refers to it, however far.
    All,
    /// Everything whose ID contains its ID.
    Keys,
}

/// Walks from an object. The object itself comes first, and is locked. `None` when there is no such object.
pub async fn walk(
    transaction: &mut Transaction,
    entity: &Entity,
    id: &str,
    reach: Reach,
    limit: usize,
) -> Result<Option<Closure>, Failure> {
    let model = transaction.view.model();
    let Some(row) = transaction.one(lock(entity, id)).await? else { return Ok(None) };
    let mut found = Closure::default();
    let mut seen = HashSet::from([row.uuid(0)?]);
    found.objects.push((entity.index, row.uuid(0)?, row.text(1)?.to_owned()));
    let mut frontier: BTreeMap<usize, Vec<String>> = BTreeMap::from([(entity.index, vec![id.to_owned()])]);
    while !frontier.is_empty() {
        let mut next: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (index, ids) in frontier {
            for Referrers { entity: referring, by, sql } in referrers(model, &model.entities()[index], &ids) {
                let By::Reference { optional, composes } = by else { continue };
                if reach == Reach::Keys && !composes {
                    continue;
                }
                let rows = transaction.rows(sql).await?;
                for row in rows {
                    let object = (referring, row.uuid(0)?, row.text(1)?.to_owned());
                    if optional && reach == Reach::All {
                        found.cleared.push(object);
                    } else if seen.insert(object.1) {
                        next.entry(referring).or_default().push(object.2.clone());
                        found.objects.push(object);
                    }
                }
                if found.objects.len() > limit {
                    return Err(too_many(entity, id, limit).into());
                }
            }
            count_all_links(transaction, &model.entities()[index], &ids, &mut found).await?;
        }
        frontier = if reach == Reach::OneLevel { BTreeMap::new() } else { next };
    }
    found.cleared.retain(|(_, uid, _)| seen.insert(*uid));
    Ok(Some(found))
}

/// Locks the object from which a walk begins. See golden/referrers_of_a_service.sql for the statements that follow.
pub(super) fn lock(entity: &Entity, id: &str) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT \"uid\", \"id\" FROM {} WHERE \"id\" = ", table(&entity.name)));
    sql.bind(Bind::Text(id.to_owned())).push(" FOR UPDATE");
    sql
}

async fn count_all_links(
    transaction: &mut Transaction,
    entity: &Entity,
    ids: &[String],
    found: &mut Closure,
) -> Result<(), Failure> {
    for relation in &entity.relations {
        let RelationKind::Linked { table, own_column, owner: false, .. } = &relation.kind else { continue };
        let row = transaction.one(count_links(table, own_column, ids)).await?;
        let count = row.map_or(Ok(0), |row| row.integer(0))?;
        if count > 0 {
            found.links.push((table.clone(), count));
        }
    }
    Ok(())
}

/// The IDs that found objects have now.
pub async fn current_ids(transaction: &mut Transaction, found: &Closure) -> Result<HashMap<Uuid, String>, Failure> {
    let model = transaction.view.model();
    let mut by_entity: BTreeMap<usize, Vec<Uuid>> = BTreeMap::new();
    for (entity, uid, _) in &found.objects {
        by_entity.entry(*entity).or_default().push(*uid);
    }
    let mut ids = HashMap::with_capacity(found.objects.len());
    for (index, uids) in by_entity {
        let mut sql = Sql::new();
        let from = table(&model.entities()[index].name);
        sql.push(&format!("SELECT \"uid\", \"id\" FROM {from} WHERE \"uid\" = ANY("));
        sql.bind(Bind::UuidArray(uids)).push(")");
        for row in transaction.rows(sql).await? {
            ids.insert(row.uuid(0)?, row.text(1)?.to_owned());
        }
    }
    Ok(ids)
}

impl Closure {
    /// The answer for callers.
    pub fn affected(&self, model: &Model, new_ids: Option<&HashMap<Uuid, String>>) -> AffectedObjects {
        let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
        let mut affected = AffectedObjects::default();
        let mut bytes = 0;
        let stay = self.cleared.iter().map(|object| (object, Some(object.2.clone())));
        for ((entity, uid, id), kept_id) in self.objects.iter().map(|object| (object, None)).chain(stay) {
            let resource = &model.entities()[*entity].name;
            *counts.entry(resource).or_default() += 1;
            // What is deleted has no new ID.
            let new_id = kept_id.or_else(|| new_ids.and_then(|ids| ids.get(uid)).cloned()).unwrap_or_default();
            bytes += resource.len() + id.len() + new_id.len() + 10;
            if bytes > MAX_NAMED_BYTES {
                affected.truncated = true;
            } else {
                affected.objects.push(AffectedObject { resource: resource.clone(), id: id.clone(), new_id });
            }
        }
        affected.counts =
            counts.into_iter().map(|(resource, count)| EntityCount { resource: resource.to_owned(), count }).collect();
        affected
    }

    /// The refusal to delete the first object, for the sake of the others.
    pub fn has_dependents(&self, model: &Model, entity: &Entity, id: &str) -> Error {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (index, ..) in self.objects.iter().skip(1) {
            *counts.entry(model.entities()[*index].human()).or_default() += 1;
        }
        let mut parts: Vec<String> = counts.iter().map(|(name, count)| format!("{count} × {name}")).collect();
        parts.extend(self.links.iter().map(|(table, count)| format!("{count} × link in {table}")));
        let named: Vec<String> = self.objects.iter().skip(1).take(5).map(|(_, _, id)| format!("`{id}`")).collect();
        let such_as = if named.is_empty() { String::new() } else { format!(", such as {}", named.join(", ")) };
        let message = format!(
            "{} `{id}` has dependents: {}{such_as}; delete them first, or use force",
            entity.human(),
            parts.join(", ")
        );
        Error::new(ErrorKind::FailedPrecondition, ErrorReason::HasDependents, message).with_resource(&entity.name, id)
    }

    /// Whether anything but the object itself was found.
    pub fn is_alone(&self) -> bool {
        self.objects.len() == 1 && self.links.is_empty()
    }
}

fn too_many(entity: &Entity, id: &str, limit: usize) -> Error {
    let message = format!(
        "more than {limit} objects depend on {} `{id}`; do it in parts, or raise the server's --max-affected",
        entity.human()
    );
    Error::new(ErrorKind::Exhausted, ErrorReason::TooManyAffected, message).with_resource(&entity.name, id)
}
