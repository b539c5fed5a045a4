//! Declaring in one step that an object depends on another, and taking it back.

use qairon::model::Entity;
use qairon::v1::{AffectedObjects, CreatedObject, ErrorReason};
use uuid::Uuid;

use super::target;
use crate::db::bind::Bind;
use crate::db::closure::Closure;
use crate::db::failure::Failure;
use crate::db::get::{as_response, select};
use crate::db::sources::table;
use crate::db::sql::Sql;
use crate::db::transaction::Transaction;
use crate::db::wire;
use crate::error::{Error, ErrorKind, Result};

/// The name of a dependency whose caller gives none.
const NAME: &str = "default";

/// An object that depends on another, or that other.
#[derive(Debug, Clone)]
pub struct End {
    /// Its entity.
    pub entity: &'static Entity,
    /// The field of the request that names it.
    pub field: &'static str,
    /// Its ID.
    pub id: String,
}

/// What is declared.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// The object that depends.
    pub dependent: End,
    /// The object it depends on.
    pub related: End,
    /// The dependency case; any when there is none.
    pub case_id: Option<String>,
    /// The name of the dependency; any when there is none.
    pub name: Option<String>,
}

/// Creates what is missing of a declaration. Returns the dependency as field 1 of a response, its end as field 2, and
/// what was created as field 3.
pub async fn declare(transaction: &mut Transaction, declaration: &Declaration) -> Result<Vec<u8>, Failure> {
    let Declaration { dependent, related, case_id, name } = declaration;
    hold(transaction, dependent).await?;
    hold(transaction, related).await?;
    let mut created = Vec::new();
    let case_id = match case_id {
        Some(id) => named_case(transaction, declaration, id, &mut created).await?,
        None => usual_case(transaction, declaration, &mut created).await?,
    };
    let mut known = ends(declaration, Some(&case_id), name.as_deref());
    // What was found stays to the end, and what it is the end of with it.
    known.push(" FOR KEY SHARE OF b");
    let (dependency_id, related_id) = match transaction.one(known).await? {
        Some(row) => (row.text(2)?.to_owned(), row.text(1)?.to_owned()),
        None => {
            let object =
                [("relatable_type", dependent.entity.type_name.as_str()), ("object_id", dependent.id.as_str())];
            let relatable = ensure(transaction, "relatable", &object, &mut created).await?;
            let name = name.as_deref().unwrap_or(NAME);
            let dependency = [("dependency_case_id", &*case_id), ("relatable_id", &relatable), ("name", name)];
            let dependency = ensure(transaction, "dependency", &dependency, &mut created).await?;
            let end = [
                ("dependency_id", dependency.as_str()),
                ("related_type", &related.entity.type_name),
                ("object_id", &related.id),
            ];
            let related = ensure(transaction, "related", &end, &mut created).await?;
            (dependency, related)
        }
    };
    transaction.check_constraints().await.map_err(|failure| meanwhile(failure, dependent))?;
    let mut out = answer(transaction, "dependency", &dependency_id).await?;
    let end = answer(transaction, "related", &related_id).await?;
    // The same field of another response: only its number differs.
    let (_, object) = end.split_first().ok_or_else(|| Error::internal("an empty response"))?;
    out.push(0x12);
    out.extend_from_slice(object);
    for object in created {
        wire::bytes_field(&mut out, 3, &prost::Message::encode_to_vec(&object));
    }
    Ok(out)
}

/// Deletes what declares a dependency, and what nothing is left of then.
pub async fn remove(transaction: &mut Transaction, declaration: &Declaration) -> Result<AffectedObjects, Failure> {
    let Declaration { dependent, related, case_id, name } = declaration;
    hold(transaction, dependent).await?;
    hold(transaction, related).await?;
    let model = transaction.view.model();
    let (mut ends_found, mut dependencies, mut relatables) = (Vec::new(), Vec::new(), Vec::new());
    for row in transaction.rows(ends(declaration, case_id.as_deref(), name.as_deref())).await? {
        ends_found.push(row.uuid(0)?);
        dependencies.push(row.text(2)?.to_owned());
        relatables.push(row.text(3)?.to_owned());
    }
    let mut found = Closure::default();
    let mut gone = |entity: &str, uids: Vec<(Uuid, String)>| {
        let index = model.target(entity).index;
        found.objects.extend(uids.into_iter().map(|(uid, id)| (index, uid, id)));
    };
    if !ends_found.is_empty() {
        let mut sql = Sql::new();
        sql.push(&format!("DELETE FROM {} WHERE uid = ANY(", target("related"))).bind(Bind::UuidArray(ends_found));
        sql.push(") RETURNING uid, id");
        gone("related", deleted(transaction, sql, dependent).await?);
        gone(
            "dependency",
            empty(transaction, "dependency", ("related", "dependency_id"), dependencies, dependent).await?,
        );
        gone(
            "relatable",
            empty(transaction, "relatable", ("dependency", "relatable_id"), relatables, dependent).await?,
        );
        transaction.check_constraints().await.map_err(|failure| meanwhile(failure, dependent))?;
    }
    Ok(found.affected(model, None))
}

