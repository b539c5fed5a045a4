//! Cloning and promoting deployments: the statements beside the standard methods.

use qairon::v1::ErrorReason;

use super::target;
use crate::db::bind::Bind;
use crate::db::failure::Failure;
use crate::db::get::{as_response, select};
use crate::db::row::Row;
use crate::db::sources::table;
use crate::db::sql::Sql;
use crate::db::transaction::Transaction;
use crate::error::{Error, ErrorKind, Result};

/// Copies a deployment to another target: the deployment, its configurations, its processes and their allocations.
/// Returns the copy as field 1 of a response.
pub async fn clone(transaction: &mut Transaction, id: &str, target_id: &str) -> Result<Vec<u8>, Failure> {
    const COPIED: &str = "service_id, tag, defaults";
    let mut sql = copy("deployment", "deployment_target_id", COPIED, target_id);
    sql.push(&format!(" FROM {} WHERE id = ", table("deployment"))).bind(Bind::Text(id.to_owned()));
    sql.push(" RETURNING id");
    let copied = transaction.one(sql).await.map_err(|failure| match failure {
        failure if failure.violates("deployment_deployment_target_id_fkey") => failure,
        failure => meanwhile(failure, id),
    });
    let Some(row) = copied? else { return Err(Error::not_found("deployment", id).into()) };
    let new_id = row.text(0)?;
    copy_parts(transaction, id, new_id).await.map_err(|failure| meanwhile(failure, id))?;
    answer(transaction, new_id).await
}

/// Copies what hangs on a deployment to another.
async fn copy_parts(transaction: &mut Transaction, id: &str, new_id: &str) -> Result<(), Failure> {
    const CONFIG: &str = "config_template_id, name, tag, config, defaults";
    for (part, columns) in [("deployment_config", CONFIG), ("deployment_proc", "proc_id, defaults")] {
        let mut sql = copy(part, "deployment_id", columns, new_id);
        sql.push(&format!(" FROM {} WHERE deployment_id = ", table(part))).bind(Bind::Text(id.to_owned()));
        transaction.run(sql).await?;
    }
    let [allocation, proc] = ["allocation", "deployment_proc"].map(table);
    let mut sql = Sql::new();
    sql.push(&format!(
        "INSERT INTO {} (deployment_proc_id, allocation_type_id, watermark, value, defaults) SELECT new.id, \
         allocation_type_id, watermark, value, a.defaults FROM {proc} new JOIN {proc} old USING (proc_id) JOIN \
         {allocation} a ON a.deployment_proc_id = old.id WHERE new.deployment_id = ",
        target("allocation")
    ));
    sql.bind(Bind::Text(new_id.to_owned())).push(" AND old.deployment_id = ").bind(Bind::Text(id.to_owned()));
    transaction.run(sql).await?;
    Ok(())
}

/// Others delete what is copied while it is copied: only a reference that the caller gave is at fault itself.
fn meanwhile(failure: Failure, id: &str) -> Failure {
    if failure.is_foreign_key_violation() { Failure::outdated(&format!("deployment `{id}`")) } else { failure }
}

