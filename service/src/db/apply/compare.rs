//! Which objects of a bundle are missing, which differ, and which are as they are given.

use std::collections::{BTreeMap, HashSet};

use qairon::model::Field;

use super::applying::{Applying, parts, size};

use crate::db::failure::Failure;
use crate::db::rows::compare::Wanted;
use crate::db::sql::Keep;
use crate::domain::apply::Wish;
use crate::domain::draft::Value;

/// What is to be done, by the places of objects in the bundle.
#[derive(Debug, Default)]
pub struct Work {
    /// Objects to create.
    pub missing: Vec<usize>,
    /// Objects to change, and what to set.
    pub differing: Vec<(usize, Vec<(&'static Field, Value)>)>,
    /// Objects that were created.
    pub created: HashSet<usize>,
    /// Objects that are refused.
    pub refused: HashSet<usize>,
}

/// Compares every object of the bundle.
pub async fn compare(applying: &mut Applying<'_>) -> Result<Work, Failure> {
    let bundle = applying.bundle;
    // Objects of one entity that name the same fields are compared by one statement.
    let mut shapes: BTreeMap<(usize, Vec<u32>), Vec<usize>> = BTreeMap::new();
    for (place, wish) in bundle.objects.iter().enumerate() {
        let shape = wish.values.iter().map(|(field, _)| field.number).collect();
        shapes.entry((wish.entity.index, shape)).or_default().push(place);
    }
    let mut work = Work::default();
    for places in shapes.into_values() {
        for chunk in parts(places, |place| size(&bundle.objects[*place].values)) {
            let wishes: Vec<&Wish> = chunk.iter().map(|place| &bundle.objects[*place]).collect();
            let fields = wishes[0].values.iter().map(|(field, _)| *field).collect();
            let rows = wishes.iter().map(|wish| (wish.id.as_str(), wish.values.as_slice()));
            // Bundles come in all sizes, and each is planned for its own.
            let differences = Wanted::new(wishes[0].entity, fields, true, rows).differences().kept(Keep::Never);
            let mut found = vec![false; chunk.len()];
            for row in applying.transaction.rows(differences).await? {
                let at = row.place(0)?;
                found[at] = true;
                if row.bool(1)? {
                    work.differing.push((chunk[at], wishes[at].values.clone()));
                }
            }
            let missing = chunk.iter().zip(found).filter(|(_, found)| !found);
            work.missing.extend(missing.map(|(place, _)| *place));
        }
    }
    Ok(work)
}
