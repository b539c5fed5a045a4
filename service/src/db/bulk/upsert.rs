//! Creating what is missing and setting what differs.
//!
//! A statement reads which objects are there and which of them differ; then the missing go in, and those that differ are
//! set. An object that is as it should be is only read: it keeps its etag. Nothing is locked in between, so what others
//! write meanwhile shows as a row that was not written, and is looked at again.

use std::collections::HashSet;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use qairon::Model;
use qairon::model::{Entity, Field};

use super::super::column::Column;
use super::super::failure::Failure;
use super::super::sql::{Bind, Row, Sql};
use super::insert::insert;
use super::shape::{column, push_rows, value_of};
use super::{BATCH, begin, check, parts, refusal, settle};
use crate::domain::draft::Value;
use crate::error::{Error, ErrorKind};

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
    /// How many were as they should be.
    pub unchanged: i64,
    /// Those that were refused, by their index.
    pub refused: Vec<(i64, Error)>,
}

/// Creates objects or sets what differs. With `named`, the values to set are those of the same fields for every object
/// of an entity, NULL among them; otherwise each object has its own, and what it has no value for stays.
pub async fn upsert_all(
    connection: &mut AsyncPgConnection,
    model: &Model,
    items: &[Upsert<'_>],
    named: bool,
) -> Result<Upserted, Failure> {
    let mut done = Upserted::default();
    connection.batch_execute(BY_KEY).await?;
    for run in items.chunk_by(|a, b| a.entity.index == b.entity.index) {
        // Everybody writes in the order of IDs: two who write the same objects wait for each other, and no more.
        let mut run: Vec<&Upsert<'_>> = run.iter().collect();
        run.sort_by(|a, b| a.id.cmp(&b.id));
        for mut rest in run.chunks(BATCH) {
            while !rest.is_empty() {
                // What comes twice is looked at twice, one after the other.
                let mut seen = HashSet::new();
                let distinct = rest.iter().take_while(|item| seen.insert(item.id.as_str())).count();
                let (batch, tail) = rest.split_at(distinct);
                rest = tail;
                Batch { connection, model, named, done: &mut done }.upsert(batch.to_vec()).await?;
            }
        }
    }
    done.refused.sort_by_key(|(index, _)| *index);
    connection.batch_execute("RESET enable_hashjoin; RESET enable_mergejoin").await?;
    Ok(done)
}

struct Batch<'b> {
    connection: &'b mut AsyncPgConnection,
    model: &'b Model,
    named: bool,
    done: &'b mut Upserted,
}

#[derive(Clone, Copy)]
enum Step {
    Insert,
    Update,
}

