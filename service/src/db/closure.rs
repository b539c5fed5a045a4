//! Everything that depends on an object: what a deletion takes with it, and what a change of ID re-keys.
//!
//! The walk goes level by level along the references that point at what was found so far, one statement for each
//! reference that is in use on a level, never one for each object.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel_async::AsyncPgConnection;
use qairon::Model;
use qairon::model::{Entity, RelationKind};
use qairon::v1::{AffectedObject, AffectedObjects, EntityCount, ErrorReason};
use uuid::Uuid;

use super::failure::Failure;
use super::sql::{Bind, Sql};
use crate::error::{Error, ErrorKind};

/// About how many bytes of objects an answer names.
const MAX_NAMED_BYTES: usize = 2 * 1024 * 1024;

/// Objects found by a walk, in the order in which they were found.
#[derive(Debug, Default)]
pub struct Closure {
    /// Entity index, uid, ID.
    pub objects: Vec<(usize, Uuid, String)>,
    /// Links in which a found object is the target: table, column, how many.
    pub links: Vec<(String, String, i64)>,
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

/// Walks from an object. The object itself comes first. `None` when there is no such object.
pub async fn walk(
    connection: &mut AsyncPgConnection,
    model: &Model,
    entity: &Entity,
    id: &str,
    reach: Reach,
    limit: usize,
) -> Result<Option<Closure>, Failure> {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT \"uid\", \"id\" FROM \"{}\" WHERE \"id\" = ", entity.name));
    sql.bind(Bind::Text(id.to_owned())).push(" FOR UPDATE");
    let rows = sql.rows(connection).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let mut found = Closure::default();
    let mut seen = HashSet::from([row.uuid(0)]);
    found.objects.push((entity.index, row.uuid(0), row.text(1).to_owned()));
    let mut frontier: BTreeMap<usize, Vec<String>> = BTreeMap::from([(entity.index, vec![id.to_owned()])]);
    while !frontier.is_empty() {
        let mut next: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (index, ids) in frontier {
            for Referring { entity: referring, optional, sql } in
                referring_objects(model, &model.entities()[index], &ids, reach)
            {
                let rows = sql.rows(connection).await?;
                if optional && reach == Reach::All {
                    found.cleared.extend(rows.iter().map(|row| (referring, row.uuid(0), row.text(1).to_owned())));
                    continue;
                }
                for row in rows {
                    if seen.insert(row.uuid(0)) {
                        next.entry(referring).or_default().push(row.text(1).to_owned());
                        found.objects.push((referring, row.uuid(0), row.text(1).to_owned()));
                    }
                }
                if found.objects.len() > limit {
                    return Err(too_many(entity, id, limit).into());
                }
            }
            count_links(connection, &model.entities()[index], &ids, &mut found).await?;
        }
        frontier = if reach == Reach::OneLevel { BTreeMap::new() } else { next };
    }
    found.cleared.retain(|(_, uid, _)| seen.insert(*uid));
    Ok(Some(found))
}

/// What refers to some objects, by one of its references.
struct Referring {
    entity: usize,
    /// The reference may be unset: its owner holds up a deletion, but does not go with it.
    optional: bool,
    sql: Sql,
}

/// Statements that find what refers to objects of an entity.
fn referring_objects(model: &Model, entity: &Entity, ids: &[String], reach: Reach) -> Vec<Referring> {
    let mut statements = Vec::new();
    let select = |from: &Entity| {
        let mut sql = Sql::new();
        sql.push(&format!("SELECT \"uid\", \"id\" FROM \"{}\" WHERE ", from.name));
        sql
    };
    for relation in &entity.relations {
        let RelationKind::ToMany { field } = &relation.kind else { continue };
        let referring = model.target(&relation.target);
        let composes = referring.id_fields.contains(field);
        let optional = referring.field(field).is_some_and(|field| field.nullable);
        if reach != Reach::Keys || composes {
            let mut sql = select(referring);
            sql.push(&format!("\"{field}\" = ANY(")).bind(Bind::TextArray(ids.to_vec())).push(") ORDER BY \"id\"");
            statements.push(Referring { entity: referring.index, optional, sql });
        }
    }
    for referring in model.entities() {
        for field in &referring.fields {
            let Some(type_field) = &field.object_of else { continue };
            let mut sql = select(referring);
            sql.push(&format!("\"{type_field}\" = ")).bind(Bind::Text(entity.type_name.clone()));
            sql.push(&format!(" AND \"{}\" = ANY(", field.name)).bind(Bind::TextArray(ids.to_vec()));
            sql.push(") ORDER BY \"id\"");
            statements.push(Referring { entity: referring.index, optional: false, sql });
        }
    }
    statements
}

async fn count_links(
    connection: &mut AsyncPgConnection,
    entity: &Entity,
    ids: &[String],
    found: &mut Closure,
) -> Result<(), Failure> {
    for relation in &entity.relations {
        let RelationKind::Linked { table, own_column, owner: false, .. } = &relation.kind else { continue };
        let mut sql = Sql::new();
        sql.push(&format!("SELECT count(*) FROM \"{table}\" WHERE \"{own_column}\" = ANY("));
        sql.bind(Bind::TextArray(ids.to_vec())).push(")");
        let rows = sql.rows(connection).await?;
        let count = rows.first().map_or(0, |row| row.integer(0));
        if count > 0 {
            found.links.push((table.clone(), own_column.clone(), count));
        }
    }
    Ok(())
}

