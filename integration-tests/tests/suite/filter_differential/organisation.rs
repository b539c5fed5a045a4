//! A small organisation at random: every entity of the model, with names that are prefixes of each other, absent
//! values, and references and links to existing objects.
//!
//! It is written past the service and without triggers, so that it may be stranger than any real one: filters have to
//! be right for any rows. The constraints of the tables still apply.

use std::collections::HashMap;

use qairon::model::{Entity, Field, Kind};
use qairon_integration_tests::Database;
use serde_json::{Value, json};
use tokio_postgres::Client;

use super::random::Random;

/// Names with everything that a component of an ID may contain. `a;` comes directly after every ID that begins with
/// `a:`.
pub const NAMES: [&str; 12] = ["a", "ab", "a;", "b", "B", "z_1", "a%", "a*b", "prod", "é", "10", "name"];
/// Texts with everything that a text may contain.
pub const TEXTS: [&str; 16] = [
    "a",
    "ab",
    "A",
    "a*b",
    "a%b",
    "a_b",
    "x\\y",
    "it's",
    "\"q\"",
    "line\nbreak",
    "日本",
    "10",
    "1.5",
    "true",
    "null",
    "10.0.0.0/8",
];
/// Keys of JSON objects.
pub const KEYS: [&str; 10] = ["a", "b", "n", "recon", "my key", "a.b", "0", "list", "AND", ""];
const NETWORKS: [&str; 8] =
    ["10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3/32", "fd00::/8", "fd00:1::/32", "0.0.0.0/0"];

/// Fills a database.
pub async fn fill(database: &Database, random: &mut Random) {
    let session = database.connect().await;
    session.batch_execute("SET session_replication_role = replica").await.expect("tests are superusers");
    let mut ids: HashMap<&str, Vec<String>> = HashMap::new();
    let mut due: Vec<&Entity> = qairon::model().entities().iter().collect();
    while !due.is_empty() {
        let ready = |entity: &&Entity| {
            let required = entity.references().filter(|field| field.required);
            required.filter_map(|field| field.reference.as_ref()).all(|to| ids.contains_key(to.entity.as_str()))
        };
        let (now, later): (Vec<&Entity>, Vec<&Entity>) = due.into_iter().partition(ready);
        assert!(!now.is_empty(), "required references make no circle");
        due = later;
        for entity in now {
            let wanted = if entity.id_is_given() { 3 + random.below(4) } else { 8 + random.below(16) };
            for _ in 0..wanted {
                insert(&session, entity, &ids, random).await;
            }
            let rows = session.query(&format!("SELECT id FROM \"{}\"", entity.name), &[]).await.expect("rows");
            assert!(!rows.is_empty(), "there is no {}", entity.name);
            ids.insert(&entity.name, rows.iter().map(|row| row.get(0)).collect());
        }
    }
    for entity in qairon::model().entities() {
        optional_references(&session, entity, &ids, random).await;
        for link in &entity.links {
            for owner in &ids[entity.name.as_str()] {
                for _ in 0..random.below(4) {
                    let target = random.pick(&ids[link.target.as_str()]);
                    let sql = format!("INSERT INTO \"{}\" VALUES ($1, $2) ON CONFLICT DO NOTHING", link.table);
                    session.execute(&sql, &[owner, target]).await.expect("both ends exist");
                }
            }
        }
    }
}

/// Inserts a row, unless there is one like it.
async fn insert(session: &Client, entity: &Entity, ids: &HashMap<&str, Vec<String>>, random: &mut Random) {
    let mut names = Vec::new();
    let mut values = Vec::new();
    let mut of_type = None;
    for field in &entity.fields {
        let given = field.number == 1 && entity.id_is_given();
        let is_time = field.kind == Kind::Timestamp;
        if !is_time && !given && (!field.is_settable() || !field.is_column() || field.derived) {
            continue;
        }
        let value = match &field.reference {
            // Few of many are referred to often.
            Some(reference) if field.required => {
                let there = &ids[reference.entity.as_str()];
                Some(there[random.below(there.len()).min(random.below(there.len()))].clone())
            }
            Some(_) => None,
            None if field.kind == Kind::EntityType => {
                let known: Vec<&str> = ids.keys().copied().collect();
                let mut known: Vec<&Entity> = known.iter().filter_map(|name| qairon::model().entity(name)).collect();
                known.sort_by_key(|entity| entity.index);
                let chosen = *random.pick(&known);
                of_type = Some(&ids[chosen.name.as_str()]);
                Some(chosen.type_name.clone())
            }
            None if field.object_of.is_some() => of_type.map(|there| random.pick(there).clone()),
            None => value(field, given, random),
        };
        names.push(format!("\"{}\"", field.name));
        values.push(value.map_or("NULL".to_owned(), |value| format!("'{}'", value.replace('\'', "''"))));
    }
    let sql = format!(
        "INSERT INTO \"{}\" ({}) VALUES ({}) ON CONFLICT DO NOTHING",
        entity.name,
        names.join(", "),
        values.join(", ")
    );
    session.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

fn value(field: &Field, given: bool, random: &mut Random) -> Option<String> {
    if field.nullable && random.percent(40) {
        return None;
    }
    Some(match &field.kind {
        Kind::Text if !given => random.word(&TEXTS).to_owned(),
        // An ID that distinguishes others has to be one of them, and other names are.
        Kind::Text | Kind::Name => random.word(&NAMES).to_owned(),
        Kind::Cidr => random.word(&NETWORKS).to_owned(),
        Kind::Integer => random.below(6).to_string(),
        Kind::Double => random.word(&["0", "0.5", "1", "10", "2.25"]).to_owned(),
        Kind::Bool => random.percent(50).to_string(),
        Kind::Enum(descriptor) => random.pick(&Kind::enum_labels(descriptor)).clone(),
        Kind::Json => object(random, 3).to_string(),
        Kind::Timestamp => format!(
            "2026-01-0{}T00:00:0{}.{}Z",
            1 + random.below(3),
            random.below(2),
            random.word(&["0", "5", "000001"])
        ),
        kind => panic!("{}: {kind:?} is not for callers to set", field.name),
    })
}

fn object(random: &mut Random, depth: usize) -> Value {
    let members = random.below(5);
    (0..members).map(|_| (random.word(&KEYS).to_owned(), any_json(random, depth - 1))).collect()
}

/// Any value of JSON. Numbers are such that there is one way to write them.
fn any_json(random: &mut Random, depth: usize) -> Value {
    let flat = if depth == 0 { 6 } else { 9 };
    match random.below(flat) {
        0 | 1 => json!(random.pick(&TEXTS)),
        2 => json!(random.pick(&[0, 1, 2, -3, 10])),
        3 => json!(random.pick(&[1.5, -0.25])),
        4 => json!(random.percent(50)),
        5 => Value::Null,
        6 => (0..random.below(4)).map(|_| any_json(random, depth - 1)).collect(),
        _ => object(random, depth),
    }
}

async fn optional_references(session: &Client, entity: &Entity, ids: &HashMap<&str, Vec<String>>, random: &mut Random) {
    for field in entity.references().filter(|field| !field.required) {
        let targets = &ids[field.reference.as_ref().map_or("", |reference| reference.entity.as_str())];
        for id in &ids[entity.name.as_str()] {
            if random.percent(60) {
                let sql = format!("UPDATE \"{}\" SET \"{}\" = $1 WHERE id = $2", entity.name, field.name);
                let target: &String = random.pick(targets);
                session.execute(&sql, &[target, id]).await.expect("it exists");
            }
        }
    }
}
