//! What is declared.

use super::rules::{Kind, Rule, sources};
use super::{Outcome, Session};

/// Neither triggers nor foreign keys get in the way.
const ALONE: &str = "SET LOCAL session_replication_role = replica";

/// Values of which one or the other breaks any check there is.
const BAD: [&str; 4] = ["''", "'-1'", "'[]'", "repeat('x', 3000)"];

pub async fn check(session: &Session, rule: &Rule) -> Outcome {
    let (table, mut found) = (&rule.table, Vec::new());
    session.run(ALONE).await.map_err(|error| error.to_string())?;
    for column in &rule.columns {
        for bad in BAD {
            let update = format!("UPDATE {table} SET {column} = {bad} WHERE ctid = (SELECT min(ctid) FROM {table})");
            match session.refusal(&update).await {
                Some(error) if error.constraint() == Some(&rule.name) => return Ok(true),
                other => found.push(format!("{update}: {}", other.map_or("accepted".to_owned(), |e| e.to_string()))),
            }
        }
    }
    Err(found.join("; "))
}

/// Two rows that are given the same.
pub async fn unique(session: &Session, rule: &Rule) -> Outcome {
    let (table, columns) = (&rule.table, rule.columns.join(", "));
    session.run(ALONE).await.map_err(|error| error.to_string())?;
    let update = format!(
        "UPDATE {table} SET ({columns}) = (SELECT {columns} FROM {table} WHERE ctid = (SELECT min(ctid) FROM {table})) \
         WHERE ctid = (SELECT max(ctid) FROM {table})"
    );
    if refused(session, &update, &rule.name).await.is_ok() {
        return Ok(true);
    }
    // Perhaps by the primary key, which is generated from the same columns.
    ungenerate(session, table).await?;
    refused(session, &update, &rule.name).await
}

/// Makes the generated columns of a table plain ones.
async fn ungenerate(session: &Session, table: &str) -> Result<(), String> {
    let generated = format!(
        "SELECT coalesce(string_agg(format('ALTER TABLE {table} ALTER %I DROP EXPRESSION', attname), ';'), '') \
         FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attgenerated <> ''"
    );
    let drop: String = session.row(&generated).await?.get(0);
    session.run(&drop).await.map_err(|error| format!("{drop}: {error:?}"))
}

/// A reference to a missing object is refused; an object that is referred to cannot be deleted, or its deletion includes
/// what refers to it; and references follow a rename.
pub async fn foreign_key(session: &Session, rule: &Rule) -> Outcome {
    let Kind::ForeignKey { target, key, cascades } = &rule.kind else { return Ok(false) };
    let (table, column) = (&rule.table, &rule.columns[0]);
    let own = format!(
        "tgconstraint = (SELECT oid FROM pg_constraint WHERE conname = '{}' AND conrelid = '{table}'::regclass)",
        rule.name
    );
    let row = session.row(&format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 1")).await?;
    let value: String = row.get(0);
    session.isolate(table, &own).await?;
    session.isolate(target, &own).await?;
    let update = format!("UPDATE {table} SET {column} = 'nowhere' WHERE {column} = '{value}'");
    refused(session, &update, &rule.name).await?;
    let delete = format!("DELETE FROM {target} WHERE {key} = '{value}'");
    if *cascades {
        session.run(&format!("SAVEPOINT deletion; {delete}")).await.map_err(|error| format!("{delete}: {error:?}"))?;
        let left = session.row(&format!("SELECT count(*) FROM {table} WHERE {column} = '{value}'")).await?;
        session.run("ROLLBACK TO deletion").await.map_err(|error| error.to_string())?;
        if left.get::<_, i64>(0) > 0 {
            return Err(format!("{delete}: what refers to it is still there"));
        }
    } else {
        refused(session, &delete, &rule.name).await?;
    }
    let source = &sources(target, vec![key.clone()])[0];
    let rename = format!("UPDATE {target} SET {source} = {source} || 'x' WHERE {key} = '{value}'");
    session.run(&rename).await.map_err(|error| format!("{rename}: {error:?}"))?;
    let left = session.row(&format!("SELECT count(*) FROM {table} WHERE {column} = '{value}'")).await?;
    if left.get::<_, i64>(0) > 0 { Err(format!("{rename}: references keep the old ID")) } else { Ok(true) }
}

pub async fn required(session: &Session, rule: &Rule) -> Outcome {
    let (table, column) = (&rule.table, &rule.name);
    session.run(ALONE).await.map_err(|error| error.to_string())?;
    // What is generated from the column would be null before it.
    ungenerate(session, table).await?;
    let update = format!("UPDATE {table} SET {column} = NULL WHERE ctid = (SELECT min(ctid) FROM {table})");
    match session.refusal(&update).await {
        Some(error) if error.code().code() == "23502" && error.column() == Some(column) => Ok(true),
        Some(error) => Err(format!("{update}: {error}")),
        None => Err(format!("{update}: accepted")),
    }
}

/// Whether statements are refused by a rule.
pub async fn refused(session: &Session, sql: &str, rule: &str) -> Outcome {
    match session.refusal(sql).await {
        Some(error) if error.constraint() == Some(rule) => Ok(true),
        Some(error) => Err(format!("{sql}: {error}")),
        None => Err(format!("{sql}: accepted")),
    }
}
