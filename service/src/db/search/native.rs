//! The statement that finds a provider's own identifier, whatever entity it is recorded with.

use qairon::Model;
use qairon::model::Field;

use super::super::sql::{Bind, Sql};
use super::Place;

/// The field of the identifier, in every entity that has it.
const NATIVE_ID: &str = "native_id";

/// The statement, whose rows are entity and ID, behind a place.
pub fn native(model: &Model, native_id: &str, start: &Place, limit: usize) -> Sql {
    let mut sql = Sql::new();
    sql.push("SELECT entity, id FROM (");
    let with = model.entities().iter().filter(|entity| entity.field(NATIVE_ID).is_some_and(Field::is_column));
    for (place, entity) in with.enumerate() {
        sql.push(if place == 0 { "" } else { " UNION ALL " });
        sql.push(&format!(
            "SELECT {}::bigint AS entity, id FROM \"{}\" WHERE {NATIVE_ID} = ",
            entity.index, entity.name
        ));
        sql.bind(Bind::Text(native_id.to_owned()));
    }
    sql.push(") found WHERE (entity, id) > (").bind(Bind::Integer(start.entity.try_into().unwrap_or_default()));
    sql.push(", ").bind(Bind::Text(start.id.clone())).push(") ORDER BY entity, id LIMIT ");
    sql.bind(Bind::Integer(limit.try_into().unwrap_or(i64::MAX)));
    sql
}
