//! The statement that reads for a text: one kind of match, one entity, in the order of IDs, from a place on.
//!
//! It is planned anew for every text, for which way is the best depends on how frequent the text is.
//!
//! Nothing is scanned for components: a text can be frequent and never a component, and the scan would read a whole
//! table for nothing. Such objects are found by their names or by the text in their IDs, which is why those scans do not
//! leave them out.

use qairon::model::{Entity, Kind};

use super::super::bind::Bind;
use super::super::sources::table;
use super::super::sql::{Keep, Sql};
use super::question::{Fit, Search};
use crate::domain::filter::like_escaped;
use crate::domain::search::own_name;

/// The statement, whose rows are IDs; `None` when there can be no such match. See
/// golden/search_scan_for_a_name.sql and golden/search_scan_for_part_of_an_id.sql.
pub fn scan(search: &Search, kind: Fit, entity: &Entity, after: &str, limit: usize) -> Option<Sql> {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT id FROM {} WHERE ", table(&entity.name)));
    if search.text.has_colon() {
        of_ids(search, kind, entity, &mut sql)?;
    } else {
        of_names(search, kind, entity, &mut sql)?;
    }
    sql.push(" AND id > ").bind(Bind::Text(after.to_owned()));
    sql.push(" ORDER BY id LIMIT ").bind(Bind::Integer(limit.try_into().unwrap_or(i64::MAX)));
    Some(sql.kept(Keep::Never))
}

/// For a text with colons, which no name holds.
fn of_ids(search: &Search, kind: Fit, entity: &Entity, sql: &mut Sql) -> Option<()> {
    let text = &search.text;
    let (components, open_ended) = search.model.id_components(entity);
    if components < text.pieces && !open_ended {
        return None;
    }
    match kind {
        Fit::Exact if components > text.pieces || text.is_ragged() => return None,
        Fit::Exact => sql.push("lower(id) = ").bind(Bind::Text(text.lower.clone())),
        Fit::Id => {
            sql.push("strpos(lower(id), ").bind(Bind::Text(text.lower.clone()));
            sql.push(") > 0 AND lower(id) <> ").bind(Bind::Text(text.lower.clone()))
        }
        _ => return None,
    };
    Some(())
}

fn of_names(search: &Search, kind: Fit, entity: &Entity, sql: &mut Sql) -> Option<()> {
    let lower = || Bind::Text(search.text.lower.clone());
    let text = like_escaped(&search.text.lower);
    let name = own_name(entity);
    if matches!(kind, Fit::ComponentAndName | Fit::Component) {
        return None;
    }
    if !kind.is_by_name() {
        if entity.id_is_given() {
            return None;
        }
        sql.push("strpos(lower(id), ").bind(lower()).push(") > 0");
        if let Some(name) = name {
            // Out of the ID, so that its index is enough.
            let place = name.from_end;
            sql.push(&format!(" AND strpos(lower(split_part(id, ':', -{place})), ")).bind(lower()).push(") = 0");
        }
        return Some(());
    }
    let name = name?.field;
    if name.kind == Kind::Integer && !search.text.is_digits() {
        return None;
    }
    // The very expressions that are indexed.
    let cast = if name.kind == Kind::Integer { "::text" } else { "" };
    let column = format!("\"{}\"{cast}", name.name);
    sql.push(&format!("{column} ILIKE "));
    match kind {
        Fit::Exact => sql.bind(Bind::Text(text)),
        Fit::NamePrefix => {
            sql.bind(Bind::Text(format!("{text}%"))).push(&format!(" AND lower({column}) <> ")).bind(lower())
        }
        _ => {
            sql.bind(Bind::Text(format!("%{text}%")));
            sql.push(&format!(" AND NOT starts_with(lower({column}), ")).bind(lower()).push(")")
        }
    };
    Some(())
}