/// Keeps an object from going until the end of the transaction.
async fn hold(transaction: &mut Transaction, end: &End) -> Result<(), Failure> {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT true FROM {} WHERE id = ", table(&end.entity.name))).bind(Bind::Text(end.id.clone()));
    sql.push(" FOR KEY SHARE");
    match transaction.one(sql).await? {
        Some(_) => Ok(()),
        None => Err(Error::not_found(&end.entity.name, &end.id).with_field(end.field).into()),
    }
}

/// The statement that finds what declares a dependency: uid and ID of the end, dependency, relatable.
fn ends(declaration: &Declaration, case_id: Option<&str>, name: Option<&str>) -> Sql {
    let Declaration { dependent, related, .. } = declaration;
    let [relatable, dependency, end] = ["relatable", "dependency", "related"].map(table);
    let mut sql = Sql::new();
    sql.push(&format!(
        "SELECT b.uid, b.id, d.id, a.id FROM {relatable} a JOIN {dependency} d ON d.relatable_id = a.id JOIN {end} b ON \
         b.dependency_id = d.id WHERE a.relatable_type = "
    ));
    sql.bind(Bind::Text(dependent.entity.type_name.clone()));
    sql.push(" AND a.object_id = ").bind(Bind::Text(dependent.id.clone()));
    sql.push(" AND b.related_type = ").bind(Bind::Text(related.entity.type_name.clone()));
    sql.push(" AND b.object_id = ").bind(Bind::Text(related.id.clone()));
    for (column, value) in [("d.dependency_case_id", case_id), ("d.name", name)] {
        if let Some(value) = value {
            sql.push(&format!(" AND {column} = ")).bind(Bind::Text(value.to_owned()));
        }
    }
    sql.push(" ORDER BY b.id");
    sql
}

/// The case that the caller names, made when there is none.
async fn named_case(
    transaction: &mut Transaction,
    declaration: &Declaration,
    id: &str,
    created: &mut Vec<CreatedObject>,
) -> Result<String, Failure> {
    let types = [&declaration.dependent, &declaration.related].map(|end| end.entity.type_name.as_str());
    let values =
        [("id", id), ("relatable_type", types[0]), ("related_type", types[1]), ("allowed_relationship", "OTM")];
    if insert(transaction, "dependency_case", &values, created).await?.is_some() {
        return Ok(id.to_owned());
    }
    let mut sql = Sql::new();
    sql.push(&format!("SELECT relatable_type, related_type FROM {} WHERE id = ", table("dependency_case")));
    sql.bind(Bind::Text(id.to_owned())).push(" FOR KEY SHARE");
    let Some(row) = transaction.one(sql).await? else {
        return Err(Failure::outdated(&format!("dependency case `{id}`")));
    };
    let found = [row.text(0)?, row.text(1)?];
    if found == types {
        return Ok(id.to_owned());
    }
    let message = format!(
        "dependency case `{id}` is of a {} that depends on a {}, not of a {} that depends on a {}; name another case",
        found[0], found[1], types[0], types[1]
    );
    let error = Error::new(ErrorKind::FailedPrecondition, ErrorReason::TypeMismatch, message);
    Err(error.with_field("case_id").with_resource("dependency_case", id).into())
}

