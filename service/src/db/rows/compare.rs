//! Objects as they are wanted beside objects as they are.

use qairon::model::{Entity, Field, Kind};

use super::arrays::{Values, column, push_rows, value_of};
use super::target;
use crate::db::column::Column;
use crate::db::sources::table;
use crate::db::sql::Sql;

/// Objects of one entity that are to have values in the same fields.
pub(in crate::db) struct Wanted<'a> {
    entity: &'a Entity,
    fields: Vec<&'a Field>,
    /// No value means NULL; otherwise it means the current one.
    named: bool,
    columns: Vec<Column>,
}

impl<'a> Wanted<'a> {
    /// Objects by their IDs, with their values.
    pub fn new<'v>(
        entity: &'a Entity,
        fields: Vec<&'a Field>,
        named: bool,
        rows: impl ExactSizeIterator<Item = (&'v str, &'v Values<'v>)> + Clone,
    ) -> Self {
        let mut columns = vec![Column::texts(rows.clone().map(|(id, _)| id))];
        columns.extend(fields.iter().map(|field| column(field, rows.clone().map(|(_, set)| value_of(set, field)))));
        Self { entity, fields, named, columns }
    }

    /// The place of each object that exists, counted from one, and whether it differs. See golden/upsert_services.sql
    /// and, where fields are named, golden/apply_to_services.sql.
    pub fn differences(self) -> Sql {
        let mut sql = Sql::new();
        sql.push("SELECT v.\"place\", ").push(&self.differs()).push(" FROM ");
        let from = table(&self.entity.name);
        self.push_values(&mut sql);
        sql.push(&format!(" JOIN {from} t ON t.\"id\" = v.\"id\""));
        sql
    }

    /// Sets what differs, and returns the places of the objects that did.
    pub fn update(self) -> Sql {
        let mut sql = Sql::new();
        sql.push(&format!("UPDATE {} t SET ", target(&self.entity.name)));
        for (index, field) in self.fields.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            sql.push(&format!("{separator}\"{}\" = {}", field.name, self.wanted(index)));
        }
        sql.push(" FROM ");
        let differs = self.differs();
        self.push_values(&mut sql);
        sql.push(" WHERE t.\"id\" = v.\"id\" AND ").push(&differs).push(" RETURNING v.\"place\"");
        sql
    }

    /// The value that a column is to have.
    fn wanted(&self, index: usize) -> String {
        match self.named {
            true => format!("v.\"c{index}\""),
            false => format!("coalesce(v.\"c{index}\", t.\"{}\")", self.fields[index].name),
        }
    }

    fn differs(&self) -> String {
        let differs = |(index, field): (usize, &&Field)| {
            let (own, wanted) = (format!("t.\"{}\"", field.name), self.wanted(index));
            match field.kind {
                // Zero and minus zero are equal, and only the text has both.
                Kind::Json => format!("{own} IS DISTINCT FROM {wanted} OR {own}::text <> ({wanted})::text"),
                _ => format!("{own} IS DISTINCT FROM {wanted}"),
            }
        };
        let all: Vec<String> = self.fields.iter().enumerate().map(differs).collect();
        if all.is_empty() { "false".to_owned() } else { format!("({})", all.join(" OR ")) }
    }

    /// The IDs and the values, with the place of each object.
    fn push_values(self, sql: &mut Sql) {
        let fields = self.fields.len();
        push_rows(sql, self.columns);
        sql.push(" WITH ORDINALITY v (\"id\"");
        for index in 0..fields {
            sql.push(&format!(", \"c{index}\""));
        }
        sql.push(", \"place\")");
    }
}
