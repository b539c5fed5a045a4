//! TracePath against a search in Rust over everything that the API lists.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fastrand::Rng;
use qairon::model::{Dependence, Entity, Relation, RelationKind};
use qairon_integration_tests::{Client, find_entity};
use serde_json::{Value, json};
use tonic::Code;

use crate::organisation::{Organisation, random_organisation};
use crate::stage::{Stage, entities};

/// An object: entity and ID.
type Object = (String, String);
/// A step: relation, entity and ID; paths are ordered by their steps.
type Step = (String, String, String);
/// Where each object leads.
type Graph = BTreeMap<Object, BTreeSet<Step>>;

/// Whether a relation says anything of dependence, by what its declaration says.
fn counts(entity: &Entity, relation: &Relation) -> bool {
    let says = |entity: &Entity, field: &str| {
        let reference = entity.field(field).and_then(|field| field.reference.as_ref());
        reference.is_some_and(|reference| reference.dependence != Dependence::None)
    };
    match &relation.kind {
        RelationKind::ToOne { field } => says(entity, field),
        RelationKind::ToMany { field } => says(find_entity(&relation.target), field),
        RelationKind::Linked { table, .. } => {
            let mut links = entities().iter().flat_map(|entity| &entity.links);
            links.any(|link| link.table == *table && link.dependent.is_some())
        }
    }
}

fn graph(organisation: &Organisation, declared: bool) -> Graph {
    let mut graph = Graph::new();
    for entity in entities() {
        for id in organisation.ids(&entity.name) {
            let object = (entity.name.clone(), id.clone());
            for relation in entity.relations.iter().filter(|relation| counts(entity, relation)) {
                for other in organisation.related(entity, relation, &id) {
                    let step = (relation.name().to_owned(), relation.target.clone(), other);
                    graph.entry(object.clone()).or_default().insert(step);
                }
            }
            if declared {
                for (case, (resource, other)) in organisation.declared_on(&object) {
                    let name = format!("dependency_case:{case}");
                    let there = (name.clone(), resource.clone(), other.clone());
                    graph.entry(object.clone()).or_default().insert(there);
                    let back = (name, entity.name.clone(), id.clone());
                    graph.entry((resource, other)).or_default().insert(back);
                }
            }
        }
    }
    graph
}

/// How far everything is from an object. The graph is the same in both directions.
fn distances(graph: &Graph, from: &Object) -> HashMap<Object, usize> {
    let mut found = HashMap::from([(from.clone(), 0)]);
    let mut front = vec![from.clone()];
    for distance in 1.. {
        let mut next = Vec::new();
        for object in &front {
            for (_, resource, id) in graph.get(object).into_iter().flatten() {
                let other = (resource.clone(), id.clone());
                if !found.contains_key(&other) {
                    found.insert(other.clone(), distance);
                    next.push(other);
                }
            }
        }
        if next.is_empty() {
            break;
        }
        front = next;
    }
    found
}

/// Every shortest way onwards from an object, in order.
fn ways(graph: &Graph, at: &Object, left: &HashMap<Object, usize>) -> Vec<Vec<Step>> {
    let Some(&distance) = left.get(at) else { return Vec::new() };
    if distance == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for step in &graph[at] {
        let next = (step.1.clone(), step.2.clone());
        if left[&next] + 1 == distance {
            let onwards = ways(graph, &next, left).into_iter();
            all.extend(onwards.map(|rest| [vec![step.clone()], rest].concat()));
        }
    }
    all
}

async fn path(client: &Client, from: &Object, to: &Object, options: Value) -> Value {
    let mut request = json!({ "from_resource": from.0, "from_id": from.1, "to_resource": to.0, "to_id": to.1 });
    for (name, value) in options.as_object().into_iter().flatten() {
        request[name] = value.clone();
    }
    client.call("TracePath", request.clone()).await.unwrap_or_else(|failure| panic!("{request}: {failure}"))
}

