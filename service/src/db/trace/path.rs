//! The search for the shortest ways between two objects, from both ends at once.
//!
//! For each length in turn, the search takes the levels from either end until they are one step apart, and looks for the
//! steps between them. It goes by lengths because the model then says which entities can be where ([`Corridor`]), and
//! most of what surrounds an object is never read.
//!
//! A level may hold a hub: a type that a hundred thousand objects name. So a level is read up to a budget, first from
//! the end that is narrower; when it does not fit, the other end is tried, and only when neither fits the budget grows.
//! A hub in the middle of a way is then reached from both sides and its objects are never listed. The last step, which
//! has both its ends given, is found by both.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use qairon::Model;
use qairon::model::Entity;
use qairon::v1::{ErrorReason, ObjectPath, PathStep, TracePathResponse};

use super::super::door::{Door, Reads};
use super::super::failure::Failure;
use super::super::get::probe;
use super::super::reader::Reader;
use super::super::row::{Row, unreadable};
use super::super::sources::table;
use super::super::sql::{Keep, Sql};
use super::edges::{Corridor, Hop, hops};
use super::ways::{Object, Objects, Step, ways};
use crate::error::{Error, ErrorKind, Result};

/// How many objects, and how many steps between them, a search for ways of one length may see.
const MAX_OBJECTS: usize = 200_000;
const MAX_STEPS: usize = 250_000;
/// How many steps a level may have before the other end is tried.
const FIRST_BUDGET: usize = 2_000;
/// How much larger it is after both ends were tried.
const GROWTH: usize = 16;
/// How many IDs go into one statement.
const CHUNK: usize = 5_000;

/// How statements are run. Everything that is asked for has an index. A level that is cut off at its budget is cheap only
/// when the index is read as far as it is needed, and an estimate for thousands of IDs must not end in the scan of a
/// large table. Workers take longer to start than the statements take to run.
const SETTINGS: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; \
                            SET LOCAL max_parallel_workers_per_gather = 0";

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// Where ways begin: entity and ID.
    pub from: (&'static Entity, String),
    /// Where they end.
    pub to: (&'static Entity, String),
    /// The most steps.
    pub max_length: usize,
    /// The most ways.
    pub max_paths: usize,
    /// Leaves declared dependencies out.
    pub ignore_declared: bool,
}

/// Finds the shortest ways between two objects. Everything is of one moment.
pub async fn path(door: &Door, question: &Question) -> Result<TracePathResponse, Failure> {
    let work = |mut reader: Reader| async move {
        let found = search(&mut reader, door.model(), question).await;
        reader.done(found)
    };
    door.read("trace_path", Reads::Together(SETTINGS), None, work).await
}

async fn search(reader: &mut Reader, model: &'static Model, question: &Question) -> Result<TracePathResponse, Failure> {
    let (from, to) = (&question.from, &question.to);
    let (first, last) = reader.both(probe(from.0, &from.1), probe(to.0, &to.1)).await?;
    for (found, (entity, id)) in [(first, from), (last, to)] {
        if found.is_empty() {
            return Err(Error::not_found(&entity.name, id).into());
        }
    }
    let (from, to) = (from.0.index, to.0.index);
    if (from, &question.from.1) == (to, &question.to.1) {
        let step =
            PathStep { relation: String::new(), resource: question.from.0.name.clone(), id: question.from.1.clone() };
        return Ok(TracePathResponse { paths: vec![ObjectPath { steps: vec![step] }], truncated: false });
    }
    let declared = if question.ignore_declared { Vec::new() } else { declared(reader, model).await? };
    let hops = hops(model, &declared);
    for length in 1..=question.max_length {
        let Some(corridor) = Corridor::new(&hops, model.entities().len(), from, to, length) else { continue };
        let mut search = Search::new(model, &hops, corridor, length, question);
        if search.meet(reader).await? {
            return Ok(search.answer(question.max_paths));
        }
    }
    Ok(TracePathResponse::default())
}

/// The pairs of entities between which dependencies can be declared.
async fn declared(
    reader: &mut Reader,
    model: &'static Model,
) -> Result<Vec<(&'static Entity, &'static Entity)>, Failure> {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT DISTINCT relatable_type, related_type FROM {}", table("dependency_case")));
    let rows = reader.rows(sql).await?;
    // Types that a newer program has written are none of this model.
    let pair = |row: &Row| Ok(model.entity_of_type(row.text(0)?).zip(model.entity_of_type(row.text(1)?)));
    let pairs = rows.iter().map(pair).collect::<Result<Vec<_>>>()?;
    Ok(pairs.into_iter().flatten().collect())
}

/// One end of a search.
struct End {
    /// How many levels were read.
    depth: usize,
    seen: HashSet<Object>,
    /// The last level.
    frontier: Vec<Object>,
}

impl End {
    fn new(object: Object) -> Self {
        Self { depth: 0, seen: HashSet::from([object]), frontier: vec![object] }
    }
}

/// The two ends.
const START: usize = 0;
const FINISH: usize = 1;

struct Search<'a> {
    model: &'static Model,
    hops: &'a [Hop],
    corridor: Corridor,
    length: usize,
    objects: Objects,
    ends: [End; 2],
    roots: (Object, Object),
    /// The steps found, by their place on the way.
    layers: Vec<Vec<Step>>,
    steps: usize,
}

