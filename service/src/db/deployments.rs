//! Cloning and promoting deployments: the statements beside the standard methods.

use diesel_async::AsyncPgConnection;
use qairon::v1::ErrorReason;

use super::failure::Failure;
use super::objects::one;
use super::sql::{Bind, Sql};
use crate::error::{Error, ErrorKind};

/// Copies a deployment to another target: the deployment, its configurations, its processes and their allocations.
/// Returns the new ID.
pub async fn clone(connection: &mut AsyncPgConnection, id: &str, target_id: &str) -> Result<String, Failure> {
    let mut sql = Sql::new();
    sql.push("INSERT INTO deployment (deployment_target_id, service_id, tag, defaults) SELECT ");
    sql.bind(Bind::Text(target_id.to_owned()));
    sql.push("::text, service_id, tag, defaults FROM deployment WHERE id = ").bind(Bind::Text(id.to_owned()));
    sql.push(" RETURNING id");
    let Some(row) = one(connection, sql).await? else { return Err(Error::not_found("deployment", id).into()) };
    let new_id = row.text(0).to_owned();
    copy(
        connection,
        "INSERT INTO deployment_config (deployment_id, config_template_id, name, tag, config, defaults) SELECT ",
        "::text, config_template_id, name, tag, config, defaults FROM deployment_config WHERE deployment_id = ",
        (&new_id, id),
    )
    .await?;
    copy(
        connection,
        "INSERT INTO deployment_proc (deployment_id, proc_id, defaults) SELECT ",
        "::text, proc_id, defaults FROM deployment_proc WHERE deployment_id = ",
        (&new_id, id),
    )
    .await?;
    copy(
        connection,
        "INSERT INTO allocation (deployment_proc_id, allocation_type_id, watermark, value, defaults) SELECT new.id, \
         allocation_type_id, watermark, value, a.defaults FROM deployment_proc new JOIN deployment_proc old USING \
         (proc_id) JOIN allocation a ON a.deployment_proc_id = old.id WHERE new.deployment_id = ",
        " AND old.deployment_id = ",
        (&new_id, id),
    )
    .await?;
    Ok(new_id)
}

/// Gives a deployment the build that another has in effect: creates the release with its artifacts unless it is there,
/// and makes it current.
pub async fn promote(connection: &mut AsyncPgConnection, source: &str, destination: &str) -> Result<(), Failure> {
    let mut sql = Sql::new();
    sql.push("SELECT id, service_id, current_release_id FROM deployment WHERE id = ANY(");
    sql.bind(Bind::TextArray(vec![source.to_owned(), destination.to_owned()]));
    sql.push(") ORDER BY id FOR NO KEY UPDATE");
    let rows = sql.rows(connection).await?;
    let find = |id: &str, field: &str| {
        let row = rows.iter().find(|row| row.text(0) == id);
        row.ok_or_else(|| Error::not_found("deployment", id).with_field(field))
    };
    let (from, to) = (find(source, "source_id")?, find(destination, "destination_id")?);
    if from.text(1) != to.text(1) {
        let message = format!(
            "deployment `{source}` runs service `{}`, but deployment `{destination}` runs service `{}`; promote \
             between deployments of one service",
            from.text(1),
            to.text(1)
        );
        let error = Error::new(ErrorKind::FailedPrecondition, ErrorReason::ServiceMismatch, message);
        return Err(error.with_field("destination_id").into());
    }
    let Some(release) = from.column(2).map(|_| from.text(2).to_owned()) else {
        let message = format!("deployment `{source}` has no current release; release a build to it first");
        let error = Error::new(ErrorKind::FailedPrecondition, ErrorReason::NoCurrentRelease, message);
        return Err(error.with_field("source_id").into());
    };
    let new_id = release_to(connection, &release, destination).await?;
    let mut sql = Sql::new();
    sql.push("UPDATE deployment SET current_release_id = ").bind(Bind::Text(new_id));
    sql.push(" WHERE id = ").bind(Bind::Text(destination.to_owned()));
    sql.run(connection).await?;
    Ok(())
}

/// The release of the same build and number on the destination, made when it is not there.
async fn release_to(connection: &mut AsyncPgConnection, release: &str, destination: &str) -> Result<String, Failure> {
    let mut sql = Sql::new();
    sql.push("INSERT INTO release (build_id, deployment_id, build_num, defaults) SELECT build_id, ");
    sql.bind(Bind::Text(destination.to_owned()));
    sql.push("::text, build_num, defaults FROM release WHERE id = ").bind(Bind::Text(release.to_owned()));
    sql.push(" ON CONFLICT DO NOTHING RETURNING id");
    if let Some(row) = one(connection, sql).await? {
        let new_id = row.text(0).to_owned();
        copy(
            connection,
            "INSERT INTO release_artifact (release_id, input_repo_id, output_repo_id, name, upload_path, data, \
             defaults) SELECT ",
            "::text, input_repo_id, output_repo_id, name, upload_path, data, defaults FROM release_artifact WHERE \
             release_id = ",
            (&new_id, release),
        )
        .await?;
        return Ok(new_id);
    }
    let mut sql = Sql::new();
    sql.push(
        "SELECT there.id, there.build_id = here.build_id FROM release here JOIN release there ON \
              there.build_num = here.build_num AND there.deployment_id = ",
    );
    sql.bind(Bind::Text(destination.to_owned())).push(" WHERE here.id = ").bind(Bind::Text(release.to_owned()));
    match one(connection, sql).await? {
        Some(row) if row.bool(1) => Ok(row.text(0).to_owned()),
        Some(row) => {
            let message = format!(
                "release `{}` has the number of the promoted release but is of another build; release the build \
                 under another number",
                row.text(0)
            );
            Err(Error::new(ErrorKind::AlreadyExists, ErrorReason::AlreadyExists, message)
                .with_resource("release", row.text(0))
                .into())
        }
        None => Err(Error::not_found("release", release).into()),
    }
}

async fn copy(
    connection: &mut AsyncPgConnection,
    head: &str,
    middle: &str,
    (new_id, old_id): (&str, &str),
) -> Result<(), Failure> {
    let mut sql = Sql::new();
    sql.push(head).bind(Bind::Text(new_id.to_owned())).push(middle).bind(Bind::Text(old_id.to_owned()));
    sql.run(connection).await?;
    Ok(())
}
