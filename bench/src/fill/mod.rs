//! Fills a database with an organisation of any size, from a seed: the same seed and size give the same rows.
//!
//! [`plan`] outlines it, with the infrastructure of [`topology`], and divides it into pieces. Each piece is made on
//! its own, with the numbers of [`random`] and the names of [`words`]: [`catalog`], [`infrastructure`], [`delivery`],
//! [`dependencies`]. Its [`rows`] are written by COPY in a transaction of its own, with every constraint and trigger in
//! force, over a few connections ([`copy`]). Never more than a few pieces are in memory. In the end [`check`] makes
//! sure that no table of the model was forgotten.

mod catalog;
mod check;
mod copy;
mod delivery;
mod dependencies;
mod infrastructure;
mod plan;
mod random;
mod rows;
mod topology;
mod words;

use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

pub use words::RARE;

/// The years that builds and releases are of, in microseconds: from 2024-06-01 to 2026-06-01.
const BEGIN: i64 = 1_717_200_000_000_000;
const END: i64 = 1_780_272_000_000_000;
const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

const USAGE: &str = "usage: qairon-bench fill --rows <1000..4000000> [--seed <number>] --database-url <url>";
/// The sizes that shapes were made for.
const ROWS: std::ops::RangeInclusive<usize> = 1_000..=4_000_000;

/// What is to be filled, and with how much.
pub struct Order {
    pub database_url: String,
    pub rows: usize,
    pub seed: u64,
}

impl Order {
    /// Reads the arguments after `fill`.
    pub fn read(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let (mut rows, mut seed, mut database_url) = (None, 1, std::env::var("DATABASE_URL").ok());
        let mut arguments = arguments;
        while let Some(flag) = arguments.next() {
            let value = arguments.next().with_context(|| format!("`{flag}` has no value; {USAGE}"))?;
            match flag.as_str() {
                "--rows" => rows = Some(value.parse().ok().with_context(|| format!("`{value}` rows; {USAGE}"))?),
                "--seed" => seed = value.parse().ok().with_context(|| format!("`{value}` is no seed; {USAGE}"))?,
                "--database-url" => database_url = Some(value),
                _ => bail!("`{flag}` is not known; {USAGE}"),
            }
        }
        Self::new(database_url.context(USAGE)?, rows.context(USAGE)?, seed)
    }

    pub fn new(database_url: String, rows: usize, seed: u64) -> Result<Self> {
        ensure!(ROWS.contains(&rows), "{rows} rows are too few or too many: from {} to {}", ROWS.start(), ROWS.end());
        Ok(Self { database_url, rows, seed })
    }
}

/// Fills a migrated and empty database, and returns its contents.
pub async fn fill(order: &Order) -> Result<String> {
    let began = Instant::now();
    let mut client = copy::connect(&order.database_url).await?;
    check::is_empty(&client).await?;
    let plan = std::sync::Arc::new(plan::Plan::new(order.seed, order.rows));
    copy::write(&order.database_url, &mut client, &plan).await?;
    let written = began.elapsed();
    let counts = check::count(&client).await?;
    let total: i64 = counts.iter().map(|(_, count)| count).sum();
    let mut report = format!(
        "{total} rows of seed {} in {:.1} s, and {:.1} s to vacuum and count\n",
        order.seed,
        written.as_secs_f64(),
        (began.elapsed() - written).as_secs_f64()
    );
    for (table, count) in counts {
        report += &format!("{count:>9}  {table}\n");
    }
    Ok(report)
}
