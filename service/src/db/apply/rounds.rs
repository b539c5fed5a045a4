//! Updates and creations, in rounds.
//!
//! A round goes through the entities in the order in which objects can be created. An object waits while one that it
//! refers to is still to be created; what is refused waits for the next round. Rounds end when nothing waits any more,
//! or when nothing gets through: then the refusals stand.

use std::collections::{BTreeMap, HashMap};

use qairon::model::{Entity, Field};
use qairon::v1::{ChangeKind, FieldChange};

use super::applying::{Applying, parts, raced, size};
use super::compare::Work;
use super::shown;
use super::update::{Update, update_all};
use crate::db::failure::Failure;
use crate::db::rows::halves::is_refusal;
use crate::db::rows::insert::{Item, insert_all};
use crate::domain::draft::Value;
use crate::error::{Error, ErrorKind, Result};

/// Objects that are created together.
const BATCH: usize = 500;
/// With more refusals than an answer holds, further rounds are pointless.
const HOPELESS: usize = 1000;

type Values = Vec<(&'static Field, Value)>;

/// What waits to be done.
#[derive(Default)]
struct Waiting {
    /// By entity, the objects to create, with their values.
    creations: HashMap<usize, BTreeMap<String, (usize, Values)>>,
    /// By entity, what to set.
    updates: HashMap<usize, Vec<Update>>,
    refused: HashMap<usize, Error>,
    /// How much got through.
    done: usize,
}

/// Does the work of a bundle.
pub async fn run(applying: &mut Applying<'_>, work: &mut Work) -> Result<(), Failure> {
    // All objects are decoded once more, which takes a processor for long.
    let mut waiting = tokio::task::block_in_place(|| Waiting::new(applying, work));
    let mut patient = true;
    loop {
        let before = waiting.done;
        waiting.refused.clear();
        for entity in applying.model.sequence() {
            waiting.update(applying, entity, patient).await?;
            waiting.create(applying, work, entity, patient).await?;
        }
        // Those whose references were created in this very round.
        for entity in applying.model.sequence() {
            waiting.update(applying, entity, patient).await?;
        }
        if waiting.is_over() || !patient {
            break;
        }
        // The last round waits for nobody, so that everything that is left has its refusal.
        patient = waiting.done > before && waiting.refused.len() <= HOPELESS;
    }
    work.refused.extend(waiting.refused.keys());
    let objects = &applying.bundle.objects;
    applying.outcome.refused.extend(waiting.refused.into_iter().map(|(place, error)| (objects[place].index, error)));
    Ok(())
}

impl Waiting {
    fn new(applying: &mut Applying<'_>, work: &mut Work) -> Self {
        let objects = &applying.bundle.objects;
        let mut waiting = Self::default();
        for place in &work.missing {
            let wish = &objects[*place];
            match wish.for_insert(applying.model) {
                Ok(values) => {
                    let known = waiting.creations.entry(wish.entity.index).or_default();
                    known.insert(wish.id.clone(), (*place, values));
                }
                Err(error) => {
                    work.refused.insert(*place);
                    applying.outcome.refused.push((wish.index, error));
                }
            }
        }
        for update in std::mem::take(&mut work.differing) {
            waiting.updates.entry(objects[update.0].entity.index).or_default().push(update);
        }
        waiting
    }

    fn is_over(&self) -> bool {
        self.creations.values().all(BTreeMap::is_empty) && self.updates.values().all(Vec::is_empty)
    }

    /// Whether a value refers to an object that is still to be created.
    fn awaits(&self, applying: &Applying<'_>, field: &Field, value: &Value, values: &Values) -> bool {
        let entity = match (&field.reference, &field.object_of) {
            (Some(reference), _) => Some(applying.model.target(&reference.entity)),
            (None, Some(type_field)) => {
                let type_name = values.iter().find(|(field, _)| field.name == *type_field);
                type_name.and_then(|(_, value)| applying.model.entity_of_type(&value.to_component()))
            }
            (None, None) => None,
        };
        let creations = entity.and_then(|entity| self.creations.get(&entity.index));
        creations.is_some_and(|known| known.contains_key(&value.to_component()))
    }

    async fn update(
        &mut self,
        applying: &mut Applying<'_>,
        entity: &'static Entity,
        patient: bool,
    ) -> Result<(), Failure> {
        let Some(updates) = self.updates.remove(&entity.index) else { return Ok(()) };
        // What was refused in this round is not tried again in it.
        let (ready, mut left): (Vec<_>, Vec<_>) = updates.into_iter().partition(|(place, values)| {
            let waits = || values.iter().any(|(field, value)| self.awaits(applying, field, value, values));
            let held = self.refused.contains_key(place) || (patient && waits());
            !held
        });
        self.done += ready.len();
        for (update, error) in update_all(applying, entity, ready).await? {
            self.done -= 1;
            self.refused.insert(update.0, error);
            left.push(update);
        }
        self.updates.insert(entity.index, left);
        Ok(())
    }

    async fn create(
        &mut self,
        applying: &mut Applying<'_>,
        work: &mut Work,
        entity: &'static Entity,
        patient: bool,
    ) -> Result<(), Failure> {
        let Some(waiting) = self.creations.get(&entity.index) else { return Ok(()) };
        let is_late = |field: &Field| applying.model.is_late(entity, field);
        let mut ready: Vec<(String, usize, usize)> = Vec::new();
        for (id, (place, values)) in waiting {
            let waits = |(field, value): &(&'static Field, Value)| self.awaits(applying, field, value, values);
            if patient && values.iter().any(|value| !is_late(value.0) && waits(value)) {
                continue;
            }
            ready.push((id.clone(), *place, size(values)));
        }
        // Values are copied for one statement at a time.
        for batch in parts(ready, |(_, _, bytes)| *bytes).iter().flat_map(|part| part.chunks(BATCH)) {
            let (items, late) = self.items(applying, entity, batch);
            let refused = insert_all(applying.transaction, applying.model, &items).await?;
            let mut refused: HashMap<i64, Error> = refused.into_iter().collect();
            for (((id, place, _), item), late) in batch.iter().zip(items).zip(late) {
                if let Some(error) = refused.remove(&item.index) {
                    self.refuse(*place, error)?;
                    continue;
                }
                work.created.insert(*place);
                self.done += 1;
                self.forget(entity, id);
                applying.changed(*place, ChangeKind::Create, of_new(entity, &item.values));
                if !late.is_empty() {
                    self.updates.entry(entity.index).or_default().push((*place, late));
                }
            }
        }
        Ok(())
    }

    /// What to create of some objects now, and the values of each that are set when all are there.
    fn items(
        &self,
        applying: &Applying<'_>,
        entity: &'static Entity,
        batch: &[(String, usize, usize)],
    ) -> (Vec<Item<'static>>, Vec<Values>) {
        let waiting = self.creations.get(&entity.index);
        let split = batch.iter().filter_map(|(id, place, _)| {
            let (_, values) = waiting?.get(id)?;
            let is_late = |(field, value): &(&'static Field, Value)| {
                applying.model.is_late(entity, field) && self.awaits(applying, field, value, values)
            };
            let (late, now): (Values, Values) = values.iter().cloned().partition(is_late);
            Some((Item { index: as_index(*place), entity, values: now }, late))
        });
        split.unzip()
    }

    fn forget(&mut self, entity: &Entity, id: &str) {
        if let Some(known) = self.creations.get_mut(&entity.index) {
            known.remove(id);
        }
    }

    fn refuse(&mut self, place: usize, error: Error) -> Result<(), Failure> {
        match error.kind {
            // It was not there a moment ago.
            ErrorKind::AlreadyExists => Err(raced().into()),
            _ if is_refusal(&error) => {
                self.refused.insert(place, error);
                Ok(())
            }
            _ => Err(error.into()),
        }
    }
}

fn as_index(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

/// The fields of a new object that have a value.
fn of_new(entity: &'static Entity, values: &Values) -> Vec<FieldChange> {
    let settable = entity.fields.iter().filter(|field| field.is_settable() && field.number != 1);
    settable
        .filter_map(|field| {
            let given = values.iter().find(|(known, _)| known.name == field.name).map(|(_, value)| value.clone());
            let value = given.or_else(|| field.default.clone().map(Value::Text))?;
            Some(FieldChange { field: field.name.clone(), before: String::new(), after: shown::json(&value) })
        })
        .filter(|change| !matches!(change.after.as_str(), "" | "\"\"" | "{}"))
        .collect()
}
