//! An export can be imported to the same data, with any content.

use qairon::model::{Entity, Field, Kind};
use qairon_integration_tests::{Row, World};
use serde_json::json;

use super::{Desk, parsed, text};
use crate::stage::{entities, settable};

/// Texts that programs around CSV are known to change.
pub const NASTY: [&str; 12] = [
    "say \"x\", and\nmore",
    "=cmd|' /C calc'!A0",
    "0012",
    "a\r\nb\r",
    " both sides ",
    "Grüße 🦀 \u{200d}\u{a0}",
    "",
    "'",
    "null",
    "1e5",
    "\t\\n",
    "- a: [b]",
];

/// Creates an object of every entity in one world, and then more with difficult texts, as far as they are accepted.
pub async fn nasty_world(desk: &Desk) {
    let mut world = World::new();
    for entity in qairon::model().sequence() {
        desk.stage.factory.object_in(&entity.name, &mut world).await;
    }
    for entity in entities() {
        let id = world.id(&entity.name).expect("it was created").to_owned();
        let free = |field: &&Field| field.kind == Kind::Text && field.reference.is_none() && field.object_of.is_none();
        for (at, field) in settable(entity).filter(free).enumerate() {
            if entity.id_fields.contains(&field.name) {
                continue;
            }
            let nasty = NASTY[(entity.index + at) % NASTY.len()];
            // A required text cannot be empty, for one.
            _ = desk.stage.client.update(&entity.name, json!({"id": id, (&field.name): nasty})).await;
        }
        let defaults =
            json!({"id": id, "defaults": {"texts": NASTY, "n": [1, 0.1, 1e300, -5, 9_007_199_254_740_991_i64]}});
        _ = desk.stage.client.update(&entity.name, defaults).await;
    }
}

/// Everything of an entity that callers set.
pub async fn content(desk: &Desk, entity: &Entity) -> Vec<serde_json::Value> {
    let rows = desk.stage.client.list(&entity.name, "").await.expect("a list");
    let own = |row: Row| {
        let fields = entity.fields.iter().filter(|field| field.number == 1 || field.is_settable());
        fields.map(|field| row[field.name.as_str()].clone()).collect()
    };
    rows.into_iter().map(own).collect()
}

#[tokio::test]
async fn every_resource_comes_back_as_it_was() {
    let (from, to) = (Desk::set().await, Desk::set().await);
    nasty_world(&from).await;
    for late in [false, true] {
        for entity in qairon::model().sequence() {
            let has_late = entity.references().any(|field| qairon::model().is_late(entity, field));
            if late && !has_late {
                continue;
            }
            let path = text(&from.path(&format!("{}.csv", entity.name)));
            let early =
                entity.fields.iter().filter(|field| field.is_settable() && !qairon::model().is_late(entity, field));
            let fields: Vec<&str> = early.map(|field| field.name.as_str()).collect();
            let fields = fields.join(",");
            let mut args = vec!["csv_import", "export_csv", &entity.name, &path];
            // What leads to something that comes later is set when that is there.
            if has_late && !late {
                args.extend(["-f", &fields]);
            }
            let exported = from.qcli.run(&args).await;
            assert_eq!(exported.code, Some(0), "{exported:?}");
            let flags: &[&str] = if late { &["--upsert"] } else { &[] };
            let imported = to.import(&entity.name, &path, flags).await;
            assert_eq!(imported.code, Some(0), "{}: {imported:?}", entity.name);
            if !late {
                assert_eq!(parsed(&imported)["created"], parsed(&exported)["exported"], "{}", entity.name);
            }
        }
    }
    for entity in entities() {
        let wanted = content(&from, entity).await;
        assert!(!wanted.is_empty(), "{}", entity.name);
        assert_eq!(content(&to, entity).await, wanted, "{}", entity.name);
    }
}

#[tokio::test]
async fn exports_go_to_standard_output_or_to_a_whole_file() {
    let desk = Desk::set().await;
    let names: String = (0..2500).map(|n| format!("a{n:04}\n")).collect();
    let file = desk.file("a.csv", format!("id\n{names}"));
    assert_eq!(desk.import("application", &file, &[]).await.code, Some(0));
    let all = desk.qcli.text(&["csv_import", "export_csv", "application", "-f", "id"]).await;
    assert_eq!(all, format!("id\n{}", names.trim_end()));
    let some = desk.qcli.text(&["csv-import", "export-csv", "application", "-", "--filter", "id = \"a000*\""]).await;
    assert_eq!(some.lines().count(), 11, "{some}");
    assert_eq!(some.lines().next(), Some("id,defaults"));
    // What is refused leaves what was there.
    let kept = desk.file("kept.csv", "kept");
    for args in [&["--filter", "nme = x"][..], &["-f", "nme"]] {
        let mut all = vec!["csv_import", "export_csv", "application", &kept];
        all.extend(args);
        let output = desk.qcli.run(&all).await;
        assert!(matches!(output.code, Some(1 | 2)), "{output:?}");
        assert_eq!(std::fs::read_to_string(&kept).expect("the file"), "kept");
    }
    let files = || std::fs::read_dir(desk.directory.path()).expect("a directory").count();
    let before = files();
    let output = desk.qcli.run(&["csv_import", "export_csv", "application", &kept]).await;
    assert_eq!(parsed(&output), json!({"resource": "application", "exported": 2500}));
    assert_eq!(files(), before, "nothing is left beside the file");
    assert_eq!(std::fs::read_to_string(&kept).expect("the file").lines().count(), 2501);
    let output = desk.qcli.run(&["csv_import", "export_csv", "application", "/nowhere/x.csv"]).await;
    assert_eq!(output.code, Some(2), "{output:?}");
}
