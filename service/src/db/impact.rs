//! One statement per impact: a common table expression for each set of the plan, then all of them in order.
//!
//! With every ID goes a code, its distance and the relation by which it was reached in one number, so that the least
//! code is the answer for an object that is reached in several ways. Declared dependencies may go from any object to any
//! other, so they are no part of the plan: they are looked up for what the plan reaches ([`declared`]), and the objects
//! they lead to become roots of further walks, until nothing nearer is found.

#[cfg(test)]
pub(in crate::db) mod golden;
mod sets;

use std::collections::BTreeMap;

use qairon::Model;
use qairon::model::{Entity, Mood};

use super::bind::Bind;
use super::door::{Door, Reads};
use super::failure::Failure;
use super::get::probe;
use super::pool::Share;
use super::reader::{Reader, Sink};
use super::row::{Row, unreadable};
use super::sources::table;
use super::sql::{Keep, Sql};
use crate::domain::impact::{Below, Plan, Set};
use crate::error::{Error, Result};
use sets::Source;

/// Ranks below a distance: how many relations and dependency cases can be told apart.
const RANKS: i64 = 1 << 20;
/// Settings of an impact. What it sorts and groups stays in memory up to this; beyond, PostgreSQL uses files. It begins
/// at an ID, and planning two dozen joins for each would take longer than most answers.
const SETTINGS: &str = "SET LOCAL work_mem = '64MB'; SET LOCAL plan_cache_mode = force_generic_plan";
/// Digits of a code in the key that finds a parent.
const DIGITS: usize = 19;

/// An object from which a walk begins: the traced one, or one reached by a declared dependency. The least is the one told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Root {
    /// How far it is from the traced one.
    pub depth: i64,
    /// The dependency case it was reached by; empty for the traced one.
    pub case: String,
    /// The object it was reached from, as entity and ID; empty for the traced one.
    pub parent: (String, String),
}

/// The roots, by entity name, ID and the mood in which the walk goes on.
pub type Roots = BTreeMap<(String, String, Mood), Root>;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The plan.
    pub roots: Roots,
    /// The largest distance; zero for any.
    pub max_depth: i64,
    /// Whether the object before each is told.
    pub parents: bool,
    /// Distance, entity and ID of the last row that the caller has.
    pub after: Option<(i64, String, String)>,
}

/// An impact as a statement, and how to read its rows.
#[derive(Debug)]
pub struct Impact {
    plan: Plan,
    cases: Vec<String>,
    question: Question,
    /// The sets that hold all there is below the traced object.
    below: Vec<Option<Below>>,
    /// The first ID below the traced object, and the first behind all of them.
    range: (String, String),
    /// Whether a set has objects besides those below the traced one.
    gathered: Vec<bool>,
}

/// One row of an impact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The entity.
    pub resource: String,
    /// The ID.
    pub id: String,
    /// The distance.
    pub depth: i64,
    /// The relation or dependency case.
    pub via: String,
    /// The object before it, when it was asked for and is not the traced one.
    pub parent: Option<(String, String)>,
}

impl Impact {
    /// Prepares the statement for a plan.
    pub fn new(plan: Plan, question: Question) -> Self {
        let mut cases: Vec<String> = question.roots.values().map(|root| root.case.clone()).collect();
        cases.sort();
        cases.dedup();
        cases.retain(|case| !case.is_empty());
        let traced = question.roots.iter().find(|(_, root)| root.depth == 0).map(|((name, id, _), _)| (name, id));
        let below = match traced {
            Some((name, _)) => plan.below(name, question.max_depth),
            None => vec![None; plan.sets.len()],
        };
        // Without a traced object nothing is read below it.
        let range = traced.map(|(_, id)| (format!("{id}:"), format!("{id};"))).unwrap_or_default();
        let mut impact = Self { plan, cases, question, below, range, gathered: Vec::new() };
        impact.gathered = impact.sets_to_gather();
        impact
    }

