//! Dependencies between any two objects.
//!
//! Beside the objects of the session: cases `one` and `many` from applications to stacks, the one one-to-one, the other
//! one-to-many, `other` from applications to services; a dependency of each case of application `app`; and the stacks
//! `free:s1` and `free:s2`, under which there is nothing.

use qairon_integration_tests::sql_error;

use super::Origin;
use super::networks::blocked;
use super::session::Session;

async fn session(origin: &Origin) -> Session<'_> {
    let mut session = Session::new(origin).await;
    session
        .accepted(
            "INSERT INTO application (id) VALUES ('free'); \
             INSERT INTO stack (application_id, name) VALUES ('free', 's1'), ('free', 's2'); \
             INSERT INTO dependency_case (id, relatable_type, related_type, allowed_relationship) VALUES \
                 ('one', 'Application', 'Stack', 'OTO'), ('many', 'Application', 'Stack', 'OTM'), \
                 ('other', 'Application', 'Service', 'OTM'); \
             INSERT INTO relatable (relatable_type, object_id) VALUES ('Application', 'app'); \
             INSERT INTO dependency (dependency_case_id, relatable_id, name) SELECT id, 'Application:app', 'd' FROM dependency_case",
        )
        .await;
    session
}

fn relate(case: &str, kind: &str, object: &str) -> String {
    format!(
        "INSERT INTO related (dependency_id, related_type, object_id) VALUES ('{case}:Application:app:d', '{kind}', '{object}')"
    )
}

async fn a_one_to_one_dependency_has_one_related_object(origin: &Origin) {
    let mut session = session(origin).await;
    let rule = "related_one_to_one";
    session.accepted(&relate("one", "Stack", "free:s1")).await;
    session.refused(&relate("one", "Stack", "free:s2"), rule).await;
    session.accepted(&relate("many", "Stack", "free:s1")).await;
    session.accepted(&relate("many", "Stack", "free:s2")).await;
    session.refused("UPDATE dependency_case SET allowed_relationship = 'OTO' WHERE id = 'many'", rule).await;
    session
        .refused("UPDATE dependency SET dependency_case_id = 'one', name = 'e' WHERE dependency_case_id = 'many'", rule)
        .await;
    let moved =
        "UPDATE related SET dependency_id = 'one:Application:app:d' WHERE id = 'Stack:many:Application:app:d:free:s2'";
    session.refused(moved, rule).await;
    // What it has may be exchanged, and a case may be widened.
    session.accepted("UPDATE related SET object_id = 'free:s2' WHERE dependency_id = 'one:Application:app:d'").await;
    session.accepted("UPDATE dependency_case SET allowed_relationship = 'OTM' WHERE id = 'one'").await;
    session.accepted(&relate("one", "Stack", "free:s1")).await;
    session.finish();
}

async fn types_are_those_of_the_case(origin: &Origin) {
    let mut session = session(origin).await;
    session.refused(&relate("one", "Service", "app:stack:web"), "related_type_of_case").await;
    session.accepted("INSERT INTO relatable (relatable_type, object_id) VALUES ('Stack', 'app:stack')").await;
    let dependency =
        "INSERT INTO dependency (dependency_case_id, relatable_id, name) VALUES ('one', 'Stack:app:stack', 'd')";
    session.refused(dependency, "dependency_relatable_type").await;
    let moved = "UPDATE dependency SET relatable_id = 'Stack:app:stack' WHERE dependency_case_id = 'one'";
    session.refused(moved, "dependency_relatable_type").await;
    session.accepted(&relate("one", "Stack", "free:s1")).await;
    let moved = "UPDATE dependency SET dependency_case_id = 'other', name = 'e' WHERE dependency_case_id = 'one'";
    session.refused_on("dependency", moved, "related_type_of_case").await;
    let moved = "UPDATE related SET dependency_id = 'other:Application:app:d'";
    session.refused(moved, "related_type_of_case").await;
    let unknown = "INSERT INTO dependency_case (id, relatable_type, related_type, allowed_relationship) VALUES ('u', 'Nothing', 'Stack', 'OTO')";
    session.refused(unknown, "dependency_case_relatable_type_fkey").await;
    session.finish();
}

async fn types_are_set_once(origin: &Origin) {
    let mut session = session(origin).await;
    session.accepted(&relate("one", "Stack", "free:s1")).await;
    for (table, column) in [
        ("dependency_case", "relatable_type"),
        ("dependency_case", "related_type"),
        ("relatable", "relatable_type"),
        ("related", "related_type"),
    ] {
        session.refused(&format!("UPDATE {table} SET {column} = 'Zone'"), &format!("{table}_{column}_fixed")).await;
        session.accepted(&format!("UPDATE {table} SET {column} = {column}")).await;
    }
    session.finish();
}

