//! Documents with the filters they become.

use super::*;

fn translated(entity: &str, document: &str) -> ListQuery {
    query(qairon::model().target(entity), serde_json::from_str(document).expect(document)).expect(document)
}

fn refused(entity: &str, document: &str) -> String {
    let json = serde_json::from_str(document).expect(document);
    query(qairon::model().target(entity), json).expect_err(document)
}

#[test]
fn documents_become_filters() {
    for (entity, filters, wanted) in [
        ("deployment", r#"[{"name":"service_id","op":"eq","val":"a:b:c"}]"#, r#"service_id = "a:b:c""#),
        ("service", r#"[{"name":"stack.application_id","op":"==","val":"shop"}]"#, r#"stack.application_id = "shop""#),
        (
            "build",
            r#"[{"name":"build_num","op":"ge","val":5},{"name":"build_num","op":"lt","val":"9"}]"#,
            "build_num >= 5 AND build_num < 9",
        ),
        (
            "stack",
            r#"[{"or":[{"name":"name","op":"like","val":"a%"},{"name":"name","op":"not_like","val":"b"}]}]"#,
            r#"(like(name, "a%") OR NOT like(name, "b"))"#,
        ),
        ("stack", r#"[{"not":{"name":"name","op":"ilike","val":"A"}}]"#, r#"NOT (ilike(name, "A"))"#),
        (
            "stack",
            r#"[{"not":{"and":[{"name":"id","op":"ne","val":"x"},{"name":"id","op":"gt","val":"y"}]}}]"#,
            r#"NOT (id != "x" AND id > "y")"#,
        ),
        (
            "zone",
            r#"[{"name":"native_id","op":"is_null"},{"name":"native_id","op":"is_not_null"}]"#,
            "is_null(native_id) AND NOT is_null(native_id)",
        ),
        (
            "zone",
            r#"[{"name":"native_id","op":"eq","val":null},{"name":"native_id","op":"ne","val":null}]"#,
            "is_null(native_id) AND NOT is_null(native_id)",
        ),
        (
            "stack",
            r#"[{"name":"name","op":"in","val":["a","b\"c"]},{"name":"name","op":"not_in","val":["d"]}]"#,
            r#"in(name, "a", "b\"c") AND NOT in(name, "d")"#,
        ),
        ("stack", r#"[{"name":"name","op":"in","val":[]}]"#, "id != id"),
        ("service", r#"[{"name":"artifact_name","op":"ne","field":"name"}]"#, "artifact_name != name"),
        ("service", r#"[{"name":"name","op":"lt","field":"stack.name"}]"#, "stack.name > name"),
        (
            "subnet",
            r#"[{"name":"cidr","op":"<<=","val":"10.0.0.0/8"},{"name":"cidr","op":"&&","val":"::/0"}]"#,
            r#"contained_in_or_equal(cidr, "10.0.0.0/8") AND overlaps(cidr, "::/0")"#,
        ),
        ("provider", r#"[{"name":"native_id","op":"eq","val":123456789012}]"#, r#"native_id = "123456789012""#),
        ("stack", r#"[{"name":"name","op":"eq","val":"a*"}]"#, r#"name = "a\*""#),
        (
            "network",
            r#"[{"name":"defaults.recon.k8s-context","op":"eq","val":"x"},{"name":"defaults.n","op":"gt","val":1.5}]"#,
            r#"defaults.recon."k8s-context" = "x" AND defaults.n > 1.5"#,
        ),
        ("allocation", r#"[{"name":"watermark","op":"eq","val":"HIGH"}]"#, r#"watermark = "HIGH""#),
        ("stack", "[]", ""),
    ] {
        assert_eq!(translated(entity, filters).filter, wanted, "{filters}");
    }
}

#[test]
fn filters_on_related_objects_become_paths() {
    for (entity, filters, wanted) in [
        (
            "service",
            r#"[{"name":"stack","op":"has","val":{"name":"application_id","op":"eq","val":"s"}}]"#,
            r#"has(stack, (application_id = "s"))"#,
        ),
        (
            "service",
            r#"[{"name":"stack","op":"has","val":{"name":"application","op":"has","val":{"name":"id","op":"eq","val":"s"}}}]"#,
            r#"has(stack, (has(application, (id = "s"))))"#,
        ),
        (
            "service",
            r#"[{"name":"stack","op":"has","val":{"and":[{"name":"name","op":"eq","val":"a"},{"not":{"name":"id","op":"eq","val":"b"}}]}}]"#,
            r#"has(stack, (name = "a" AND NOT (id = "b")))"#,
        ),
        (
            "service",
            r#"[{"name":"deployments","op":"any","val":{"name":"tag","op":"eq","val":"x"}}]"#,
            r#"any(deployments, (tag = "x"))"#,
        ),
        (
            "service",
            r#"[{"name":"deployments","op":"any","val":{"not":{"name":"tag","op":"eq","val":"x"}}}]"#,
            r#"any(deployments, (NOT (tag = "x")))"#,
        ),
        (
            "service",
            r#"[{"name":"deployments","op":"any","val":{"or":[{"name":"tag","op":"eq","val":"x"},{"name":"tag","op":"gt","val":"y"}]}}]"#,
            r#"any(deployments, (tag = "x" OR tag > "y"))"#,
        ),
        (
            "service",
            r#"[{"not":{"name":"deployments","op":"any","val":{"name":"tag","op":"eq","val":"x"}}}]"#,
            r#"NOT (any(deployments, (tag = "x")))"#,
        ),
        (
            "deployment",
            r#"[{"name":"current_release","op":"has","val":{"name":"build_num","op":"ne","val":1}}]"#,
            "has(current_release, (build_num != 1))",
        ),
        ("deployment", r#"[{"name":"current_release","op":"is_null"}]"#, "is_null(current_release)"),
        (
            "stack",
            r#"[{"name":"services","op":"any","val":[{"name":"name","op":"eq","val":"x"},{"name":"id","op":"eq","val":"y"}]}]"#,
            r#"any(services, (name = "x" AND id = "y"))"#,
        ),
        (
            "stack",
            r#"[{"name":"services","op":"any","val":{"name":"artifact_name","op":"is_not_null"}}]"#,
            "any(services, (NOT is_null(artifact_name)))",
        ),
    ] {
        assert_eq!(translated(entity, filters).filter, wanted, "{filters}");
    }
}

#[test]
fn order_limit_and_offset_are_taken_over() {
    let query = translated(
        "build",
        r#"{"order_by":[{"field":"build_num","direction":"desc"},{"field":"id"}],"limit":5,"offset":2}"#,
    );
    assert_eq!((query.order_by.as_str(), query.limit, query.skip), ("build_num desc, id", Some(5), 2));
}

#[test]
fn what_has_no_rendition_is_refused() {
    for (entity, document, told) in [
        ("stack", r#"{"filter":[]}"#, "unknown key `filter`, did you mean `filters`?"),
        ("stack", r#"{"limit":-1}"#, "`limit` must be a whole number"),
        ("stack", r#"{"order_by":[{"field":"name","direction":"up"}]}"#, "`asc` or `desc`"),
        ("stack", r#"{"order_by":[{"field":"services.name"}]}"#, "not a field of `stack` itself"),
        ("stack", r#"[{"name":"nmae","op":"eq","val":"x"}]"#, "did you mean `name`?"),
        ("stack", r#"[{"name":"name","op":"equls","val":"x"}]"#, "did you mean `equals`?"),
        ("stack", r#"[{"name":"name","op":"eq"}]"#, "needs a `val` or a `field`"),
        ("stack", r#"[{"name":"name","op":"eq","val":"x","field":"id"}]"#, "both `val` and `field`"),
        ("stack", r#"[{"name":"name","op":"eq","val":["x"]}]"#, "a single value"),
        ("stack", r#"[{"name":"name","op":"in","val":"x"}]"#, "needs a list"),
        ("stack", r#"[{"name":"name","op":"<<","val":"10.0.0.0/8"}]"#, "for address ranges"),
        ("stack", r#"[{"name":"defaults","op":"eq","val":"x"}]"#, "compare what is in it"),
        ("stack", r#"[{"name":"services","op":"has","val":{"name":"name","op":"eq","val":"x"}}]"#, "use `any`"),
        (
            "service",
            r#"[{"name":"stack.name","op":"eq","field":"stack.id"}]"#,
            "one must be a field of `service` itself",
        ),
        ("build", r#"[{"name":"build_num","op":"eq","field":"vcs_ref"}]"#, "different types"),
        ("build", r#"[{"name":"vcs_ref","op":"like","field":"ver"}]"#, "cannot compare two fields"),
        ("stack", r#"[{"name":"name","op":"eq","val":"x","and":[]}]"#, "unknown key `name`"),
        ("build", r#"[{"name":"build_num","op":"eq","val":"x"}]"#, "compared with a number"),
        ("allocation", r#"[{"name":"watermark","op":"eq","val":"HIHG"}]"#, "did you mean `HIGH`?"),
        ("stack", "3", "a list of filters is wanted"),
    ] {
        let error = refused(entity, document);
        assert!(error.contains(told), "{document}: {error}");
    }
}
