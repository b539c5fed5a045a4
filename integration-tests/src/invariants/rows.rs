//! What the model says of the rows of each entity and each link.

use qairon::model::{Entity, Field, Kind, Link, Model};

use super::Invariant;

/// Everything about the rows of one entity.
pub fn of_entity(entity: &Entity) -> Vec<Invariant> {
    let table = &entity.name;
    let rows = |condition: &str| format!("SELECT a.id FROM \"{table}\" a WHERE {condition}");
    let mut all = vec![
        Invariant::new(format!("{table}.id is not unique"), twice(table, "id")),
        Invariant::new(format!("{table}.version is below 1"), rows("a.version IS NULL OR a.version < 1")),
        Invariant::new(
            format!("{table}.created_at is later than the last update"),
            rows("a.created_at > a.last_updated_at"),
        ),
    ];
    if !entity.id_is_given() {
        let parts: Vec<String> = entity.id_fields.iter().map(|field| format!("a.\"{field}\"::text")).collect();
        let composed = rows(&format!("a.id IS DISTINCT FROM {}", parts.join(" || ':' || ")));
        all.push(Invariant::new(format!("{table}.id is not what it is composed of"), composed));
    }
    for field in entity.fields.iter().filter(|field| field.is_column()) {
        all.extend(of_field(entity, field));
    }
    all
}

fn of_field(entity: &Entity, field: &Field) -> Vec<Invariant> {
    let (table, column) = (&entity.name, &field.name);
    let name = |what: &str| format!("{table}.{column} {what}");
    let rows = |condition: String| format!("SELECT a.id FROM \"{table}\" a WHERE {condition}");
    let mut all = Vec::new();
    if field.required {
        all.push(Invariant::new(name("is missing"), rows(format!("a.\"{column}\" IS NULL"))));
    }
    if field.kind == Kind::Json {
        all.push(Invariant::new(
            name("is not a JSON object"),
            rows(format!("jsonb_typeof(a.\"{column}\") <> 'object'")),
        ));
    }
    if let Some(reference) = &field.reference {
        let dangling =
            format!("a.\"{column}\" IS NOT NULL AND {}", missing(&reference.entity, &format!("a.\"{column}\"")));
        all.push(Invariant::new(name("refers to nothing"), rows(dangling)));
        all.extend(own(entity, field, &reference.entity));
        all.extend(ranges(entity, field, &reference.entity));
    }
    if let Some(type_column) = &field.object_of {
        let types = qairon::model().entities().iter().map(|target| {
            let exists = missing(&target.name, &format!("a.\"{column}\""));
            format!("WHEN '{}' THEN {exists}", target.type_name)
        });
        let cases = types.collect::<Vec<_>>().join(" ");
        all.push(Invariant::new(
            name("names nothing"),
            rows(format!("CASE a.\"{type_column}\" {cases} ELSE true END")),
        ));
    }
    all
}

/// An optional reference to objects that are parts of this entity's own, such as a current release: it is to one of
/// this very object.
fn own(entity: &Entity, field: &Field, target: &str) -> Option<Invariant> {
    let target = qairon::model().target(target);
    let is_back = |back: &&Field| {
        let is_of_us = back.reference.as_ref().is_some_and(|reference| reference.entity == entity.name);
        is_of_us && target.id_fields.contains(&back.name)
    };
    let back = target.references().find(is_back).filter(|_| field.nullable)?;
    let sql = format!(
        "SELECT a.id FROM \"{}\" a JOIN \"{}\" b ON b.id = a.\"{}\" WHERE b.\"{}\" IS DISTINCT FROM a.id",
        entity.name, target.name, field.name, back.name
    );
    Some(Invariant::new(format!("{}.{} is of another {}", entity.name, field.name, entity.human()), sql))
}

