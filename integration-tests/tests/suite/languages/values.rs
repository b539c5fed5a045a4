//! Values that PostgreSQL cannot take.

use qairon_integration_tests::{Database, Failure, Server};
use serde_json::json;
use tonic::Code;

use super::in_both;
use crate::filter_injection::forged_page_tokens;

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_page_token_is_refused_in_the_same_words() {
    let calls = |database: Database| async move {
        let server = Server::start(&database, &[]).await;
        forged_page_tokens(&server.client()).await
    };
    let (english, german) = in_both(calls).await;
    let refused =
        |failure: &Failure| (failure.code, failure.reason.as_str()) == (Code::InvalidArgument, "INVALID_PAGE_TOKEN");
    assert!(english.iter().filter_map(|(_, result)| result.as_ref().err()).any(refused), "no token was refused");
    let differences: Vec<String> = english
        .iter()
        .zip(&german)
        .filter(|(english, german)| english != german)
        .map(|((place, english), (_, german))| format!("{place}: {english:?}, but {german:?} in German"))
        .collect();
    let first = differences.iter().take(10).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} of {}, first\n{first}", differences.len(), english.len());
    assert_eq!(english.len(), german.len());
}

/// Lifts the check of the length of IDs, without which the limit of an index is met; and makes objects whose names are
/// as long as can be, of random text: what compresses well would fit however long it is.
const LONG: &str = "
    DO $$
    DECLARE found record;
    BEGIN
        FOR found IN SELECT conrelid::regclass AS owner, conname FROM pg_constraint WHERE conname LIKE '%\\_id\\_length\\_check' LOOP
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.owner, found.conname);
        END LOOP;
    END $$;
    CREATE FUNCTION pg_temp.name(which int) RETURNS text LANGUAGE sql AS $$
        SELECT left(string_agg(md5(which || ' ' || n), ''), 253) FROM generate_series(1, 8) n
    $$;
    INSERT INTO application (id) VALUES (pg_temp.name(1));
    INSERT INTO stack (application_id, name) SELECT id, pg_temp.name(2) FROM application;
    INSERT INTO service (stack_id, name) SELECT id, pg_temp.name(3) FROM stack;
    INSERT INTO environment (id) VALUES (pg_temp.name(4));
    INSERT INTO provider_type (id) VALUES (pg_temp.name(5));
    INSERT INTO provider (environment_id, provider_type_id, native_id)
        SELECT e.id, t.id, pg_temp.name(6) FROM environment e, provider_type t;
    INSERT INTO region (provider_id, name) SELECT id, pg_temp.name(7) FROM provider;
    INSERT INTO partition (region_id, name) SELECT id, pg_temp.name(8) FROM region;
    INSERT INTO deployment_target_type (id) VALUES (pg_temp.name(9));
    INSERT INTO deployment_target (partition_id, deployment_target_type_id, name)
        SELECT p.id, t.id, pg_temp.name(10) FROM partition p, deployment_target_type t";

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_no_index_takes_is_refused_as_too_long() {
    let calls = |database: Database| async move {
        database.execute(LONG).await.unwrap_or_else(|error| panic!("the objects: {error:?}"));
        let ids = database.query("SELECT t.id, s.id, left(s.name, 253) FROM deployment_target t, service s").await;
        let [target, service, tag] = &ids[0][..] else { panic!("{ids:?}") };
        let server = Server::start(&database, &[]).await;
        let deployment = json!({ "deployment_target_id": target, "service_id": service, "tag": tag });
        server.client().create("deployment", deployment).await.map(|row| row.id().len())
    };
    let (english, german) = in_both(calls).await;
    for result in [&english, &german] {
        let failure = result.as_ref().expect_err("no index takes it");
        assert_eq!((failure.code, failure.reason.as_str()), (Code::InvalidArgument, "ID_TOO_LONG"), "{failure}");
        assert_eq!(failure.flaws(), Vec::<String>::new(), "{failure}");
    }
    assert_eq!(english, german);
}
