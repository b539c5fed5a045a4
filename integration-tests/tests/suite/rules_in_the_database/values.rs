//! What single values may be.

use std::collections::BTreeSet;

use qairon::model::{NameError, check_name, is_name};
use qairon_integration_tests::Report;

use super::Origin;
use super::session::{DEPLOYMENT, FLEET, Session};

async fn names_follow_their_grammar(origin: &Origin) {
    let mut session = Session::empty(origin).await;
    session.accepted("INSERT INTO application (id) VALUES ('app')").await;
    let bad =
        ["", " ", "a b", "a:b", "a\tb", "a\nb", "a\u{7f}", "a\u{85}b", "\u{a0}", "a\u{2003}b", "\u{3000}a", "a\u{1}"];
    let too_long = [String::from("n").repeat(254), "ä".repeat(127)];
    for name in bad.into_iter().chain(too_long.iter().map(String::as_str)) {
        assert!(!is_name(name), "{name:?}");
        session.refused(&format!("INSERT INTO application (id) VALUES ('{name}')"), "application_id_name_check").await;
        session
            .refused(
                &format!("INSERT INTO stack (application_id, name) VALUES ('app', '{name}')"),
                "stack_name_name_check",
            )
            .await;
        session.refused(&format!("UPDATE application SET id = '{name}'"), "application_id_name_check").await;
    }
    for name in ["n".repeat(253), "ä".repeat(126), "a/b@c".to_owned(), "日本".to_owned(), "Ünïcode-😀".to_owned()]
    {
        assert!(is_name(&name), "{name:?}");
        session.accepted(&format!("INSERT INTO application (id) VALUES ('{name}')")).await;
        session.accepted(&format!("INSERT INTO stack (application_id, name) VALUES ('app', '{name}')")).await;
    }
    session.finish();
}

/// Six names that look like one.
const LOOK_ALIKES: [(&str, &str); 6] = [
    ("caf\u{e9}\u{200b}", "U+200B at position 5"),
    ("\u{feff}caf\u{e9}", "U+FEFF at position 1"),
    ("caf\u{202e}\u{e9}", "U+202E at position 4"),
    ("c\u{2060}af\u{e9}", "U+2060 at position 2"),
    ("caf\u{e9}\u{fe0f}", "U+FE0F at position 5"),
    ("cafe\u{301}", "U+0065 at position 4"),
];

async fn names_that_look_the_same_are_the_same(origin: &Origin) {
    let mut session = Session::empty(origin).await;
    session.accepted("INSERT INTO application (id) VALUES ('caf\u{e9}')").await;
    session.accepted("INSERT INTO stack (application_id, name) VALUES ('caf\u{e9}', 'caf\u{e9}')").await;
    for (name, told) in LOOK_ALIKES {
        assert!(is_name(name) && check_name(name).is_err(), "{name:?}");
        for (sql, rule) in [
            (format!("INSERT INTO application (id) VALUES ('{name}')"), "application_id_new_name"),
            (format!("UPDATE application SET id = '{name}'"), "application_id_new_name"),
            (format!("INSERT INTO stack (application_id, name) VALUES ('caf\u{e9}', '{name}')"), "stack_name_new_name"),
            (format!("UPDATE stack SET name = '{name}'"), "stack_name_new_name"),
        ] {
            session.refused(&sql, rule).await;
            let error = session.client.batch_execute(&sql).await.expect_err("refused again");
            let message = qairon_integration_tests::sql_error(&error).message().to_owned();
            assert!(message.contains(told), "{sql}: {message}");
        }
    }
    session.finish();
}

async fn the_database_and_the_programs_agree_on_every_character_of_a_name(origin: &Origin) {
    let session = Session::empty(origin).await;
    // The null character is in no text of PostgreSQL, and surrogates are in no text at all.
    let sql = "SELECT c::int8 FROM generate_series(1, 1114111) c \
               WHERE c NOT BETWEEN 55296 AND 57343 AND NOT qairon_is_name('a' || chr(c))";
    let rows = session.client.query(sql, &[]).await.expect("the characters");
    let refused: Vec<u32> = rows.iter().map(|row| u32::try_from(row.get::<_, i64>(0)).expect("a character")).collect();
    let characters = (1..=0x0010_ffff).filter_map(char::from_u32);
    let wanted: Vec<u32> = characters.filter(|c| !is_name(&format!("a{c}"))).map(u32::from).collect();
    assert_eq!(refused, wanted);
    // Of new names as well. The programs know characters that are younger than this PostgreSQL, and their composed forms.
    let sql = "SELECT c::int8 FROM generate_series(1, 1114111) c \
               WHERE c NOT BETWEEN 55296 AND 57343 AND NOT (qairon_is_name('a' || chr(c)) AND qairon_is_new_name('a' || chr(c)))";
    let rows = session.client.query(sql, &[]).await.expect("the characters");
    let refused: BTreeSet<u32> =
        rows.iter().map(|row| u32::try_from(row.get::<_, i64>(0)).expect("a character")).collect();
    let characters = (1..=0x0010_ffff).filter_map(char::from_u32);
    let faults = characters.map(|c| (u32::from(c), check_name(&format!("a{c}")).err()));
    for (code, fault) in faults {
        match fault {
            None => assert!(!refused.contains(&code), "the database alone refuses U+{code:04X}"),
            Some(NameError::NotComposed { .. }) => {}
            Some(fault) => assert!(refused.contains(&code), "the database takes U+{code:04X}: {fault}"),
        }
    }
}

