//! The columns of a table: which cells they show, in which order, and what they are called.

use std::collections::HashMap;

use super::row::{Place, Row};

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The place of its cell in a row.
    pub cell: usize,
    /// What it is called.
    pub header: String,
}

/// The columns of rows like this one. Fields that were asked for keep their order; else the ID is the first.
pub fn of(row: &Row, wide: bool, asked: bool) -> Vec<Column> {
    let shown = |place| place == Place::Everywhere || (wide && place == Place::Detail);
    let mut cells: Vec<usize> = (0..row.cells.len()).filter(|at| shown(row.cells[*at].place)).collect();
    let id = cells.iter().position(|at| row.cells[*at].name == "id").filter(|_| !asked);
    if let Some(id) = id {
        cells[..=id].rotate_right(1);
    }
    let names: Vec<&str> = cells.iter().map(|at| row.cells[*at].name.as_str()).collect();
    cells.iter().zip(headers(&names)).map(|(cell, header)| Column { cell: *cell, header }).collect()
}

/// The place of the column that is cut last: the ID, or else the first.
pub fn key(row: &Row, columns: &[Column]) -> usize {
    columns.iter().position(|column| row.cells[column.cell].name == "id").unwrap_or_default()
}

/// The headers: short ones where they differ, else the names.
fn headers(names: &[&str]) -> Vec<String> {
    let mut headers: Vec<String> = names.iter().map(|name| short(name)).collect();
    // Keys inside JSON can differ in their case alone.
    for longer in [str::to_uppercase, str::to_owned] {
        let mut counts: HashMap<String, usize> = HashMap::new();
        headers.iter().for_each(|header| *counts.entry(header.clone()).or_default() += 1);
        for (header, name) in headers.iter_mut().zip(names) {
            if counts.get(header).is_some_and(|count| *count > 1) {
                *header = longer(name);
            }
        }
    }
    headers
}

/// A reference is called as its relation, and a time without the words that all times have in common.
fn short(name: &str) -> String {
    let (way, last) = name.rfind('.').map_or(("", name), |dot| name.split_at(dot + 1));
    let short = match relation(last) {
        Some(relation) => relation,
        None => match last.strip_suffix("_at") {
            Some(time) => time.strip_prefix("last_").unwrap_or(time).to_owned(),
            None => last.to_owned(),
        },
    };
    format!("{way}{short}").to_uppercase()
}

/// The relation that a field of this name is, or the resources whose IDs it lists.
fn relation(name: &str) -> Option<String> {
    let entities = qairon::model().entities();
    let listed = name.strip_suffix("_ids").and_then(|front| qairon::model().entity(front));
    if let Some(entity) = listed {
        return Some(entity.plural.clone());
    }
    let field = entities.iter().find_map(|entity| entity.field(name)?.relation());
    field.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_short_and_no_two_are_the_same() {
        for (names, wanted) in [
            (&["id", "deployment_target_id", "native_id"][..], &["ID", "DEPLOYMENT_TARGET", "NATIVE_ID"][..]),
            (&["created_at", "last_updated_at"], &["CREATED", "UPDATED"]),
            (&["service.stack_id", "fleet_ids"], &["SERVICE.STACK", "FLEETS"]),
            (&["current_release", "current_release_id", "tag"], &["CURRENT_RELEASE", "CURRENT_RELEASE_ID", "TAG"]),
            (&["defaults.a", "defaults.A", "defaults"], &["defaults.a", "defaults.A", "DEFAULTS"]),
        ] {
            assert_eq!(headers(names), wanted, "{names:?}");
        }
    }

    #[test]
    fn the_columns_of_every_entity_differ() {
        for entity in qairon::model().entities() {
            let names: Vec<&str> = entity.fields.iter().map(|field| field.name.as_str()).collect();
            let mut headers = headers(&names);
            headers.sort();
            headers.dedup();
            assert_eq!(headers.len(), names.len(), "{}", entity.name);
        }
    }
}
