//! The organisation that is measured on: 10 applications, 1,000 stacks, 100,000 services, the same in every run.
//!
//! A name is computed from numbers, so that pgbench, which knows no texts, can draw the same IDs as our client.

use anyhow::Result;
use tokio_postgres::Client;

use crate::cluster::Cluster;

pub const APPLICATIONS: u32 = 10;
pub const STACKS: u32 = 100;
pub const SERVICES: u32 = 100;
/// All of them.
pub const TOTAL: u32 = APPLICATIONS * STACKS * SERVICES;
const SEED: u64 = 2026;
/// Every so many services have something in `defaults`.
const DEFAULTS_EVERY: u32 = 10;

/// The numbers of a service: of its application, of its stack in that, of itself in the stack.
#[derive(Clone, Copy)]
pub struct Place(pub u32, pub u32, pub u32);

impl Place {
    pub fn random() -> Self {
        Self(fastrand::u32(..APPLICATIONS), fastrand::u32(..STACKS), fastrand::u32(..SERVICES))
    }

    fn all() -> impl Iterator<Item = Self> {
        (0..TOTAL).map(|n| Self(n / SERVICES / STACKS, n / SERVICES % STACKS, n % SERVICES))
    }

    pub fn stack_id(self) -> String {
        format!("application-{}:stack-{}", self.0, self.1)
    }

    pub fn name(self) -> String {
        format!("service-{}", self.2)
    }

    pub fn id(self) -> String {
        format!("{}:{}", self.stack_id(), self.name())
    }
}

/// The pgbench script lines that draw a service, and the expressions for its stack and for itself. A colon in front
/// of a word would be a variable, in a text as well, so it is written as an escape.
pub mod in_pgbench {
    use super::{APPLICATIONS, SERVICES, STACKS};

    pub const STACK_ID: &str = r"'application-' || :a::text || E'\x3astack-' || :s::text";
    pub const ID: &str = r"'application-' || :a::text || E'\x3astack-' || :s::text || E'\x3aservice-' || :n::text";

    pub fn draw() -> String {
        format!(
            "\\set a random(0, {})\n\\set s random(0, {})\n\\set n random(0, {})\n",
            APPLICATIONS - 1,
            STACKS - 1,
            SERVICES - 1
        )
    }
}

/// Writes the organisation into the migrated database, past the service but with every constraint on.
pub async fn fill(cluster: &Cluster) -> Result<()> {
    let client = cluster.session().await?;
    let mut random = fastrand::Rng::with_seed(SEED);
    client
        .batch_execute(&format!(
            "INSERT INTO application (id) SELECT 'application-' || a FROM generate_series(0, {0} - 1) a;
         INSERT INTO stack (application_id, name)
         SELECT 'application-' || a, 'stack-' || s FROM generate_series(0, {0} - 1) a, generate_series(0, {1} - 1) s",
            APPLICATIONS, STACKS
        ))
        .await?;
    let places: Vec<Place> = Place::all().collect();
    for batch in places.chunks(5000) {
        insert(&client, batch, &mut random).await?;
    }
    // Everything on disk and counted, so that neither vacuum nor a checkpoint of this disturbs the measurement.
    client.batch_execute("VACUUM ANALYZE").await?;
    client.batch_execute("CHECKPOINT").await?;
    Ok(())
}

async fn insert(client: &Client, batch: &[Place], random: &mut fastrand::Rng) -> Result<()> {
    let stacks: Vec<String> = batch.iter().map(|place| place.stack_id()).collect();
    let names: Vec<String> = batch.iter().map(|place| place.name()).collect();
    let artifacts: Vec<Option<String>> =
        batch.iter().map(|_| random.bool().then(|| format!("artifact-{:06}", random.u32(..1_000_000)))).collect();
    let defaults: Vec<String> = batch.iter().map(|_| defaults(random)).collect();
    let statement = "INSERT INTO service (stack_id, name, artifact_name, defaults)
        SELECT stack_id, name, artifact_name, defaults::jsonb
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS row (stack_id, name, artifact_name, defaults)";
    client.execute(statement, &[&stacks, &names, &artifacts, &defaults]).await?;
    Ok(())
}

fn defaults(random: &mut fastrand::Rng) -> String {
    if random.u32(..DEFAULTS_EVERY) > 0 {
        return "{}".to_owned();
    }
    let (team, tier) = (random.u32(..40), random.u32(1..4));
    serde_json::json!({ "team": format!("team-{team}"), "tier": tier, "on_call": random.bool() }).to_string()
}
