//! Search: objects by part of their IDs and names, and by what their provider calls them.
//!
//! Whole IDs have no index for this: they repeat what stands in the IDs above them. What is indexed, by trigrams, are
//! the components that an object adds; [`walk`] finds the text there and follows the references down, in one
//! statement, as far as an entity has [`CAP`] matches. Where it has more, they are frequent, and [`scan`] finds the
//! next of them quickly by reading IDs in order.
//!
//! Objects come in the order of the kind of match, the entity and the ID; a page begins behind a [`Place`] in it.

#[cfg(test)]
pub(in crate::db) mod golden;
mod native;
mod scan;
mod walk;

use std::collections::BTreeSet;

use qairon::Model;
use qairon::model::Entity;
use qairon::v1::Match;

use super::door::{Door, Reads};
use super::failure::Failure;
use super::pool::Share;
use super::reader::Reader;
use crate::domain::search::Text;
use crate::error::Result;

pub use native::by_native_id;

/// Up to so many matches of an entity are gathered; more are read for in order.
pub const CAP: usize = 2000;

/// The statement of a walk is long, and planning it takes longer than most walks. What is planned for one serves all,
/// also when the tables have grown: indexes are used wherever there are any.
const ONE_PLAN: &str = "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off";
const OWN_PLANS: &str = "SET LOCAL plan_cache_mode TO DEFAULT; SET LOCAL enable_seqscan TO DEFAULT";

/// A place in the order of what is found, and so an object that is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// The number of the [`Match`].
    pub kind: i64,
    /// The entity's place in the model.
    pub entity: usize,
    /// The ID.
    pub id: String,
}

/// A search.
#[derive(Debug)]
pub struct Search {
    /// The model.
    pub model: &'static Model,
    /// What is looked for.
    pub text: Text,
    /// The entities to look among.
    pub entities: BTreeSet<usize>,
    /// Where to begin: behind this place.
    pub start: Place,
}

/// What a walk tells.
#[derive(Debug, Default)]
struct Known {
    /// The first objects, in order, of what is not passed over below.
    objects: Vec<Place>,
    /// The entities of which too many match by their own names.
    names_over: BTreeSet<usize>,
    /// The entities of which too many match by their IDs.
    ids_over: BTreeSet<usize>,
}

impl Search {
    /// The next objects, up to a limit.
    pub async fn next(self, door: &Door, limit: usize) -> Result<Vec<Place>, Failure> {
        if self.text.is_impossible() {
            return Ok(Vec::new());
        }
        let settings = if self.text.key.is_some() { ONE_PLAN } else { "" };
        let mut reader = door.reader("find", Share::Whole, Reads::Together(settings)).await?;
        let found = self.found(&mut reader, limit).await;
        reader.done(found)
    }

    async fn found(&self, reader: &mut Reader, limit: usize) -> Result<Vec<Place>, Failure> {
        let known = match &self.text.key {
            Some(key) => {
                let known = walk::known(&reader.rows(walk::walk(self, key, limit)?).await?)?;
                if !known.names_over.is_empty() || !known.ids_over.is_empty() {
                    reader.batch(OWN_PLANS).await?;
                }
                known
            }
            None => Known { names_over: self.entities.clone(), ids_over: self.entities.clone(), ..Known::default() },
        };
        let mut found = Vec::new();
        for kind in [Match::Exact, Match::NamePrefix, Match::Name, Match::Id] {
            for &index in &self.entities {
                let (number, entity) = (i64::from(kind as i32), &self.model.entities()[index]);
                if found.len() == limit {
                    return Ok(found);
                }
                if (number, index) < (self.start.kind, self.start.entity) {
                    continue;
                }
                if known.is_over(self, kind, index) {
                    self.read_for(reader, kind, entity, limit, &mut found).await?;
                } else {
                    let of_both = known.objects.iter().filter(|place| (place.kind, place.entity) == (number, index));
                    found.extend(of_both.take(limit - found.len()).cloned());
                }
            }
        }
        Ok(found)
    }

    async fn read_for(
        &self,
        reader: &mut Reader,
        kind: Match,
        entity: &Entity,
        limit: usize,
        found: &mut Vec<Place>,
    ) -> Result<(), Failure> {
        let number = i64::from(kind as i32);
        let started = (number, entity.index) == (self.start.kind, self.start.entity);
        let behind = if started { self.start.id.as_str() } else { "" };
        let Some(sql) = scan::scan(self, kind, entity, behind, limit - found.len()) else { return Ok(()) };
        for row in reader.rows(sql).await? {
            found.push(Place { kind: number, entity: entity.index, id: row.text(0)?.to_owned() });
        }
        Ok(())
    }
}

impl Known {
    fn is_over(&self, search: &Search, kind: Match, entity: usize) -> bool {
        // No name holds a colon: an exact match is that of an ID then.
        let by_name = kind != Match::Id && !search.text.has_colon();
        if by_name { self.names_over.contains(&entity) } else { self.ids_over.contains(&entity) }
    }
}
