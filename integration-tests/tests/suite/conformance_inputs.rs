//! Values that are missing, malformed, out of range or too large, in every field of every entity.

use qairon::model::{Entity, Field, Kind, Verb};
use qairon_integration_tests::{Factory, Failure, Report, Row, World, find_entity};
use serde_json::{Value, json};
use tonic::Code;

use crate::stage::{Stage, entities, names, settable, unknown_id};

const MAX_VALUE: usize = 1024 * 1024;

#[tokio::test]
async fn required_fields_are_required() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let draft = factory.draft(&entity.name, &mut World::new()).await;
        for field in entity.fields.iter().filter(|field| must_be_given(entity, field)) {
            let mut without = draft.clone();
            without.as_object_mut().expect("an object").remove(&field.name);
            let place = format!("{} without `{}`", entity.name, field.name);
            let result = client.create(&entity.name, without).await;
            report.refused(place, result, Code::InvalidArgument, "REQUIRED", &field.name);
        }
        let nothing = client.standard(entity, Verb::Create, json!({})).await;
        report.refused(&entity.name, nothing, Code::InvalidArgument, "REQUIRED", &entity.name);
        let nothing = client.standard(entity, Verb::Update, json!({})).await;
        report.refused(&entity.name, nothing, Code::InvalidArgument, "REQUIRED", &entity.name);
    }
    report.finish();
}

fn must_be_given(entity: &Entity, field: &Field) -> bool {
    (field.is_settable() && field.required) || (field.number == 1 && entity.id_is_given())
}

#[tokio::test]
async fn references_to_nothing_are_refused() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let mut world = World::new();
        let draft = factory.draft(&entity.name, &mut world).await;
        let row = factory.create_in(&entity.name, &mut world).await;
        for field in settable(entity) {
            let target = match (&field.reference, &field.object_of) {
                (Some(reference), _) => find_entity(&reference.entity),
                (None, Some(of)) => qairon::model().entity_of_type(draft[of].as_str().expect("a type")).expect("known"),
                _ => continue,
            };
            let place = format!("{}.{}", entity.name, field.name);
            let mut bad = draft.clone();
            bad[&field.name] = unknown_id(target).into();
            let created = client.create(&entity.name, bad).await;
            report.refused(format!("create {place}"), created, Code::NotFound, "REFERENCE_NOT_FOUND", &field.name);
            if !field.immutable {
                let change = json!({ "id": row.id(), &field.name: unknown_id(target) });
                let updated = client.update(&entity.name, change).await;
                report.refused(format!("update {place}"), updated, Code::NotFound, "REFERENCE_NOT_FOUND", &field.name);
            }
            if field.reference.is_some() {
                for malformed in ["a b", "::", "x:"] {
                    let mut bad = draft.clone();
                    bad[&field.name] = malformed.into();
                    let created = client.create(&entity.name, bad).await;
                    report.refused(
                        format!("create {place}"),
                        created,
                        Code::InvalidArgument,
                        "INVALID_ID",
                        &field.name,
                    );
                }
            }
        }
        let unchanged = client.get(&entity.name, row.id()).await;
        report.equal(&entity.name, unchanged.as_ref().map(Row::etag), Ok(row.etag()));
    }
    report.finish();
}

#[tokio::test]
async fn names_have_a_grammar() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    let long = "x".repeat(254);
    let wide = "é".repeat(127);
    let bad = [
        ("", "REQUIRED"),
        ("a:b", "INVALID_NAME"),
        (":", "INVALID_NAME"),
        (" ", "INVALID_NAME"),
        ("a b", "INVALID_NAME"),
        ("a ", "INVALID_NAME"),
        ("\ta", "INVALID_NAME"),
        ("a\n", "INVALID_NAME"),
        ("a\u{a0}b", "INVALID_NAME"),
        ("a\u{2028}", "INVALID_NAME"),
        ("a\u{3000}b", "INVALID_NAME"),
        ("\u{1}", "INVALID_NAME"),
        ("a\u{7f}", "INVALID_NAME"),
        ("a\u{85}", "INVALID_NAME"),
        ("a\u{200b}b", "INVALID_NAME"),
        ("\u{feff}a", "INVALID_NAME"),
        ("e\u{301}", "INVALID_NAME"),
        ("a\0b", "INVALID_VALUE"),
        (&long, "INVALID_NAME"),
        (&wide, "INVALID_NAME"),
    ];
    let (longest, widest) = ("x".repeat(253), "é".repeat(126));
    let good = [longest.as_str(), &widest, "ünïcödé-名前", "a/b", "a.b_c-d", "%_'\"\\", "0", "-", "NULL"];
    for entity in entities() {
        for field in names(entity) {
            let place = |name: &str| format!("{}.{} {name:?}", entity.name, field.name);
            let mut world = World::new();
            let draft = factory.draft(&entity.name, &mut world).await;
            for (name, reason) in bad {
                if name.is_empty() && field.default.is_some() {
                    continue;
                }
                let mut draft = draft.clone();
                draft[&field.name] = name.into();
                let result = client.create(&entity.name, draft).await;
                report.refused(place(name), result, Code::InvalidArgument, reason, &field.name);
            }
            for name in good {
                // Another range than that of the object before, for those that have one.
                let mut draft = factory.draft(&entity.name, &mut world).await;
                draft[&field.name] = name.into();
                let Some(row) = report.accepted(place(name), client.create(&entity.name, draft).await) else {
                    continue;
                };
                report.equal(place(name), &row[field.name.as_str()], &json!(name));
                let got = client.get(&entity.name, row.id()).await;
                report.equal(place(name), got.as_ref(), Ok(&row));
            }
        }
    }
    report.finish();
}