    /// The statement: entity, ID, code and, with parents, the key. See golden/impact_of_a_fleet.sql.
    pub(in crate::db) fn sql(&self) -> Sql {
        let mut sql = Sql::new();
        self.push_sets(&mut sql);
        let (key, least) = self.keys();
        sql.push(&format!("SELECT resource, id, code{key} FROM ("));
        let mut names: Vec<&str> = self.wanted().map(|(_, set)| set.entity.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        for (index, name) in names.iter().enumerate() {
            let same = self.wanted().filter(|(_, set)| set.entity.name == *name);
            let sources: Vec<Source> = same.flat_map(|(set, _)| self.sources(set)).collect();
            let (columns, group) = if sources.len() > 1 {
                (least, " GROUP BY id")
            } else {
                (if key.is_empty() { "code" } else { "code, key" }, "")
            };
            sql.push(if index == 0 { "" } else { " UNION ALL " });
            sql.push(&format!("SELECT '{name}'::text COLLATE \"C\" AS resource, id, {columns} FROM ("));
            for (index, source) in sources.iter().enumerate() {
                sql.push(if index == 0 { "" } else { " UNION ALL " }).push(&format!("SELECT id, code{key} FROM "));
                self.push_source(&mut sql, source);
            }
            sql.push(&format!(") u{group}"));
        }
        if names.is_empty() {
            sql.push("SELECT ''::text COLLATE \"C\" AS resource, ''::text COLLATE \"C\" AS id, 0::bigint AS code");
            sql.push(if key.is_empty() { "" } else { ", ''::text AS key" });
        }
        // The traced object has the distance zero.
        sql.push(&format!(") r WHERE code >= {RANKS}"));
        if let Some((depth, resource, id)) = &self.question.after {
            sql.push(" AND (code / ").push(&format!("{RANKS}, resource, id) > (")).bind(Bind::Integer(*depth));
            sql.push(", ").bind(Bind::Text(resource.clone())).push(" COLLATE \"C\", ");
            sql.bind(Bind::Text(id.clone())).push(" COLLATE \"C\")");
        }
        sql.push(&format!(" ORDER BY code / {RANKS}, resource, id"));
        sql.kept(Keep::Heavy)
    }

    /// The statement that finds the declared dependencies on what the plan reaches: entity and ID of the object that has
    /// it, the case, the distance, and the object depended on. See golden/impact_declared.sql.
    fn declared_sql(&self) -> Sql {
        let mut sql = Sql::new();
        self.push_sets(&mut sql);
        sql.push(&format!(
            "SELECT rt.relatable_type, rt.object_id, d.dependency_case_id, n.rising, min(n.depth) + 1, \
             min(lpad(n.depth::text, {DIGITS}, '0') || n.resource || ':' || n.id) FROM ("
        ));
        let wanted = self.wanted().flat_map(|(index, set)| self.sources(index).map(move |source| (set, source)));
        for (index, (set, source)) in wanted.enumerate() {
            let Entity { name, type_name, .. } = set.entity;
            sql.push(if index == 0 { "" } else { " UNION ALL " });
            sql.push(&format!(
                "SELECT '{name}'::text COLLATE \"C\" AS resource, '{type_name}'::text COLLATE \"C\" AS type, id, \
                 code / {RANKS} AS depth, {} AS rising FROM ",
                set.is_rising
            ));
            self.push_source(&mut sql, &source);
        }
        sql.push(&format!(
            ") n JOIN {} r ON r.related_type = n.type AND r.object_id = n.id JOIN {} d ON d.id = \
             r.dependency_id JOIN {} rt ON rt.id = d.relatable_id GROUP BY 1, 2, 3, 4",
            table("related"),
            table("dependency"),
            table("relatable")
        ));
        sql.kept(Keep::Heavy)
    }

    /// Reads a row.
    fn read(&self, row: &Row) -> Result<Reached> {
        let code = row.integer(2)?;
        let place = usize::try_from(code % RANKS).map_err(Error::internal)?;
        let (resource, id) = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
        let depth = code / RANKS;
        let Some(way) = self.plan.ways.get(place) else {
            let case = self.cases.get(place - self.plan.ways.len()).ok_or_else(|| unreadable("code"))?;
            let root = [Mood::AtHome, Mood::Rising]
                .into_iter()
                .filter_map(|mood| self.question.roots.get(&(resource.clone(), id.clone(), mood)))
                .min();
            let parent = root.map(|root| root.parent.clone()).filter(|_| self.question.parents);
            return Ok(Reached { resource, id, depth, via: format!("dependency_case:{case}"), parent });
        };
        let parent = match self.question.parents {
            true => {
                let key = row.text(3)?.get(DIGITS..).ok_or_else(|| unreadable("key"))?;
                Some((self.plan.sets[way.from].entity.name.clone(), key.to_owned()))
            }
            false => None,
        };
        Ok(Reached { resource, id, depth, via: way.relation.name().to_owned(), parent })
    }

    /// The sets whose objects are asked for, with their places.
    fn wanted(&self) -> impl Iterator<Item = (usize, &Set)> {
        self.plan.sets.iter().enumerate().filter(|(_, set)| set.is_wanted)
    }

    /// The column of the key, when there is one, and the aggregates that take the least of what came several ways.
    fn keys(&self) -> (&'static str, &'static str) {
        if self.question.parents { (", key", "min(code) AS code, min(key) AS key") } else { ("", "min(code) AS code") }
    }
}

/// Ranks as part of a code. There are fewer relations and cases than would not fit.
fn rank(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(RANKS - 1).min(RANKS - 1)
}

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
    let mut reader = door.reader("trace_impact", Share::Half, Reads::Together(SETTINGS)).await?;
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
    reader.each(None, sql, &mut Reading { impact: &impact, sink }).await
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
            // What lies behind an object depends on its distance alone.
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
