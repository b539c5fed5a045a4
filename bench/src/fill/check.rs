//! What the model says of the filling: which tables there are, in which order they can be written, and that none was
//! forgotten.

use std::collections::HashSet;

use anyhow::{Context, Result, bail, ensure};
use qairon::model::{Entity, Model};
use tokio_postgres::Client;

/// Every table of the model: of entities and of links.
fn tables(model: &Model) -> impl Iterator<Item = &str> {
    let links = model.entities().iter().flat_map(|entity| &entity.links).map(|link| link.table.as_str());
    model.entities().iter().map(|entity| entity.name.as_str()).chain(links)
}

/// The tables in such an order that what a row must refer to is written before it.
pub fn tables_in_order() -> Vec<String> {
    let model = qairon::model();
    let mut order: Vec<String> = Vec::new();
    while order.len() < model.entities().len() {
        let before = order.len();
        for entity in model.entities() {
            if !order.contains(&entity.name) && required(entity).all(|needed| order.contains(needed)) {
                order.push(entity.name.clone());
            }
        }
        assert!(order.len() > before, "required references form a cycle after {order:?}");
    }
    order.extend(model.entities().iter().flat_map(|entity| &entity.links).map(|link| link.table.clone()));
    order
}

fn required(entity: &Entity) -> impl Iterator<Item = &String> {
    let references = entity.references().filter(|field| !field.nullable);
    references.filter_map(|field| field.reference.as_ref()).map(|reference| &reference.entity)
}

/// Refuses a database that has something in it already, or lacks a table.
pub async fn is_empty(client: &Client) -> Result<()> {
    for table in tables(qairon::model()) {
        let row = client.query_one(&format!("SELECT EXISTS (SELECT FROM \"{table}\")"), &[]).await;
        let taken: bool = row
            .with_context(|| format!("`{table}` cannot be read; migrate the database with `qairon-service migrate`"))?
            .get(0);
        ensure!(!taken, "`{table}` has rows; only an empty database is filled");
    }
    Ok(())
}

/// Counts the rows of every table, and fails when one has none: a new entity of the model must be added to the
/// organisation as well.
pub async fn count(client: &Client) -> Result<Vec<(String, i64)>> {
    let mut counts = Vec::new();
    for table in tables(qairon::model()) {
        client.batch_execute(&format!("VACUUM (ANALYZE) \"{table}\"")).await?;
        let count = client.query_one(&format!("SELECT count(*) FROM \"{table}\""), &[]).await?.get(0);
        counts.push((table.to_owned(), count));
    }
    all_filled(&counts)?;
    Ok(counts)
}

fn all_filled(counts: &[(String, i64)]) -> Result<()> {
    let filled: HashSet<&str> =
        counts.iter().filter(|(_, count)| *count > 0).map(|(table, _)| table.as_str()).collect();
    let empty: Vec<&str> = tables(qairon::model()).filter(|table| !filled.contains(table)).collect();
    if !empty.is_empty() {
        bail!("no rows are made for {}; add them in bench/src/fill", empty.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::plan::Plan;
    use super::*;

    fn counts(seed: u64, rows: usize) -> Vec<(String, i64)> {
        let plan = Plan::new(seed, rows);
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        for piece in plan.phases().into_iter().flatten() {
            for (table, count) in plan.make(piece).counts() {
                *counts.entry(table.to_owned()).or_default() += count as i64;
            }
        }
        counts.into_iter().collect()
    }

    #[test]
    fn every_table_of_the_model_is_filled_whatever_the_size() {
        for seed in 1..20 {
            all_filled(&counts(seed, 1_000)).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        }
        all_filled(&counts(1, 50_000)).unwrap();
    }

    #[test]
    fn a_table_without_rows_is_noticed() {
        let mut counts = counts(1, 1_000);
        counts.retain(|(table, _)| table != "zone");
        assert!(all_filled(&counts).unwrap_err().to_string().contains("zone"));
    }

    #[test]
    fn there_are_about_as_many_rows_as_wanted() {
        for rows in [1_000, 10_000, 200_000] {
            let counts = counts(7, rows);
            // Every fleet brings the link to its home.
            let homes = counts.iter().find(|(table, _)| table == "fleet").unwrap().1;
            let total = counts.iter().map(|(_, count)| count).sum::<i64>() + homes;
            let ratio = total as f64 / rows as f64;
            assert!((0.85..1.15).contains(&ratio), "{total} rows instead of {rows}");
        }
    }

    #[test]
    fn a_seed_makes_the_same_rows_again_and_another_seed_others() {
        let rows = |seed| {
            let plan = Plan::new(seed, 5_000);
            let pieces = plan.phases().into_iter().flatten();
            pieces
                .map(|piece| {
                    plan.make(piece).into_copies(&tables_in_order()).into_iter().map(|(_, data)| data).collect()
                })
                .collect::<Vec<Vec<_>>>()
        };
        assert!(rows(3) == rows(3));
        assert!(rows(3) != rows(4));
    }
}
