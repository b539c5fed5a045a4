//! How chunks of objects are written, one after the other.
//!
//! A chunk is written by an [`Attempt`], which changes nothing here: when PostgreSQL gives the transaction up, the next
//! attempt begins from the same state. What became of a chunk is taken over by [`Engine::accept`].

use std::collections::{HashMap, HashSet};

use qairon::Model;
use qairon::v1::LoadObjectsResponse;

use super::held::{Held, Key, Waiting, awaited};
use super::objects::{Chunk, Existing, Object};
use super::order::{Order, id};
use super::refusals::{MAX_SHOWN, refusal};
use crate::db::Transaction;
use crate::db::failure::Failure;
use crate::db::get::existing;
use crate::db::rows::insert::{Item, insert_all};
use crate::db::rows::upsert::upsert_all;
use crate::error::{Error, ErrorKind};

/// The state of a load.
pub struct Engine {
    model: &'static Model,
    existing: Existing,
    /// Objects may be written without a reference that is set later: everything is undone when it never comes.
    in_parts: bool,
    order: Order,
    held: Held,
    /// The counts so far, and what was refused since the last acknowledgement.
    pub counts: LoadObjectsResponse,
    /// How many refusals were returned.
    shown: usize,
}

/// What became of a chunk.
#[derive(Default)]
pub struct Outcome {
    created: i64,
    updated: i64,
    unchanged: i64,
    refused: Vec<(i64, Error)>,
    /// Objects that were held back and are so no longer.
    released: HashSet<i64>,
    /// Objects to hold back.
    held: HashMap<Key, Vec<Waiting>>,
    holding: usize,
}

impl Engine {
    /// An engine at the start of a stream.
    pub fn new(model: &'static Model, existing: Existing, in_parts: bool) -> Self {
        let counts = LoadObjectsResponse::default();
        Self { model, existing, in_parts, order: Order::new(model), held: Held::default(), counts, shown: 0 }
    }

    /// Writes the objects of a chunk, and those that waited for them.
    pub async fn write(&self, transaction: &mut Transaction, chunk: Chunk) -> Result<Outcome, Failure> {
        let mut attempt = Attempt::new(self, transaction);
        attempt.outcome.refused = chunk.refused;
        attempt.write(chunk.objects).await?;
        Ok(attempt.outcome)
    }

    /// The end of the stream: what others have created meanwhile was worth waiting for, and the rest is refused.
    pub async fn finish(&self, transaction: &mut Transaction) -> Result<Outcome, Failure> {
        let mut attempt = Attempt::new(self, transaction);
        let mut wanted: HashMap<usize, Vec<String>> = HashMap::new();
        for (entity, id) in self.held.keys() {
            wanted.entry(*entity).or_default().push(id.clone());
        }
        for (entity, ids) in wanted {
            for id in existing(attempt.transaction, &self.model.entities()[entity], ids).await? {
                attempt.release(vec![(entity, id)]).await?;
            }
        }
        attempt.make_up().await?;
        let mut outcome = attempt.outcome;
        let stayed = self.held.all().into_iter().map(|(_, waiting)| waiting);
        let stayed: Vec<_> = stayed.filter(|waiting| !outcome.released.contains(&waiting.object.index)).collect();
        let fresh = std::mem::take(&mut outcome.held).into_values().flatten();
        for waiting in stayed.into_iter().chain(fresh) {
            outcome.released.insert(waiting.object.index);
            // What was written in part was counted.
            outcome.created -= i64::from(waiting.late);
            outcome.refused.push((waiting.object.index, waiting.error));
        }
        Ok(outcome)
    }

