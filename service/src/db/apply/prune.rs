//! Deletes the objects of some scopes that a bundle does not give.
//!
//! What nothing outside depends on goes before anything is created, and makes room: a range, a place in a one-to-one
//! dependency. The rest is looked at again when everything else is done, for the bundle may have turned to others what
//! depended on it; what is still needed then is refused, as a deletion of it alone would be.

use std::collections::{BTreeMap, HashMap, HashSet};

use qairon::model::Entity;
use qairon::v1::{ChangeKind, ErrorReason, ObjectChange};
use uuid::Uuid;

use super::applying::{Applying, raced};

use crate::db::closure::Closure;
use crate::db::failure::Failure;
use crate::db::get::exists;
use crate::db::referrers::{By, referrers};
use crate::db::rows::delete::delete_found;
use crate::db::sources::table;
use crate::db::sql::Sql;
use crate::domain::apply::Pruning;
use crate::domain::{filter, scope};
use crate::error::{Error, ErrorKind, Result};

/// How many scopes one statement looks into: filters have so many terms at most, and a scope may take several.
const SCOPES: usize = 8;

/// An object: its entity, its uid and its ID.
type Object = (usize, Uuid, String);

/// What is to be deleted.
#[derive(Debug, Default)]
pub struct Doomed {
    objects: HashMap<Uuid, Object>,
}

/// What depends on an object that is to be deleted.
#[derive(Debug, Default)]
struct Dependents {
    objects: Vec<Object>,
    /// Links of which it is the target: the table, and the owner.
    links: Vec<(String, Uuid)>,
}

impl Doomed {
    /// Finds what is to be deleted.
    pub async fn find(applying: &mut Applying<'_>, pruning: &Pruning, limit: usize) -> Result<Self, Failure> {
        let mut kept: HashSet<(usize, &str)> = HashSet::new();
        kept.extend(applying.bundle.objects.iter().map(|wish| (wish.entity.index, wish.id.as_str())));
        kept.extend(pruning.scopes.iter().map(|(entity, id)| (entity.index, id.as_str())));
        let mut doomed = Self::default();
        for entity in pruning.entities(&applying.bundle.objects) {
            for scopes in pruning.scopes.chunks(SCOPES) {
                let Some(sql) = within(applying, entity, scopes)? else { continue };
                for row in applying.transaction.rows(sql).await? {
                    let (uid, id) = (row.uuid(0)?, row.text(1)?);
                    if !kept.contains(&(entity.index, id)) {
                        doomed.objects.insert(uid, (entity.index, uid, id.to_owned()));
                    }
                }
                if doomed.objects.len() > limit {
                    return Err(too_many(limit).into());
                }
            }
        }
        Ok(doomed)
    }

    /// Deletes what nothing else depends on.
    pub async fn make_room(&mut self, applying: &mut Applying<'_>) -> Result<(), Failure> {
        let dependents = self.dependents(applying).await?;
        let held = self.held(&dependents);
        self.delete(applying, &held).await
    }

    /// Deletes the rest, and refuses what others depend on.
    pub async fn finish(mut self, applying: &mut Applying<'_>, pruning: &Pruning) -> Result<(), Failure> {
        check_scopes(applying, pruning).await?;
        let dependents = self.dependents(applying).await?;
        let held = self.held(&dependents);
        let mut refused: Vec<&Object> = held.iter().filter_map(|uid| self.objects.get(uid)).collect();
        // The same every time, and so the first thousand too.
        refused.sort_by(|a, b| (a.0, &a.2).cmp(&(b.0, &b.2)));
        for object in refused {
            let Some(dependents) = dependents.get(&object.1) else { continue };
            if let Some(error) = self.refusal(applying, object, dependents) {
                applying.outcome.refused.push((-1, error));
            }
        }
        self.delete(applying, &held).await
    }

    /// Deletes what is not held, those that refer before those they refer to.
    async fn delete(&mut self, applying: &mut Applying<'_>, held: &HashSet<Uuid>) -> Result<(), Failure> {
        let mut by_entity: BTreeMap<usize, Vec<Object>> = BTreeMap::new();
        let free: Vec<Uuid> = self.objects.keys().filter(|uid| !held.contains(uid)).copied().collect();
        for object in free.iter().filter_map(|uid| self.objects.remove(uid)) {
            by_entity.entry(object.0).or_default().push(object);
        }
        if by_entity.is_empty() {
            return Ok(());
        }
        for entity in applying.model.sequence().into_iter().rev() {
            let Some(mut objects) = by_entity.remove(&entity.index) else { continue };
            objects.sort_by(|a, b| a.2.cmp(&b.2));
            applying.outcome.changes.extend(objects.iter().map(|(_, _, id)| ObjectChange {
                kind: ChangeKind::Delete.into(),
                resource: entity.name.clone(),
                id: id.clone(),
                fields: Vec::new(),
            }));
            let found = Closure { objects, ..Closure::default() };
            delete_found(applying.transaction, applying.model, &found).await.map_err(needed_meanwhile)?;
        }
        applying.transaction.check_constraints().await.map_err(needed_meanwhile)
    }

