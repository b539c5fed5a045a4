//! Where a binary is and how it came about.

use super::super::bind::Bind;
use super::super::door::Door;
use super::super::failure::Failure;
use super::super::row::Row;
use super::super::sources::table;
use super::super::sql::Sql;
use super::rows::LOCATION;

/// What a row of [`provenance`] is, by the number in its first column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The deployment, its service, the release, the build and the commit.
    Deployment = 0,
    /// An artifact of the release: ID, name, input and output repo, path and location.
    ReleaseArtifact = 1,
    /// An artifact of the build, in the same columns.
    BuildArtifact = 2,
}

/// A deployment and a release of it, and the artifacts of release and build: a row each, in no order. The release is the
/// one in effect unless another is named; its columns are NULL when there is none. No row without the deployment.
pub async fn provenance(door: &Door, deployment_id: &str, release_id: Option<&str>) -> Result<Vec<Row>, Failure> {
    door.look_up("trace_provenance", of_deployment(deployment_id, release_id)).await
}

/// Plain rows: lists of artifacts made in SQL, in an order, take longer than the look-ups.
fn of_deployment(deployment_id: &str, release_id: Option<&str>) -> Sql {
    let [deployment, release, build, repo] = ["deployment", "release", "build", "repo"].map(table);
    let mut sql = Sql::new();
    sql.push(&format!(
        "WITH w AS MATERIALIZED (SELECT d.id, d.service_id, e.id AS release_id, b.id AS build_id, b.vcs_ref FROM \
         {deployment} d LEFT JOIN {release} e ON e.deployment_id = d.id AND e.id = "
    ));
    match release_id {
        Some(id) => _ = sql.bind(Bind::Text(id.to_owned())),
        None => _ = sql.push("d.current_release_id"),
    }
    sql.push(&format!(" LEFT JOIN {build} b ON b.id = e.build_id WHERE d.id = "));
    sql.bind(Bind::Text(deployment_id.to_owned()));
    sql.push(&format!(
        ") SELECT {}::bigint, id, service_id, release_id, build_id, vcs_ref, NULL::text FROM w",
        Part::Deployment as i64
    ));
    for (part, artifacts, of) in [
        (Part::ReleaseArtifact, table("release_artifact"), "release_id"),
        (Part::BuildArtifact, table("build_artifact"), "build_id"),
    ] {
        sql.push(&format!(
            " UNION ALL SELECT {}, a.id, a.name, a.input_repo_id, a.output_repo_id, a.upload_path, {LOCATION} FROM w \
             JOIN {artifacts} a ON a.{of} = w.{of} JOIN {repo} r ON r.id = a.output_repo_id",
            part as i64
        ));
    }
    sql
}

/// What every lineage has: the artifact's columns, the URLs of its repos, and its build.
const LINEAGE: &str = "a.id, a.name, a.input_repo_id, a.output_repo_id, a.upload_path, ";
const BUILD: &str = ", NULLIF(i.url, ''), NULLIF(r.url, ''), b.id, b.build_num, b.vcs_ref, b.service_id, ";

/// The repos of an artifact.
fn repos() -> String {
    let repo = table("repo");
    format!(" JOIN {repo} i ON i.id = a.input_repo_id JOIN {repo} r ON r.id = a.output_repo_id WHERE a.id = ")
}

/// A build artifact: the artifact's six columns, URLs of input and output, build, its number, commit, service, and NULL
/// for release and deployment.
pub async fn of_build_artifact(door: &Door, id: &str) -> Result<Option<Row>, Failure> {
    let mut sql = Sql::new();
    sql.push(&format!(
        "SELECT {LINEAGE}{LOCATION}{BUILD}NULL::text, NULL::text FROM {} a JOIN {} b ON b.id = a.build_id{}",
        table("build_artifact"),
        table("build"),
        repos()
    ));
    lineage(door, sql, id).await
}

/// A release artifact: the same columns with its release and deployment.
pub async fn of_release_artifact(door: &Door, id: &str) -> Result<Option<Row>, Failure> {
    let mut sql = Sql::new();
    sql.push(&format!(
        "SELECT {LINEAGE}{LOCATION}{BUILD}e.id, e.deployment_id FROM {} a JOIN {} e ON e.id = a.release_id JOIN {} b \
         ON b.id = e.build_id{}",
        table("release_artifact"),
        table("release"),
        table("build"),
        repos()
    ));
    lineage(door, sql, id).await
}

async fn lineage(door: &Door, mut sql: Sql, id: &str) -> Result<Option<Row>, Failure> {
    sql.bind(Bind::Text(id.to_owned()));
    Ok(door.look_up("trace_lineage", sql).await?.into_iter().next())
}
