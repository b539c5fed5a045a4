//! Declared dependencies, of about one service in a hundred. Nearly all lead from a later service to an earlier one, so
//! that they form no cycle; a few form one, and a few things depend on themselves, as in real records.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Plan;
use super::random::{Topic, chance, rng, tail};
use super::rows::{Batch, Cell, Json, Table};
use super::{BEGIN, DAY, delivery};

static CASE: Table =
    Table::entity("dependency_case", &["id", "relatable_type", "related_type", "allowed_relationship"]);
static RELATABLE: Table = Table::entity("relatable", &["relatable_type", "object_id"]);
static DEPENDENCY: Table = Table::entity("dependency", &["dependency_case_id", "relatable_id", "name"]);
static RELATED: Table = Table::entity("related", &["dependency_id", "related_type", "object_id"]);

/// One service in so many has declared dependencies.
const EVERY: usize = 100;
/// One of so many of these is in a cycle.
const CYCLE_EVERY: usize = 60;
/// Of how many services the popular ones are.
const POPULAR: usize = 40;

struct Case {
    id: &'static str,
    from: &'static str,
    to: &'static str,
    one: bool,
}

const CALLS: Case = Case { id: "service-calls-service", from: "Service", to: "Service", one: false };
const STORES: Case = Case { id: "service-primary-store", from: "Service", to: "Service", one: true };
const NEEDS_TARGET: Case = Case { id: "service-needs-target", from: "Service", to: "DeploymentTarget", one: false };
const FOLLOWS: Case = Case { id: "deployment-follows-deployment", from: "Deployment", to: "Deployment", one: false };
const FAILS_OVER: Case = Case { id: "target-fails-over", from: "DeploymentTarget", to: "DeploymentTarget", one: true };
const CASES: [Case; 5] = [CALLS, STORES, NEEDS_TARGET, FOLLOWS, FAILS_OVER];

/// What depends on what: by case and object.
#[derive(Default)]
struct Edges(BTreeMap<(usize, String), BTreeSet<String>>);

impl Edges {
    fn add(&mut self, case: &Case, from: String, to: String) {
        let place = CASES.iter().position(|known| known.id == case.id).unwrap_or_default();
        let relateds = self.0.entry((place, from)).or_default();
        if !case.one || relateds.is_empty() {
            relateds.insert(to);
        }
    }
}

/// All declared dependencies.
pub fn dependencies(plan: &Plan) -> Batch {
    let edges = draw(plan);
    let mut batch = Batch::default();
    let mut rng = rng(plan.seed, Topic::Dependencies, 1);
    let mut add = |table: &'static Table, cells: &[&dyn Cell]| {
        let born = BEGIN + DAY * rng.i64(400..600);
        batch.object(table, born, &Json::empty(), cells, &mut rng);
    };
    for case in &CASES {
        add(&CASE, &[&case.id, &case.from, &case.to, &if case.one { "OTO" } else { "OTM" }]);
    }
    let objects: BTreeSet<(&str, &str)> =
        edges.0.keys().map(|(case, from)| (CASES[*case].from, from.as_str())).collect();
    for (object_type, id) in objects {
        add(&RELATABLE, &[&object_type, &id]);
    }
    for ((case, from), relateds) in &edges.0 {
        let case = &CASES[*case];
        let relatable_id = format!("{}:{from}", case.from);
        add(&DEPENDENCY, &[&case.id, &relatable_id, &"default"]);
        for related in relateds {
            add(&RELATED, &[&format!("{}:{relatable_id}:default", case.id), &case.to, related]);
        }
    }
    batch
}

fn draw(plan: &Plan) -> Edges {
    let mut rng = rng(plan.seed, Topic::Dependencies, 0);
    let mut edges = Edges::default();
    let count = plan.services.len();
    let popular: Vec<usize> = (0..POPULAR).map(|_| rng.usize(..count)).collect();
    let service = |number: usize| plan.service_id(number);
    let deployment = |number: usize| {
        let (target, tag) = delivery::placements(plan, number)[0];
        format!("{}:{}:{tag}", plan.topology.targets[target].id, plan.service_id(number))
    };
    for turn in 0..(count / EVERY).max(3) {
        let from = rng.usize(..count);
        for _ in 0..tail(rng.f64(), 1.2, 8) {
            let known = popular[tail(rng.f64(), 0.6, POPULAR) - 1];
            let to = if known < from && chance(&mut rng, 60) {
                known
            } else {
                rng.usize(..=from).min(from.saturating_sub(1))
            };
            if to < from {
                edges.add(&CALLS, service(from), service(to));
            }
            if to < from && chance(&mut rng, 20) {
                edges.add(&STORES, service(from), service(to));
            }
            if to < from && chance(&mut rng, 20) {
                edges.add(&FOLLOWS, deployment(from), deployment(to));
            }
        }
        let targets = &plan.topology.targets;
        if turn == 0 || chance(&mut rng, 30) {
            edges.add(&NEEDS_TARGET, service(from), targets[plan.topology.weights.draw(&mut rng)].id.clone());
        }
        if chance(&mut rng, 10) {
            let place = rng.usize(..targets.len());
            edges.add(&FAILS_OVER, targets[place].id.clone(), targets[place / 2].id.clone());
        }
        if turn % CYCLE_EVERY == 0 {
            let other = (from + 1) % count;
            edges.add(&CALLS, service(from), service(other));
            edges.add(&CALLS, service(other), service(from));
            edges.add(&CALLS, service(from), service(from));
        }
    }
    edges
}
