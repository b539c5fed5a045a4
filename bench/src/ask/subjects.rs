//! What is asked about: objects that are neither the smallest nor chosen to please, found in the filled database.

use anyhow::{Context, Result};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

use crate::fill::RARE;

/// IDs, and a text to search for.
pub struct Subjects {
    /// With most deployments of all.
    pub region: String,
    /// The one deployed most in that region.
    pub application: String,
    /// With about twenty deployments.
    pub service: String,
    /// With about two hundred deployments on its targets, and no declared dependencies on anything that it carries.
    pub fleet: String,
    /// With a current release that has several artifacts.
    pub deployment: String,
    /// In some tens of IDs.
    pub text: String,
}

const REGION: &str = "SELECT p.region_id FROM deployment d JOIN deployment_target t ON t.id = d.deployment_target_id
    JOIN partition p ON p.id = t.partition_id GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1";
const APPLICATION: &str = "SELECT k.application_id FROM deployment d
    JOIN deployment_target t ON t.id = d.deployment_target_id JOIN partition p ON p.id = t.partition_id
    JOIN service s ON s.id = d.service_id JOIN stack k ON k.id = s.stack_id
    WHERE p.region_id = $1 GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1";
const SERVICE: &str = "SELECT service_id FROM deployment GROUP BY 1 ORDER BY abs(count(*) - 20), 1 LIMIT 1";
const FLEET: &str = "SELECT f.fleet_id FROM fleet_deployment_target f
    JOIN deployment d ON d.deployment_target_id = f.deployment_target_id
    LEFT JOIN related r ON r.related_type = 'Deployment' AND r.object_id = d.id
        OR r.related_type = 'Service' AND r.object_id = d.service_id
        OR r.related_type = 'DeploymentTarget' AND r.object_id = d.deployment_target_id
    GROUP BY 1 HAVING count(r.id) = 0 ORDER BY abs(count(DISTINCT d.id) - 200), 1 LIMIT 1";
const DEPLOYMENT: &str = "SELECT d.id FROM deployment d JOIN release_artifact a ON a.release_id = d.current_release_id
    GROUP BY 1 HAVING count(*) > 1 ORDER BY md5(d.id) LIMIT 1";
const TEXT: &str = "SELECT s.name FROM service s JOIN release r ON split_part(r.deployment_id, ':', 10) = s.name
    WHERE split_part(s.name, '-', 1) = ANY ($1) GROUP BY 1 ORDER BY abs(count(*) - 10), 1 LIMIT 1";

pub async fn choose(client: &Client) -> Result<Subjects> {
    let region = one(client, REGION, &[]).await.context("region")?;
    Ok(Subjects {
        application: one(client, APPLICATION, &[&region]).await.context("application")?,
        service: one(client, SERVICE, &[]).await.context("service")?,
        fleet: one(client, FLEET, &[]).await.context("fleet")?,
        deployment: one(client, DEPLOYMENT, &[]).await.context("deployment")?,
        text: one(client, TEXT, &[&RARE.as_slice()]).await.context("text")?,
        region,
    })
}

async fn one(client: &Client, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<String> {
    let row = client.query_opt(sql, parameters).await?;
    Ok(row.context("there is nothing to ask about; fill more rows")?.get(0))
}
