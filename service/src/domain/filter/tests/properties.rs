//! What holds for every text and every tree.

use proptest::prelude::*;

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
    prop::collection::vec(part(), 1..4).prop_map(|parts| Member { parts, span: Span::default() })
}

fn value() -> impl Strategy<Value = Member> {
    let bare = "[a-z0-9:/*-]{1,8}".prop_map(|text| {
        let pieces = text.split('*').map(str::to_owned).collect();
        Member { parts: vec![Part { pieces, quoted: false, span: Span::default() }], span: Span::default() }
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

/// Parses and compiles on every entity; that it comes back at all is the test.
fn survive(text: &str) {
    for entity in qairon::model().entities() {
        let _ = parse_order_by(entity, text);
        if let Ok(ast) = parse(text) {
            assert_eq!(parse(&print(&ast)).as_ref(), Ok(&ast), "{text}");
            let _ = compile(qairon::model(), entity, &ast, "t");
        }
    }
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
    fn a_printed_tree_parses_to_itself(root in condition()) {
        let ast = Ast { root: Some(root) };
        let text = print(&ast);
        match parse(&text) {
            Ok(parsed) => prop_assert_eq!(&parsed, &ast, "{}", text),
            Err(error) => {
                let limit = error.message.contains("at most") || error.message.contains("nest");
                prop_assert!(limit, "{}: {}", text, error);
            }
        }
    }

    #[test]
    fn no_value_becomes_sql(value in "[^\u{0}]{1,20}") {
        let quoted: String = value.chars().flat_map(|c| if "\"\\*".contains(c) { vec!['\\', c] } else { vec![c] }).collect();
        let text = format!("name = \"{quoted}\" OR defaults.\"{quoted}\".x = \"{quoted}\" OR in(stack, \"{quoted}\")");
        let shape = |ast: &Ast| {
            let fragment = compile(qairon::model(), entity("service"), ast, "t").unwrap();
            let sql = |part: &SqlPart| match part { SqlPart::Sql(sql) => sql.clone(), SqlPart::Bind(_) => "?".to_owned() };
            fragment.parts.iter().map(sql).collect::<String>()
        };
        let plain = parse("name = \"v\" OR defaults.v.x = \"v\" OR in(stack, \"v\")").unwrap();
        prop_assert_eq!(shape(&parse(&text).unwrap()), shape(&plain));
    }
}
