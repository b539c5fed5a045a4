//! Rows in every format.

use std::cell::RefCell;
use std::rc::Rc;

use prost_reflect::{DynamicMessage, Value};

use super::*;
use crate::values;

#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn printed(format: Format, print: impl FnOnce(&mut Output) -> Result<()>) -> String {
    let sink = Sink::default();
    print(&mut Output::to(Box::new(sink.clone()), Some(format), false)).expect("it is printed");
    let bytes = sink.0.borrow().clone();
    String::from_utf8(bytes).expect("UTF-8")
}

fn object(entity: &str, fields: &[(&str, &str)]) -> DynamicMessage {
    let entity = qairon::model().target(entity);
    let fields = fields.iter().map(|(name, text)| {
        let field = entity.field(name).expect(name);
        (field, if *name == "id" { Value::String((*text).to_owned()) } else { values::parse(field, text).expect(name) })
    });
    values::object(entity, fields)
}

fn row(entity: &str, message: &DynamicMessage, asked: &[&str]) -> Row {
    let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
    Row::of_object(qairon::model().target(entity), message, &asked)
}

#[test]
fn rows_are_in_the_order_of_the_model_with_resource_first() {
    let mut build =
        object("build", &[("id", "a:b:c:1"), ("service_id", "a:b:c"), ("build_num", "1"), ("vcs_ref", "v/1")]);
    let created = prost_types::Timestamp { seconds: 1_700_000_000, nanos: 120_000_000 };
    let field = build.get_field_by_name("created_at").map(|field| field.into_owned());
    let Some(Value::Message(mut moment)) = field else { panic!("created_at is a message") };
    moment.transcode_from(&created).expect("a Timestamp");
    build.set_field_by_name("created_at", Value::Message(moment));
    assert_eq!(
        printed(Format::Json, |output| output.object(&row("build", &build, &[]))),
        "{\"resource\":\"build\",\"id\":\"a:b:c:1\",\"service_id\":\"a:b:c\",\"build_num\":1,\"vcs_ref\":\"v/1\",\
         \"ver\":\"\",\"git_tag\":\"\",\"defaults\":{},\"created_at\":\"2023-11-14T22:13:20.120Z\",\"last_updated_at\":null}\n"
    );
}

#[test]
fn the_current_release_is_an_object_with_its_artifacts_or_null() {
    let mut deployment = object("deployment", &[("id", "d"), ("current_release_id", "d:1")]);
    let json = |message: &DynamicMessage| {
        let text = printed(Format::Json, |output| output.object(&row("deployment", message, &[])));
        serde_json::from_str::<serde_json::Value>(&text).expect("JSON")
    };
    assert_eq!(json(&deployment)["current_release"], serde_json::Value::Null);
    let mut release = object("release", &[("id", "d:1"), ("build_num", "1")]);
    let artifact = object("release_artifact", &[("id", "d:1:img"), ("upload_path", "img:1")]);
    release.set_field_by_name("release_artifacts", Value::List(vec![Value::Message(artifact)]));
    assert!(
        !printed(Format::Json, |output| output.object(&row("release", &release, &[]))).contains("release_artifacts")
    );
    deployment.set_field_by_name("current_release", Value::Message(release));
    let json = json(&deployment);
    assert_eq!(json["current_release"]["release_artifacts"][0]["upload_path"], "img:1");
    assert_eq!(json["current_release"]["resource"], "release");
}

#[test]
fn plain_is_the_values_on_one_line() {
    let allocation = object(
        "allocation",
        &[("id", "p:cpu:HIGH"), ("watermark", "HIGH"), ("value", "2"), ("defaults", "{\"a\": 1.5}")],
    );
    let row = row("allocation", &allocation, &["id", "watermark", "value", "defaults", "last_updated_at"]);
    assert_eq!(printed(Format::Plain, |output| output.object(&row)), "p:cpu:HIGH HIGH 2 {\"a\":1.5} null\n");
}

#[test]
fn values_are_bare_unless_json_is_asked_for() {
    let text = row::Datum::Text("a b".to_owned());
    assert_eq!(printed(Format::Plain, |output| output.value(&text)), "a b\n");
    assert_eq!(printed(Format::Json, |output| output.value(&text)), "\"a b\"\n");
    let json = row::Datum::Json(serde_json::json!({"a": {"b": 1}}));
    assert_eq!(printed(Format::Plain, |output| output.value(&json)), "{\"a\":{\"b\":1}}\n");
}

#[test]
fn arrays_are_arrays_of_one_element_or_none_too() {
    let push = |count: usize| {
        move |output: &mut Output| {
            let mut array = output.array();
            for n in 0..count {
                let application = object("application", &[("id", &format!("a{n}"))]);
                array.push(row("application", &application, &["id"]))?;
            }
            array.finish()
        }
    };
    assert_eq!(printed(Format::Json, push(0)), "[]\n");
    assert_eq!(printed(Format::Json, push(2)), "[\n{\"id\":\"a0\"},\n{\"id\":\"a1\"}\n]\n");
    assert_eq!(printed(Format::Plain, push(2)), "a0\na1\n");
    assert_eq!(printed(Format::Table, push(0)), "");
    let table = printed(Format::Table, push(TABLE_PART + 1));
    assert_eq!(table.lines().count(), TABLE_PART + 2);
    assert_eq!(table.lines().filter(|line| line.trim() == "ID").count(), 1);
}