    /// Whether something is held back.
    pub fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// Takes over what became of a chunk.
    pub fn accept(&mut self, outcome: Outcome) {
        self.counts.created += outcome.created;
        self.counts.updated += outcome.updated;
        self.counts.unchanged += outcome.unchanged;
        self.held.release(&outcome.released);
        for (key, waiting) in outcome.held {
            waiting.into_iter().for_each(|waiting| self.held.hold(key.clone(), waiting));
        }
        let mut refused = outcome.refused;
        refused.sort_by_key(|(index, _)| *index);
        for (index, error) in refused {
            self.counts.refused += 1;
            if self.shown < MAX_SHOWN {
                self.shown += 1;
                self.counts.errors.push(refusal(index, error));
            }
        }
    }
}

/// One attempt to write a chunk.
struct Attempt<'a> {
    engine: &'a Engine,
    transaction: &'a mut Transaction,
    outcome: Outcome,
    /// The places in the stream of objects that come more than once.
    repeated: HashSet<i64>,
    /// What others that are written later may make room for.
    in_the_way: Vec<(Object, Error)>,
}

impl<'a> Attempt<'a> {
    fn new(engine: &'a Engine, transaction: &'a mut Transaction) -> Self {
        let outcome = Outcome::default();
        Self { engine, transaction, outcome, repeated: HashSet::new(), in_the_way: Vec::new() }
    }

    async fn write(&mut self, objects: Vec<Object>) -> Result<(), Failure> {
        let written = self.put(objects).await?;
        self.release(written).await?;
        self.make_up().await
    }

    /// Tries what was refused once more, as long as others get through: objects are not written in the order of the
    /// stream, and one may have made room for another in it.
    async fn make_up(&mut self) -> Result<(), Failure> {
        loop {
            let before = std::mem::take(&mut self.in_the_way);
            let count = before.len();
            if count > 0 {
                let written = self.put(before.into_iter().map(|(object, _)| object).collect()).await?;
                self.release(written).await?;
            }
            if self.in_the_way.is_empty() || self.in_the_way.len() >= count {
                let refused = std::mem::take(&mut self.in_the_way).into_iter();
                self.outcome.refused.extend(refused.map(|(object, error)| (object.index, error)));
                return Ok(());
            }
        }
    }

    /// Writes what waits for these objects, then what waits for those, and so on.
    async fn release(&mut self, mut written: Vec<Key>) -> Result<(), Failure> {
        while !written.is_empty() && (self.outcome.holding > 0 || self.engine.is_holding()) {
            let mut released = Vec::new();
            for key in &written {
                if let Some(fresh) = self.outcome.held.remove(key) {
                    self.outcome.holding -= fresh.len();
                    released.extend(fresh);
                }
                let held = self.engine.held.of(key).iter();
                let held: Vec<_> = held.filter(|held| !self.outcome.released.contains(&held.object.index)).collect();
                for waiting in held {
                    self.outcome.released.insert(waiting.object.index);
                    released.push(waiting.clone());
                }
            }
            released.sort_by_cached_key(|waiting| (self.engine.order.place(&waiting.object), waiting.object.index));
            let (late, whole): (Vec<_>, Vec<_>) = released.into_iter().partition(|waiting| waiting.late);
            written = self.put(whole.into_iter().map(|waiting| waiting.object).collect()).await?;
            self.set_late(late).await?;
        }
        Ok(())
    }

