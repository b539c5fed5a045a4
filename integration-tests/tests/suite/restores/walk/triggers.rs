//! The triggers that every entity has.

use super::constraints::refused;
use super::rules::Rule;
use super::{Outcome, Session};

/// An object's identity stays, and its version grows.
pub async fn touch(session: &Session, rule: &Rule) -> Outcome {
    let (table, id) = alone(session, rule).await?;
    let state = format!("SELECT uid::text, version FROM {table} WHERE id = '{id}'");
    let before = session.row(&state).await?;
    let update = format!("UPDATE {table} SET uid = gen_random_uuid() WHERE id = '{id}'");
    session.run(&update).await.map_err(|error| format!("{update}: {error:?}"))?;
    let after = session.row(&state).await?;
    if before.get::<_, String>(0) != after.get::<_, String>(0) {
        return Err(format!("{update}: the object has another uid"));
    }
    match after.get::<_, i64>(1) - before.get::<_, i64>(1) {
        1 => Ok(true),
        grown => Err(format!("{update}: the version grew by {grown}")),
    }
}

/// An object that another names cannot go.
pub async fn object_deleted(session: &Session, rule: &Rule) -> Outcome {
    let (table, id) = alone(session, rule).await?;
    name(session, table, &id).await?;
    refused(session, &format!("DELETE FROM {table} WHERE id = '{id}'"), "object_has_dependents").await
}

/// What names an object follows it.
pub async fn object_renamed(session: &Session, rule: &Rule) -> Outcome {
    let (table, id) = alone(session, rule).await?;
    let kind = name(session, table, &id).await?;
    // An ID begins with a reference or is a text itself.
    let source = rule.columns.first().ok_or("it has no ID")?;
    let uid: String = session.row(&format!("SELECT uid::text FROM {table} WHERE id = '{id}'")).await?.get(0);
    let update = format!("UPDATE {table} SET {source} = {source} || 'x' WHERE uid = '{uid}'");
    session.run(&update).await.map_err(|error| format!("{update}: {error:?}"))?;
    let named = format!(
        "SELECT count(*) FROM relatable r JOIN {table} t ON t.id = r.object_id \
         WHERE r.relatable_type = '{kind}' AND t.uid = '{uid}' AND t.id <> '{id}'"
    );
    match session.row(&named).await?.get::<_, i64>(0) {
        1 => Ok(true),
        found => Err(format!("{update}: {found} records name it under its new ID")),
    }
}

/// A name with a character that nobody sees is not given to a new object.
pub async fn name_given(session: &Session, rule: &Rule) -> Outcome {
    let (table, id) = alone(session, rule).await?;
    let name = &rule.columns[0];
    let columns = format!(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum),
                string_agg(CASE attname WHEN '{name}' THEN '{name} || chr(8203)' WHEN 'uid' THEN 'gen_random_uuid()'
                           ELSE quote_ident(attname) END, ', ' ORDER BY attnum)
         FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND attgenerated = '' AND NOT attisdropped"
    );
    let row = session.row(&columns).await?;
    let (columns, values): (String, String) = (row.get(0), row.get(1));
    let insert = format!("INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE id = '{id}'");
    refused(session, &insert, &format!("{table}_{name}_new_name")).await
}

/// Nor to one that has another.
pub async fn name_changed(session: &Session, rule: &Rule) -> Outcome {
    let (table, id) = alone(session, rule).await?;
    let name = &rule.columns[0];
    let update = format!("UPDATE {table} SET {name} = {name} || chr(8203) WHERE id = '{id}'");
    refused(session, &update, &format!("{table}_{name}_new_name")).await
}

/// The table of a trigger, without its other triggers, and the ID of one of its objects.
async fn alone<'r>(session: &Session, rule: &'r Rule) -> Result<(&'r str, String), String> {
    session.isolate(&rule.table, &format!("tgname = '{}'", rule.name)).await?;
    let row = session.row(&format!("SELECT max(id) FROM {}", rule.table)).await?;
    Ok((&rule.table, row.get(0)))
}

/// Makes a record that names an object, and returns its type.
async fn name(session: &Session, table: &str, id: &str) -> Result<String, String> {
    let entity = qairon::model().entity(table).ok_or("no entity")?;
    let kind = entity.type_name.clone();
    let insert =
        format!("INSERT INTO relatable (relatable_type, object_id) VALUES ('{kind}', '{id}') ON CONFLICT DO NOTHING");
    session.run(&insert).await.map_err(|error| format!("{insert}: {error:?}"))?;
    Ok(kind)
}
