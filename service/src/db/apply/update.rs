//! Sets what differs: objects are locked, read and compared once more, and then written, many at a time.

use std::collections::{BTreeMap, HashMap};

use qairon::model::{Entity, Field};
use qairon::v1::{ChangeKind, FieldChange};

use super::arrays::{columns, push_unnest};
use super::{Applying, is_refusal, parts, raced, shown, size};
use crate::db::failure::{Failure, Intent};
use crate::db::sql::{Bind, Row, Sql};
use crate::domain::draft::{Value, naming};
use crate::error::Error;

/// Values to set in an object of the bundle.
pub type Update = (usize, Vec<(&'static Field, Value)>);

/// Sets values in objects of one entity. Returns those that are refused.
pub async fn update_all(
    applying: &mut Applying<'_>,
    entity: &'static Entity,
    updates: Vec<Update>,
) -> Result<Vec<(Update, Error)>, Failure> {
    let mut shapes: BTreeMap<Vec<u32>, Vec<Update>> = BTreeMap::new();
    for update in updates {
        shapes.entry(update.1.iter().map(|(field, _)| field.number).collect()).or_default().push(update);
    }
    let mut refused = Vec::new();
    for mut updates in shapes.into_values() {
        // Two that change the same objects do so in the same order.
        updates.sort_by(|a, b| applying.bundle.objects[a.0].id.cmp(&applying.bundle.objects[b.0].id));
        for chunk in parts(updates, |(_, values)| size(values)) {
            refused.extend(update_chunk(applying, entity, chunk).await?);
        }
    }
    Ok(refused)
}

async fn update_chunk(
    applying: &mut Applying<'_>,
    entity: &'static Entity,
    updates: Vec<Update>,
) -> Result<Vec<(Update, Error)>, Failure> {
    let bundle = applying.bundle;
    let fields: Vec<&'static Field> = updates[0].1.iter().map(|(field, _)| *field).collect();
    let ids = updates.iter().map(|(place, _)| bundle.objects[*place].id.clone()).collect();
    let rows = read(entity, &fields, ids).rows(applying.connection).await?;
    let rows: HashMap<&str, &Row> = rows.iter().map(|row| (row.text(0), row)).collect();
    let mut differing = Vec::with_capacity(updates.len());
    for (place, values) in updates {
        // It was there a moment ago.
        let row = rows.get(bundle.objects[place].id.as_str()).ok_or_else(raced)?;
        let changes = differences(&values, row)?;
        if !changes.is_empty() {
            differing.push(((place, values), changes));
        }
    }
    if differing.is_empty() {
        return Ok(Vec::new());
    }
    let all: Vec<&Update> = differing.iter().map(|(update, _)| update).collect();
    let sql = write(applying, entity, &fields, &all);
    if applying.attempt(sql).await?.is_ok() {
        for ((place, _), changes) in differing {
            applying.changed(place, ChangeKind::Update, changes);
        }
        return Ok(Vec::new());
    }
    // One of them stands against it: each is told on its own.
    let mut refused = Vec::new();
    for (update, changes) in differing {
        let sql = write(applying, entity, &fields, &[&update]);
        match applying.attempt(sql).await? {
            Ok(_) => applying.changed(update.0, ChangeKind::Update, changes),
            Err(failure) => {
                let intent = Intent::on(entity, &bundle.objects[update.0].id);
                let error = naming(applying.model, failure.into_error(applying.model, intent), &update.1);
                if !is_refusal(&error) {
                    return Err(error.into());
                }
                refused.push((update, error));
            }
        }
    }
    Ok(refused)
}

fn read(entity: &Entity, fields: &[&Field], ids: Vec<String>) -> Sql {
    let mut sql = Sql::new();
    sql.push("SELECT \"id\"");
    for field in fields {
        sql.push(", \"").push(&field.name).push("\"");
    }
    sql.push(&format!(" FROM \"{}\" WHERE \"id\" = ANY(", entity.name)).bind(Bind::TextArray(ids));
    sql.push(") ORDER BY \"id\" FOR NO KEY UPDATE");
    sql.uncached()
}

fn differences(values: &[(&'static Field, Value)], row: &Row) -> Result<Vec<FieldChange>, Error> {
    let mut changes = Vec::new();
    for (place, (field, wanted)) in values.iter().enumerate() {
        let before = shown::json(&shown::value(field, row, place + 1)?);
        let after = shown::json(wanted);
        if before != after {
            changes.push(FieldChange { field: field.name.clone(), before, after });
        }
    }
    Ok(changes)
}

fn write(applying: &Applying<'_>, entity: &Entity, fields: &[&Field], updates: &[&Update]) -> Sql {
    let rows: Vec<_> = updates
        .iter()
        .map(|(place, values)| (applying.bundle.objects[*place].id.as_str(), values.as_slice()))
        .collect();
    let mut sql = Sql::new();
    sql.push(&format!("UPDATE \"{}\" t SET ", entity.name));
    for (place, field) in fields.iter().enumerate() {
        sql.push(&format!("{}\"{}\" = w.f{place}", if place == 0 { "" } else { ", " }, field.name));
    }
    sql.push(" FROM ");
    push_unnest(&mut sql, fields, &rows);
    sql.push(&format!(" AS w({}) WHERE t.\"id\" = w.id", columns(fields)));
    sql.uncached()
}
