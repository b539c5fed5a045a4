//! Everything that depends on an object: what a deletion takes with it, and what a change of ID re-keys.
//!
//! The walk goes level by level along the references that point at what was found so far, one statement for each
//! reference that is in use on a level, never one for each object.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use qairon::Model;
use qairon::model::{Entity, RelationKind};
use qairon::v1::{AffectedEffect, AffectedObject, AffectedObjects, EntityCount, ErrorReason};
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
    /// Objects that stay, and lose an optional reference or a link to a found one.
    pub unlinked: Vec<Unlinked>,
}

/// An object that stays, and what it loses.
#[derive(Debug)]
pub struct Unlinked {
    /// Entity index, uid, ID.
    pub object: (usize, Uuid, String),
    /// The fields and relations, in the order of the entity.
    pub fields: BTreeSet<(usize, String)>,
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
    let mut unlinked: HashMap<Uuid, usize> = HashMap::new();
    found.objects.push((entity.index, row.uuid(0)?, row.text(1)?.to_owned()));
    let mut frontier: BTreeMap<usize, Vec<String>> = BTreeMap::from([(entity.index, vec![id.to_owned()])]);
    while !frontier.is_empty() {
        let mut next: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (index, ids) in frontier {
            for Referrers { entity: referring, by, sql } in referrers(model, &model.entities()[index], &ids) {
                if !concerns(reach, &by) {
                    continue;
                }
                let rows = transaction.rows(sql).await?;
                for row in rows {
                    let object = (referring, row.uuid(0)?, row.text(1)?.to_owned());
                    match loses(reach, &by) {
                        Some(field) => {
                            let place = *unlinked.entry(object.1).or_insert(found.unlinked.len());
                            if place == found.unlinked.len() {
                                found.unlinked.push(Unlinked { object, fields: BTreeSet::new() });
                            }
                            let named = (place_of(&model.entities()[referring], field), field.to_owned());
                            found.unlinked[place].fields.insert(named);
                        }
                        None if seen.insert(object.1) => {
                            next.entry(referring).or_default().push(object.2.clone());
                            found.objects.push(object);
                        }
                        None => {}
                    }
                }
                if found.objects.len() + found.unlinked.len() > limit {
                    return Err(too_many(entity, id, limit).into());
                }
            }
            if reach == Reach::OneLevel {
                count_all_links(transaction, &model.entities()[index], &ids, &mut found).await?;
            }
        }
        frontier = if reach == Reach::OneLevel { BTreeMap::new() } else { next };
    }
    found.unlinked.retain(|unlinked| seen.insert(unlinked.object.1));
    Ok(Some(found))
}

/// Whether a walk follows what refers in this way. Links are only counted where one of them is enough to refuse.
fn concerns(reach: Reach, by: &By) -> bool {
    match by {
        By::Reference { composes, .. } => reach != Reach::Keys || *composes,
        By::Link { .. } => reach == Reach::All,
    }
}

/// The field or the relation of what refers in this way that is emptied, where what refers stays.
fn loses(reach: Reach, by: &By) -> Option<&str> {
    match by {
        By::Link { relation, .. } => Some(relation),
        By::Reference { field, optional: true, .. } if reach == Reach::All => Some(field),
        By::Reference { .. } => None,
    }
}

/// The place of a field among those of its entity; relations come after them.
fn place_of(entity: &Entity, name: &str) -> usize {
    let field = entity.fields.iter().position(|field| field.name == name);
    field.unwrap_or_else(|| {
        let link = entity.links.iter().position(|link| link.relation == name);
        entity.fields.len() + link.unwrap_or(entity.links.len())
    })
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
    /// The answer for callers: of a deletion, or of a change of ID when there are new IDs.
    pub fn affected(&self, model: &Model, new_ids: Option<&HashMap<Uuid, String>>) -> AffectedObjects {
        let mut counts: BTreeMap<(&str, AffectedEffect), i64> = BTreeMap::new();
        let mut affected = AffectedObjects::default();
        let mut bytes = 0;
        let effect = if new_ids.is_some() { AffectedEffect::Renamed } else { AffectedEffect::Deleted };
        let found = self.objects.iter().map(|object| (object, effect, None));
        let stay = self.unlinked.iter().map(|stays| (&stays.object, AffectedEffect::Unlinked, Some(&stays.fields)));
        for ((entity, uid, id), effect, fields) in found.chain(stay) {
            let resource = &model.entities()[*entity].name;
            *counts.entry((resource, effect)).or_default() += 1;
            let new_id = match effect {
                AffectedEffect::Unlinked => id.clone(),
                // What is deleted has no new ID.
                _ => new_ids.and_then(|ids| ids.get(uid)).cloned().unwrap_or_default(),
            };
            let fields: Vec<String> = fields.into_iter().flatten().map(|(_, field)| field.clone()).collect();
            bytes += resource.len() + id.len() + new_id.len() + fields.iter().map(|name| name.len() + 2).sum::<usize>();
            bytes += 14;
            if bytes > MAX_NAMED_BYTES {
                affected.truncated = true;
            } else {
                let (resource, id) = (resource.clone(), id.clone());
                affected.objects.push(AffectedObject { resource, id, new_id, effect: effect.into(), fields });
            }
        }
        let counted = counts.into_iter().map(|((resource, effect), count)| EntityCount {
            resource: resource.to_owned(),
            count,
            effect: effect.into(),
        });
        affected.counts = counted.collect();
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

    /// Whether all that depends on the object are such as name it and nothing else.
    pub fn is_only_named(&self, model: &Model) -> bool {
        let names = |entity: &Entity| entity.fields.iter().any(|field| field.object_of.is_some());
        let others = self.objects.iter().skip(1).map(|(index, ..)| &model.entities()[*index]);
        self.links.is_empty() && others.into_iter().all(|other| names(other) && other.references().next().is_none())
    }

    /// Whether nothing that was found relates the object to another.
    pub fn relates_nothing(&self, model: &Model) -> bool {
        let relates = |entity: &Entity| {
            entity.references().next().is_some() && entity.fields.iter().any(|field| field.object_of.is_some())
        };
        !self.objects.iter().skip(1).any(|(index, ..)| relates(&model.entities()[*index]))
    }

    /// Whether only the object itself was found.
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
