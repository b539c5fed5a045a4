//! Where a binary is and how it came about: one row each, with lists of artifacts as JSON in it.

use super::super::bind::Bind;
use super::super::door::Door;
use super::super::failure::Failure;
use super::super::row::Row;
use super::super::sources::table;
use super::super::sql::Sql;
use super::rows::LOCATION;

/// The row of a deployment and a release of it: the deployment, its service, the release, the build, the commit, and the artifacts
/// of release and build. The release is the one in effect unless another is named; its columns are NULL when there is
/// none.
pub async fn provenance(door: &Door, deployment_id: &str, release_id: Option<&str>) -> Result<Option<Row>, Failure> {
    let rows = door.look_up("trace_provenance", of_deployment(deployment_id, release_id)).await?;
    Ok(rows.into_iter().next())
}

fn of_deployment(deployment_id: &str, release_id: Option<&str>) -> Sql {
    let [deployment, release, build, repo] = ["deployment", "release", "build", "repo"].map(table);
    // Artifacts as lists of their values, in the order of qairon.v1.ArtifactLocation.
    let artifacts = |from: &str, of: &str| {
        let from = table(from);
        format!(
            "(SELECT json_agg(json_build_array(a.id, a.name, a.input_repo_id, a.output_repo_id, a.upload_path, \
             {LOCATION}) ORDER BY a.id)::text FROM {from} a JOIN {repo} r ON r.id = a.output_repo_id WHERE {of})"
        )
    };
    let of_release = artifacts("release_artifact", "a.release_id = e.id");
    let of_build = artifacts("build_artifact", "a.build_id = b.id");
    let mut sql = Sql::new();
    sql.push(&format!(
        "SELECT d.id, d.service_id, e.id, b.id, b.vcs_ref, {of_release}, {of_build} \
         FROM {deployment} d LEFT JOIN {release} e ON e.deployment_id = d.id AND e.id = "
    ));
    match release_id {
        Some(id) => _ = sql.bind(Bind::Text(id.to_owned())),
        None => _ = sql.push("d.current_release_id"),
    }
    sql.push(&format!(" LEFT JOIN {build} b ON b.id = e.build_id WHERE d.id = "))
        .bind(Bind::Text(deployment_id.to_owned()));
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
