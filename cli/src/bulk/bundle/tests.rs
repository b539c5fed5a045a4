//! Texts with the objects they hold.

use prost::Message;
use prost_reflect::DynamicMessage;

use super::files::{Format, Source};
use super::*;
use crate::bulk::wire;

fn read(format: Format, resource: Option<&str>, text: &str) -> Bundle {
    let content = text.as_bytes().to_vec();
    let source = Source { name: "x".to_owned(), format, resource: resource.map(str::to_owned), content };
    let mut bundle = Bundle::default();
    bundle.add(0, &source);
    bundle
}

/// The lines of objects with what they say, and those of mistakes with what is wrong.
fn told(format: Format, text: &str) -> (Vec<String>, Vec<String>) {
    let bundle = read(format, None, text);
    let objects =
        bundle.places.iter().zip(&bundle.objects).map(|(place, object)| format!("{}: {}", place.line, shown(object)));
    let problems = bundle.report.told().map(|refusal| format!("{}: {}", refusal.place.line, refusal.message));
    (objects.collect(), problems.collect())
}

fn shown(object: &BulkObject) -> String {
    let any = object.object.as_ref().expect("an object");
    let entity = wire::entity_of(&any.type_url).expect("an entity");
    let message = DynamicMessage::decode(entity.message.clone(), &any.value[..]).expect("well-formed");
    let values: Vec<_> = message
        .fields()
        .map(|(field, value)| match value.as_message() {
            Some(inner) => format!("{}={}", field.name(), crate::structs::to_json(inner)),
            None => format!("{}={value}", field.name()),
        })
        .collect();
    let paths = object.fields.as_ref().map(|mask| mask.paths.join(",")).unwrap_or_default();
    let links: Vec<_> = object.links.iter().map(|set| format!(" {}={:?}", set.relation, set.ids)).collect();
    format!("{} {} [{paths}]{}", entity.name, values.join(" "), links.concat())
}

#[test]
fn yaml_is_documents_and_lists_with_texts_as_they_stand() {
    let text = "# ours\n- resource: application\n  id: 012\n  defaults: {a: 012, b: 12, c: yes, d: 1.50, e: true, f: }\n\
                \n- resource: service\n  stack_id: a:b\n  name: true\n  artifact_name: null\n  repos: [a:b:c, 'd:e:f']\n\
                ---\nresource: build\nservice_id: a:b:c\nbuild_num: 007\nvcs_ref: |\n  1.10\ncreated_at: ignored\n---\n";
    let (objects, problems) = told(Format::Yaml, text);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(
        objects,
        [
            r#"2: application id="012" defaults={"a":"012","b":12,"c":"yes","d":1.5,"e":true,"f":null} [defaults]"#,
            r#"6: service stack_id="a:b" name="true" [stack_id,name,artifact_name] repos=["a:b:c", "d:e:f"]"#,
            r#"12: build service_id="a:b:c" build_num=7 vcs_ref="1.10\n" [service_id,build_num,vcs_ref]"#,
        ]
    );
}

#[test]
fn mistakes_are_told_where_they_stand() {
    let text = "- resource: stak\n- name: x\n- resource: service\n  stack_id: a:b\n  nme: x\n  stack: a\n  repos: x\n\
                - resource: stack\n  id: a:c\n  application_id: a\n  name: b\n- 7\n- resource: stack\n  name: x\n  name: y\n";
    let (objects, problems) = told(Format::Yaml, text);
    assert_eq!(objects, Vec::<String>::new());
    for (line, wanted) in [
        (1, "unknown resource `stak`, did you mean `stack`?"),
        (2, "the row has no `resource`"),
        (5, "unknown field of `service` `nme`, did you mean `name`?"),
        (6, "`stack` cannot be set here"),
        (7, "`repos` must be a list of IDs, not a text"),
        (8, "`id` is `a:c`, but the row composes `a:b`"),
        (12, "expected an object"),
        (15, "`name` is given twice"),
    ] {
        let found = problems.iter().any(|problem| problem.starts_with(&format!("{line}: {wanted}")));
        assert!(found, "{line}: {wanted} is not in {problems:#?}");
    }
    assert_eq!(problems.len(), 8);
    for (text, wanted) in
        [("a: [", "not YAML"), ("a: !x b", "unknown tag `!x`"), ("&a [*a]", ""), ("? [a]\n: b", "expected a name")]
    {
        let (_, problems) = told(Format::Yaml, text);
        assert!(problems.len() == 1 && problems[0].contains(wanted), "{text}: {problems:?}");
    }
}