/// An address range below an object that has one: it is inside, and those below one object do not overlap.
fn ranges(entity: &Entity, field: &Field, target: &str) -> Vec<Invariant> {
    let target = qairon::model().target(target);
    let range =
        |entity: &Entity| entity.fields.iter().find(|field| field.kind == Kind::Cidr).map(|field| field.name.clone());
    let (Some(inner), Some(outer)) = (range(entity), range(target)) else { return Vec::new() };
    let (table, column) = (&entity.name, &field.name);
    let outside = format!(
        "SELECT a.id FROM \"{table}\" a JOIN \"{}\" b ON b.id = a.\"{column}\" WHERE NOT a.\"{inner}\" <<= b.\"{outer}\"",
        target.name
    );
    let overlapping = format!(
        "SELECT a.id || ' and ' || b.id FROM \"{table}\" a JOIN \"{table}\" b
         ON a.\"{column}\" = b.\"{column}\" AND a.uid < b.uid AND a.\"{inner}\" && b.\"{inner}\""
    );
    vec![
        Invariant::new(format!("{table}.{inner} is outside of its {}", target.human()), outside),
        Invariant::new(format!("{table}.{inner} overlaps with another"), overlapping),
    ]
}

/// Everything about the rows of one link.
pub fn of_link(owner: &Entity, link: &Link) -> Vec<Invariant> {
    let Link { table, owner_column, target_column, .. } = link;
    let shown = format!("a.\"{owner_column}\" || ' and ' || a.\"{target_column}\"");
    let rows = |condition: String| format!("SELECT {shown} FROM \"{table}\" a WHERE {condition}");
    let mut all = vec![Invariant::new(
        format!("{table} has a link twice"),
        format!(
            "SELECT {shown} FROM \"{table}\" a GROUP BY a.\"{owner_column}\", a.\"{target_column}\" HAVING count(*) > 1"
        ),
    )];
    for (column, entity) in [(owner_column, &owner.name), (target_column, &link.target)] {
        all.push(Invariant::new(
            format!("{table}.{column} refers to nothing"),
            rows(missing(entity, &format!("a.\"{column}\""))),
        ));
    }
    if let Some(scope) = link.scope {
        let leading = |column: &str| format!("(string_to_array(a.\"{column}\", ':'))[1:{}]", scope.components());
        let apart = rows(format!("{} <> {}", leading(owner_column), leading(target_column)));
        all.push(Invariant::new(format!("{table} leaves its {}", scope.label()), apart));
    }
    if let Some(home) = &link.home {
        let unlinked = format!(
            "SELECT a.id FROM \"{}\" a WHERE NOT EXISTS (SELECT FROM \"{table}\" l
             WHERE l.\"{owner_column}\" = a.id AND l.\"{target_column}\" = a.\"{home}\")",
            owner.name
        );
        all.push(Invariant::new(format!("{table} lacks a home"), unlinked));
    }
    all
}

/// No object has the UUID of another, of whatever entity.
pub fn uids(model: &Model) -> Invariant {
    let all: Vec<String> =
        model.entities().iter().map(|entity| format!("SELECT uid FROM \"{}\"", entity.name)).collect();
    let all = all.join(" UNION ALL ");
    Invariant::new("a uid is not unique", format!("SELECT uid::text FROM ({all}) a GROUP BY uid HAVING count(*) > 1"))
}

/// No request was done twice.
pub fn repeats() -> Invariant {
    let sql =
        "SELECT principal || ' ' || request_id FROM idempotency GROUP BY principal, request_id HAVING count(*) > 1";
    Invariant::new("a request ID is recorded twice", sql)
}

fn twice(table: &str, column: &str) -> String {
    format!(
        "SELECT \"{column}\"::text FROM \"{table}\" GROUP BY \"{column}\" HAVING count(*) > 1 OR \"{column}\" IS NULL"
    )
}

/// The condition that no object of an entity has this ID.
fn missing(entity: &str, id: &str) -> String {
    format!("NOT EXISTS (SELECT FROM \"{entity}\" b WHERE b.id = {id})")
}