async fn composed_ids_have_a_longest_length(origin: &Origin) {
    let mut session = Session::empty(origin).await;
    let name = "n".repeat(253);
    let ids: Vec<String> = (1..=5).map(|components| vec![name.as_str(); components].join(":")).collect();
    session.accepted(&format!("INSERT INTO environment (id) VALUES ('{name}')")).await;
    session.accepted(&format!("INSERT INTO provider_type (id) VALUES ('{name}')")).await;
    session
        .accepted(&format!(
            "INSERT INTO provider (environment_id, provider_type_id, native_id) VALUES ('{name}', '{name}', '{name}')"
        ))
        .await;
    session.accepted(&format!("INSERT INTO region (provider_id, name) VALUES ('{}', '{name}')", ids[2])).await;
    session.accepted(&format!("INSERT INTO partition (region_id, name) VALUES ('{}', '{name}')", ids[3])).await;
    let network = |length| {
        format!(
            "INSERT INTO network (partition_id, name, cidr) VALUES ('{}', '{}', '10.0.0.0/8')",
            ids[4],
            "x".repeat(length)
        )
    };
    let room = 1300 - ids[4].len() - 1;
    session.accepted(&network(room)).await;
    session.refused(&network(room + 1), "network_id_length_check").await;
    // A rename that would make an ID below too long is refused there.
    session.accepted("INSERT INTO environment (id) VALUES ('e')").await;
    session
        .accepted(&format!(
            "INSERT INTO provider (environment_id, provider_type_id, native_id) VALUES ('e', '{name}', '{name}')"
        ))
        .await;
    let short = format!("e:{name}:{name}");
    session.accepted(&format!("INSERT INTO region (provider_id, name) VALUES ('{short}', '{name}')")).await;
    session.accepted(&format!("INSERT INTO partition (region_id, name) VALUES ('{short}:{name}', '{name}')")).await;
    let deep = format!(
        "INSERT INTO network (partition_id, name, cidr) VALUES ('{short}:{name}:{name}', '{name}', '10.0.0.0/8')"
    );
    session.accepted(&deep).await;
    session
        .refused(
            &format!("UPDATE environment SET id = '{}' WHERE id = 'e'", "e".repeat(100)),
            "network_id_length_check",
        )
        .await;
    session.finish();
}

async fn numbers_are_finite_and_not_negative(origin: &Origin) {
    let mut session = Session::new(origin).await;
    session.accepted("INSERT INTO allocation_type (id, unit) VALUES ('cpu', 'cores')").await;
    let capacity = |value: &str| {
        format!("INSERT INTO capacity (fleet_id, allocation_type_id, value) VALUES ('{FLEET}', 'cpu', '{value}')")
    };
    let allocation = |value: &str| {
        format!(
            "INSERT INTO allocation (deployment_proc_id, allocation_type_id, watermark, value) \
                 VALUES ('{DEPLOYMENT}:app:stack:web:server', 'cpu', 'HIGH', '{value}')"
        )
    };
    for value in ["-1", "-1e-300", "NaN", "Infinity", "-Infinity"] {
        session.refused(&capacity(value), "capacity_value_range_check").await;
        session.refused(&allocation(value), "allocation_value_range_check").await;
    }
    session.accepted(&capacity("1.7976931348623157e308")).await;
    session.accepted(&allocation("0")).await;
    let build = |number: &str| {
        format!("INSERT INTO build (service_id, build_num, vcs_ref) VALUES ('app:stack:web', {number}, 'v')")
    };
    session.refused(&build("-1"), "build_build_num_range_check").await;
    session.accepted(&build("0")).await;
    session.accepted(&build("9223372036854775807")).await;
    let release = |number: &str| {
        format!(
            "INSERT INTO release (build_id, deployment_id, build_num) VALUES ('app:stack:web:1', '{DEPLOYMENT}', {number})"
        )
    };
    session.refused(&release("-1"), "release_build_num_range_check").await;
    session.accepted(&release("0")).await;
    session.finish();
}

