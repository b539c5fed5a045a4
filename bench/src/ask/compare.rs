//! Both sides must say the same: what is compared is not only how many rows there are, but what they say.

use anyhow::{Result, ensure};
use tokio_postgres::SimpleQueryMessage;

use super::questions::Question;
use crate::client::Connection;
use crate::cluster::Cluster;
use crate::service::Service;

/// A row in words; no value is an empty word.
pub type Words = Vec<String>;

/// Asks both sides once, fails if they differ, and returns the number of rows.
pub async fn compare(cluster: &Cluster, service: &Service, question: &Question) -> Result<usize> {
    let connection = Connection::open(service.address).await?;
    let method = connection.method_of(question.service, question.method)?;
    let mut messages = Vec::new();
    connection.stream(&method, question.request.clone(), |message| messages.push(message)).await?;
    let mut ours: Vec<Words> = Vec::new();
    for message in messages {
        ours.extend((question.read)(message)?);
    }
    let columns = ours.first().map_or(0, Vec::len);
    let mut theirs: Vec<Words> = Vec::new();
    for message in cluster.session().await?.simple_query(&question.sql).await? {
        if let SimpleQueryMessage::Row(row) = message {
            theirs.push((0..columns).map(|column| row.get(column).unwrap_or_default().to_owned()).collect());
        }
    }
    difference(ours, theirs)
}

fn difference(mut ours: Vec<Words>, mut theirs: Vec<Words>) -> Result<usize> {
    ours.sort();
    theirs.sort();
    let first = ours.iter().zip(&theirs).find(|(ours, theirs)| ours != theirs);
    ensure!(
        ours.len() == theirs.len() && first.is_none(),
        "the service answers {} rows and the SQL {}; the first that differ: {first:?}",
        ours.len(),
        theirs.len()
    );
    ensure!(!ours.is_empty(), "the answer is empty, which measures nothing");
    Ok(ours.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_rows_in_any_order_are_the_same_and_nothing_else_is() {
        let rows = |ids: &[&str]| ids.iter().map(|id| vec![(*id).to_owned()]).collect::<Vec<Words>>();
        assert_eq!(difference(rows(&["b", "a"]), rows(&["a", "b"])).unwrap(), 2);
        assert!(difference(rows(&["a"]), rows(&["a", "b"])).is_err());
        assert!(difference(rows(&["a", "c"]), rows(&["a", "b"])).is_err());
        assert!(difference(rows(&[]), rows(&[])).is_err());
    }
}
