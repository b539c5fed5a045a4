//! The statement that finds a provider's own identifier, whatever entity it is recorded with.

use qairon::Model;
use qairon::model::Field;

use super::super::bind::Bind;
use super::super::door::Door;
use super::super::failure::Failure;
use super::super::sources::table;
use super::super::sql::Sql;
use super::question::Place;
use crate::error::{Error, Result};

/// The field of the identifier, in every entity that has it.
const NATIVE_ID: &str = "native_id";

/// The objects after a place.
pub async fn by_native_id(door: &Door, native_id: &str, start: &Place, limit: usize) -> Result<Vec<Place>, Failure> {
    let rows = door.look_up("native_id", native(door.model(), native_id, start, limit)?).await?;
    let place = |row: &super::super::row::Row| Ok(Place { kind: 0, rank: row.index(0)?, id: row.text(1)?.to_owned() });
    Ok(rows.iter().map(place).collect::<Result<_>>()?)
}

/// The statement, whose rows are entity and ID, after a place. See golden/search_a_native_id.sql.
pub(super) fn native(model: &Model, native_id: &str, start: &Place, limit: usize) -> Result<Sql> {
    let mut sql = Sql::new();
    sql.push("SELECT entity, id FROM (");
    let with = model.entities().iter().filter(|entity| entity.field(NATIVE_ID).is_some_and(Field::is_column));
    for (place, entity) in with.enumerate() {
        sql.push(if place == 0 { "" } else { " UNION ALL " });
        sql.push(&format!(
            "SELECT {}::bigint AS entity, id FROM {} WHERE {NATIVE_ID} = ",
            entity.rank,
            table(&entity.name)
        ));
        sql.bind(Bind::Text(native_id.to_owned()));
    }
    sql.push(") found WHERE (entity, id) > (").bind(Bind::Integer(start.rank.try_into().map_err(Error::internal)?));
    sql.push(", ").bind(Bind::Text(start.id.clone())).push(") ORDER BY entity, id LIMIT ");
    sql.bind(Bind::Integer(limit.try_into().unwrap_or(i64::MAX)));
    Ok(sql)
}