    /// What depends on each of the objects, those that are to be deleted too included.
    async fn dependents(&self, applying: &mut Applying<'_>) -> Result<HashMap<Uuid, Dependents>, Failure> {
        let mut by_entity: BTreeMap<usize, HashMap<&str, Uuid>> = BTreeMap::new();
        for (entity, uid, id) in self.objects.values() {
            by_entity.entry(*entity).or_default().insert(id, *uid);
        }
        let mut dependents: HashMap<Uuid, Dependents> = HashMap::new();
        for (index, uids) in by_entity {
            let entity = &applying.model.entities()[index];
            let ids: Vec<String> = uids.keys().map(|id| (*id).to_owned()).collect();
            for referring in referrers(applying.model, entity, &ids) {
                for row in applying.transaction.rows(referring.sql).await? {
                    let Some(needed) = uids.get(row.text(2)?) else { continue };
                    let known = dependents.entry(*needed).or_default();
                    match &referring.by {
                        By::Link { table, .. } => known.links.push((table.clone(), row.uuid(0)?)),
                        By::Reference { .. } => {
                            known.objects.push((referring.entity, row.uuid(0)?, row.text(1)?.to_owned()));
                        }
                    }
                }
            }
        }
        Ok(dependents)
    }

    /// The objects that cannot go: something that stays depends on them, over any number of others.
    fn held(&self, dependents: &HashMap<Uuid, Dependents>) -> HashSet<Uuid> {
        let mut held = HashSet::new();
        loop {
            let stays = |uid: &Uuid| !self.objects.contains_key(uid) || held.contains(uid);
            let more: Vec<Uuid> = dependents
                .iter()
                .filter(|(uid, known)| {
                    let needed = known.objects.iter().any(|(_, other, _)| stays(other) && other != *uid);
                    !held.contains(*uid) && (needed || known.links.iter().any(|(_, owner)| stays(owner)))
                })
                .map(|(uid, _)| *uid)
                .collect();
            if more.is_empty() {
                return held;
            }
            held.extend(more);
        }
    }

    /// The refusal to delete an object for the sake of others that stay; `None` when there is none but for others that
    /// are refused themselves.
    fn refusal(&self, applying: &Applying<'_>, object: &Object, dependents: &Dependents) -> Option<Error> {
        let stays = |uid: &Uuid| !self.objects.contains_key(uid);
        let mut found = Closure { objects: vec![object.clone()], ..Closure::default() };
        let mut seen = HashSet::new();
        let outside = dependents.objects.iter().filter(|(_, uid, _)| stays(uid) && seen.insert(*uid));
        found.objects.extend(outside.cloned());
        let mut links: BTreeMap<&str, i64> = BTreeMap::new();
        for (table, _) in dependents.links.iter().filter(|(_, owner)| stays(owner)) {
            *links.entry(table).or_default() += 1;
        }
        found.links.extend(links.into_iter().map(|(table, count)| (table.to_owned(), count)));
        if found.is_alone() {
            return None;
        }
        let mut error = found.has_dependents(applying.model, &applying.model.entities()[object.0], &object.2);
        if let Some((what, _)) = error.message.rsplit_once("; ") {
            error.message = format!("{what}; give it in the bundle, or delete those first");
        }
        Some(error)
    }
}

/// Selects the objects of an entity in some scopes.
fn within(
    applying: &Applying<'_>,
    entity: &Entity,
    scopes: &[(&'static Entity, String)],
) -> Result<Option<Sql>, Failure> {
    let roots: Vec<_> = scopes.iter().map(|(root, id)| (*root, id.as_str())).collect();
    let Some(text) = scope::filter(applying.model, entity, &roots) else { return Ok(None) };
    let compiled = filter::parse(&text).and_then(|ast| filter::compile(applying.model, entity, &ast, "t"));
    let condition = compiled.map_err(Error::internal)?;
    let mut sql = Sql::new();
    sql.push(&format!("SELECT t.\"uid\", t.\"id\" FROM {} t WHERE ", table(&entity.name))).append_filter(condition);
    Ok(Some(sql))
}

/// A scope that is not there is a mistake: everything below it would seem to be deleted already.
async fn check_scopes(applying: &mut Applying<'_>, pruning: &Pruning) -> Result<(), Failure> {
    for (entity, id) in &pruning.scopes {
        if !exists(applying.transaction, entity, id).await? {
            let error = Error::not_found(&entity.name, id).with_field("prune.scopes");
            applying.outcome.refused.push((-1, error));
        }
    }
    Ok(())
}

/// What nothing depended on a moment ago is needed now: everything is looked at again.
fn needed_meanwhile(failure: Failure) -> Failure {
    if failure.is_violation() { raced().into() } else { failure }
}

fn too_many(limit: usize) -> Error {
    let message = format!(
        "more than {limit} objects would be deleted; prune in parts, by fewer scopes or resources, or raise the \
         server's --max-affected"
    );
    Error::new(ErrorKind::Exhausted, ErrorReason::TooManyAffected, message)
}
