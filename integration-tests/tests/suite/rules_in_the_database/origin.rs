//! Where the databases come from on which the rules are tried.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use qairon_integration_tests::Database;

use super::session::OBJECTS;

/// Gives every rule a database of its own, and remembers which rules have refused something.
#[derive(Default)]
pub struct Origin {
    /// Databases to copy, one with the objects of the session and one without any.
    copied: Option<(Database, Database)>,
    refused: Mutex<BTreeSet<String>>,
}

impl Origin {
    /// Databases as the migrations leave them.
    pub fn migrated() -> Self {
        Self::default()
    }

    /// Copies of a database that holds [`OBJECTS`] and of one that holds nothing.
    pub fn copies_of(filled: Database, empty: Database) -> Self {
        Self { copied: Some((filled, empty)), refused: Mutex::default() }
    }

    /// A database with the objects of the session.
    pub async fn filled(&self) -> Database {
        if let Some((filled, _)) = &self.copied {
            return filled.copy().await;
        }
        let database = Database::new().await;
        database.execute(OBJECTS).await.unwrap_or_else(|error| panic!("the objects: {error:?}"));
        database
    }

    /// A database without any objects.
    pub async fn empty(&self) -> Database {
        match &self.copied {
            Some((_, empty)) => empty.copy().await,
            None => Database::new().await,
        }
    }

    /// Notes that a rule has refused what it has to refuse.
    pub fn note(&self, rule: &str) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).insert(rule.to_owned());
    }

    /// The rules that were noted.
    pub fn refused(&self) -> BTreeSet<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