#[test]
fn tables_leave_out_what_is_too_much_and_steer_no_terminal() {
    let stack = object("stack", &[("id", "a:\u{1b}[2J"), ("name", "n"), ("defaults", "{\"x\": 1}")]);
    let list = printed(Format::Table, |output| {
        let mut array = output.array();
        array.push(row("stack", &stack, &[]))?;
        array.finish()
    });
    assert!(list.contains("APPLICATION_ID") && !list.contains("DEFAULTS") && !list.contains('\u{1b}'), "{list}");
    let one = printed(Format::Table, |output| output.object(&row("stack", &stack, &[])));
    assert!(one.contains("{\"x\":1}") && !one.contains("resource"), "{one}");
}

/// A list of two rows, and one object, in a format.
fn two_and_one(format: Format) -> (String, String) {
    let stacks = ["no", "a\nb"].map(|name| object("stack", &[("id", "s"), ("name", name), ("defaults", "{\"x\": 1}")]));
    let rows = || stacks.iter().map(|stack| row("stack", stack, &["id", "name", "defaults"]));
    let list = printed(format, |output| {
        let mut array = output.array();
        rows().try_for_each(|row| array.push(row))?;
        array.finish()
    });
    let one = printed(format, |output| rows().take(1).try_for_each(|row| output.object(&row)));
    (list, one)
}

#[test]
fn json_lines_are_an_object_each() {
    let (list, one) = two_and_one(Format::Jsonl);
    assert_eq!(one, "{\"id\":\"s\",\"name\":\"no\",\"defaults\":{\"x\":1}}\n");
    assert_eq!(list, format!("{one}{}", "{\"id\":\"s\",\"name\":\"a\\nb\",\"defaults\":{\"x\":1}}\n"));
    assert_eq!(printed(Format::Jsonl, |output| output.array().finish()), "");
}

#[test]
fn yaml_is_a_list_or_an_object() {
    let (list, one) = two_and_one(Format::Yaml);
    assert_eq!(one, "id: s\nname: \"no\"\ndefaults:\n  x: 1\n");
    assert_eq!(
        list,
        "- id: s\n  name: \"no\"\n  defaults:\n    x: 1\n- id: s\n  name: |-\n    a\n    b\n  defaults:\n    x: 1\n"
    );
    assert_eq!(printed(Format::Yaml, |output| output.array().finish()), "[]\n");
    let text = row::Datum::Text("null".to_owned());
    assert_eq!(printed(Format::Yaml, |output| output.value(&text)), "\"null\"\n");
}

#[test]
fn wide_tables_have_all_columns_but_embedded_objects() {
    let mut deployment = object("deployment", &[("id", "d"), ("tag", "t"), ("defaults", "{\"x\": 1}")]);
    deployment.set_field_by_name("current_release", Value::Message(object("release", &[("id", "d:1")])));
    let table = |format| {
        printed(format, |output| {
            let mut array = output.array();
            array.push(row("deployment", &deployment, &[]))?;
            array.finish()
        })
    };
    let wide = table(Format::Wide);
    for column in ["DEFAULTS", "CREATED_AT", "LAST_UPDATED_AT", "CURRENT_RELEASE_ID", "{\"x\":1}"] {
        assert!(wide.contains(column), "{column}: {wide}");
    }
    assert!(!wide.contains("CURRENT_RELEASE ") && !wide.contains("d:1"), "{wide}");
    assert!(!table(Format::Table).contains("CREATED_AT"));
}

#[test]
fn related_objects_are_objects_for_programs_and_ids_for_people() {
    let service = row("service", &object("service", &[("id", "a:b:c"), ("name", "c")]), &[]);
    let cell = row::Cell { name: "service".to_owned(), datum: Datum::Related(service), place: row::Place::Everywhere };
    let row = Row { cells: vec![cell] };
    assert_eq!(printed(Format::Plain, |output| output.object(&row)), "a:b:c\n");
    assert_eq!(printed(Format::Table, |output| output.object(&row)).trim(), "service  a:b:c");
    let json = printed(Format::Json, |output| output.object(&row));
    assert!(json.starts_with("{\"service\":{\"resource\":\"service\",\"id\":\"a:b:c\","), "{json}");
}

#[test]
fn only_a_header_at_a_terminal_with_colours_is_bold() {
    let application = object("application", &[("id", "a")]);
    let rows = [row("application", &application, &["id"])];
    let mut table = ListTable::new(false, true);
    assert_eq!(table.part(&rows), "\u{1b}[1m ID\u{1b}[0m\n a\n");
    assert_eq!(table.part(&rows), " a\n");
    assert_eq!(ListTable::new(false, false).part(&rows), " ID\n a\n");
    let colours = |set: &[(&str, &str)]| {
        has_colours(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    };
    assert!(colours(&[]) && colours(&[("NO_COLOR", ""), ("TERM", "xterm")]));
    assert!(!colours(&[("NO_COLOR", "1")]) && !colours(&[("TERM", "dumb")]));
}