async fn enums_hold_their_labels_only(origin: &Origin) {
    let mut session = Session::new(origin).await;
    session.accepted("INSERT INTO allocation_type (id, unit) VALUES ('cpu', 'cores')").await;
    for watermark in ["", "high", "MEDIUM", "WATERMARK_HIGH", "UNSPECIFIED"] {
        let sql = format!(
            "INSERT INTO allocation (deployment_proc_id, allocation_type_id, watermark, value) \
                           VALUES ('{DEPLOYMENT}:app:stack:web:server', 'cpu', '{watermark}', 1)"
        );
        session.refused(&sql, "allocation_watermark_enum_check").await;
    }
    for relationship in ["", "oto", "MTM", "ALLOWED_RELATIONSHIP_OTO"] {
        let sql = format!(
            "INSERT INTO dependency_case (id, relatable_type, related_type, allowed_relationship) \
                           VALUES ('c', 'Stack', 'Stack', '{relationship}')"
        );
        session.refused(&sql, "dependency_case_allowed_relationship_enum_check").await;
    }
    session.finish();
}

async fn json_fields_hold_objects_only(origin: &Origin) {
    let mut session = Session::new(origin).await;
    for json in ["[]", "1", "null", "\"text\"", "true"] {
        session
            .refused(&format!("UPDATE application SET defaults = '{json}'"), "application_defaults_object_check")
            .await;
        session
            .refused(&format!("UPDATE deployment SET defaults = '{json}'"), "deployment_defaults_object_check")
            .await;
        let artifact = format!(
            "INSERT INTO repo_type (id) VALUES ('t'); INSERT INTO repo (repo_type_id, name) VALUES ('t', 'r'); \
             INSERT INTO build_artifact (build_id, input_repo_id, output_repo_id, name, upload_path, data) \
             VALUES ('app:stack:web:1', 't:r', 't:r', 'a', 'p', '{json}')"
        );
        session.refused(&artifact, "build_artifact_data_object_check").await;
    }
    session.refused_with_code("UPDATE application SET defaults = NULL", "23502").await;
    session.accepted("UPDATE application SET defaults = '{\"a\": [1, null]}'").await;
    session.finish();
}

async fn derived_fields_follow_their_source(origin: &Origin) {
    let mut session = Session::new(origin).await;
    session.accepted("UPDATE build SET vcs_ref = 'feature/Ünï_1.2-rc' WHERE id = 'app:stack:web:1'").await;
    session.gives("SELECT ver FROM build WHERE id = 'app:stack:web:1'", &["feature--n--1.2-rc"]).await;
    session.gives("SELECT git_tag FROM build WHERE id = 'app:stack:web:1'", &["feature/Ünï_1.2-rc"]).await;
    session.refused_with_code("UPDATE build SET ver = 'x'", "428C9").await;
    session.refused_with_code("UPDATE stack SET id = 'x'", "428C9").await;
    session.finish();
}

async fn references_lead_to_objects_and_hold_them(origin: &Origin) {
    let session = Session::new(origin).await;
    let mut report = Report::new();
    // Every reference that has rows: nothing refers to a missing object, and a referenced object cannot be deleted.
    for entity in qairon::model().entities() {
        for field in entity.references() {
            let target = field.reference.as_ref().map(|reference| reference.entity.as_str()).unwrap_or_default();
            let orphans = format!(
                "SELECT count(*) FROM {} r WHERE {} IS NOT NULL AND NOT EXISTS (SELECT FROM {target} t WHERE t.id = r.{})",
                entity.name, field.name, field.name
            );
            report.equal(&orphans, session.database.number(&orphans).await, 0);
            let used = format!("SELECT count({}) FROM {}", field.name, entity.name);
            if session.database.number(&used).await > 0 {
                let sql = format!("DELETE FROM {target} WHERE id IN (SELECT {} FROM {})", field.name, entity.name);
                let result = session.client.batch_execute(&sql).await;
                let code = result.err().and_then(|error| error.code().map(|code| code.code().to_owned()));
                report.check(matches!(code.as_deref(), Some("23503" | "23001")), &sql, format!("{code:?}"));
                let sql = format!("UPDATE {} SET {} = 'nowhere'", entity.name, field.name);
                let result = session.client.batch_execute(&sql).await;
                report.check(result.is_err(), &sql, "accepted");
            }
        }
    }
    report.finish();
}

rules![
    names_follow_their_grammar,
    names_that_look_the_same_are_the_same,
    the_database_and_the_programs_agree_on_every_character_of_a_name,
    composed_ids_have_a_longest_length,
    numbers_are_finite_and_not_negative,
    enums_hold_their_labels_only,
    json_fields_hold_objects_only,
    derived_fields_follow_their_source,
    references_lead_to_objects_and_hold_them,
];