#[test]
fn aliases_stand_for_what_they_name_and_not_for_all_memory() {
    let text =
        "- resource: application\n  id: a\n  defaults: &d {x: 1}\n- resource: application\n  id: b\n  defaults: *d\n";
    let (objects, problems) = told(Format::Yaml, text);
    assert_eq!((objects.len(), problems.len()), (2, 0));
    assert_eq!(objects[1], r#"4: application id="b" defaults={"x":1} [defaults]"#);
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for n in 1..12 {
        let before = vec![format!("*a{}", n - 1); 10].join(",");
        bomb.push_str(&format!("a{n}: &a{n} [{before}]\n"));
    }
    let (_, problems) = told(Format::Yaml, &bomb);
    assert!(problems[0].contains("aliases expand to more"), "{problems:?}");
    let deep = format!("a: {}{}", "[".repeat(5000), "]".repeat(5000));
    let (_, problems) = told(Format::Yaml, &deep);
    assert!(problems.len() == 1 && problems[0].contains("nest"), "{problems:?}");
}

#[test]
fn json_is_objects_lists_and_lines() {
    let text = "\n{\"resource\": \"stack\", \"id\": \"a:b\"}\n[\n {\"resource\": \"build\", \"service_id\": \"a:b:c\",\n  \
                \"build_num\": 7},\n {\"resource\": \"stack\", \"name\": 7, \"name\": 8}, 9]\n{\"resource\"\n}";
    let (objects, problems) = told(Format::Json, text);
    assert_eq!(
        objects,
        [r#"2: stack id="a:b" []"#, r#"4: build service_id="a:b:c" build_num=7 [service_id,build_num]"#]
    );
    assert_eq!(problems[0], "6: `name` must be a text, not a number");
    assert_eq!(problems[1], "6: `name` is given twice");
    assert!(problems[2].starts_with("6: expected an object"), "{problems:?}");
    assert!(problems[3].starts_with("8: not JSON: expected `:`"), "{problems:?}");
}

#[test]
fn csv_is_one_resource_and_its_columns_are_meant() {
    let bundle = read(Format::Csv, Some("service"), "stack_id,name,artifact_name\na:b,x,\na:b,,y\n");
    assert_eq!(shown(&bundle.objects[0]), r#"service stack_id="a:b" name="x" [stack_id,name,artifact_name]"#);
    assert_eq!(bundle.report.told().map(|r| r.place.line).collect::<Vec<_>>(), [3]);
    let named = read(Format::Csv, None, "resource,application_id,name\nstack,a,x\n");
    assert_eq!(named.objects.len(), 1);
    let unnamed = read(Format::Csv, None, "application_id,name\na,x\n");
    assert!(unnamed.report.told().next().expect("a refusal").message.contains("add a column `resource`"));
}

#[test]
fn ten_thousand_objects_are_read_whole() {
    let item = |n: usize| {
        format!(
            "- resource: service\n  stack_id: shop:web\n  name: s{n}\n  artifact_name: \"a{n}\"\n  defaults:\n    n: {n}\n    tags: [a, b]\n"
        )
    };
    let text: String = (0..10_000).map(item).collect();
    let bundle = read(Format::Yaml, None, &text);
    assert_eq!((bundle.objects.len(), bundle.report.refused), (10_000, 0));
    assert!(bundle.objects.iter().map(Message::encoded_len).sum::<usize>() > 500_000);
}
