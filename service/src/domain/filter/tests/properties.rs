//! What holds for every text and every tree.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;

/// Texts made of what filters are made of, so that many of them get past the parser.
fn filter_like() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "name",
        "id",
        "stack",
        "services",
        "deployments",
        "defaults",
        "created_at",
        "cidr",
        "null",
        "AND",
        "OR",
        "NOT",
        "in",
        "like",
        "any",
        "overlaps",
        "=",
        "!=",
        "<",
        ">=",
        ":",
        ".",
        ",",
        "(",
        ")",
        "-",
        "*",
        "\"x*\"",
        "'a\\'b'",
        "10.0.0.0/8",
        "2026-01-01",
        "1e3",
        "true",
        "\\",
        "é",
        " ",
        " ",
        " ",
        "watermark",
        "HIGH",
        "type",
        "\u{10ffff}",
    ]);
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

fn part() -> impl Strategy<Value = Part> {
    let quoted = prop::collection::vec("[^\u{0}]{0,6}", 1..3).prop_map(|pieces| Part {
        pieces,
        quoted: true,
        span: Span::default(),
    });
    let word =
        "[a-zé_][a-z0-9_é/-]{0,6}".prop_filter("operators", |word| !["and", "or", "not"].contains(&word.as_str()));
    prop_oneof![word.prop_map(|word| Part { pieces: vec![word], quoted: false, span: Span::default() }), quoted]
}

fn member() -> impl Strategy<Value = Member> {
    prop::collection::vec(part(), 1..4).prop_map(|parts| Member { parts, span: Span::default(), named: false })
}

fn value() -> impl Strategy<Value = Member> {
    let bare = "[a-z0-9:/*-]{1,8}".prop_map(|text| {
        let pieces = text.split('*').map(str::to_owned).collect();
        Member {
            parts: vec![Part { pieces, quoted: false, span: Span::default() }],
            span: Span::default(),
            named: false,
        }
    });
    prop_oneof![member(), bare]
}

fn comparator() -> impl Strategy<Value = Comparator> {
    use Comparator::{Equal, Greater, GreaterOrEqual, Has, Less, LessOrEqual, NotEqual};
    prop::sample::select(vec![Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, Has])
}

/// Conditions over some kind of leaf.
fn tree(leaf: BoxedStrategy<Node>) -> BoxedStrategy<Node> {
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Node::and),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Node::or),
            inner.prop_map(|node| Node::Not(Box::new(node))),
        ]
    })
    .boxed()
}

fn condition() -> BoxedStrategy<Node> {
    let values = tree(value().prop_map(Node::Literal).boxed()).prop_map(|node| match node {
        Node::Literal(value) => Arg::Value(value),
        node => Arg::Filter(Box::new(node)),
    });
    let right = prop_oneof![3 => value().prop_map(Arg::Value), 1 => values];
    let compare = (member(), comparator(), right)
        .prop_map(|(left, comparator, right)| Node::Compare(Comparison { left, comparator, right }));
    let leaf = prop_oneof![compare, member().prop_map(Node::Literal)].boxed();
    let inner = tree(leaf.clone());
    let arg = prop_oneof![3 => value().prop_map(Arg::Value), 1 => inner.prop_map(|node| Arg::Filter(Box::new(node)))];
    let call = ("[a-z_]{4,8}", prop::collection::vec(arg, 0..3))
        .prop_map(|(name, args)| Node::Call(Call { name, span: Span::default(), args }));
    tree(prop_oneof![4 => leaf, 1 => call].boxed())
}

/// Reads a text in both notations, whichever it is in, and compiles it on every entity. That it comes back at all is
/// half of the test; the other half is that every filter says the same when it is printed.
fn survive(text: &str) {
    let model = qairon::model();
    let document = super::super::document::parse(text);
    let order = parse_order_by(text).ok();
    for entity in model.entities() {
        if let Some(terms) = &order {
            let _ = resolve_order_by(model, entity, terms);
        }
        if let Ok(query) = &document {
            let _ = query.order_keys(model, entity);
        }
    }
    for ast in [super::super::parser::parse(text).ok(), document.ok().map(|query| query.ast)].into_iter().flatten() {
        same_when_printed(&ast);
    }
}

fn same_when_printed(ast: &Ast) {
    let model = qairon::model();
    let text = print(ast);
    let printed = match Query::parse(&text) {
        Ok(query) => query.ast,
        Err(error) => return assert!(error.is_limit(), "{text}: {error}"),
    };
    assert_eq!(printed.root, ast.root, "{text}");
    for entity in model.entities() {
        // A document is stricter: it says which of its texts are fields.
        if let Ok(compiled) = compile(model, entity, ast, "t") {
            assert_eq!(compile(model, entity, &printed, "t"), Ok(compiled), "{text}");
        } else if ast.places.is_none() {
            assert!(compile(model, entity, &printed, "t").is_err(), "{text}");
        }
    }
}

