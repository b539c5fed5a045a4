//! Creating what is missing and setting what differs.
//!
//! Statements read which objects are there and which of them differ; then those that differ are set, and the missing go
//! in. An object that is unchanged is only read: it keeps its etag. Nothing is locked in between, so what others write
//! meanwhile shows as a row that was not written, and is looked at again.

use std::collections::HashSet;
use std::marker::PhantomData;

use qairon::Model;
use qairon::model::{Entity, Field};
use qairon::v1::ErrorReason;

use super::compare::Wanted;
use super::halves::{Batches, Outcome, in_halves, refusal};
use super::insert::{BATCH, insert_missing};
use super::update::locking;
use crate::db::failure::Failure;
use crate::db::row::Row;
use crate::db::transaction::{Transaction, Work};
use crate::domain::draft::Value;
use crate::error::{Error, ErrorKind, Result};

/// How often objects that others write at the same time are looked at again.
const ATTEMPTS: usize = 5;

/// Objects are found by their keys, one look-up each. PostgreSQL knows little of a table that is being filled, and would
/// read all of it for every batch.
const BY_KEY: &str = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

/// An object that is to be as it is given.
#[derive(Debug, Clone)]
pub struct Upsert<'a> {
    /// Its place in the load.
    pub index: i64,
    /// Its entity.
    pub entity: &'a Entity,
    /// Its ID.
    pub id: String,
    /// Its values when it is created, or why it cannot be.
    pub create: Result<Vec<(&'a Field, Value)>, Error>,
    /// The values to set when it exists.
    pub set: Vec<(&'a Field, Value)>,
}

/// What became of objects.
#[derive(Debug, Default)]
pub struct Upserted {
    /// How many were created.
    pub created: i64,
    /// How many were changed.
    pub updated: i64,
    /// How many were unchanged.
    pub unchanged: i64,
    /// Those that were refused, by their index.
    pub refused: Vec<(i64, Error)>,
}

/// Creates objects or sets what differs. With `named`, the values to set are those of the same fields for every object
/// of an entity, NULL among them; otherwise each object has its own, and what it has no value for stays. Locks are taken
/// in the order of the objects: callers give those of an entity together, by ID.
pub async fn upsert_all(
    transaction: &mut Transaction,
    model: &Model,
    items: &[Upsert<'static>],
    named: bool,
) -> Result<Upserted, Failure> {
    let mut upserting = Upserting { transaction, model, named, done: Upserted::default() };
    upserting.transaction.batch(BY_KEY).await?;
    for run in items.chunk_by(|a, b| a.entity.index == b.entity.index) {
        let mut rest = run;
        while !rest.is_empty() {
            // What comes twice is looked at twice, one after the other.
            let mut seen = HashSet::new();
            let distinct = rest.iter().take_while(|item| seen.insert(item.id.as_str())).count();
            let (part, tail) = rest.split_at(distinct);
            rest = tail;
            upserting.upsert(part.iter().collect()).await?;
        }
    }
    let Upserting { transaction, mut done, .. } = upserting;
    done.refused.sort_by_key(|(index, _)| *index);
    transaction.batch("RESET enable_hashjoin; RESET enable_mergejoin").await?;
    Ok(done)
}

struct Upserting<'u> {
    transaction: &'u mut Transaction,
    model: &'u Model,
    named: bool,
    done: Upserted,
}

/// Writes objects of one entity, in one of two ways.
struct Writing<'i> {
    step: Step,
    named: bool,
    of: PhantomData<&'i ()>,
}

#[derive(Clone, Copy)]
enum Step {
    Insert,
    Update,
}

impl<'i> Batches for Writing<'i> {
    type Item = &'i Upsert<'static>;
    /// The IDs of the objects that were inserted, or the places of those that were set.
    type Done = Vec<Row>;

    fn write<'w>(&'w self, transaction: &'w mut Transaction, batch: &'w [Self::Item]) -> Work<'w, Vec<Row>> {
        Box::pin(async move {
            let sql = match self.step {
                Step::Insert => {
                    let values = batch.iter().filter_map(|item| item.create.as_ref().ok().map(Vec::as_slice));
                    insert_missing(batch[0].entity, &values.collect::<Vec<_>>())
                }
                Step::Update => wanted(batch, self.named).update(),
            };
            transaction.rows(sql).await
        })
    }
}

