//! The statement that finds a text where it is indexed and follows the references down.
//!
//! An entity has up to three parts in it: `o<n>`, the objects that hold the key in a component of their own; `a<n>`,
//! those and the objects that refer to one of `a<m>`, m being an entity of which its IDs are made; `f<n>`, whether
//! there are too many of them, by their names, and here or above. Nothing is followed down from there, which bounds the
//! work.
//!
//! The values stand in a part of their own, `q`. The planner cannot look into it, so that one plan serves all texts and
//! is kept; and that plan is a good one for rare texts, for the order of the joins is laid down (`OFFSET 0`).

use std::collections::BTreeSet;
use std::fmt::Write;

use qairon::model::{Entity, Kind};

use super::super::bind::Bind;
use super::super::row::Row;
use super::super::sources::table;
use super::super::sql::{Keep, Sql};
use super::question::{CAP, Fit, Known, Place, Search};
use crate::domain::filter::like_escaped;
use crate::domain::search::{Key, id_references, own_components, own_name};
use crate::error::{Error, Result};

/// In place of a kind of match in the rows of the answer.
const NAMES_OVER: i64 = 0;
const IDS_OVER: i64 = -1;

const EXACT: i64 = Fit::Exact.number();
const COMPONENT_AND_NAME: i64 = Fit::ComponentAndName.number();
const COMPONENT: i64 = Fit::Component.number();
const NAME_PREFIX: i64 = Fit::NamePrefix.number();
const NAME: i64 = Fit::Name.number();
const ID: i64 = Fit::Id.number();

/// Whether the ID has the text as a component or a run of them: between colons, or an end of the ID and a colon.
const HAS_COMPONENT: &str = "strpos(':' || lower(id) || ':', (SELECT component FROM q)) > 0";

/// The statement. Its rows are kind, entity and ID. See golden/search_walk_for_a_name.sql and
/// golden/search_walk_for_part_of_an_id.sql.
pub fn walk(search: &Search, key: &Key, limit: usize) -> Result<Sql> {
    let types = key.among(search.model.entities().iter().map(|entity| entity.type_name.as_str()));
    let mut walk = Walk { search, key, types, labels: Vec::new(), done: BTreeSet::new(), parts: String::new() };
    for &rank in &search.entities {
        walk.entity(search.model.ranked(rank));
    }
    let mut sql = Sql::new();
    sql.push("WITH q AS MATERIALIZED (SELECT ").bind(Bind::Text(search.text.lower.clone())).push("::text AS text, ");
    sql.bind(Bind::Text(search.text.as_component())).push("::text AS component, ");
    sql.bind(Bind::Text(format!("%{}%", like_escaped(&key.piece)))).push("::text AS key, ");
    // Nothing reads the patterns when there are none.
    sql.bind(Bind::TextArray(key.compatible.clone().unwrap_or_default())).push("::text[] AS compatible, ");
    sql.bind(Bind::TextArray(walk.types.clone())).push("::text[] AS types, ");
    sql.bind(Bind::TextArray(walk.labels.clone())).push("::text[] AS labels, ");
    sql.bind(Bind::Integer(search.start.kind)).push("::bigint AS kind, ");
    sql.bind(Bind::Integer(search.start.rank.try_into().map_err(Error::internal)?)).push("::bigint AS entity, ");
    sql.bind(Bind::Text(search.start.id.clone())).push("::text AS id, ");
    sql.bind(Bind::Integer(limit.try_into().unwrap_or(i64::MAX))).push("::bigint AS rows)");
    sql.push(&walk.parts).push(&walk.answer());
    // Among chosen entities there are too many statements to keep.
    let keep = if search.entities.len() < search.model.entities().len() { Keep::Never } else { Keep::Heavy };
    Ok(sql.kept(keep))
}

struct Walk<'a> {
    search: &'a Search,
    key: &'a Key,
    types: Vec<String>,
    labels: Vec<String>,
    done: BTreeSet<usize>,
    parts: String,
}

