//! The language without a database: trees, errors, SQL and order.

mod document;
mod order;
mod properties;

use qairon::model::Entity;

use super::ast::{Arg, Ast, Call, Comparator, Comparison, Member, Node, Part};
use super::limits::{MAX_BYTES, MAX_DEPTH, MAX_TABLES, MAX_TERMS};
use super::span::Span;
use super::*;

fn entity(name: &str) -> &'static Entity {
    qairon::model().entity(name).unwrap()
}

/// The canonical form of a filter.
fn canonical(text: &str) -> String {
    print(&parse(text).unwrap_or_else(|error| panic!("{text}: {error}")))
}

/// The SQL of a filter, with its values in braces.
fn sql(on: &str, text: &str) -> String {
    let ast = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let fragment = compile(qairon::model(), entity(on), &ast, "t").unwrap_or_else(|error| panic!("{text}: {error}"));
    let parts = fragment.parts.iter().map(|part| match part {
        SqlPart::Sql(sql) | SqlPart::Table(sql) => sql.replace('"', ""),
        SqlPart::Bind(bind) => format!("{{{bind:?}}}"),
    });
    parts.collect()
}

fn error(on: &str, text: &str) -> String {
    let result = parse(text).and_then(|ast| compile(qairon::model(), entity(on), &ast, "t"));
    result.expect_err(text).to_string()
}

#[test]
fn or_binds_tighter_than_and_and_juxtaposition_is_and() {
    assert_eq!(canonical("a b AND c OR d"), "a AND b AND (c OR d)");
    assert_eq!(canonical("a = 1 OR b = 2 c = 3"), "(a = 1 OR b = 2) AND c = 3");
    assert_eq!(canonical("(a AND b) OR c"), "(a AND b) OR c");
    assert_eq!(canonical("NOT a OR -b"), "NOT a OR NOT b");
    assert_eq!(canonical("NOT(a b)"), "NOT (a AND b)");
    assert_eq!(canonical("-(NOT a)"), "NOT (NOT a)");
    assert_eq!(canonical("  "), "");
}