/// Deletes what a walk found: what refers before what it refers to.
pub async fn delete(connection: &mut AsyncPgConnection, model: &Model, found: &Closure) -> Result<(), Failure> {
    let mut uids: HashMap<usize, Vec<Uuid>> = HashMap::new();
    let mut ids: HashMap<usize, Vec<String>> = HashMap::new();
    for (entity, uid, id) in &found.objects {
        uids.entry(*entity).or_default().push(*uid);
        ids.entry(*entity).or_default().push(id.clone());
    }
    for index in deletion_order(model) {
        let (Some(uids), Some(ids)) = (uids.remove(&index), ids.remove(&index)) else { continue };
        let entity = &model.entities()[index];
        for relation in &entity.relations {
            if let RelationKind::Linked { table, own_column, .. } = &relation.kind {
                unlink(connection, model, entity, table, own_column, ids.clone()).await?;
            }
            if let RelationKind::ToMany { field } = &relation.kind {
                unset_optional(connection, model.target(&relation.target), field, ids.clone()).await?;
            }
        }
        let mut sql = Sql::new();
        sql.push(&format!("DELETE FROM \"{}\" WHERE \"uid\" = ANY(", entity.name))
            .bind(Bind::UuidArray(uids))
            .push(")");
        sql.run(connection).await?;
    }
    Ok(())
}

/// Removes the links in which deleted objects are the targets. Their own go with them by cascade.
async fn unlink(
    connection: &mut AsyncPgConnection,
    model: &Model,
    entity: &Entity,
    table: &str,
    column: &str,
    ids: Vec<String>,
) -> Result<(), Failure> {
    let is_target = model
        .entities()
        .iter()
        .flat_map(|e| &e.links)
        .any(|link| link.table == table && link.target == entity.name && link.target_column == column);
    if is_target {
        let mut sql = Sql::new();
        sql.push(&format!("DELETE FROM \"{table}\" WHERE \"{column}\" = ANY(")).bind(Bind::TextArray(ids)).push(")");
        sql.run(connection).await?;
    }
    Ok(())
}

async fn unset_optional(
    connection: &mut AsyncPgConnection,
    referring: &Entity,
    field: &str,
    ids: Vec<String>,
) -> Result<(), Failure> {
    if referring.field(field).is_some_and(|field| field.nullable) {
        let mut sql = Sql::new();
        sql.push(&format!("UPDATE \"{}\" SET \"{field}\" = NULL WHERE \"{field}\" = ANY(", referring.name));
        sql.bind(Bind::TextArray(ids)).push(")");
        sql.run(connection).await?;
    }
    Ok(())
}

/// The entities, those that refer before those they refer to. References that may be unset do not count: they are
/// what makes a circle.
fn deletion_order(model: &Model) -> Vec<usize> {
    fn visit(model: &Model, index: usize, visited: &mut Vec<bool>, order: &mut Vec<usize>) {
        if std::mem::replace(&mut visited[index], true) {
            return;
        }
        for relation in &model.entities()[index].relations {
            let RelationKind::ToMany { field } = &relation.kind else { continue };
            let referring = model.target(&relation.target);
            if referring.field(field).is_some_and(|field| !field.nullable) {
                visit(model, referring.index, visited, order);
            }
        }
        order.push(index);
    }
    let mut order = Vec::new();
    let mut visited = vec![false; model.entities().len()];
    for index in 0..model.entities().len() {
        visit(model, index, &mut visited, &mut order);
    }
    order
}

/// The IDs that found objects have now.
pub async fn present_ids(
    connection: &mut AsyncPgConnection,
    model: &Model,
    found: &Closure,
) -> Result<HashMap<Uuid, String>, Failure> {
    let mut by_entity: BTreeMap<usize, Vec<Uuid>> = BTreeMap::new();
    for (entity, uid, _) in &found.objects {
        by_entity.entry(*entity).or_default().push(*uid);
    }
    let mut ids = HashMap::with_capacity(found.objects.len());
    for (index, uids) in by_entity {
        let mut sql = Sql::new();
        sql.push(&format!("SELECT \"uid\", \"id\" FROM \"{}\" WHERE \"uid\" = ANY(", model.entities()[index].name));
        sql.bind(Bind::UuidArray(uids)).push(")");
        let rows = sql.rows(connection).await?;
        ids.extend(rows.iter().map(|row| (row.uuid(0), row.text(1).to_owned())));
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
        parts.extend(self.links.iter().map(|(table, _, count)| format!("{count} × link in {table}")));
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
        "more than {limit} objects depend on {} `{id}`; go about it in parts, or raise the server's --max-affected",
        entity.human()
    );
    Error::new(ErrorKind::Exhausted, ErrorReason::TooManyAffected, message).with_resource(&entity.name, id)
}
