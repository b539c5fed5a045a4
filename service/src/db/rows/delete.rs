//! Deleting objects, with what depends on them.

use std::collections::HashMap;

use qairon::Model;
use qairon::model::{Entity, RelationKind};
use qairon::v1::AffectedObjects;
use uuid::Uuid;

use super::single::{has_etag, outdated, why_not};
use super::target;
use crate::db::bind::Bind;
use crate::db::closure::{Closure, Reach, walk};
use crate::db::etag::Etag;
use crate::db::failure::{Failure, Intent};
use crate::db::sql::Sql;
use crate::db::transaction::Transaction;
use crate::error::Error;

/// A deletion that is asked for.
#[derive(Debug, Clone)]
pub struct Deletion {
    /// The entity.
    pub entity: &'static Entity,
    /// The ID.
    pub id: String,
    /// The version to delete; any when there is none.
    pub etag: Option<Etag>,
    /// [`Reach::All`] deletes what depends on the object too.
    pub reach: Reach,
    /// A missing object is no error.
    pub allow_missing: bool,
    /// How many objects it may concern.
    pub max_affected: usize,
}

/// Deletes an object and returns everything that is concerned; `None` when it was missing and may be.
pub async fn delete(transaction: &mut Transaction, deletion: &Deletion) -> Result<Option<AffectedObjects>, Failure> {
    let Deletion { entity, id, etag, reach, allow_missing, max_affected } = deletion;
    let model = transaction.view.model();
    let Some(mut found) = walk(transaction, entity, id, *reach, *max_affected).await? else {
        return if *allow_missing { Ok(None) } else { Err(Error::not_found(&entity.name, id).into()) };
    };
    if let Some(etag) = etag
        && !has_etag(transaction, entity, id, etag).await?
    {
        return Err(why_not(entity, id, Some(etag)));
    }
    if *reach != Reach::All && !found.is_alone() {
        let refusal = found.has_dependents(model, entity, id);
        // What was once declared of an object, and relates it to nothing any more, goes with it.
        if !found.is_only_named(model) {
            return Err(refusal.into());
        }
        let all = walk(transaction, entity, id, Reach::All, *max_affected).await?;
        found = all.filter(|all| all.relates_nothing(model)).ok_or(refusal)?;
    }
    let mut deleted = delete_found(transaction, model, &found).await;
    // Only the object itself is locked: others may refer to what depends on it, since that was looked for.
    if !found.is_alone() && deleted.is_ok() {
        deleted = transaction.check_constraints().await;
    }
    deleted.map_err(|failure| match failure {
        failure if failure.is_foreign_key_violation() => outdated(entity, id),
        failure if failure.is_violation() => Failure::Outdated(failure.into_error(model, Intent::on(entity, id))),
        failure => failure,
    })?;
    Ok(Some(found.affected(model, None)))
}

/// Deletes objects: what refers before what it refers to.
pub(in crate::db) async fn delete_found(
    transaction: &mut Transaction,
    model: &Model,
    found: &Closure,
) -> Result<(), Failure> {
    let mut uids: HashMap<usize, Vec<Uuid>> = HashMap::new();
    let mut ids: HashMap<usize, Vec<String>> = HashMap::new();
    for (entity, uid, id) in &found.objects {
        uids.entry(*entity).or_default().push(*uid);
        ids.entry(*entity).or_default().push(id.clone());
    }
    for index in deletion_order(model) {
        let (Some(uids), Some(ids)) = (uids.remove(&index), ids.remove(&index)) else { continue };
        for sql in deletion(model, &model.entities()[index], uids, &ids) {
            transaction.run(sql).await?;
        }
    }
    Ok(())
}

/// The statements that remove objects of one entity: first the links in which they are the targets, and the optional
/// references to them. Their own links go with them by cascade. See golden/delete_a_release.sql and
/// golden/delete_a_repo.sql.
pub(super) fn deletion(model: &Model, entity: &Entity, uids: Vec<Uuid>, ids: &[String]) -> Vec<Sql> {
    let mut statements = Vec::new();
    for relation in &entity.relations {
        if let RelationKind::Linked { table, own_column, owner: false, .. } = &relation.kind {
            let mut sql = Sql::new();
            sql.push(&format!("DELETE FROM {} WHERE \"{own_column}\" = ANY(", target(table)));
            sql.bind(Bind::TextArray(ids.to_vec())).push(")");
            statements.push(sql);
        }
        if let RelationKind::ToMany { field } = &relation.kind {
            statements.extend(clearing(model.target(&relation.target), field, ids));
        }
    }
    let mut sql = Sql::new();
    sql.push(&format!("DELETE FROM {} WHERE \"uid\" = ANY(", target(&entity.name)));
    sql.bind(Bind::UuidArray(uids)).push(")");
    statements.push(sql);
    statements
}

/// Unsets an optional reference to objects.
fn clearing(referring: &Entity, field: &str, ids: &[String]) -> Option<Sql> {
    referring.field(field).filter(|field| field.nullable)?;
    let mut sql = Sql::new();
    let table = target(&referring.name);
    sql.push(&format!("UPDATE {table} SET \"{field}\" = NULL WHERE \"{field}\" = ANY("));
    sql.bind(Bind::TextArray(ids.to_vec())).push(")");
    Some(sql)
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
