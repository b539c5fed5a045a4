//! Links: rows of two IDs.

use diesel_async::AsyncPgConnection;
use qairon::Model;
use qairon::model::{Entity, Link};

use super::failure::Failure;
use super::objects::one;
use super::sql::{Bind, Sql};
use crate::error::Error;

/// Adds a link. Returns whether it is new.
pub async fn add(
    connection: &mut AsyncPgConnection,
    link: &Link,
    owner_id: &str,
    target_id: &str,
) -> Result<bool, Failure> {
    let mut sql = Sql::new();
    sql.push(&format!(
        "INSERT INTO \"{}\" (\"{}\", \"{}\") VALUES (",
        link.table, link.owner_column, link.target_column
    ));
    sql.bind(Bind::Text(owner_id.to_owned())).push(", ").bind(Bind::Text(target_id.to_owned()));
    sql.push(") ON CONFLICT DO NOTHING RETURNING true");
    Ok(one(connection, sql).await?.is_some())
}

/// Removes a link. Returns whether there was one.
pub async fn remove(
    connection: &mut AsyncPgConnection,
    link: &Link,
    owner_id: &str,
    target_id: &str,
) -> Result<bool, Failure> {
    let mut sql = Sql::new();
    sql.push(&format!("DELETE FROM \"{}\" WHERE \"{}\" = ", link.table, link.owner_column));
    sql.bind(Bind::Text(owner_id.to_owned())).push(&format!(" AND \"{}\" = ", link.target_column));
    sql.bind(Bind::Text(target_id.to_owned())).push(" RETURNING true");
    Ok(one(connection, sql).await?.is_some())
}

/// The first of the two ends that does not exist.
pub async fn missing_end(
    connection: &mut AsyncPgConnection,
    model: &Model,
    owner: &Entity,
    link: &Link,
    owner_id: &str,
    target_id: &str,
) -> Result<Option<Error>, Failure> {
    for (entity, column, id) in
        [(owner, &link.owner_column, owner_id), (model.target(&link.target), &link.target_column, target_id)]
    {
        let mut sql = Sql::new();
        sql.push(&format!("SELECT true FROM \"{}\" WHERE \"id\" = ", entity.name)).bind(Bind::Text(id.to_owned()));
        if one(connection, sql).await?.is_none() {
            return Ok(Some(Error::not_found(&entity.name, id).with_field(column)));
        }
    }
    Ok(None)
}
