//! Search: objects by part of their IDs and names, and by what their provider calls them.
//!
//! Whole IDs have no index for this: they repeat what is in the IDs above them. What is indexed, by trigrams, are
//! the components that an object adds; [`walk`] finds the text there and follows the references down, in one
//! statement, as far as an entity has [`CAP`] matches. Where it has more, they are frequent, and [`scan`] finds the
//! next of them quickly by reading IDs in order.
//!
//! Objects come in the order of how the text fits ([`Fit`]), the rank of the entity and the ID; a page begins after a
//! [`Place`] in it.

#[cfg(test)]
pub(in crate::db) mod golden;
mod native;
mod question;
mod scan;
mod walk;

use qairon::model::Entity;

use super::door::{Door, Reads};
use super::failure::Failure;
use super::reader::Reader;
use crate::error::Result;

use question::Known;

pub use native::by_native_id;
pub use question::{Fit, Place, Search};

/// The statement of a walk is long, and planning it takes longer than most walks. What is planned for one serves all,
/// also when the tables have grown: indexes are used wherever there are any.
const ONE_PLAN: &str = "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off";
const OWN_PLANS: &str = "SET LOCAL plan_cache_mode TO DEFAULT; SET LOCAL enable_seqscan TO DEFAULT";

impl Search {
    /// The next objects, up to a limit.
    pub async fn next(self, door: &Door, limit: usize) -> Result<Vec<Place>, Failure> {
        if self.text.is_impossible() {
            return Ok(Vec::new());
        }
        let settings = if self.text.key.is_some() { ONE_PLAN } else { "" };
        let search = &self;
        let work = |mut reader: Reader| async move {
            let found = search.found(&mut reader, limit).await;
            reader.done(found)
        };
        door.read("find", Reads::Together(settings), None, work).await
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
        for kind in Fit::ALL {
            for &rank in &self.entities {
                let (number, entity) = (kind.number(), self.model.ranked(rank));
                if found.len() == limit {
                    return Ok(found);
                }
                if (number, rank) < (self.start.kind, self.start.rank) {
                    continue;
                }
                if known.is_over(self, kind, rank) {
                    self.read_for(reader, kind, entity, limit, &mut found).await?;
                } else {
                    let of_both = known.objects.iter().filter(|place| (place.kind, place.rank) == (number, rank));
                    found.extend(of_both.take(limit - found.len()).cloned());
                }
            }
        }
        Ok(found)
    }

    async fn read_for(
        &self,
        reader: &mut Reader,
        kind: Fit,
        entity: &Entity,
        limit: usize,
        found: &mut Vec<Place>,
    ) -> Result<(), Failure> {
        let number = kind.number();
        let started = (number, entity.rank) == (self.start.kind, self.start.rank);
        let after = if started { self.start.id.as_str() } else { "" };
        let Some(sql) = scan::scan(self, kind, entity, after, limit - found.len()) else { return Ok(()) };
        for row in reader.rows(sql).await? {
            found.push(Place { kind: number, rank: entity.rank, id: row.text(0)?.to_owned() });
        }
        Ok(())
    }
}