#[tokio::test]
async fn values_out_of_their_range_are_refused() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let draft = factory.draft(&entity.name, &mut World::new()).await;
        for field in settable(entity).filter(|field| !is_tested_elsewhere(entity, field)) {
            for (value, reason) in bad_values(field) {
                let mut bad = draft.clone();
                bad[&field.name] = value.clone();
                let shown: String = value.to_string().chars().take(60).collect();
                let result = client.create(&entity.name, bad).await;
                let place = format!("{}.{} {shown}", entity.name, field.name);
                report.refused(place, result, Code::InvalidArgument, reason, &place_in(field, &value));
            }
        }
        // Nothing of all that stays: the object itself is still to be had.
        report.accepted(&entity.name, client.create(&entity.name, draft).await);
    }
    report.finish();
}

/// What all entities share is the same everywhere: the first of each service represents the others, for these values
/// are large.
fn is_tested_elsewhere(entity: &Entity, field: &Field) -> bool {
    let first = entities().iter().find(|other| other.service == entity.service);
    field.name == "defaults" && first.is_none_or(|first| first.index != entity.index)
}

/// The path to what is refused of a value.
fn place_in(field: &Field, value: &Value) -> String {
    let step = match value.as_object().and_then(|members| members.iter().next()) {
        Some((key, Value::String(text))) if text.contains('\0') => format!(".{key}"),
        Some((key, _)) if key.contains('\0') => format!(".\"{}\"", key.escape_debug()),
        _ => String::new(),
    };
    format!("{}{step}", field.name)
}

/// Values that a field refuses for every entity, and the reason.
fn bad_values(field: &Field) -> Vec<(Value, &'static str)> {
    let long = |length| Value::from("x".repeat(length));
    match &field.kind {
        _ if field.reference.is_some() || field.object_of.is_some() => vec![],
        Kind::Cidr => {
            let texts = [
                "10.0.0.1/16",
                "10.0.0.0",
                "10.0.0.0/33",
                "10.0.0/24",
                "010.0.0.0/8",
                "fd00::1/64",
                "fd00::/129",
                "::/-1",
                "x",
                "10.0.0.0/",
                "10.0.0.0/8 ",
                "10.0.0.0/8/8",
                "10.0.0.0/08",
                "10.0.0.0/+8",
                "10.0.0.0/255.0.0.0",
                "'; DROP TABLE subnet; --",
            ];
            texts.into_iter().map(|text| (text.into(), "INVALID_CIDR")).collect()
        }
        Kind::Integer => vec![(json!(-1), "OUT_OF_RANGE"), (json!(i64::MIN), "OUT_OF_RANGE")],
        Kind::Double => [json!(-1), json!(-1e-9), json!("NaN"), json!("Infinity"), json!("-Infinity")]
            .map(|value| (value, "OUT_OF_RANGE"))
            .to_vec(),
        Kind::Enum(_) => vec![(json!(99), "INVALID_VALUE"), (json!(-1), "INVALID_VALUE")],
        Kind::EntityType => vec![(json!("Nothing"), "INVALID_VALUE"), (json!("application"), "INVALID_VALUE")],
        Kind::Text if field.indexed => vec![(long(2001), "VALUE_TOO_LARGE"), (json!("a\0b"), "INVALID_VALUE")],
        Kind::Text => vec![(long(MAX_VALUE + 1), "VALUE_TOO_LARGE"), (json!("a\0b"), "INVALID_VALUE")],
        Kind::Json => vec![
            (json!({ "x": "y".repeat(MAX_VALUE) }), "VALUE_TOO_LARGE"),
            (json!({ "x": "a\0b" }), "INVALID_VALUE"),
            (json!({ "a\0b": [] }), "INVALID_VALUE"),
        ],
        _ => vec![],
    }
}

