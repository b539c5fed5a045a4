//! What is true of every database of the service, whoever wrote to it and whatever happened meanwhile, as SQL.
//!
//! Constraints and triggers keep most of it. It is asked for anew, because a constraint only says what PostgreSQL
//! believes: after a crash, a restore or a fault of a trigger the rows are what counts. Nearly all of it follows from
//! the model; [`rules`] has what no option of the protos describes. Each question returns what violates it, so that
//! none is the answer to hope for.

mod rows;
mod rules;
mod sessions;

use tokio_postgres::{Client, SimpleQueryMessage};

pub use sessions::leftovers;

/// Violations of one invariant that are reported.
const SHOWN: usize = 5;

/// Something that is true of every database.
#[derive(Debug, Clone)]
pub struct Invariant {
    /// What it is about: `stack.application_id refers to nothing`.
    pub name: String,
    /// A query that returns a row for each violation, with one column for people.
    pub sql: String,
}

impl Invariant {
    fn new(name: impl Into<String>, sql: impl Into<String>) -> Self {
        Self { name: name.into(), sql: sql.into() }
    }

    /// What violates it: a few of them.
    pub async fn violations(&self, session: &Client) -> Result<Vec<String>, tokio_postgres::Error> {
        let sql = format!("SELECT found.* FROM ({}) found LIMIT {SHOWN}", self.sql);
        let rows = session.simple_query(&sql).await?;
        let text = |row| match row {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("NULL").to_owned()),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(text).collect())
    }
}

/// All of them.
pub fn invariants() -> Vec<Invariant> {
    let model = qairon::model();
    let mut all = Vec::new();
    for entity in model.entities() {
        all.extend(rows::of_entity(entity));
        all.extend(entity.links.iter().flat_map(|link| rows::of_link(entity, link)));
    }
    all.push(rows::uids(model));
    all.push(rows::repeats());
    all.extend(rules::rules());
    all
}

/// Every violation of every invariant, each in a line, with the name of the invariant in front.
pub async fn violations(session: &Client) -> Result<Vec<String>, tokio_postgres::Error> {
    // Indexes are left aside: one that is damaged must not hide what the rows say.
    session
        .batch_execute("SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off")
        .await?;
    let mut found = Vec::new();
    for invariant in invariants() {
        let violations = invariant.violations(session).await?;
        found.extend(violations.into_iter().map(|violation| format!("{}: {violation}", invariant.name)));
    }
    Ok(found)
}