    /// Writes objects and returns those that are there now, when somebody may ask.
    async fn put(&mut self, objects: Vec<Object>) -> Result<Vec<Key>, Failure> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let sorted = self.engine.order.sort(objects);
        self.repeated.extend(sorted.repeated);
        let objects = sorted.objects;
        let (objects, refused) =
            if self.engine.existing.upsert { self.upsert(objects).await? } else { self.create(objects).await? };
        let mut refused: HashMap<i64, Error> = refused.into_iter().collect();
        let mut written = Vec::new();
        let mut in_parts = Vec::new();
        for object in objects {
            if let Some(error) = refused.remove(&object.index) {
                in_parts.extend(self.refuse(object, error));
            } else {
                written.push(object);
            }
        }
        let mut keys = Vec::new();
        if self.outcome.holding > 0 || self.engine.is_holding() || !in_parts.is_empty() {
            keys.extend(written.iter().map(key));
        }
        if !in_parts.is_empty() {
            keys.extend(Box::pin(self.put(in_parts)).await?);
        }
        Ok(keys)
    }

    async fn create(&mut self, objects: Vec<Object>) -> Result<(Vec<Object>, Vec<(i64, Error)>), Failure> {
        let items = objects.into_iter().filter_map(|object| {
            let Object { index, entity, create, .. } = object;
            Some(Item { index, entity, values: create.ok()? })
        });
        let items: Vec<Item<'static>> = items.collect();
        let refused = insert_all(self.transaction, self.engine.model, &items).await?;
        self.outcome.created += count(items.len()) - count(refused.len());
        let objects = items.into_iter().map(|Item { index, entity, values }| Object {
            index,
            entity,
            id: String::new(),
            create: Ok(values),
            set: Vec::new(),
        });
        Ok((objects.collect(), refused))
    }

    async fn upsert(&mut self, objects: Vec<Object>) -> Result<(Vec<Object>, Vec<(i64, Error)>), Failure> {
        let named = self.engine.existing.mask.is_some();
        let done = upsert_all(self.transaction, self.engine.model, &objects, named).await?;
        self.outcome.created += done.created;
        self.outcome.updated += done.updated;
        self.outcome.unchanged += done.unchanged;
        Ok((objects, done.refused))
    }

    /// Sets references of objects that were written without them.
    async fn set_late(&mut self, late: Vec<Waiting>) -> Result<(), Failure> {
        for waiting in late {
            let object = waiting.object;
            let done = upsert_all(self.transaction, self.engine.model, std::slice::from_ref(&object), true).await?;
            for refused in done.refused {
                self.outcome.created -= 1;
                self.outcome.refused.push(refused);
            }
        }
        Ok(())
    }

    /// Holds an object back when it refers to one that may come yet, and refuses it otherwise. Returns what can be written
    /// of it at once: an object that refers to one that cannot be without it goes in without that reference.
    fn refuse(&mut self, mut object: Object, mut error: Error) -> Option<Object> {
        let model = self.engine.model;
        let Some((field, target)) = awaited(model, &object, &error) else {
            // The first of two of one ID must not come after the second.
            let may_follow = error.kind == ErrorKind::FailedPrecondition && !self.repeated.contains(&object.index);
            match may_follow && self.in_the_way.len() < MAX_SHOWN {
                true => self.in_the_way.push((object, error)),
                false => self.outcome.refused.push((object.index, error)),
            }
            return None;
        };
        if !self.engine.held.has_room(self.outcome.holding) {
            error.message.push_str(
                "; if it comes later in the stream, put it before the objects that refer to it: the server holds no more \
                 of them back",
            );
            self.outcome.refused.push((object.index, error));
            return None;
        }
        let mut waiting = Waiting { object: object.clone(), late: false, error };
        let mut rest = None;
        if self.engine.in_parts && model.is_late(object.entity, field) {
            let values = object.create.iter().flatten().chain(&object.set);
            let value = values.filter(|(given, _)| given.number == field.number).take(1).cloned().collect();
            waiting.late = true;
            waiting.object.id = key(&object).1;
            waiting.object.create = Err(waiting.error.clone());
            waiting.object.set = value;
            if let Ok(values) = &mut object.create {
                values.retain(|(given, _)| given.number != field.number);
            }
            object.set.retain(|(given, _)| given.number != field.number);
            rest = Some(object);
        }
        self.outcome.holding += 1;
        self.outcome.held.entry(target).or_default().push(waiting);
        rest
    }
}

/// Under what an object is known to those that refer to it.
fn key(object: &Object) -> Key {
    (object.entity.index, id(object))
}

fn count(many: usize) -> i64 {
    i64::try_from(many).unwrap_or(i64::MAX)
}