impl Batch<'_> {
    /// Writes objects of one entity with IDs that differ.
    async fn upsert(mut self, mut items: Vec<&Upsert<'_>>) -> Result<(), Failure> {
        for attempt in 1.. {
            let last = attempt == ATTEMPTS;
            let rows = self.differences(&items).await?;
            let mut state: Vec<Option<bool>> = vec![None; items.len()];
            for row in &rows {
                if let Some(state) = place(row).and_then(|place| state.get_mut(place)) {
                    *state = Some(row.bool(1));
                }
            }
            let of =
                |wanted| items.iter().zip(&state).filter(move |(_, state)| **state == wanted).map(|(item, _)| *item);
            let mut missing = Vec::new();
            for item in of(None) {
                match &item.create {
                    Ok(_) => missing.push(item),
                    Err(error) => self.done.refused.push((item.index, error.clone())),
                }
            }
            let different: Vec<_> = of(Some(true)).collect();
            self.done.unchanged += of(Some(false)).map(|_| 1).sum::<i64>();
            let mut again = self.write(Step::Insert, missing, last).await?;
            again.extend(self.write(Step::Update, different, last).await?);
            if again.is_empty() {
                return Ok(());
            }
            if last {
                return Err(Error::new(
                    ErrorKind::Aborted,
                    qairon::v1::ErrorReason::Conflict,
                    "others write the same objects all the time; try again",
                )
                .into());
            }
            items = again;
        }
        Ok(())
    }

    /// Writes objects and tells which of them are to be looked at again.
    async fn write<'i, 'e>(
        &mut self,
        step: Step,
        items: Vec<&'i Upsert<'e>>,
        last: bool,
    ) -> Result<Vec<&'i Upsert<'e>>, Failure> {
        let mut again = Vec::new();
        let mut waiting: Vec<&[&Upsert<'_>]> = vec![&items];
        while let Some(batch) = waiting.pop() {
            let Some(first) = batch.first() else { continue };
            begin(self.connection).await?;
            let written = match step {
                Step::Insert => {
                    let values: Vec<_> =
                        batch.iter().filter_map(|item| item.create.as_ref().ok().map(Vec::as_slice)).collect();
                    insert(self.connection, first.entity, &values).await.map(|()| None)
                }
                Step::Update => self.update(batch).await.map(Some),
            };
            let written = settle(self.connection, written).await?;
            let count = |many: usize| i64::try_from(many).unwrap_or(i64::MAX);
            match (written, batch) {
                (Ok(None), batch) => self.done.created += count(batch.len()),
                (Ok(Some(rows)), batch) => {
                    let written: HashSet<usize> = rows.iter().filter_map(place).collect();
                    self.done.updated += count(written.len());
                    again.extend(
                        batch.iter().enumerate().filter(|(at, _)| !written.contains(at)).map(|(_, item)| *item),
                    );
                }
                (Err(failure), [item]) => {
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
                (Err(_), batch) => waiting.extend(parts(batch).rev()),
            }
        }
        Ok(again)
    }

    /// Which of the objects are there: the place of each, and whether it differs.
    async fn differences(&mut self, items: &[&Upsert<'_>]) -> Result<Vec<Row>, Failure> {
        let Some(first) = items.first() else { return Ok(Vec::new()) };
        let fields = self.fields(first);
        let mut sql = Sql::new();
        sql.push("SELECT v.\"place\", ").push(&differs(&fields, self.named)).push(" FROM ");
        push_values(&mut sql, items, &fields);
        sql.push(&format!(" JOIN \"{}\" t ON t.\"id\" = v.\"id\"", first.entity.name));
        sql.rows(self.connection).await
    }

    /// Sets what differs and returns the places of the objects that did.
    async fn update(&mut self, items: &[&Upsert<'_>]) -> Result<Vec<Row>, Failure> {
        let Some(first) = items.first() else { return Ok(Vec::new()) };
        let fields = self.fields(first);
        let mut sql = Sql::new();
        sql.push(&format!("UPDATE \"{}\" t SET ", first.entity.name));
        for (index, field) in fields.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            sql.push(&format!("{separator}\"{}\" = {}", field.name, wanted(field, index, self.named)));
        }
        sql.push(" FROM ");
        push_values(&mut sql, items, &fields);
        sql.push(" WHERE t.\"id\" = v.\"id\" AND ").push(&differs(&fields, self.named));
        sql.push(" RETURNING v.\"place\"");
        let rows = sql.rows(self.connection).await?;
        check(self.connection).await?;
        Ok(rows)
    }

    /// The fields that statements set: the same for every object, so that there is one text of them.
    fn fields<'e>(&self, item: &Upsert<'e>) -> Vec<&'e Field> {
        if self.named {
            return item.set.iter().map(|(field, _)| *field).collect();
        }
        let entity = item.entity;
        let settable =
            |field: &&Field| field.is_settable() && field.number != 1 && !entity.id_fields.contains(&field.name);
        entity.fields.iter().filter(settable).collect()
    }
}

/// The place of a row among the objects it was asked for with.
fn place(row: &Row) -> Option<usize> {
    usize::try_from(row.integer(0) - 1).ok()
}

/// The value that a column is to have. Where fields are not named, no value means the present one.
fn wanted(field: &Field, index: usize, named: bool) -> String {
    match named {
        true => format!("v.\"c{index}\""),
        false => format!("coalesce(v.\"c{index}\", t.\"{}\")", field.name),
    }
}

fn differs(fields: &[&Field], named: bool) -> String {
    let differs = fields
        .iter()
        .enumerate()
        .map(|(index, field)| format!("t.\"{}\" IS DISTINCT FROM {}", field.name, wanted(field, index, named)));
    let all: Vec<String> = differs.collect();
    if all.is_empty() { "false".to_owned() } else { format!("({})", all.join(" OR ")) }
}

/// The IDs and the values to set, with the place of each object.
fn push_values(sql: &mut Sql, items: &[&Upsert<'_>], fields: &[&Field]) {
    let mut columns = vec![Column::texts(items.iter().map(|item| item.id.as_str()))];
    columns.extend(fields.iter().map(|field| column(field, items.iter().map(|item| value_of(&item.set, field)))));
    push_rows(sql, columns);
    sql.push(" WITH ORDINALITY v (\"id\"");
    for index in 0..fields.len() {
        sql.push(&format!(", \"c{index}\""));
    }
    sql.push(", \"place\")");
}

/// Those of some objects that exist, by their IDs.
pub async fn existing(
    connection: &mut AsyncPgConnection,
    entity: &Entity,
    ids: Vec<String>,
) -> Result<Vec<String>, Failure> {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT \"id\" FROM \"{}\" WHERE \"id\" = ANY (", entity.name));
    sql.bind(Bind::TextArray(ids)).push(") ORDER BY 1");
    Ok(sql.rows(connection).await?.iter().map(|row| row.text(0).to_owned()).collect())
}