/// Names and paths of the model, and others.
fn name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "id",
        "name",
        "stack",
        "stack.name",
        "stack.application_id",
        "services",
        "deployments.tag",
        "deployments",
        "current_release",
        "current_release.build_num",
        "defaults.a.b",
        "defaults.\"a.b\"",
        "cidr",
        "network.cidr",
        "created_at",
        "build_num",
        "value",
        "watermark",
        "native_id",
        "type",
        "etag",
    ]);
    prop_oneof![9 => known.prop_map(str::to_owned), 1 => "[^\u{0}]{0,8}"]
}

fn json_value() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        "[^\u{0}]{0,8}",
        Just("10.0.0.0/8".to_owned()),
        Just("2026-01-01".to_owned()),
        Just("HIGH".to_owned()),
        Just("a:b".to_owned()),
    ];
    prop_oneof![
        4 => text.prop_map(Json::from),
        2 => any::<i64>().prop_map(Json::from),
        1 => any::<f64>().prop_map(Json::from),
        1 => any::<bool>().prop_map(Json::from),
        1 => Just(Json::Null),
    ]
}

fn json_filter() -> impl Strategy<Value = Json> {
    let ops = prop::sample::select(vec![
        "==",
        "ne",
        ">",
        "lt",
        ">=",
        "le",
        "like",
        "ilike",
        "not_like",
        "<<",
        "<<=",
        ">>",
        ">>=",
        "&&",
        "is_null",
        "is_not_null",
        "in",
        "not_in",
        "no_such",
    ]);
    let val = prop_oneof![
        3 => json_value(),
        1 => prop::collection::vec(json_value(), 0..4).prop_map(Json::from),
    ];
    let leaf = prop_oneof![
        8 => (name(), ops.clone(), val).prop_map(|(name, op, val)| json!({ "name": name, "op": op, "val": val })),
        2 => (name(), ops, name()).prop_map(|(name, op, field)| json!({ "name": name, "op": op, "field": field })),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            list.clone().prop_map(|filters| json!({ "and": filters })),
            list.clone().prop_map(|filters| json!({ "or": filters })),
            inner.clone().prop_map(|filter| json!({ "not": filter })),
            (name(), inner).prop_map(|(name, val)| json!({ "name": name, "op": "has", "val": val })),
            (name(), list).prop_map(|(name, val)| json!({ "name": name, "op": "any", "val": val })),
        ]
    })
}

/// Texts made of what documents are made of.
fn document_like() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u",
        "d83d",
        "\"name\"",
        "\"op\"",
        "\"val\"",
        "\"eq\"",
        "\"and\"",
        "\"filters\"",
        "\"id\"",
        "null",
        "true",
        "-",
        "1",
        ".",
        "e",
        "\n",
        " ",
        "é",
        "{\"name\":\"id\",\"op\":\"eq\",\"val\":",
    ]);
    prop::collection::vec(word, 0..40).prop_map(|words| format!("[{}", words.concat()))
}

#[test]
fn the_corpus_is_survived_by_both_parsers() {
    let corpus: Vec<String> = serde_json::from_str(include_str!("corpus/nasty.json")).expect("a list of texts");
    corpus.iter().for_each(|text| survive(text));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        survive(&text);
    }

    #[test]
    fn no_filter_like_text_makes_it_panic(text in filter_like()) {
        survive(&text);
    }

    #[test]
    fn no_document_like_text_makes_it_panic(text in document_like()) {
        survive(&text);
        if super::super::document::parse(&text).is_ok() {
            prop_assert!(serde_json::from_str::<Json>(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn a_document_says_the_same_when_it_is_printed(filters in prop::collection::vec(json_filter(), 0..4)) {
        let text = Json::from(filters).to_string();
        survive(&text);
    }

    #[test]
    fn a_printed_tree_parses_to_itself(root in condition()) {
        let ast = Ast { root: Some(root), places: None };
        let text = print(&ast);
        match parse(&text) {
            Ok(parsed) => prop_assert_eq!(&parsed, &ast, "{}", text),
            Err(error) => {
                prop_assert!(error.is_limit(), "{}: {}", text, error);
            }
        }
    }

    #[test]
    fn no_value_becomes_sql(value in "[^\u{0}]{1,20}") {
        let quoted: String = value.chars().flat_map(|c| if "\"\\*".contains(c) { vec!['\\', c] } else { vec![c] }).collect();
        let text = format!("name = \"{quoted}\" OR defaults.\"{quoted}\".x = \"{quoted}\" OR in(stack.name, \"{quoted}\")");
        let shape = |ast: &Ast| {
            let fragment = compile(qairon::model(), entity("service"), ast, "t").unwrap();
            let sql = |part: &SqlPart| match part {
                SqlPart::Sql(sql) | SqlPart::Table(sql) => sql.clone(),
                SqlPart::Bind(_) => "?".to_owned(),
            };
            fragment.parts.iter().map(sql).collect::<String>()
        };
        let plain = parse("name = \"v\" OR defaults.v.x = \"v\" OR in(stack.name, \"v\")").unwrap();
        prop_assert_eq!(shape(&parse(&text).unwrap()), shape(&plain));
    }
}
