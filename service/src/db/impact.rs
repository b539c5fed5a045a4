//! One statement per impact: a common table expression for each set of the plan, then all of them in order.
//!
//! With every ID goes a code, its distance and the relation by which it was reached in one number, so that the least
//! code is the answer for an object that is reached in several ways. Declared dependencies may go from any object to any
//! other, so they are no part of the plan: they are looked up for what the plan reaches ([`declared`]), and the objects
//! they lead to become roots of further walks, until nothing nearer is found.

#[cfg(test)]
pub(in crate::db) mod golden;
mod planned;
mod sets;
mod statement;

use qairon::Model;
use qairon::model::{Entity, Mood};

use super::door::{Door, Reads};
use super::failure::Failure;
use super::get::probe;
use super::reader::{Reader, Sink};
use super::row::{Row, unreadable};
use super::sources::table;
use super::sql::Sql;
use crate::domain::impact::Plan;
use crate::error::{Error, Result};
use planned::{DIGITS, Impact, Question, Root, Roots};

pub use statement::Reached;

/// Settings of an impact. What it sorts and groups stays in memory up to this; beyond, PostgreSQL uses files. It begins
/// at an ID, and planning two dozen joins for each would take longer than most answers.
const SETTINGS: &str = "SET LOCAL work_mem = '64MB'; SET LOCAL plan_cache_mode = force_generic_plan";
/// An impact that is asked for.
#[derive(Debug)]
pub struct Ask {
    /// The traced object.
    pub entity: &'static Entity,
    /// Its ID.
    pub id: String,
    /// The entities to return; all when empty.
    pub to: Vec<&'static Entity>,
    /// The largest distance; zero for any.
    pub max_depth: i64,
    /// Whether the object before each is returned.
    pub parents: bool,
    /// Leaves declared dependencies out.
    pub ignore_declared: bool,
    /// Distance, entity and ID of the last row that the caller has.
    pub after: Option<(i64, String, String)>,
}

/// Sends what depends on an object, nearest first. Everything is of one moment.
pub async fn impact(door: &Door, ask: Ask, sink: &mut impl Sink<Reached>) -> Result<(), Failure> {
    let mut reader = door.streaming_reader("trace_impact", Reads::Together(SETTINGS)).await?;
    let result = send(&mut reader, door.model(), ask, sink).await;
    reader.done(result)
}

async fn send(
    reader: &mut Reader,
    model: &'static Model,
    ask: Ask,
    sink: &mut impl Sink<Reached>,
) -> Result<(), Failure> {
    let Ask { entity, id, to, max_depth, parents, ignore_declared, after } = ask;
    let mut types = Sql::new();
    types.push(&format!("SELECT DISTINCT related_type FROM {}", table("dependency_case")));
    let (found, types) = reader.both(probe(entity, &id), types).await?;
    if found.is_empty() {
        return Err(Error::not_found(&entity.name, &id).into());
    }
    let traced = Root { depth: 0, case: String::new(), parent: Default::default() };
    let mut roots = Roots::from([((entity.name.clone(), id, Mood::AtHome), traced)]);
    if !ignore_declared {
        declared(reader, model, &types, &mut roots, max_depth).await?;
    }
    let wanted = |entity: &Entity| to.is_empty() || to.iter().any(|to| to.index == entity.index);
    let plan = Plan::new(model, entities(model, &roots), wanted);
    let impact = Impact::new(plan, Question { roots, max_depth, parents, after });
    let sql = impact.sql();
    reader.pass(sql, &mut Reading { impact: &impact, sink }).await
}

/// Reads rows for a sink of what they mean.
struct Reading<'r, S> {
    impact: &'r Impact,
    sink: &'r mut S,
}

impl<S: Sink<Reached>> Sink for Reading<'_, S> {
    async fn take(&mut self, row: Row) -> Result<()> {
        self.sink.take(self.impact.read(&row)?).await
    }
}

/// Adds to the roots every object that has a declared dependency on one that is reached, directly or over others.
async fn declared(
    reader: &mut Reader,
    model: &'static Model,
    types: &[Row],
    roots: &mut Roots,
    max_depth: i64,
) -> Result<(), Failure> {
    let names = types.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
    // Types that a newer program has written are none of this model.
    let types: Vec<&Entity> = names.into_iter().filter_map(|name| model.entity_of_type(name)).collect();
    if types.is_empty() {
        return Ok(());
    }
    let mut fresh = roots.clone();
    while !fresh.is_empty() {
        let plan =
            Plan::new(model, entities(model, &fresh), |entity| types.iter().any(|wanted| wanted.index == entity.index));
        let question = Question { roots: std::mem::take(&mut fresh), max_depth, parents: false, after: None };
        let impact = Impact::new(plan, question);
        if impact.plan.sets.is_empty() {
            break;
        }
        for row in reader.rows(impact.declared_sql()).await? {
            let Some(entity) = model.entity_of_type(row.text(0)?) else { continue };
            let depth = row.integer(4)?;
            if max_depth > 0 && depth > max_depth {
                continue;
            }
            let key = row.text(5)?.get(DIGITS..).and_then(|key| key.split_once(':'));
            let (resource, id) = key.ok_or_else(|| unreadable("key"))?;
            let found = Root { depth, case: row.text(2)?.to_owned(), parent: (resource.to_owned(), id.to_owned()) };
            // What suffers with one of its parts makes others suffer so, and not all of them.
            let mood = if row.bool(3)? { Mood::Rising } else { Mood::AtHome };
            let key = (entity.name.clone(), row.text(1)?.to_owned(), mood);
            let known = roots.get(&key);
            if known.is_some_and(|known| known <= &found) {
                continue;
            }
            // What comes after an object depends on its distance alone.
            if known.is_none_or(|known| known.depth > found.depth) {
                fresh.insert(key.clone(), found.clone());
            }
            roots.insert(key, found);
        }
    }
    Ok(())
}

/// The entities of roots, each in the moods in which walks begin there.
fn entities(model: &'static Model, roots: &Roots) -> Vec<(&'static Entity, Mood)> {
    let mut found: Vec<(&'static Entity, Mood)> = Vec::new();
    for (name, _, mood) in roots.keys() {
        if let Some(entity) = model.entity(name)
            && !found.iter().any(|(known, of)| known.index == entity.index && of == mood)
        {
            found.push((entity, *mood));
        }
    }
    found
}
