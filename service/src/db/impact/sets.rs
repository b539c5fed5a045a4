//! The sets of an impact as common table expressions.
//!
//! An object's ID begins with the ID of the one it hangs on by the first part of its ID. So all there is below the
//! traced object along such references is a range of IDs in each table, at one distance: those objects are read where
//! they are wanted, without a join ([`Source::Below`]). What else comes into a set is gathered ([`Source::Gathered`]).

use qairon::model::{Mood, RelationKind};

use super::super::bind::Bind;
use super::super::sources::table;
use super::super::sql::Sql;
use super::planned::{DIGITS, Impact, RANKS, rank};
use crate::domain::impact::{Below, Set, Way};

/// Where objects of a set are read from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source {
    /// The common table expression of the set.
    Gathered(usize),
    /// The range of IDs below the traced object in the table of the set's entity.
    Below(usize, Below),
}

impl Impact {
    /// Whether each set has a common table expression: roots, or what comes over a way that is not only below.
    pub(super) fn sets_to_gather(&self) -> Vec<bool> {
        let mut gathered: Vec<bool> = Vec::new();
        for (index, set) in self.plan.sets.iter().enumerate() {
            let ways = self.plan.ways.iter().filter(|way| way.to == index);
            let comes = ways.into_iter().any(|way| {
                let defines = self.below[index].is_some_and(|below| std::ptr::eq(&self.plan.ways[below.way], way));
                if defines { gathered[way.from] && !self.is_traced_alone(way.from) } else { true }
            });
            gathered.push(set.root.is_some() || comes);
        }
        gathered
    }

    /// Where the objects of a set are read from; they may come from several sources at once.
    pub(super) fn sources(&self, set: usize) -> impl Iterator<Item = Source> {
        let gathered = self.gathered[set].then_some(Source::Gathered(set));
        gathered.into_iter().chain(self.below[set].map(|below| Source::Below(set, below)))
    }

    /// Whether a set holds the traced object and nothing besides.
    fn is_traced_alone(&self, index: usize) -> bool {
        let set = &self.plan.sets[index];
        let mut roots = self.question.roots.iter().filter(|((name, _, mood), _)| belongs(set, name, *mood));
        !self.plan.ways.iter().any(|way| way.to == index)
            && roots.next().is_some_and(|(_, root)| root.depth == 0)
            && roots.next().is_none()
    }

    pub(super) fn push_sets(&self, sql: &mut Sql) {
        let mut glue = "WITH ";
        for index in (0..self.plan.sets.len()).filter(|index| self.gathered[*index]) {
            // Sets that others come from are computed on their own: as one join of all, they would take longer to plan
            // than to run.
            let is_leaf = !self.plan.ways.iter().any(|way| way.from == index);
            let materialized = if is_leaf { "" } else { "MATERIALIZED " };
            sql.push(glue).push(&format!("s{index} AS {materialized}("));
            self.push_set(sql, index);
            sql.push(") ");
            glue = ", ";
        }
    }

    /// A set: its roots and what comes over each way, the least code of each object.
    fn push_set(&self, sql: &mut Sql, index: usize) {
        let set = &self.plan.sets[index];
        let climbs = self.climbs(index);
        let mut comes: Vec<(&Way, Source)> = Vec::new();
        for (place, way) in self.plan.ways.iter().enumerate().filter(|(_, way)| way.to == index) {
            let defines = self.below[index].is_some_and(|below| below.way == place);
            let sources = self.sources(way.from).filter(|source| match source {
                // Objects below the traced one are read on their own.
                _ if defines && self.is_traced_alone(way.from) => false,
                Source::Below(..) => !defines,
                Source::Gathered(_) => true,
            });
            comes.extend(sources.map(|source| (way, source)));
        }
        // Over references each object comes once.
        let once = match comes.as_slice() {
            [] => true,
            [(way, _)] => set.root.is_none() && matches!(way.relation.kind, RelationKind::ToMany { .. }),
            _ => false,
        };
        let columns: String = climbs.iter().map(|field| format!(", \"{field}\"")).collect();
        if !once {
            let (_, least) = self.keys();
            sql.push(&format!("SELECT id, {least}{columns} FROM ("));
        }
        let mut glue = "";
        if let Some(mood) = set.root {
            self.push_roots(sql, set, mood, &climbs);
            glue = " UNION ALL ";
        }
        for (way, source) in comes {
            sql.push(glue);
            self.push_way(sql, way, source, &climbs);
            glue = " UNION ALL ";
        }
        if !once {
            sql.push(&format!(") u GROUP BY id{columns}"));
        }
    }

