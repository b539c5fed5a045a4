//! The values of many objects as arrays, one for each field: one text of a statement for an entity, however many rows
//! there are and whatever they have values for.

use qairon::model::{Entity, Field, Kind};

use crate::db::bind::Bind;
use crate::db::column::{Column, NullOf};
use crate::db::sql::Sql;
use crate::domain::draft::Value;

/// The values of an object.
pub type Values<'a> = [(&'a Field, Value)];

/// The fields that an insertion sets: all that callers can set.
pub fn insertable(entity: &Entity) -> impl Iterator<Item = &Field> {
    entity.fields.iter().filter(|field| field.is_settable() || (field.number == 1 && entity.id_is_given()))
}

/// What the database stores where no value is given.
pub fn unset(field: &Field) -> Option<Value> {
    match (&field.kind, &field.default) {
        _ if field.nullable => None,
        (_, Some(default)) => Some(Value::Text(default.clone())),
        (Kind::Json, None) => Some(Value::Json("{}".to_owned())),
        (Kind::Text, None) if !field.required => Some(Value::Text(String::new())),
        _ => None,
    }
}

/// The value of a field among some.
pub fn value_of<'a>(values: &'a Values<'_>, field: &Field) -> Option<&'a Value> {
    values.iter().find(|(given, _)| given.number == field.number).map(|(_, value)| value)
}

/// Appends `unnest(…)`, a row for every place in the columns.
pub fn push_rows(sql: &mut Sql, columns: Vec<Column>) {
    sql.push("unnest(");
    for (index, column) in columns.into_iter().enumerate() {
        if index > 0 {
            sql.push(", ");
        }
        sql.bind(Bind::Column(column));
    }
    sql.push(")");
}

/// The values of one field for all rows.
pub fn column<'a>(field: &Field, rows: impl ExactSizeIterator<Item = Option<&'a Value>>) -> Column {
    let mut column = Column::new(NullOf::field(field), rows.len());
    rows.for_each(|value| column.push(value));
    column
}