async fn the_object_that_is_named_exists(origin: &Origin) {
    let mut session = session(origin).await;
    let relatable = "INSERT INTO relatable (relatable_type, object_id) VALUES";
    session.refused(&format!("{relatable} ('Application', 'nowhere')"), "relatable_object_id_exists").await;
    session.refused(&format!("{relatable} ('Stack', 'app')"), "relatable_object_id_exists").await;
    session.refused(&format!("{relatable} ('Nothing', 'app')"), "relatable_relatable_type_fkey").await;
    session.refused("UPDATE relatable SET object_id = 'nowhere'", "relatable_object_id_exists").await;
    session.refused(&relate("one", "Stack", "free:nowhere"), "related_object_id_exists").await;
    session.accepted(&relate("one", "Stack", "free:s1")).await;
    session.refused("UPDATE related SET object_id = 'free:nowhere'", "related_object_id_exists").await;
    session.finish();
}

async fn an_object_is_not_deleted_under_those_that_name_it(origin: &Origin) {
    let mut session = session(origin).await;
    let rule = "object_has_dependents";
    session.accepted(&relate("one", "Stack", "free:s1")).await;
    session.refused("DELETE FROM stack WHERE id = 'free:s1'", rule).await;
    session.accepted("INSERT INTO application (id) VALUES ('named'); INSERT INTO relatable (relatable_type, object_id) VALUES ('Application', 'named')").await;
    session.refused("DELETE FROM application WHERE id = 'named'", rule).await;
    // Nor is one that was named and renamed since, while another takes the name that it had.
    session.accepted("DELETE FROM stack WHERE id = 'free:s2'; UPDATE stack SET name = 's2' WHERE id = 'free:s1'").await;
    session.refused("DELETE FROM stack WHERE id = 'free:s2'", rule).await;
    session.accepted("INSERT INTO stack (application_id, name) VALUES ('free', 's1')").await;
    session.accepted("DELETE FROM stack WHERE id = 'free:s1'").await;
    // Both together, in either order.
    session
        .accepted("DELETE FROM application WHERE id = 'named'; DELETE FROM relatable WHERE object_id = 'named'")
        .await;
    session.accepted("DELETE FROM related; DELETE FROM stack WHERE id = 'free:s2'").await;
    session.finish();
}

async fn those_that_name_an_object_follow_its_renames(origin: &Origin) {
    let mut session = session(origin).await;
    session.accepted(&relate("one", "Stack", "free:s1")).await;
    session.accepted("UPDATE application SET id = 'open' WHERE id = 'free'").await;
    session.gives("SELECT object_id FROM related", &["open:s1"]).await;
    session.accepted("UPDATE application SET id = 'shop' WHERE id = 'app'").await;
    session.gives("SELECT id || ' ' || object_id FROM relatable", &["Application:shop shop"]).await;
    session
        .gives(
            "SELECT id FROM dependency ORDER BY id",
            &["many:Application:shop:d", "one:Application:shop:d", "other:Application:shop:d"],
        )
        .await;
    session.gives("SELECT id FROM related", &["Stack:one:Application:shop:d:open:s1"]).await;
    session.accepted("UPDATE dependency_case SET id = 'single' WHERE id = 'one'").await;
    session.gives("SELECT id FROM related", &["Stack:single:Application:shop:d:open:s1"]).await;
    // Records of the model's own kind can be named, and their renames followed, too.
    session
        .accepted("INSERT INTO relatable (relatable_type, object_id) VALUES ('Relatable', 'Application:shop')")
        .await;
    session.accepted("UPDATE application SET id = 'store' WHERE id = 'shop'").await;
    session.gives("SELECT id FROM relatable ORDER BY id", &["Application:store", "Relatable:Application:store"]).await;
    session.finish();
}

/// Two transactions that do not see each other's rows do not get round the rule.
async fn writers_at_the_same_time_relate_one_object(origin: &Origin) {
    let session = session(origin).await;
    let other = session.database.connect().await;
    let first = relate("one", "Stack", "free:s1");
    session.client.batch_execute(&format!("BEGIN; {first}")).await.expect("the first");
    let second = relate("one", "Stack", "free:s2");
    let waiting = tokio::spawn(async move { other.batch_execute(&second).await });
    blocked(&session).await;
    session.client.batch_execute("COMMIT").await.expect("a commit");
    let error = waiting.await.expect("no panic").expect_err("there is one already");
    assert_eq!(sql_error(&error).constraint(), Some("related_one_to_one"));
}

async fn an_object_is_not_deleted_while_it_is_being_named(origin: &Origin) {
    let session = session(origin).await;
    let other = session.database.connect().await;
    session.client.batch_execute(&format!("BEGIN; {}", relate("one", "Stack", "free:s1"))).await.expect("named");
    let waiting = tokio::spawn(async move { other.batch_execute("DELETE FROM stack WHERE id = 'free:s1'").await });
    blocked(&session).await;
    session.client.batch_execute("COMMIT").await.expect("a commit");
    let error = waiting.await.expect("no panic").expect_err("it is named");
    assert_eq!(sql_error(&error).constraint(), Some("object_has_dependents"));
}

rules![
    a_one_to_one_dependency_has_one_related_object,
    types_are_those_of_the_case,
    types_are_set_once,
    the_object_that_is_named_exists,
    an_object_is_not_deleted_under_those_that_name_it,
    those_that_name_an_object_follow_its_renames,
    writers_at_the_same_time_relate_one_object,
    an_object_is_not_deleted_while_it_is_being_named,
];