/// Gives a deployment the build that another has in effect: creates the release with its artifacts unless it is there,
/// and makes it current. Returns the deployment as field 1 of a response.
pub async fn promote(transaction: &mut Transaction, source: &str, destination: &str) -> Result<Vec<u8>, Failure> {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT id, service_id, current_release_id FROM {} WHERE id = ANY(", table("deployment")));
    sql.bind(Bind::TextArray(vec![source.to_owned(), destination.to_owned()]));
    sql.push(") ORDER BY id FOR NO KEY UPDATE");
    let rows = transaction.rows(sql).await?;
    let (from, to) = (find(&rows, source, "source_id")?, find(&rows, destination, "destination_id")?);
    if from.text(1)? != to.text(1)? {
        let message = format!(
            "deployment `{source}` runs service `{}`, but deployment `{destination}` runs service `{}`; promote \
             between deployments of one service",
            from.text(1)?,
            to.text(1)?
        );
        let error = Error::new(ErrorKind::FailedPrecondition, ErrorReason::ServiceMismatch, message);
        return Err(error.with_field("destination_id").into());
    }
    let Some(release) = from.optional_text(2)? else {
        let message = format!("deployment `{source}` has no current release; release a build to it first");
        let error = Error::new(ErrorKind::FailedPrecondition, ErrorReason::NoCurrentRelease, message);
        return Err(error.with_field("source_id").into());
    };
    let released = async {
        let new_id = release_to(transaction, release, destination).await?;
        let mut sql = Sql::new();
        sql.push(&format!("UPDATE {} SET current_release_id = ", target("deployment"))).bind(Bind::Text(new_id));
        sql.push(" WHERE id = ").bind(Bind::Text(destination.to_owned()));
        transaction.run(sql).await?;
        transaction.check_constraints().await
    };
    released.await.map_err(|failure| meanwhile(failure, destination))?;
    answer(transaction, destination).await
}

fn find<'r>(rows: &'r [Row], id: &str, field: &str) -> Result<&'r Row> {
    for row in rows {
        if row.text(0)? == id {
            return Ok(row);
        }
    }
    Err(Error::not_found("deployment", id).with_field(field))
}

/// The release of the same build and number on the destination, made when it is not there.
async fn release_to(transaction: &mut Transaction, release: &str, destination: &str) -> Result<String, Failure> {
    let from = table("release");
    let mut sql = Sql::new();
    sql.push(&format!(
        "INSERT INTO {} (build_id, deployment_id, build_num, defaults) SELECT build_id, ",
        target("release")
    ));
    sql.bind(Bind::Text(destination.to_owned()));
    sql.push(&format!("::text, build_num, defaults FROM {from} WHERE id = ")).bind(Bind::Text(release.to_owned()));
    sql.push(" ON CONFLICT DO NOTHING RETURNING id");
    if let Some(row) = transaction.one(sql).await? {
        const COLUMNS: &str = "input_repo_id, output_repo_id, name, upload_path, data, defaults";
        let new_id = row.text(0)?.to_owned();
        let mut sql = copy("release_artifact", "release_id", COLUMNS, &new_id);
        sql.push(&format!(" FROM {} WHERE release_id = ", table("release_artifact")));
        sql.bind(Bind::Text(release.to_owned()));
        transaction.run(sql).await?;
        return Ok(new_id);
    }
    let mut sql = Sql::new();
    sql.push(&format!(
        "SELECT there.id, there.build_id = here.build_id FROM {from} here JOIN {from} there ON there.build_num = \
         here.build_num AND there.deployment_id = "
    ));
    sql.bind(Bind::Text(destination.to_owned())).push(" WHERE here.id = ").bind(Bind::Text(release.to_owned()));
    let Some(row) = transaction.one(sql).await? else {
        return Err(Failure::outdated(&format!("release `{release}`")));
    };
    let found = row.text(0)?;
    if row.bool(1)? {
        return Ok(found.to_owned());
    }
    let message = format!(
        "release `{found}` has the number of the promoted release but is of another build; release the build under \
         another number"
    );
    let error = Error::new(ErrorKind::AlreadyExists, ErrorReason::AlreadyExists, message);
    Err(error.with_resource("release", found).into())
}

/// Begins the copy of rows that hang on one object to hang on another: what follows says where they come from.
fn copy(into: &str, parent: &str, columns: &str, new_parent: &str) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!("INSERT INTO {} ({parent}, {columns}) SELECT ", target(into)));
    sql.bind(Bind::Text(new_parent.to_owned())).push(&format!("::text, {columns}"));
    sql
}

async fn answer(transaction: &mut Transaction, id: &str) -> Result<Vec<u8>, Failure> {
    let deployment = transaction.view.model().target("deployment");
    let projection = transaction.view.whole(deployment)?;
    let row = transaction.one(select(deployment, &projection, id)).await?;
    let row = row.ok_or_else(|| Error::internal("a written deployment is gone"))?;
    Ok(as_response(&projection, &row)?)
}