/// The case of the two entities when the caller names none.
async fn usual_case(
    transaction: &mut Transaction,
    declaration: &Declaration,
    created: &mut Vec<CreatedObject>,
) -> Result<String, Failure> {
    let Declaration { dependent, related, .. } = declaration;
    let usual = format!("{}-on-{}", dependent.entity.name, related.entity.name);
    let mut sql = Sql::new();
    sql.push(&format!("SELECT id FROM {} WHERE relatable_type = ", table("dependency_case")));
    sql.bind(Bind::Text(dependent.entity.type_name.clone())).push(" AND related_type = ");
    sql.bind(Bind::Text(related.entity.type_name.clone())).push(" ORDER BY id");
    let rows = transaction.rows(sql).await?;
    let ids = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
    match &ids[..] {
        [] => named_case(transaction, declaration, &usual, created).await,
        [only] => Ok((*only).to_owned()),
        ids if ids.contains(&usual.as_str()) => Ok(usual),
        ids => {
            let named = ids.iter().take(5).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
            let message = format!(
                "there are {} cases of {} that depends on {}: {named}; name one of them as the case",
                ids.len(),
                dependent.entity.a_human(),
                related.entity.a_human()
            );
            let error = Error::new(ErrorKind::FailedPrecondition, ErrorReason::Rule, message);
            Err(error.with_field("case_id").into())
        }
    }
}

/// The ID of the object with these values, which is made when there is none.
async fn ensure(
    transaction: &mut Transaction,
    entity: &str,
    values: &[(&str, &str)],
    created: &mut Vec<CreatedObject>,
) -> Result<String, Failure> {
    if let Some(id) = insert(transaction, entity, values, created).await? {
        return Ok(id);
    }
    let mut sql = Sql::new();
    sql.push(&format!("SELECT id FROM {}", table(entity)));
    for (index, (column, value)) in values.iter().enumerate() {
        sql.push(if index == 0 { " WHERE " } else { " AND " }).push(column).push(" = ");
        sql.bind(Bind::Text((*value).to_owned()));
    }
    // Until the end of the transaction it stays.
    sql.push(" FOR KEY SHARE");
    match transaction.one(sql).await? {
        Some(row) => Ok(row.text(0)?.to_owned()),
        None => Err(Failure::outdated(entity)),
    }
}

/// Inserts an object unless it is there. Returns its ID when it was not.
async fn insert(
    transaction: &mut Transaction,
    entity: &str,
    values: &[(&str, &str)],
    created: &mut Vec<CreatedObject>,
) -> Result<Option<String>, Failure> {
    let mut sql = Sql::new();
    let columns = values.iter().map(|(column, _)| *column).collect::<Vec<_>>().join(", ");
    sql.push(&format!("INSERT INTO {} ({columns}) VALUES (", target(entity)));
    for (index, (_, value)) in values.iter().enumerate() {
        sql.push(if index == 0 { "" } else { ", " }).bind(Bind::Text((*value).to_owned()));
    }
    sql.push(") ON CONFLICT DO NOTHING RETURNING id");
    let Some(row) = transaction.one(sql).await? else { return Ok(None) };
    let id = row.text(0)?.to_owned();
    created.push(CreatedObject { resource: entity.to_owned(), id: id.clone() });
    Ok(Some(id))
}

/// Deletes those of some objects that nothing of another entity refers to any more, and that hold no defaults.
async fn empty(
    transaction: &mut Transaction,
    entity: &str,
    (referring, field): (&str, &str),
    ids: Vec<String>,
    dependent: &End,
) -> Result<Vec<(Uuid, String)>, Failure> {
    let mut sql = Sql::new();
    sql.push(&format!("DELETE FROM {} e WHERE e.id = ANY(", target(entity))).bind(Bind::TextArray(ids));
    sql.push(&format!(
        ") AND e.defaults = '{{}}' AND NOT EXISTS (SELECT 1 FROM {} r WHERE r.{field} = e.id) RETURNING e.uid, e.id",
        table(referring)
    ));
    deleted(transaction, sql, dependent).await
}

async fn deleted(transaction: &mut Transaction, sql: Sql, dependent: &End) -> Result<Vec<(Uuid, String)>, Failure> {
    let rows = transaction.rows(sql).await.map_err(|failure| meanwhile(failure, dependent))?;
    Ok(rows.iter().map(|row| Ok((row.uuid(0)?, row.text(1)?.to_owned()))).collect::<Result<_>>()?)
}

/// Others declare and remove at the same time.
fn meanwhile(failure: Failure, end: &End) -> Failure {
    match failure.is_foreign_key_violation() {
        true => Failure::outdated(&format!("{} `{}`", end.entity.human(), end.id)),
        false => failure,
    }
}

async fn answer(transaction: &mut Transaction, entity: &str, id: &str) -> Result<Vec<u8>, Failure> {
    let entity = transaction.view.model().target(entity);
    let projection = transaction.view.whole(entity)?;
    let row = transaction.one(select(entity, &projection, id)).await?;
    let row = row.ok_or_else(|| Error::internal("a declared dependency is gone"))?;
    Ok(as_response(&projection, &row)?)
}