fn message(from: &Object, ways: &[Vec<Step>], truncated: bool) -> Value {
    let step = |(relation, resource, id): &Step| json!({ "relation": relation, "resource": resource, "id": id });
    let start = (String::new(), from.0.clone(), from.1.clone());
    let way = |way: &Vec<Step>| {
        let steps: Vec<Value> = std::iter::once(&start).chain(way).map(step).collect();
        json!({ "steps": steps })
    };
    json!({ "paths": ways.iter().map(way).collect::<Vec<_>>(), "truncated": truncated })
}

#[tokio::test]
async fn ways_are_those_that_a_search_over_all_objects_finds() {
    let mut random = Rng::with_seed(11);
    let (mut longest, mut most, mut apart) = (0, 0, 0);
    for seed in 0..2 {
        let stage = Stage::set().await;
        let organisation = random_organisation(&stage, seed).await;
        let objects: Vec<Object> = entities()
            .iter()
            .flat_map(|entity| organisation.ids(&entity.name).into_iter().map(|id| (entity.name.clone(), id)))
            .collect();
        for declared in [true, false] {
            let graph = graph(&organisation, declared);
            for _ in 0..120 {
                let (from, to) = (&objects[random.usize(..objects.len())], &objects[random.usize(..objects.len())]);
                let all = ways(&graph, from, &distances(&graph, to));
                let place = format!("seed {seed}, {from:?} to {to:?}, declared {declared}");
                let length = all.first().map_or(0, Vec::len);
                for (max_paths, max_length) in [(100, 16), (3, 32)] {
                    let options =
                        json!({ "max_paths": max_paths, "max_length": max_length, "ignore_declared": !declared });
                    let wanted = message(from, &all[..all.len().min(max_paths)], all.len() > max_paths);
                    assert_eq!(path(&stage.client, from, to, options).await, wanted, "{place}");
                }
                if length > 1 {
                    let options = json!({ "max_length": length - 1, "ignore_declared": !declared });
                    assert_eq!(path(&stage.client, from, to, options).await, message(from, &[], false), "{place}");
                }
                longest = longest.max(length);
                most = most.max(all.len());
                apart += usize::from(all.is_empty());
            }
        }
    }
    // The comparison means something only if there was something to compare.
    assert!(longest > 5 && most > 20 && apart > 0, "{longest} steps, {most} ways, {apart} not connected");
}

#[tokio::test]
async fn declared_dependencies_are_followed_in_circles_and_on_oneself() {
    let stage = Stage::set().await;
    let sql = "
        INSERT INTO application (id) SELECT 'a' || n FROM generate_series(1, 6) n;
        INSERT INTO dependency_case (id, relatable_type, related_type, allowed_relationship) VALUES
            ('needs', 'Application', 'Application', 'OTM'), ('wants', 'Application', 'Application', 'OTM');
        INSERT INTO relatable (relatable_type, object_id) SELECT 'Application', 'a' || n FROM generate_series(1, 5) n;
        INSERT INTO dependency (dependency_case_id, relatable_id, name)
            SELECT c, 'Application:a' || n, d FROM generate_series(1, 5) n, unnest(ARRAY['needs', 'wants']) c,
                   unnest(ARRAY['one', 'two']) d;
        -- A circle, told twice for each case, and everybody on themselves.
        INSERT INTO related (dependency_id, related_type, object_id)
            SELECT d.id, 'Application', 'a' || 1 + (right(d.relatable_id, 1)::int + s) % 5
                FROM dependency d, unnest(ARRAY[0, 4]) s;
    ";
    stage.database.execute(sql).await.expect("a circle");
    let object = |number: u32| ("application".to_owned(), format!("a{number}"));
    let step =
        |case: &str, number: u32| (format!("dependency_case:{case}"), "application".to_owned(), format!("a{number}"));
    // a1 to a5 to a4, against the direction of the dependencies; the other way round is longer.
    let mut wanted = Vec::new();
    for first in ["needs", "wants"] {
        wanted.extend(["needs", "wants"].map(|second| vec![step(first, 5), step(second, 4)]));
    }
    let found = path(&stage.client, &object(1), &object(4), json!({})).await;
    assert_eq!(found, message(&object(1), &wanted, false));
    let found = path(&stage.client, &object(1), &object(2), json!({ "max_paths": 1 })).await;
    assert_eq!(found, message(&object(1), &[vec![step("needs", 2)]], true));
    for (to, options) in [(6, json!({})), (4, json!({ "ignore_declared": true })), (4, json!({ "max_length": 1 }))] {
        let found = path(&stage.client, &object(1), &object(to), options).await;
        assert_eq!(found, message(&object(1), &[], false), "to a{to}");
    }
}