/// Objects of one entity as they are to be. See golden/upsert_services.sql.
pub(super) fn wanted<'i>(items: &[&'i Upsert<'static>], named: bool) -> Wanted<'i> {
    // The fields are the same for every object, so that there is one text of statements.
    let (entity, first) = (items[0].entity, items[0]);
    let settable =
        |field: &&'static Field| field.is_settable() && field.number != 1 && !entity.id_fields.contains(&field.name);
    let fields = match named {
        true => first.set.iter().map(|(field, _)| *field).collect(),
        false => entity.fields.iter().filter(settable).collect(),
    };
    Wanted::new(entity, fields, named, items.iter().map(|item| (item.id.as_str(), item.set.as_slice())))
}

impl Upserting<'_> {
    /// Writes objects of one entity with IDs that differ.
    async fn upsert(&mut self, mut items: Vec<&Upsert<'static>>) -> Result<(), Failure> {
        for attempt in 1..=ATTEMPTS {
            let last = attempt == ATTEMPTS;
            let (mut missing, mut different) = (Vec::new(), Vec::new());
            for batch in items.chunks(BATCH) {
                self.compare(batch, &mut missing, &mut different).await?;
            }
            let mut again = self.write(Step::Update, different, last).await?;
            again.extend(self.write(Step::Insert, missing, last).await?);
            if again.is_empty() {
                return Ok(());
            }
            items = again;
        }
        let message = "others write the same objects all the time; try again";
        Err(Error::new(ErrorKind::Aborted, ErrorReason::Conflict, message).into())
    }

    /// Finds out which objects are missing and which differ.
    async fn compare<'i>(
        &mut self,
        items: &[&'i Upsert<'static>],
        missing: &mut Vec<&'i Upsert<'static>>,
        different: &mut Vec<&'i Upsert<'static>>,
    ) -> Result<(), Failure> {
        let mut state: Vec<Option<bool>> = vec![None; items.len()];
        for row in self.transaction.rows(wanted(items, self.named).differences()).await? {
            if let Some(state) = state.get_mut(row.place(0)?) {
                *state = Some(row.bool(1)?);
            }
        }
        for (item, state) in items.iter().zip(state) {
            match (state, &item.create) {
                (None, Ok(_)) => missing.push(item),
                (None, Err(error)) => self.done.refused.push((item.index, error.clone())),
                (Some(true), _) => different.push(item),
                (Some(false), _) => self.done.unchanged += 1,
            }
        }
        Ok(())
    }

    /// Writes objects and returns those of them that are to be looked at again.
    async fn write<'i>(
        &mut self,
        step: Step,
        items: Vec<&'i Upsert<'static>>,
        last: bool,
    ) -> Result<Vec<&'i Upsert<'static>>, Failure> {
        let mut again = Vec::new();
        let writing = Writing { step, named: self.named, of: PhantomData };
        let mut outcomes = Vec::new();
        for batch in items.chunks(BATCH) {
            if let Step::Update = step {
                // An update locks rows in whichever order it finds them.
                let ids = batch.iter().map(|item| item.id.clone()).collect();
                self.transaction.run(locking(batch[0].entity, &[], ids)).await?;
            }
            outcomes.extend(in_halves(self.transaction, &writing, batch).await?);
        }
        for outcome in outcomes {
            match (outcome, step) {
                (Outcome::Written(batch, rows), Step::Insert) => {
                    let written = rows.iter().map(|row| row.text(0)).collect::<Result<HashSet<_>>>()?;
                    self.done.created += count(written.len());
                    again.extend(batch.iter().filter(|item| !written.contains(item.id.as_str())));
                }
                (Outcome::Written(batch, rows), Step::Update) => {
                    let written = rows.iter().map(|row| row.place(0)).collect::<Result<HashSet<_>>>()?;
                    self.done.updated += count(written.len());
                    let left = batch.iter().enumerate().filter(|(at, _)| !written.contains(at));
                    again.extend(left.map(|(_, item)| *item));
                }
                (Outcome::Refused(item, failure), _) => {
                    let values = match (&item.create, step) {
                        (Ok(values), Step::Insert) => values,
                        _ => &item.set,
                    };
                    let error = refusal(self.model, item.entity, &item.id, values, failure)?;
                    if error.kind == ErrorKind::AlreadyExists && !last {
                        again.push(*item);
                    } else {
                        self.done.refused.push((item.index, error));
                    }
                }
            }
        }
        Ok(again)
    }
}

fn count(many: usize) -> i64 {
    i64::try_from(many).unwrap_or(i64::MAX)
}
