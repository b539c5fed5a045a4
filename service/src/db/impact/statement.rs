//! The statements of an impact, and how their rows are read.

use qairon::model::{Entity, Mood};

use super::planned::{DIGITS, Impact, Question, RANKS};
use super::sets::Source;
use crate::db::bind::Bind;
use crate::db::row::{Row, unreadable};
use crate::db::sources::table;
use crate::db::sql::{Keep, Sql};
use crate::domain::impact::{Plan, Set};
use crate::error::{Error, Result};

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
    pub(super) fn new(plan: Plan, question: Question) -> Self {
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
    /// it, the case, the distance, and the object depended on.
    pub(super) fn declared_sql(&self) -> Sql {
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
            let (depth, id) = match &source {
                Source::Gathered(_) => (format!("code / {RANKS}"), "id"),
                Source::Below(_, below) => (format!("{}::bigint", below.depth), "b.id"),
            };
            sql.push(&format!(
                "SELECT '{name}'::text COLLATE \"C\" AS resource, '{type_name}'::text COLLATE \"C\" AS type, {id}, \
                 {depth} AS depth, {} AS rising FROM ",
                set.is_rising
            ));
            match source {
                Source::Gathered(_) => self.push_source(&mut sql, &source),
                // The objects below the traced one may be a large part of a table, and few of them are depended on.
                Source::Below(..) => {
                    let (related, of) = (table("related"), table(name));
                    sql.push(&format!(
                        "{related} x JOIN {of} b ON b.id = x.object_id WHERE x.related_type = '{type_name}'"
                    ));
                    sql.push(" AND x.object_id >= ").bind(Bind::Text(self.range.0.clone()));
                    sql.push(" AND x.object_id < ").bind(Bind::Text(self.range.1.clone()));
                }
            }
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
    pub(super) fn read(&self, row: &Row) -> Result<Reached> {
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
    pub(super) fn keys(&self) -> (&'static str, &'static str) {
        if self.question.parents { (", key", "min(code) AS code, min(key) AS key") } else { ("", "min(code) AS code") }
    }
}