impl<'a> Search<'a> {
    fn new(
        model: &'static Model,
        hops: &'a [Hop],
        corridor: Corridor,
        length: usize,
        Question { from, to, .. }: &Question,
    ) -> Self {
        let mut objects = Objects::default();
        let roots = (objects.place(from.0.index, &from.1), objects.place(to.0.index, &to.1));
        let ends = [End::new(roots.0), End::new(roots.1)];
        let layers = vec![Vec::new(); length];
        Self { model, hops, corridor, length, objects, ends, roots, layers, steps: 0 }
    }

    /// Whether there are ways of the length, of which there are none shorter.
    async fn meet(&mut self, reader: &mut Reader) -> Result<bool, Failure> {
        while self.ends[START].depth + self.ends[FINISH].depth + 1 < self.length {
            if !self.widen(reader).await? {
                return Ok(false);
            }
        }
        let place = self.ends[START].depth;
        // The wider end is cut into statements, the narrower one is in each of them.
        let end = if self.ends[START].frontier.len() >= self.ends[FINISH].frontier.len() { START } else { FINISH };
        let opposite: HashSet<Object> = self.ends[1 - end].frontier.iter().copied().collect();
        let budget = MAX_STEPS.saturating_sub(self.steps);
        let between = self.read(reader, end, budget, Some(&opposite)).await?.ok_or_else(too_wide)?;
        let met = !between.is_empty();
        self.layers[place] = between;
        Ok(met)
    }

    /// Reads one more level, from the end where that is cheaper. False when there is nothing more at that end.
    async fn widen(&mut self, reader: &mut Reader) -> Result<bool, Failure> {
        let narrow = if self.ends[START].frontier.len() <= self.ends[FINISH].frontier.len() { START } else { FINISH };
        let mut budget = FIRST_BUDGET;
        loop {
            let largest = MAX_STEPS.saturating_sub(self.steps);
            for end in [narrow, 1 - narrow] {
                let Some(steps) = self.read(reader, end, budget.min(largest), None).await? else { continue };
                return self.take(end, steps);
            }
            if budget >= largest {
                return Err(too_wide().into());
            }
            budget = budget.saturating_mul(GROWTH);
        }
    }

    /// Makes steps that were read the next level of an end.
    fn take(&mut self, end: usize, steps: Vec<Step>) -> Result<bool, Failure> {
        let side = &mut self.ends[end];
        let place = if end == START { side.depth } else { self.length - side.depth - 1 };
        let reached = |step: &Step| if end == START { step.to } else { step.from };
        // What was reached in fewer steps is not reached again.
        let steps: Vec<Step> = steps.into_iter().filter(|step| !side.seen.contains(&reached(step))).collect();
        side.frontier = steps.iter().map(reached).filter(|object| side.seen.insert(*object)).collect();
        side.depth += 1;
        self.steps += steps.len();
        self.layers[place] = steps;
        if self.ends.iter().map(|end| end.seen.len()).sum::<usize>() > MAX_OBJECTS {
            return Err(too_wide().into());
        }
        Ok(!self.ends[end].frontier.is_empty())
    }