#[tokio::test]
async fn values_at_the_end_of_their_range_are_taken() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        let fields = settable(entity).filter(|field| field.reference.is_none() && field.object_of.is_none());
        for field in fields.filter(|field| !is_tested_elsewhere(entity, field)) {
            let values = match &field.kind {
                Kind::Integer => vec![json!(0), json!(i64::MAX)],
                Kind::Double => vec![json!(0.0), json!(0.1), json!(1e300), json!(f64::MAX), json!(5e-324)],
                Kind::Text if field.indexed => vec![noise(2000).into()],
                Kind::Text => vec![noise(MAX_VALUE).into()],
                Kind::Json => vec![
                    json!({ "": {}, "x": noise(MAX_VALUE - 100).replace(['"', '\\'], "/") }),
                    json!({ "n": 0.1, "i": 9_007_199_254_740_991_i64 }),
                ],
                Kind::Enum(descriptor) => {
                    descriptor.values().filter(|value| value.number() != 0).map(|value| value.name().into()).collect()
                }
                _ => vec![],
            };
            for value in values {
                let mut draft = factory.draft(&entity.name, &mut World::new()).await;
                draft[&field.name] = value.clone();
                let place = format!("{}.{} {:.40}", entity.name, field.name, value.to_string());
                let Some(row) = report.accepted(&place, client.create(&entity.name, draft).await) else { continue };
                report.check(numbers_equal(&row[field.name.as_str()], &value), &place, "is stored as another value");
            }
        }
    }
    report.finish();
}

/// Text that does not compress, so that limits on index entries show.
fn noise(length: usize) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'!' + (state % 90) as u8)
    };
    (0..length).map(|_| letter()).collect()
}

/// Whole doubles come back as integers.
fn numbers_equal(found: &Value, wanted: &Value) -> bool {
    found == wanted || found.as_f64().is_some_and(|number| wanted.as_f64() == Some(number))
}

#[tokio::test]
async fn what_is_set_once_cannot_change() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    for entity in entities() {
        for field in settable(entity).filter(|field| field.kind == Kind::EntityType) {
            let row = factory.create(&entity.name).await;
            let now = row.text(&field.name);
            let other = entities().iter().map(|entity| entity.type_name.as_str()).find(|other| *other != now);
            let change = json!({ "id": row.id(), &field.name: other });
            let place = format!("{}.{}", entity.name, field.name);
            let changed: Result<Row, Failure> = client.update(&entity.name, change).await;
            report.refused(&place, changed, Code::InvalidArgument, "IMMUTABLE", &field.name);
            let same = client.update(&entity.name, json!({ "id": row.id(), &field.name: now })).await;
            report.accepted(&place, same);
        }
    }
    report.finish();
}

#[tokio::test]
async fn an_id_that_would_be_too_long_is_refused() {
    let Stage { client, factory, server: _server, database: _database } = Stage::set().await;
    let mut report = Report::new();
    // Every component as long as can be: the deepest entities do not fit.
    let mut refused = 0;
    for entity in entities() {
        let mut world = World::new();
        let mut parents =
            entity.id_fields.iter().filter_map(|name| entity.field(name)).filter(|field| field.reference.is_some());
        let Some(parent) = parents.next() else { continue };
        let target = find_entity(&parent.reference.as_ref().expect("it is one").entity);
        let mut draft = factory.draft(&entity.name, &mut world).await;
        let Some(name) = names(target).next() else { continue };
        let mut long_parent = factory.draft(&target.name, &mut world).await;
        long_parent[&name.name] = long_name(&factory).into();
        let Some(long_parent) = report.accepted(&target.name, client.create(&target.name, long_parent).await) else {
            continue;
        };
        draft[&parent.name] = long_parent.id().into();
        for own in names(entity) {
            draft[&own.name] = long_name(&factory).into();
        }
        match client.create(&entity.name, draft).await {
            Ok(row) => report.check(row.id().len() <= 2600, &entity.name, "an ID is longer than can be"),
            Err(failure) => {
                refused += 1;
                report.refused(&entity.name, Err::<(), _>(failure), Code::InvalidArgument, "ID_TOO_LONG", "id");
            }
        }
    }
    // 11 components of a release's ID: names of 253 bytes on the way down end at the fifth.
    let mut world = World::new();
    let mut id = String::new();
    for entity in ["environment", "provider_type", "provider", "region", "partition", "network", "subnet"] {
        let mut draft = factory.draft(entity, &mut world).await;
        for name in names(find_entity(entity)) {
            draft[&name.name] = long_name(&factory).into();
        }
        match client.create(entity, draft).await {
            Ok(row) => {
                world.put(entity, row.id());
                id = row.id().to_owned();
            }
            Err(failure) => {
                refused += 1;
                report.refused(entity, Err::<(), _>(failure), Code::InvalidArgument, "ID_TOO_LONG", "id");
                break;
            }
        }
    }
    report.check(refused > 0, "subnet", format!("{} bytes were taken: {id}", id.len()));
    report.finish();
}

/// A name as long as can be, and another every time.
fn long_name(factory: &Factory) -> String {
    let own = factory.name();
    own.clone() + &noise(253 - own.len()).replace(':', ";")
}