    /// The references of a set by which walks climb from it: carried along, so that its table is read once.
    fn climbs(&self, index: usize) -> Vec<&'static str> {
        let mut fields: Vec<&'static str> = Vec::new();
        for way in self.plan.ways.iter().filter(|way| way.from == index) {
            if let RelationKind::ToOne { field } = &way.relation.kind
                && !fields.contains(&field.as_str())
            {
                fields.push(field);
            }
        }
        fields
    }

    /// The objects of a source: a name, or a query in parentheses.
    pub(super) fn push_source(&self, sql: &mut Sql, source: &Source) {
        let (index, below) = match source {
            Source::Gathered(index) => {
                sql.push(&format!("s{index}"));
                return;
            }
            Source::Below(index, below) => (*index, below),
        };
        let code = below.depth * RANKS + rank(self.plan.rank(&self.plan.ways[below.way]));
        let parent = match &self.plan.ways[below.way].relation.kind {
            RelationKind::ToMany { field } if self.question.parents => {
                format!(", '{code:0DIGITS$}' || \"{field}\" AS key")
            }
            _ => String::new(),
        };
        let columns: String = self.climbs(index).iter().map(|field| format!(", \"{field}\"")).collect();
        let from = table(&self.plan.sets[index].entity.name);
        sql.push(&format!("(SELECT id, {code}::bigint AS code{parent}{columns} FROM {from} WHERE id >= "));
        sql.bind(Bind::Text(self.range.0.clone())).push(" AND id < ").bind(Bind::Text(self.range.1.clone()));
        sql.push(") b");
    }

    fn push_roots(&self, sql: &mut Sql, set: &Set, mood: Mood, climbs: &[&str]) {
        let mut ids = Vec::new();
        let mut codes = Vec::new();
        let roots = self.question.roots.iter().filter(|((name, _, of), _)| belongs(set, name, *of) && *of == mood);
        for ((_, id, _), root) in roots {
            ids.push(id.clone());
            let case = self.cases.binary_search(&root.case).map_or(0, |index| self.plan.ways.len() + index);
            codes.push(root.depth * RANKS + rank(case));
        }
        let columns: String = climbs.iter().map(|field| format!(", c.\"{field}\"")).collect();
        let key = format!(", lpad(q.code::text, {DIGITS}, '0') COLLATE \"C\" AS key");
        let key = if self.question.parents { key.as_str() } else { "" };
        sql.push(&format!("SELECT q.id, q.code{key}{columns} FROM "));
        if let ([_], [_]) = (ids.as_slice(), codes.as_slice()) {
            // The planner knows more of one row than of an array.
            sql.push("(SELECT ").bind(Bind::Text(ids.remove(0))).push("::text COLLATE \"C\" AS id, ");
            sql.bind(Bind::Integer(codes.remove(0))).push("::bigint AS code) q");
        } else {
            sql.push("(SELECT a.id COLLATE \"C\" AS id, a.code FROM unnest(").bind(Bind::TextArray(ids));
            sql.push("::text[], ").bind(Bind::IntegerArray(codes)).push("::bigint[]) a(id, code)) q");
        }
        if !climbs.is_empty() {
            sql.push(&format!(" JOIN {} c ON c.id = q.id", table(&set.entity.name)));
        }
    }

    fn push_way(&self, sql: &mut Sql, way: &Way, source: Source, climbs: &[&str]) {
        let rank = rank(self.plan.rank(way));
        let code = format!("(p.code / {RANKS} + 1) * {RANKS} + {rank}");
        let key = format!(", lpad(({code})::text, {DIGITS}, '0') || p.id AS key");
        let key = if self.question.parents { key.as_str() } else { "" };
        let columns: String = climbs.iter().map(|field| format!(", c.\"{field}\"")).collect();
        let to = table(&self.plan.sets[way.to].entity.name);
        let (id, join) = match &way.relation.kind {
            RelationKind::ToMany { field } => ("c.id".to_owned(), format!(" JOIN {to} c ON c.\"{field}\" = p.id")),
            RelationKind::ToOne { field } if climbs.is_empty() => (format!("p.\"{field}\""), String::new()),
            RelationKind::ToOne { field } => ("c.id".to_owned(), format!(" JOIN {to} c ON c.id = p.\"{field}\"")),
            RelationKind::Linked { table: links, own_column, target_column, .. } => {
                let mut join = format!(" JOIN {} l ON l.\"{own_column}\" = p.id", table(links));
                if !climbs.is_empty() {
                    join.push_str(&format!(" JOIN {to} c ON c.id = l.\"{target_column}\""));
                }
                (format!("l.\"{target_column}\""), join)
            }
        };
        sql.push(&format!("SELECT {id} AS id, {code} AS code{key}{columns} FROM (SELECT * FROM "));
        self.push_source(sql, &source);
        sql.push(&format!(") p{join}"));
        if self.question.max_depth > 0 {
            let limit = self.question.max_depth.saturating_mul(RANKS);
            sql.push(" WHERE p.code < ").bind(Bind::Integer(limit));
        }
    }
}

/// Whether walks that begin at an object of an entity in a mood begin in a set.
fn belongs(set: &Set, name: &str, mood: Mood) -> bool {
    set.entity.name == name && set.root == Some(mood)
}
