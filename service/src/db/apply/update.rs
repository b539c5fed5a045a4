//! Sets what differs: objects are locked, read and compared once more, and then written, many at a time.

use std::collections::{BTreeMap, HashMap};

use qairon::model::{Entity, Field};
use qairon::v1::{ChangeKind, FieldChange};

use super::applying::{Applying, parts, raced, size};
use super::shown;
use crate::db::failure::Failure;
use crate::db::row::Row;
use crate::db::rows::halves::{Outcome, in_halves, refusal};
use crate::db::rows::update::{Updates, lock};
use crate::domain::draft::Value;
use crate::error::{Error, Result};

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
    // Two that change the same objects do so in the same order, whichever fields they change.
    if shapes.len() > 1 {
        let all = shapes.values().flatten().map(|(place, _)| applying.bundle.objects[*place].id.clone()).collect();
        lock(applying.transaction, entity, &[], all).await?;
    }
    let mut refused = Vec::new();
    for mut updates in shapes.into_values() {
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
    let rows = lock(applying.transaction, entity, &fields, ids).await?;
    let mut differing: Vec<Update> = Vec::with_capacity(updates.len());
    let mut changes: HashMap<usize, Vec<FieldChange>> = HashMap::new();
    for (place, values) in updates {
        // It was there a moment ago.
        let row = rows.get(&bundle.objects[place].id).ok_or_else(raced)?;
        let different = differences(&values, row)?;
        if !different.is_empty() {
            changes.insert(place, different);
            differing.push((place, values));
        }
    }
    if differing.is_empty() {
        return Ok(Vec::new());
    }
    let of = |item: usize| {
        let (place, values) = &differing[item];
        (bundle.objects[*place].id.as_str(), values.as_slice())
    };
    let items: Vec<usize> = (0..differing.len()).collect();
    let updates = Updates { entity, fields, of: &of };
    let mut errors: HashMap<usize, Error> = HashMap::new();
    for outcome in in_halves(applying.transaction, &updates, &items).await? {
        match outcome {
            Outcome::Written(batch, _) => {
                for (place, _) in batch.iter().map(|item| &differing[*item]) {
                    if let Some(changes) = changes.remove(place) {
                        applying.changed(*place, ChangeKind::Update, changes);
                    }
                }
            }
            Outcome::Refused(item, failure) => {
                let (place, values) = &differing[*item];
                let error = refusal(applying.model, entity, &bundle.objects[*place].id, values, failure)?;
                errors.insert(*place, error);
            }
        }
    }
    let refused = differing.into_iter().filter_map(|update| errors.remove(&update.0).map(|error| (update, error)));
    Ok(refused.collect())
}

fn differences(values: &[(&'static Field, Value)], row: &Row) -> Result<Vec<FieldChange>> {
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