#[test]
fn values_hold_what_ids_ranges_and_times_are_made_of() {
    assert_eq!(
        canonical("id=prod:aws:* cidr=fd00::/8 value>=-1.5"),
        "id = prod:aws:* AND cidr = fd00::/8 AND value >= -1.5"
    );
    assert_eq!(canonical("a = ( x:y OR NOT 'z' )"), "a = (x:y OR NOT \"z\")");
    assert_eq!(canonical("a = (x)"), "a = x");
    assert_eq!(canonical(r#"a:'it''s'"#.replace("''", "\\'").as_str()), r#"a:"it's""#);
    assert_eq!(canonical(r#"a = "\*\\\n\u00e9*""#), "a = \"\\*\\\\\\né*\"");
    assert_eq!(canonical("in( f , a.b:c,\"d\" ) any(r,(x=1))"), "in(f, a.b:c, \"d\") AND any(r, (x = 1))");
    assert_eq!(canonical("like(defaults.\"my key\".x, 'a%')"), "like(defaults.\"my key\".x, \"a%\")");
}

#[test]
fn syntax_errors_name_the_column_and_what_was_expected() {
    let cases = [
        ("name =", "column 6: expected a value after `=`, found the end"),
        ("name == x", "column 6: `==` is written `=`"),
        ("é = 'x", "column 5: this text has no closing '"),
        ("(a", "column 1: this `(` has no `)`"),
        ("a)", "column 2: this `)` has no `(`"),
        ("a AND", "column 6: expected a field, a function or a text, found the end"),
        ("OR a", "column 1: expected a field, a function or a text, found `OR`"),
        ("a and b", "column 3: operators are upper case: write `AND`, or quote the text"),
        ("name = x\"y\"", "column 9: expected white space or an operator, found `\"`"),
        ("name = AND", "column 8: expected a value after `=`; quote the word if it is one"),
        ("a.b. = 1", "column 5: expected a name right after `.`"),
        (
            "name = \"\\d\"",
            "column 9: expected one of `\\\"`, `\\'`, `\\\\`, `\\*`, `\\n`, `\\r`, `\\t`, `\\uXXXX`, found `\\d`",
        ),
        ("name = \"\\u0000\"", "column 9: a text cannot hold the null character"),
        ("name = (a = b)", "column 11: only values are allowed in parentheses after a comparator, found `=`"),
        ("is_null(name) = true", "column 15: a function is a condition by itself and is not compared"),
    ];
    for (text, expected) in cases {
        assert_eq!(error("stack", text), expected, "{text}");
    }
}

#[test]
fn meaning_errors_suggest_the_nearest_name() {
    let cases = [
        ("stack", "nmae = x", "column 1: `stack` has no field or relation `nmae`; did you mean `name`?"),
        (
            "service",
            "stack.aplication_id = x",
            "column 7: `stack` has no field or relation `aplication_id`; did you mean `application_id`?",
        ),
        ("stack", "etag = x", "column 1: `etag` is opaque"),
        ("stack", "name.x = y", "column 1: `name` of `stack` is a plain field"),
        ("stack", "lik(name, x)", "column 1: there is no function `lik`; did you mean `like`?"),
        ("stack", "in()", "column 1: expected `in"),
        ("stack", "like(name)", "column 1: expected `like(field, \"pattern\")`"),
        ("stack", "like(name, 'x\\\\')", "column 12: the pattern ends with `\\`"),
        ("stack", "contains(name, x)", "column 10: `contains` takes an address range, which `name` is not"),
        ("stack", "any(service, (id = x))", "column 5: `stack` has no relation `service`; did you mean `services`?"),
        ("allocation", "watermark = HIHG", "column 13: `HIHG` is not a value of `watermark`; did you mean `HIGH`?"),
        ("allocation", "watermark < HIGH", "column 13: `watermark` has no order"),
        ("allocation", "value = inf", "column 9: `value` is compared with a number, not with `inf`"),
        (
            "relatable",
            "relatable_type = stack",
            "column 18: `stack` is not a value of `relatable_type`; did you mean `Stack`?",
        ),
        ("build", "build_num = 1.5", "column 13: `build_num` is compared with a 64-bit integer"),
        ("build", "build_num = 9223372036854775808", "column 13: `build_num` is compared with a 64-bit integer"),
        ("build", "created_at > 2026-02-30", "column 14: `created_at` is compared with a time"),
        ("build", "uid = x", "column 7: `uid` is compared with a UUID"),
        ("network", "cidr = 10.1.0.0/8", "column 8: `cidr` is compared with a range without host bits (`10.0.0.0/8`)"),
        ("stack", "name < a*", "column 8: wildcards are allowed after"),
        ("stack", "name < null", "column 8: `null` is allowed after `=` and `!=` only"),
        ("stack", "defaults = x", "column 12: `defaults` is JSON"),
        ("stack", "prod:aws", "column 1: `stack` has no field or relation `prod`"),
    ];
    for (on, text, expected) in cases {
        let message = error(on, text);
        assert!(message.starts_with(expected), "{text}: {message}");
    }
}

#[test]
fn one_of_none_is_never() {
    assert_eq!(sql("stack", "in(name)"), "FALSE");
    assert_eq!(sql("stack", "NOT in(name)"), "TRUE");
    assert!(error("stack", "in(nmae)").contains("did you mean `name`?"));
}

#[test]
fn text_that_would_look_like_a_document_is_printed_in_parentheses() {
    assert_eq!(canonical("({x)"), "({x)");
    assert_eq!(canonical("([x] b)"), "([x] AND b)");
    assert_eq!(canonical("a {x"), "a AND {x");
}

#[test]
fn limits_are_told_from_other_errors() {
    let is_limit = |text: &str| parse(text).expect_err(text).is_limit();
    assert!(is_limit(&"(".repeat(MAX_DEPTH + 1)));
    assert!(is_limit(&"a ".repeat(MAX_TERMS + 1)));
    assert!(is_limit(&"é".repeat(MAX_BYTES)));
    assert!(!is_limit(&"(".repeat(MAX_DEPTH)));
    assert!(!is_limit("[{]"));
}

#[test]
fn limits_have_their_own_errors() {
    assert!(error("stack", &"é".repeat(MAX_BYTES)).contains("at most 16384 bytes"));
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(error("stack", &nested(MAX_DEPTH + 1)), "column 33: parentheses nest at most 32 deep");
    assert!(parse(&"a ".repeat(MAX_TERMS)).is_ok());
    assert!(error("stack", &"a ".repeat(MAX_TERMS + 1)).starts_with("column 513: a filter has at most 256 terms"));
    assert!(error("stack", &format!("name = ({}b)", "a OR ".repeat(MAX_TERMS))).contains("at most 256 terms"));
    assert!(error("stack", &format!("{}id = x", "services.stack.".repeat(9))).contains("crosses at most 16 relations"));
    let separate: Vec<_> = (0..=MAX_TABLES).map(|n| format!("services.name = n{n}")).collect();
    assert!(error("stack", &separate.join(" AND ")).contains("reads at most 64 other tables"));
    // The same questions joined by OR are one question.
    assert!(sql("stack", &separate.join(" OR ")).matches("EXISTS").count() == 1);
}

#[test]
fn an_id_at_the_end_of_a_path_needs_no_table_of_its_own() {
    assert_eq!(sql("service", "stack.id > x"), "t.stack_id > {Text(\"x\")}::text");
    assert_eq!(sql("service", "stack > x"), "t.stack_id > {Text(\"x\")}::text");
    assert_eq!(
        sql("service", "repos.id = x:y"),
        "EXISTS (SELECT 1 FROM service_repo AS t_1 WHERE t_1.service_id = t.id AND t_1.repo_id = {Text(\"x:y\")}::text)"
    );
    assert_eq!(
        sql("service", "stack.services:*"),
        "EXISTS (SELECT 1 FROM service AS t_1 WHERE t_1.stack_id = t.stack_id AND t_1.id IS NOT NULL)"
    );
}

#[test]
fn a_prefix_is_a_range_and_mind_the_last_character() {
    let range =
        |low: &str, high: &str| format!("(t.id >= {{Text(\"{low}\")}}::text AND t.id < {{Text(\"{high}\")}}::text)");
    assert_eq!(sql("stack", "id = prod:aws:*"), range("prod:aws:", "prod:aws;"));
    assert_eq!(values::after_prefix("a\u{10ffff}").as_deref(), Some("b"));
    assert_eq!(values::after_prefix("\u{d7ff}").as_deref(), Some("\u{e000}"));
    assert_eq!(values::after_prefix("\u{10ffff}"), None);
}

#[test]
fn negation_is_never_unknown() {
    assert_eq!(sql("service", "artifact_name != x"), "t.artifact_name IS DISTINCT FROM {Text(\"x\")}::text");
    assert_eq!(sql("service", "NOT artifact_name > x"), "(t.artifact_name > {Text(\"x\")}::text) IS NOT TRUE");
    assert_eq!(sql("service", "NOT name > x"), "NOT (t.name > {Text(\"x\")}::text)");
    assert_eq!(
        sql("service", "NOT (name = a OR artifact_name = null)"),
        "(t.name <> {Text(\"a\")}::text AND t.artifact_name IS NOT NULL)"
    );
    let none =
        "NOT EXISTS (SELECT 1 FROM deployment AS t_1 WHERE t_1.service_id = t.id AND t_1.tag = {Text(\"x\")}::text)";
    assert_eq!(sql("service", "NOT deployments.tag = x"), none);
    let other =
        "EXISTS (SELECT 1 FROM deployment AS t_1 WHERE t_1.service_id = t.id AND t_1.tag <> {Text(\"x\")}::text)";
    assert_eq!(sql("service", "deployments.tag != x"), other);
}

#[test]
fn quotes_decide_between_fields_and_literals() {
    assert_eq!(sql("service", "created_at < last_updated_at"), "t.created_at < t.last_updated_at");
    assert_eq!(sql("service", "name = \"stack_id\""), "t.name = {Text(\"stack_id\")}::text");
    assert_eq!(sql("service", "name = null"), "t.name IS NULL");
    assert_eq!(sql("service", "name = \"null\""), "t.name = {Text(\"null\")}::text");
    assert!(sql("service", "deployments.tag = name").ends_with("AND t_1.tag = t.name)"));
}

#[test]
fn the_id_of_an_ancestor_is_read_from_the_beginning_of_the_own_id() {
    let range = |column: &str, low: &str, high: &str| {
        format!("({column} >= {{Text(\"{low}\")}}::text AND {column} < {{Text(\"{high}\")}}::text)")
    };
    assert_eq!(sql("service", "stack = shop:web"), range("t.id", "shop:web:", "shop:web;"));
    assert_eq!(sql("service", "stack.application_id = shop"), range("t.id", "shop:", "shop;"));
    assert_eq!(sql("service", "stack.application.id = sh*"), range("t.id", "sh", "si"));
    assert_eq!(sql("service", "stack != shop:web"), format!("NOT ({})", range("t.id", "shop:web:", "shop:web;")));
    let deployed = sql("service", "deployments.deployment_target.partition.region_id = e:t:n:r");
    let target = range("t_1.deployment_target_id", "e:t:n:r:", "e:t:n:r;");
    assert_eq!(deployed, format!("EXISTS (SELECT 1 FROM deployment AS t_1 WHERE t_1.service_id = t.id AND {target})"));
    assert!(sql("service", "stack.application_id = shop:w*").starts_with("EXISTS"));
    // Only the first component leads.
    assert_eq!(sql("deployment", "service = a:b:c"), "t.service_id = {Text(\"a:b:c\")}::text");
    assert!(sql("dependency", "relatable.relatable_type = Stack").starts_with("EXISTS"));
}

#[test]
fn an_id_is_compared_with_ids() {
    let lacks =
        "is not the ID of a stack: expected <application_id>:<name>, which is 2 components joined by `:`, found 1";
    for text in [
        "stack_id = checkout",
        "stack_id != \"checkout\"",
        "in(stack_id, \"a:b\", checkout)",
        "stack_id = (\"a:b\" OR checkout)",
        "stack_id != (\"a:b\" OR checkout)",
        "stack = checkout",
        "stack:checkout",
        "stack_id:checkout",
        "stack.id:name",
        "stack.id = checkout",
        "in(stack, checkout)",
        "any(stack, (id = checkout))",
        r#"[{"name": "stack_id", "op": "==", "val": "checkout"}]"#,
        r#"[{"name": "stack_id", "op": "in", "val": ["checkout"]}]"#,
    ] {
        let error = error("service", text);
        assert!(error.contains(lacks), "{text}: {error}");
    }
    assert!(error("service", "stack_id = ''").ends_with("no value is written `stack_id = null`"));
    assert!(error("deployment", "current_release_id = a").contains("current_release_id = \"*…*\""));
    // A part, a pattern and a place in the order are texts.
    for text in [
        "stack_id:*checkout*",
        "stack_id:a:b",
        "stack_id = checkout*",
        "stack_id > checkout",
        "starts_with(stack, checkout)",
    ] {
        sql("service", text);
    }
    // The ID of an object of any type has no form of its own.
    sql("relatable", "object_id = x");
}

#[test]
fn bare_words_that_mean_more_are_refused_with_what_to_write() {
    let cases = [
        ("service", "name LIKE \"c%\"", "column 6: `LIKE` is of SQL; write `like(name, \"c%\")`"),
        ("service", "name ilike c%", "write `ilike(name, \"c%\")`"),
        ("service", "name ~ cart", "column 6: `~` is of SQL; write `name:\"cart\"` for a part"),
        ("service", "artifact_name IS NULL", "column 15: `IS` is of SQL; write `artifact_name = null`"),
        ("service", "artifact_name IS NOT NULL", "write `artifact_name != null`"),
        ("service", "artifact_name NOTNULL", "write `artifact_name != null`"),
        ("deployment", "tag IN (a)", "column 5: `IN` is of SQL; write `in(tag, \"a\", …)`"),
        ("deployment", "NOT tag IN (a)", "write `NOT in(tag, \"a\", …)`"),
        ("build", "build_num BETWEEN 1 AND 2", "write `build_num >= 1 AND build_num <= …`"),
        ("service", "id = a:b:c OR name LIKE x", "write `like(name, \"x\")`"),
        ("service", "exists", "`any(relation, (condition))`"),
        ("deployment", "tag NOT LIKE \"a\"", "write `NOT like(tag, \"a\")`"),
        ("deployment", "tag NOT IN (a)", "write `NOT in(tag, \"a\", …)`"),
        ("service", "name SIMILAR TO x", "write `name:\"…\"`"),
        ("service", "WHERE name = cart", "`WHERE` is of SQL; write the condition alone"),
        ("service", "any", "`any` is a function; write `any(relation, (condition))`"),
        ("service", "etag", "`etag` is a field of `service`"),
        ("service", "stack.nothing", "`stack` has no field or relation `nothing`"),
        ("deployment", "tag IN (\"a\", \"b\")", "several values are `in(field, a, b)`"),
        ("deployment", "NOT current_release_id", "ask for those without a value with `current_release_id = null`"),
        ("deployment", "tag", "column 1: `tag` is a field of `deployment`; compare it, as in `tag = \"…\"`"),
        ("deployment", "service", "`service` is a relation of `deployment`"),
        ("deployment", "service.name", "`service.name` is a field of `deployment`"),
        ("deployment", "defaults.tier", "`defaults.tier` is a field"),
        ("deployment", "a OR (b AND -tag)", "`tag = null`"),
        ("service", "any(deployments, (tag))", "`tag` is a field of `deployment`"),
        ("service", "artifact_name = NULL", "column 17: write `null` in lower case"),
        ("service", "name = ANY (a)", "column 8: `ANY` is of SQL; write `field = (a OR b)`"),
    ];
    for (on, text, expected) in cases {
        let error = error(on, text);
        assert!(error.contains(expected), "{text}: {error}");
    }
    for text in ["\"name\"", "'like'", "\"in\" \"is\"", "names", "web.stack", "name:*", "nam*"] {
        sql("service", text);
    }
}
