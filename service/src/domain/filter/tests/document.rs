//! Query documents: the filters they become, what they refuse, and where they say it is.

use super::*;

fn query(document: &str) -> Query {
    Query::parse(document).unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// Parses, resolves the filter and the order, and fails.
fn refused(on: &str, document: &str) -> FilterError {
    let model = qairon::model();
    let result = Query::parse(document).and_then(|query| {
        compile(model, entity(on), &query.ast, "t")?;
        query.order_keys(model, entity(on))
    });
    result.expect_err(document)
}

/// That a document on an entity becomes a filter, and says the same as it.
fn becomes(on: &str, document: &str, wanted: &str) {
    let model = qairon::model();
    let ast = query(document).ast;
    assert_eq!(print(&ast), wanted, "{document}");
    let text = parse(wanted).unwrap_or_else(|error| panic!("{wanted}: {error}"));
    assert_eq!(ast, Ast { places: ast.places.clone(), ..text.clone() }, "{document}");
    let of_document = compile(model, entity(on), &ast, "t").unwrap_or_else(|error| panic!("{document}: {error}"));
    assert_eq!(Ok(of_document), compile(model, entity(on), &text, "t"), "{document}");
}

#[test]
fn documents_become_filters() {
    for (on, document, wanted) in [
        ("deployment", r#"[{"name":"service_id","op":"eq","val":"a:b:c"}]"#, r#"service_id = "a:b:c""#),
        ("service", r#"[{"name":"stack.application_id","op":"==","val":"shop"}]"#, r#"stack.application_id = "shop""#),
        (
            "build",
            r#"[{"name":"build_num","op":"ge","val":5},{"name":"build_num","op":"lt","val":"9"}]"#,
            r#"build_num >= 5 AND build_num < "9""#,
        ),
        (
            "stack",
            r#"[{"or":[{"name":"name","op":"like","val":"a%"},{"name":"name","op":"not_like","val":"b"}]}]"#,
            r#"like(name, "a%") OR NOT like(name, "b")"#,
        ),
        ("stack", r#"[{"not":{"name":"name","op":"ilike","val":"A"}}]"#, r#"NOT ilike(name, "A")"#),
        (
            "stack",
            r#"[{"not":{"and":[{"name":"id","op":"ne","val":"x:z"},{"name":"id","op":"gt","val":"y"}]}}]"#,
            r#"NOT (id != "x:z" AND id > "y")"#,
        ),
        (
            "zone",
            r#"[{"name":"native_id","op":"is_null"},{"name":"native_id","op":"is_not_null","val":null}]"#,
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
        ("build", r#"[{"name":"build_num","op":"in","val":[1,2]}]"#, "in(build_num, 1, 2)"),
        ("stack", r#"[{"name":"name","op":"in","val":[]}]"#, "in(name)"),
        ("service", r#"[{"name":"artifact_name","op":"ne","field":"name"}]"#, "artifact_name != name"),
        ("service", r#"[{"name":"name","op":"lt","field":"stack.name"}]"#, "stack.name > name"),
        (
            "subnet",
            r#"[{"name":"cidr","op":"<<=","val":"10.0.0.0/8"},{"name":"cidr","op":"&&","val":"::/0"}]"#,
            r#"contained_in_or_equal(cidr, "10.0.0.0/8") AND overlaps(cidr, "::/0")"#,
        ),
        ("subnet", r#"[{"name":"network.cidr","op":">>","field":"cidr"}]"#, "contains(network.cidr, cidr)"),
        ("provider", r#"[{"name":"native_id","op":"eq","val":123456789012}]"#, "native_id = 123456789012"),
        ("stack", r#"[{"name":"name","op":"eq","val":"a*"}]"#, r#"name = "a\*""#),
        (
            "network",
            r#"[{"name":"defaults.recon.k8s-context","op":"eq","val":"x"},{"name":"defaults.n","op":"gt","val":-1.5}]"#,
            r#"defaults.recon."k8s-context" = "x" AND defaults.n > -1.5"#,
        ),
        (
            "network",
            r#"[{"name":"defaults.labels.\"app.kubernetes.io/name\".x","op":"eq","val":true}]"#,
            r#"defaults.labels."app.kubernetes.io/name".x = true"#,
        ),
        ("allocation", r#"[{"name":"watermark","op":"eq","val":"HIGH"}]"#, r#"watermark = "HIGH""#),
        ("stack", "[]", ""),
        ("stack", "{}", ""),
        ("stack", r#"{"filters":null,"order_by":null,"limit":null}"#, ""),
        ("stack", r#"[{"and":[]},{"or":[]}]"#, "id = id AND id != id"),
        ("stack", "\u{a0}\n [{\"name\":\"n\\u0061me\",\"op\":\"=\",\"val\":\"\\ud83d\\ude00\"}]", "name = \"😀\""),
    ] {
        becomes(on, document, wanted);
    }
}

#[test]
fn filters_on_related_objects_become_functions() {
    for (on, document, wanted) in [
        (
            "service",
            r#"[{"name":"stack","op":"has","val":{"name":"application_id","op":"eq","val":"s"}}]"#,
            r#"has(stack, (application_id = "s"))"#,
        ),
        (
            "service",
            r#"[{"name":"stack","op":"has","val":{"name":"application","op":"has","val":{"name":"id","op":"eq","val":"s"}}}]"#,
            r#"has(stack, has(application, (id = "s")))"#,
        ),
        (
            "service",
            r#"[{"name":"stack","op":"has","val":{"and":[{"name":"name","op":"eq","val":"a"},{"not":{"name":"id","op":"eq","val":"b:c"}}]}}]"#,
            r#"has(stack, (name = "a" AND NOT id = "b:c"))"#,
        ),
        (
            "service",
            r#"[{"name":"deployments","op":"any","val":{"not":{"name":"tag","op":"eq","val":"x"}}}]"#,
            r#"any(deployments, (NOT tag = "x"))"#,
        ),
        (
            "service",
            r#"[{"name":"deployments","op":"any","val":{"or":[{"name":"tag","op":"eq","val":"x"},{"name":"tag","op":"gt","val":"y"}]}}]"#,
            r#"any(deployments, (tag = "x" OR tag > "y"))"#,
        ),
        (
            "service",
            r#"[{"not":{"name":"deployments","op":"any","val":{"name":"tag","op":"eq","val":"x"}}}]"#,
            r#"NOT any(deployments, (tag = "x"))"#,
        ),
        (
            "deployment",
            r#"[{"name":"current_release","op":"has","val":{"name":"build_num","op":"ne","val":1}}]"#,
            "has(current_release, (build_num != 1))",
        ),
        ("deployment", r#"[{"name":"current_release","op":"is_null"}]"#, "is_null(current_release)"),
        (
            "stack",
            r#"[{"name":"services","op":"any","val":[{"name":"name","op":"eq","val":"x"},{"name":"id","op":"eq","val":"y:a:b"}]}]"#,
            r#"any(services, (name = "x" AND id = "y:a:b"))"#,
        ),
        (
            "stack",
            r#"[{"name":"services","op":"any","val":{"name":"artifact_name","op":"is_not_null"}}]"#,
            "any(services, (NOT is_null(artifact_name)))",
        ),
        ("stack", r#"[{"name":"services","op":"any","val":[]}]"#, "any(services, (id = id))"),
    ] {
        becomes(on, document, wanted);
    }
}

#[test]
fn order_limit_and_offset_are_read() {
    let query =
        query(r#"{"order_by":[{"field":"service.stack_id","direction":"desc"},{"field":"id"}],"limit":5,"offset":2}"#);
    assert_eq!(print_order(&query.order), "service.stack_id desc, id");
    assert_eq!((query.limit, query.offset, query.ast.root), (Some(5), Some(2), None));
    assert!(parse(r#"{"limit":1}"#).is_err(), "a limit needs a listing");
}

#[test]
fn values_are_never_anything_else() {
    let compiled = |value: &str| {
        let json = serde_json::json!([
            { "name": "name", "op": "eq", "val": value },
            { "name": "defaults.x", "op": "ne", "val": value },
            { "name": "deployments.tag", "op": "in", "val": [value] },
            { "name": "name", "op": "like", "val": value },
        ]);
        let fragment = compile(qairon::model(), entity("service"), &query(&json.to_string()).ast, "t").expect(value);
        let binds = fragment.parts.iter().filter_map(|part| match part {
            SqlPart::Bind(bind) => Some(bind.clone()),
            SqlPart::Sql(_) | SqlPart::Table(_) => None,
        });
        (fragment.parts.len(), binds.collect::<Vec<_>>())
    };
    for value in ["*", "a*b", "name", "null", "true", "1", "AND", "x) OR (y", "\"", "stack.id", "", "' OR 1=1 --"] {
        let (parts, binds) = compiled(value);
        assert_eq!(parts, compiled("plain").0, "{value}");
        let text = Bind::Text(value.to_owned());
        assert_eq!((&binds[0], binds.last()), (&text, Some(&text)), "{value}");
        assert!(binds.contains(&Bind::TextArray(vec![value.to_owned()])), "{value}");
    }
}

#[test]
fn errors_point_into_the_document() {
    for (on, document, wanted) in [
        ("stack", r#"{"filter":[]}"#, "line 1, column 2: unknown key `filter` here; did you mean `filters`?"),
        ("stack", "{\"filters\":[],\n \"limit\": -1}", "`limit` (line 2, column 11): `limit` must be a whole number"),
        (
            "stack",
            r#"{"order_by":[{"field":"name","direction":"up"}]}"#,
            "`order_by[0].direction` (line 1, column 42): `direction` is `asc` or `desc`",
        ),
        (
            "stack",
            r#"{"order_by":[{"field":"services.name"}]}"#,
            "`order_by[0].field` (line 1, column 23): `services` leads to many objects",
        ),
        (
            "stack",
            r#"[{"name":"nmae","op":"eq","val":"x"}]"#,
            "`[0].name` (line 1, column 10): `stack` has no field or relation `nmae`; did you mean `name`?",
        ),
        (
            "stack",
            "{\"filters\": [\n  {\"name\": \"id\", \"op\": \"eq\", \"val\": \"x\"},\n  {\"name\": \"name\", \"op\": \"equls\", \"val\": \"x\"}\n]}",
            "`filters[1].op` (line 3, column 26): unknown operator `equls`; did you mean `equals`?",
        ),
        (
            "stack",
            r#"[{"name":"name","op":"eq"}]"#,
            "`[0]` (line 1, column 2): `eq` on `name` needs a value as its `val`, or a `field`",
        ),
        (
            "stack",
            r#"[{"name":"name","op":"eq","val":"x","field":"id"}]"#,
            "`[0].field` (line 1, column 45): the filter on `name` has both `val` and `field`; leave one out",
        ),
        (
            "stack",
            r#"[{"name":"name","op":"eq","val":["x"]}]"#,
            "`[0].val` (line 1, column 33): `name` is compared with a single value, not with a list",
        ),
        (
            "stack",
            r#"[{"name":"name","op":"in","val":"x"}]"#,
            "`[0].val` (line 1, column 33): `in` on `name` needs a list as its `val`, found a text",
        ),
        (
            "stack",
            r#"[{"name":"name","op":"in","val":["x",null]}]"#,
            "`[0].val[1]` (line 1, column 38): `name` is compared with a single value, not with null",
        ),
        (
            "stack",
            r#"[{"name":"name","op":"<<","val":"10.0.0.0/8"}]"#,
            "`[0].name` (line 1, column 10): `contained_in` takes an address range, which `name` is not",
        ),
        ("stack", r#"[{"name":"defaults","op":"eq","val":"x"}]"#, "`[0].val` (line 1, column 37): `defaults` is JSON"),
        (
            "stack",
            r#"[{"name":"services","op":"has","val":{"name":"name","op":"eq","val":"x"}}]"#,
            "`[0].name` (line 1, column 10): `services` leads to many objects; use `any`",
        ),
        (
            "service",
            r#"[{"name":"stack","op":"any","val":[]}]"#,
            "`[0].name` (line 1, column 10): `stack` leads to one object; use `has`",
        ),
        (
            "stack",
            r#"[{"name":"services","op":"any","val":[{"name":"nme","op":"eq","val":1}]}]"#,
            "`[0].val[0].name` (line 1, column 47): `service` has no field or relation `nme`; did you mean `name`?",
        ),
        (
            "service",
            r#"[{"name":"stack.name","op":"eq","field":"stack.id"}]"#,
            "`[0].field` (line 1, column 41): one of `stack.name` and `stack.id` must be a field of the object itself; the other may be reached over relations",
        ),
        (
            "build",
            r#"[{"name":"build_num","op":"eq","field":"vcs_ref"}]"#,
            "`[0].field` (line 1, column 40): `build_num` and `vcs_ref` are of different types",
        ),
        (
            "build",
            r#"[{"name":"vcs_ref","op":"eq","field":"verr"}]"#,
            "`[0].field` (line 1, column 38): `build` has no field `verr` to compare with; did you mean `ver`?",
        ),
        (
            "build",
            r#"[{"name":"defaults.x","op":"eq","field":"ver"}]"#,
            "`[0].field` (line 1, column 41): `defaults.x` is in JSON and can be compared with values only",
        ),
        (
            "build",
            r#"[{"name":"vcs_ref","op":"like","field":"ver"}]"#,
            "`[0].field` (line 1, column 40): `like` on `vcs_ref` cannot compare two fields",
        ),
        (
            "stack",
            r#"[{"name":"name","op":"eq","val":"x","and":[]}]"#,
            "`[0]` (line 1, column 3): unknown key `name` here",
        ),
        (
            "stack",
            r#"[{"nam":"name","op":"eq","val":"x"}]"#,
            "`[0]` (line 1, column 3): unknown key `nam` here; did you mean `name`?",
        ),
        (
            "build",
            r#"[{"name":"build_num","op":"eq","val":"x"}]"#,
            "`[0].val` (line 1, column 38): `build_num` is compared with a 64-bit integer",
        ),
        (
            "allocation",
            r#"[{"name":"watermark","op":"eq","val":"HIHG"}]"#,
            "`[0].val` (line 1, column 38): `HIHG` is not a value of `watermark`; did you mean `HIGH`?",
        ),
        (
            "stack",
            r#"[{"name":"name","op":"is_null","val":1}]"#,
            "`[0].val` (line 1, column 38): `is_null` on `name` takes no `val`",
        ),
        (
            "stack",
            r#"[{"name":"name","op":"gt","val":null}]"#,
            "`[0].val` (line 1, column 33): `gt` on `name` cannot compare with null",
        ),
        ("stack", "[3]", "`[0]` (line 1, column 2): a filter is an object, not a number"),
        ("stack", r#"{"filters":{}}"#, "`filters` (line 1, column 12): `filters` takes a list, found an object"),
        ("stack", "[", "line 1, column 2: expected a value, found the end"),
        ("stack", "{\n\"a\":1,\n}", "line 3, column 1: expected a key in double quotes, found `}`"),
        ("stack", r#"[{"op":"eq","op":"ne"}]"#, "line 1, column 13: the key `op` is given twice"),
        ("stack", "[01]", "line 1, column 2: `01` is not a number of JSON"),
        ("stack", "[] x", "line 1, column 4: expected the end of the document, found `x`"),
        ("stack", "[yes]", "line 1, column 2: expected a value, found `yes`; texts are quoted"),
        ("stack", r#"["\u0000"]"#, "line 1, column 8: a text cannot hold the null character"),
        ("stack", r#"["\ud800"]"#, "line 1, column 3: expected `\\u` with the four hexadecimal digits"),
    ] {
        let error = refused(on, document).to_string();
        assert!(error.starts_with(wanted), "{document}: {error}");
    }
}

#[test]
fn limits_are_those_of_the_other_notation() {
    let leaf = r#"{"name":"id","op":"eq","val":"x"}"#;
    let nested =
        |open: &str, close: &str, depth: usize| format!("[{}{leaf}{}]", open.repeat(depth), close.repeat(depth));
    for (open, close, most) in [
        (r#"{"not":"#, "}", MAX_DEPTH),
        (r#"{"and":["#, "]}", MAX_DEPTH),
        (r#"{"name":"services","op":"any","val":["#, "]}", MAX_DEPTH / 2),
    ] {
        let deepest = Query::parse(&nested(open, close, most)).expect(open).ast;
        assert!(parse(&print(&deepest)).is_ok(), "{open}");
        let error = Query::parse(&nested(open, close, most + 1)).expect_err(open);
        assert!(error.is_limit() && error.message.contains("nest at most 32 deep"), "{error}");
    }
    let error = Query::parse(&nested("[", "]", 1000)).expect_err("deep");
    assert!(error.is_limit() && error.message.contains("nests at most"), "{error}");
    let many = |count: usize| format!("[{}]", vec![r#"{"or":[]}"#; count].join(","));
    assert!(Query::parse(&many(MAX_TERMS)).is_ok());
    let error = Query::parse(&many(MAX_TERMS + 1)).expect_err("many");
    assert!(error.is_limit() && error.message.contains("at most 256 terms"), "{error}");
    let error = Query::parse(&format!("[{}]", " ".repeat(MAX_BYTES))).expect_err("long");
    assert!(error.is_limit() && error.message.contains("at most 16384 bytes"), "{error}");
}
