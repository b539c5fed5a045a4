//! Orders without a database.

use super::*;

fn keys(on: &str, text: &str) -> Vec<(String, bool, bool)> {
    let keys = parse_order_by(text).and_then(|terms| resolve_order_by(qairon::model(), entity(on), &terms));
    let shown = |key: OrderKey| {
        let joins = key.joins.iter().map(|join| format!("{}→{}.", join.own, join.table));
        (format!("{}{}", joins.collect::<String>(), key.column), key.nullable, key.descending)
    };
    keys.unwrap_or_else(|error| panic!("{text}: {error}")).into_iter().map(shown).collect()
}

#[test]
fn an_order_is_a_list_of_fields() {
    let key = |name: &str, descending| (name.to_owned(), false, descending);
    assert_eq!(
        keys("build", " build_num desc,created_at , id ASC"),
        [key("build_num", true), key("created_at", false), key("id", false)]
    );
    assert!(keys("build", " ").is_empty());
}

#[test]
fn an_order_follows_references_and_reads_ids_from_them() {
    let key = |path: &str, nullable| vec![(path.to_owned(), nullable, false)];
    assert_eq!(keys("service", "stack.application_id"), key("stack_id→stack.application_id", false));
    assert_eq!(keys("service", "stack.application.id"), key("stack_id→stack.application_id", false));
    assert_eq!(keys("service", "stack.id"), key("stack_id", false));
    assert_eq!(keys("service", "stack"), key("stack_id", false));
    assert_eq!(
        keys("deployment", "deployment_target.partition.region_id"),
        key("deployment_target_id→deployment_target.partition_id→partition.region_id", false)
    );
    // A reference that may be unset makes the values after it null.
    assert_eq!(keys("deployment", "current_release"), key("current_release_id", true));
    assert_eq!(keys("deployment", "current_release.build_num"), key("current_release_id→release.build_num", true));
}

#[test]
fn errors_name_the_column_and_the_way_out() {
    let long = vec!["stack.application.id"; 40].join(", ");
    let cases = [
        ("build", "id,", "column 4: expected a field, as in `stack.name desc, created_at`"),
        ("build", "id, ver dsc", "column 9: expected `asc`, `desc` or `,`, found `dsc`"),
        ("build", "id, id desc", "column 5: `id` is in the order twice; leave one out"),
        ("service", "stack, stack.id", "column 8: `stack.id` is in the order twice; leave one out"),
        ("build", "defaults", "column 1: `defaults` has no order, being JSON; order by a field of another type"),
        ("build", "defaults.x", "column 1: `defaults.x` has no order, being JSON; order by a field of another type"),
        ("build", "etag", "column 1: `etag` is opaque"),
        ("build", "vcs_reff", "column 1: `build` has no field or relation `vcs_reff`; did you mean `vcs_ref`?"),
        ("build", "service.nmae", "column 9: `service` has no field or relation `nmae`; did you mean `name`?"),
        ("build", "id desc x", "column 9: expected `,` or the end, found `x`"),
        (
            "build",
            "build_num, service.repos.id",
            "column 20: `repos` leads to many objects, which have no one place in an order; order by fields of \
             `build` itself and over its relations to one object",
        ),
        ("build", "service..id", "column 9: expected the name of a field"),
        ("service", long.as_str(), "column 23: `stack.application.id` is in the order twice"),
    ];
    for (on, text, expected) in cases {
        let result = parse_order_by(text).and_then(|terms| resolve_order_by(qairon::model(), entity(on), &terms));
        let error = result.expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
    let error = parse_order_by(&"é".repeat(MAX_BYTES)).expect_err("too long");
    assert!(error.is_limit(), "{error}");
}