impl Walk<'_> {
    /// Adds the parts of an entity, after those of the entities of which its IDs are made.
    fn entity(&mut self, entity: &Entity) {
        if !self.done.insert(entity.index) {
            return;
        }
        let above: Vec<(&str, usize)> = id_references(entity)
            .map(|(field, target)| (field.name.as_str(), self.search.model.target(target).index))
            .collect();
        for (_, index) in &above {
            self.entity(&self.search.model.entities()[*index]);
        }
        let (n, from, kind, limit) = (entity.index, table(&entity.name), self.kind(entity), CAP + 1);
        let compatible = match self.key.compatible {
            Some(_) => " AND lower(id) LIKE ANY ((SELECT compatible FROM q)::text[])",
            None => "",
        };
        let own = match self.own(entity) {
            conditions if conditions.is_empty() => "false".to_owned(),
            conditions => format!("({})", conditions.join(" OR ")),
        };
        let mut sources = vec![format!("SELECT id, kind FROM o{n}")];
        let mut over = format!("count(*) > {CAP}");
        for (column, m) in &above {
            sources.push(format!(
                "(SELECT c.id, c.kind FROM a{m} p CROSS JOIN LATERAL (SELECT id, {kind} AS kind FROM {from} \
                 WHERE \"{column}\" = p.id{compatible} OFFSET 0) c WHERE NOT (SELECT ids FROM f{m}) LIMIT {limit})"
            ));
            _ = write!(over, " OR (SELECT ids FROM f{m})");
        }
        let all = match sources.as_slice() {
            [only] => only.clone(),
            several => format!("SELECT id, min(kind) AS kind FROM ({}) u GROUP BY id", several.join(" UNION ALL ")),
        };
        _ = write!(
            self.parts,
            ", o{n} AS MATERIALIZED (SELECT id, {kind} AS kind FROM {from} WHERE {own}{compatible} LIMIT {limit}), \
             a{n} AS MATERIALIZED ({all}), f{n} AS MATERIALIZED \
             (SELECT (SELECT count(*) FROM o{n}) > {CAP} AS names, {over} AS ids FROM a{n})"
        );
    }

    /// Where an object's own components hold the key.
    fn own(&mut self, entity: &Entity) -> Vec<String> {
        let mut conditions = Vec::new();
        for field in own_components(entity) {
            let column = format!("\"{}\"", field.name);
            match &field.kind {
                Kind::EntityType if self.types.is_empty() => {}
                Kind::EntityType => conditions.push(format!("{column} = ANY ((SELECT types FROM q)::text[])")),
                Kind::Enum(descriptor) => {
                    let labels = Kind::enum_labels(descriptor);
                    let labels = self.key.among(labels.iter().map(String::as_str));
                    if !labels.is_empty() {
                        conditions.push(format!("{column} = ANY ((SELECT labels FROM q)::text[])"));
                        self.labels.extend(labels);
                    }
                }
                kind if !self.key.fits(kind) => {}
                Kind::Text | Kind::Name => conditions.push(format!("{column} ILIKE (SELECT key FROM q)")),
                _ => conditions.push(format!("{column}::text ILIKE (SELECT key FROM q)")),
            }
        }
        conditions
    }

    /// The kind of match of a row; more than the last one for rows that are only on the way.
    fn kind(&self, entity: &Entity) -> String {
        if self.search.text.has_colon() {
            return format!(
                "CASE WHEN lower(id) = (SELECT text FROM q) THEN {EXACT} WHEN {HAS_COMPONENT} THEN {COMPONENT} \
                 WHEN strpos(lower(id), (SELECT text FROM q)) > 0 THEN {ID} ELSE {} END",
                ID + 1
            );
        }
        let Some(name) = own_name(entity) else {
            return format!("CASE WHEN {HAS_COMPONENT} THEN {COMPONENT} ELSE {ID} END");
        };
        let name = format!("lower(\"{}\"::text)", name.field.name);
        format!(
            "CASE WHEN {name} = (SELECT text FROM q) THEN {EXACT} \
             WHEN {HAS_COMPONENT} THEN \
             CASE WHEN strpos({name}, (SELECT text FROM q)) > 0 THEN {COMPONENT_AND_NAME} ELSE {COMPONENT} END \
             WHEN starts_with({name}, (SELECT text FROM q)) THEN {NAME_PREFIX} \
             WHEN strpos({name}, (SELECT text FROM q)) > 0 THEN {NAME} ELSE {ID} END"
        )
    }

    /// The first objects that are wholly known, and what is not.
    fn answer(&self) -> String {
        let mut known = Vec::new();
        let mut over = String::new();
        let colon = self.search.text.has_colon();
        for &rank in &self.search.entities {
            let entity = self.search.model.ranked(rank);
            let n = entity.index;
            if !colon && own_name(entity).is_some() {
                let names = format!("FROM o{n} WHERE kind NOT IN ({COMPONENT}, {ID}) AND NOT (SELECT names FROM f{n})");
                known.push(format!("SELECT kind, {rank}, id {names}"));
            }
            if colon || !entity.id_is_given() {
                let kinds = if colon { format!("<= {ID}") } else { format!("IN ({COMPONENT}, {ID})") };
                known.push(format!(
                    "SELECT kind, {rank}, id FROM a{n} WHERE kind {kinds} AND NOT (SELECT ids FROM f{n})"
                ));
            }
            // Where there are too many names, there are too many IDs.
            let over_in = format!("CASE WHEN names THEN {NAMES_OVER} ELSE {IDS_OVER} END");
            _ = write!(over, " UNION ALL SELECT {over_in}, {rank}, '' FROM f{n} WHERE ids");
        }
        format!(
            " SELECT kind::bigint, entity::bigint, id FROM (SELECT kind, entity, id FROM ({}) known (kind, entity, id) \
             WHERE (kind::bigint, entity::bigint, id) > ((SELECT kind FROM q), (SELECT entity FROM q), (SELECT id FROM q)) \
             ORDER BY kind, entity, id LIMIT (SELECT rows FROM q)) first{over}",
            known.join(" UNION ALL ")
        )
    }
}

/// What the rows of the statement tell.
pub fn known(rows: &[Row]) -> Result<Known> {
    let mut known = Known::default();
    for row in rows {
        let rank = row.index(1)?;
        match row.integer(0)? {
            NAMES_OVER => {
                known.names_over.insert(rank);
                known.ids_over.insert(rank);
            }
            IDS_OVER => _ = known.ids_over.insert(rank),
            kind => known.objects.push(Place { kind, rank, id: row.text(2)?.to_owned() }),
        }
    }
    known.objects.sort_unstable();
    Ok(known)
}