    /// The steps from the frontier of an end; only those to certain objects when these are given. `None` when there are
    /// more than the budget.
    async fn read(
        &mut self,
        reader: &mut Reader,
        end: usize,
        budget: usize,
        only: Option<&HashSet<Object>>,
    ) -> Result<Option<Vec<Step>>, Failure> {
        let depth = self.ends[end].depth;
        let (from, to) = if end == START { (depth, depth + 1) } else { (self.length - depth, self.length - depth - 1) };
        let wanted = only.map(|only| self.by_entity(only.iter().copied()));
        let mut steps = Vec::new();
        for chunk in self.ends[end].frontier.clone().chunks(CHUNK) {
            let ids = self.by_entity(chunk.iter().copied());
            let mut sql = Sql::new();
            for (number, hop) in self.hops.iter().enumerate().filter(|(_, hop)| self.corridor.is_open(hop, from, to)) {
                let Some(ids) = ids.get(&hop.from) else { continue };
                let only = match &wanted {
                    None => None,
                    Some(wanted) => match wanted.get(&hop.to) {
                        None => continue,
                        // Too many for a statement: they are picked out of what comes.
                        Some(ids) if ids.len() > CHUNK => None,
                        Some(ids) => Some(ids.clone()),
                    },
                };
                sql.push(if sql == Sql::new() { "" } else { " UNION ALL " });
                sql.append(hop.sql(self.model, number, ids.clone(), only));
            }
            if sql == Sql::new() {
                continue;
            }
            if only.is_none() {
                sql.push(&format!(" LIMIT {}", budget - steps.len() + 1));
            }
            self.collect(reader, sql, end, only, budget, &mut steps).await?;
            if steps.len() > budget {
                return Ok(None);
            }
        }
        Ok(Some(steps))
    }

    /// Runs a statement of hops and collects its steps, up to one more than the budget.
    async fn collect(
        &mut self,
        reader: &mut Reader,
        sql: Sql,
        end: usize,
        only: Option<&HashSet<Object>>,
        budget: usize,
        steps: &mut Vec<Step>,
    ) -> Result<(), Failure> {
        // No two of them are alike, and the number of IDs decides how they are best run.
        let mut rows = reader.stream(sql.kept(Keep::Never)).await?;
        while let Some(row) = rows.next().await? {
            let hop = self.hops.get(row.index(0)?).ok_or_else(|| unreadable("hop"))?;
            let near = self.objects.place(hop.from, row.text(1)?);
            let far = match only {
                None => self.objects.place(hop.to, row.text(2)?),
                Some(only) => {
                    let wanted = self.objects.find(hop.to, row.text(2)?).filter(|far| only.contains(far));
                    let Some(far) = wanted else { continue };
                    far
                }
            };
            // A declared dependency on itself leads nowhere.
            if near == far || steps.len() > budget {
                continue;
            }
            let (from, to, name) = if end == START { (near, far, &hop.name) } else { (far, near, &hop.name_back) };
            let name = match row.optional_text(3)? {
                Some(case) => Arc::from(format!("dependency_case:{case}")),
                None => name.clone(),
            };
            steps.push(Step { from, to, name });
        }
        Ok(())
    }

    fn by_entity(&self, objects: impl Iterator<Item = Object>) -> BTreeMap<usize, Vec<String>> {
        let mut ids: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (entity, id) in objects.map(|object| self.objects.get(object)) {
            ids.entry(entity).or_default().push(id.to_owned());
        }
        ids
    }

    fn name(&self, object: Object) -> (&'static str, &str) {
        let (entity, id) = self.objects.get(object);
        (&self.model.entities()[entity].name, id)
    }

    /// The ways, in the order of their steps: by relation, resource and ID.
    fn answer(&self, max_paths: usize) -> TracePathResponse {
        let order = |a: &Step, b: &Step| -> Ordering {
            a.name.cmp(&b.name).then_with(|| self.name(a.to).cmp(&self.name(b.to)))
        };
        let (ways, truncated) = ways(&self.layers, self.roots, max_paths, order);
        let step = |relation: &str, object: Object| {
            let (resource, id) = self.name(object);
            PathStep { relation: relation.to_owned(), resource: resource.to_owned(), id: id.to_owned() }
        };
        let path = |way: &Vec<&Step>| ObjectPath {
            steps: std::iter::once(step("", self.roots.0))
                .chain(way.iter().map(|next| step(&next.name, next.to)))
                .collect(),
        };
        TracePathResponse { paths: ways.iter().map(path).collect(), truncated }
    }
}

fn too_wide() -> Error {
    let message = "the search grew too wide before a way was found; give a smaller `max_length`, or leave out declared \
                   dependencies with `ignore_declared`";
    Error::new(ErrorKind::Exhausted, ErrorReason::SearchTooWide, message).with_field("max_length")
}