/// A hub on the way is not listed; one that has to be is refused when it is too large.
#[tokio::test]
async fn hubs_are_passed_without_being_read() {
    let stage = Stage::set().await;
    let sql = "
        INSERT INTO repo_type (id) VALUES ('hub');
        SET session_replication_role = replica;
        INSERT INTO repo (repo_type_id, name) SELECT 'hub', 'r' || n FROM generate_series(1, 210000) n;
        RESET session_replication_role;
        INSERT INTO application (id) VALUES ('a'); INSERT INTO stack (application_id, name) VALUES ('a', 's');
        INSERT INTO service (stack_id, name) SELECT 'a:s', 'v' || n FROM generate_series(1, 3) n;
        INSERT INTO service_repo (service_id, repo_id) VALUES ('a:s:v1', 'hub:r7'), ('a:s:v2', 'hub:r9'),
            ('a:s:v2', 'hub:r8');
        ANALYZE repo;
    ";
    stage.database.execute(sql).await.expect("a hub");
    let object = |resource: &str, id: &str| (resource.to_owned(), id.to_owned());
    let step = |relation: &str, resource: &str, id: &str| (relation.to_owned(), resource.to_owned(), id.to_owned());
    let client = &stage.client;
    let (near, far) = (object("repo", "hub:r7"), object("repo", "hub:r200000"));
    let across = [step("type", "repo_type", "hub"), step("repos", "repo", "hub:r200000")];
    assert_eq!(path(client, &near, &far, json!({})).await, message(&near, &[across.to_vec()], false));
    let (service, kind) = (object("service", "a:s:v2"), object("repo_type", "hub"));
    let up = |repo: &str| vec![step("repos", "repo", repo), step("type", "repo_type", "hub")];
    let found = path(client, &service, &kind, json!({})).await;
    assert_eq!(found, message(&service, &[up("hub:r8"), up("hub:r9")], false));
    let found = path(client, &kind, &service, json!({ "max_paths": 1 })).await;
    let down = vec![step("repos", "repo", "hub:r8"), step("services", "service", "a:s:v2")];
    assert_eq!(found, message(&kind, &[down], true));
    // No path at all, which only a search of the whole hub can find out.
    let lonely = stage.factory.create("language").await;
    let mut request = json!({ "from_resource": "repo_type", "from_id": "hub", "to_resource": "language",
                              "to_id": lonely.id(), "max_length": 2 });
    let none = client.call("TracePath", request.clone()).await.expect("an answer");
    assert_eq!(none["paths"], json!([]));
    request["to_resource"] = "stack".into();
    request["to_id"] = "a:s".into();
    request["max_length"] = 16.into();
    let found = client.call("TracePath", request).await.expect("a way around the hub");
    assert_eq!(found["paths"][0]["steps"].as_array().map(Vec::len), Some(4));
    // Both ends are hubs that have nothing to do with each other.
    let sql = "INSERT INTO repo_type (id) VALUES ('other');
               SET session_replication_role = replica;
               INSERT INTO repo (repo_type_id, name) SELECT 'other', 'r' || n FROM generate_series(1, 210000) n;";
    stage.database.execute(sql).await.expect("another hub");
    let request = json!({ "from_resource": "repo_type", "from_id": "hub", "to_resource": "repo_type",
                          "to_id": "other" });
    let failure = client.call("TracePath", request).await.expect_err("too wide");
    assert_eq!((failure.code, failure.fields), (Code::ResourceExhausted, vec!["max_length".to_owned()]));
    assert!(failure.message.contains("`max_length`"), "{}", failure.message);
}
