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
            let mut array = output.array("None.");
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
        let mut array = output.array("None.");
        array.push(row("stack", &stack, &[]))?;
        array.finish()
    });
    assert!(!list.contains("APPLICATION") && !list.contains("DEFAULTS") && !list.contains('\u{1b}'), "{list}");
    let one = printed(Format::Table, |output| output.object(&row("stack", &stack, &[])));
    assert!(one.contains("{\"x\":1}") && !one.contains("resource"), "{one}");
}

/// A list of two rows, and one object, in a format.
fn two_and_one(format: Format) -> (String, String) {
    let stacks = ["no", "a\nb"].map(|name| object("stack", &[("id", "s"), ("name", name), ("defaults", "{\"x\": 1}")]));
    let rows = || stacks.iter().map(|stack| row("stack", stack, &["id", "name", "defaults"]));
    let list = printed(format, |output| {
        let mut array = output.array("None.");
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
    assert_eq!(printed(Format::Jsonl, |output| output.array("None.").finish()), "");
}

#[test]
fn yaml_is_a_list_or_an_object() {
    let (list, one) = two_and_one(Format::Yaml);
    assert_eq!(one, "id: s\nname: \"no\"\ndefaults:\n  x: 1\n");
    assert_eq!(
        list,
        "- id: s\n  name: \"no\"\n  defaults:\n    x: 1\n- id: s\n  name: |-\n    a\n    b\n  defaults:\n    x: 1\n"
    );
    assert_eq!(printed(Format::Yaml, |output| output.array("None.").finish()), "[]\n");
    let text = row::Datum::Text("null".to_owned());
    assert_eq!(printed(Format::Yaml, |output| output.value(&text)), "\"null\"\n");
}

#[test]
fn wide_tables_have_all_columns_but_embedded_objects() {
    let mut deployment = object("deployment", &[("id", "d"), ("tag", "t"), ("defaults", "{\"x\": 1}")]);
    deployment.set_field_by_name("current_release", Value::Message(object("release", &[("id", "d:1")])));
    let table = |format| {
        printed(format, |output| {
            let mut array = output.array("None.");
            array.push(row("deployment", &deployment, &[]))?;
            array.finish()
        })
    };
    let wide = table(Format::Wide);
    for column in ["DEFAULTS", "CREATED", "UPDATED", "CURRENT_RELEASE", "{\"x\":1}"] {
        assert!(wide.contains(column), "{column}: {wide}");
    }
    assert!(!wide.contains("CURRENT_RELEASE_ID") && !wide.contains("d:1"), "{wide}");
    assert!(!table(Format::Table).contains("DEFAULTS"));
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
    let style = |bold| Style { bold, ..Style::default() };
    let mut table = ListTable::new(style(true));
    assert_eq!(table.part(&rows), "\u{1b}[1m ID\u{1b}[0m\n a\n");
    assert_eq!(table.part(&rows), " a\n");
    assert_eq!(ListTable::new(style(false)).part(&rows), " ID\n a\n");
}

/// A service with a long text, and how a list of such is shown in a room.
fn cut(rows: &[Row], style: Style) -> Vec<String> {
    ListTable::new(style).part(rows).lines().map(str::to_owned).collect()
}

#[test]
fn tables_have_no_columns_that_repeat_others_and_short_times() {
    let mut build =
        object("build", &[("id", "a:b:c:1"), ("service_id", "a:b:c"), ("build_num", "1"), ("vcs_ref", "v")]);
    let moment = |build: &mut DynamicMessage, seconds| {
        let field = build.get_field_by_name("created_at").map(|field| field.into_owned());
        let Some(Value::Message(mut moment)) = field else { panic!("created_at is a message") };
        moment.transcode_from(&prost_types::Timestamp { seconds, nanos: 120_000_000 }).expect("a Timestamp");
        build.set_field_by_name("created_at", Value::Message(moment));
    };
    moment(&mut build, 1_700_000_000);
    let rows = [row("build", &build, &[])];
    assert_eq!(
        cut(&rows, Style::default()),
        [" ID       VCS_REF  CREATED           UPDATED", " a:b:c:1  v        2023-11-14 22:13"]
    );
    let wide = cut(&rows, Style { wide: true, ..Style::default() });
    let header: Vec<&str> = wide[0].split_whitespace().collect();
    let all = ["ID", "SERVICE", "BUILD_NUM", "VCS_REF", "VER", "GIT_TAG", "DEFAULTS", "CREATED", "UPDATED"];
    assert_eq!(header, all);
    assert!(wide[1].contains("2023-11-14T22:13:20.120Z"), "{wide:?}");
    // Asked for, they are there.
    let rows = [row("build", &build, &["git_tag", "id", "service_id"])];
    let asked = Style { asked: true, ..Style::default() };
    assert_eq!(cut(&rows, asked), [" GIT_TAG  ID       SERVICE", "          a:b:c:1  a:b:c"]);
}

#[test]
fn tables_are_cut_to_the_room_by_what_is_seen() {
    let cells = [("resource", "service"), ("id", "a:b:c"), ("note", "日本語のとても長い説明"), ("more", "x\ny")];
    let rows = [Row::of_cells(cells.map(|(name, text)| (name, text.into())))];
    let style = |room| Style { room: Some(room), ..Style::default() };
    assert_eq!(
        cut(&rows, style(80)),
        [" ID     RESOURCE  NOTE                    MORE", " a:b:c  service   日本語のとても長い説明  x…"]
    );
    assert_eq!(cut(&rows, style(32)), [" ID     RESOURCE  NOTE      MORE", " a:b:c  service   日本語…   x…"]);
    // The last columns make room, and the ID is whole as long as possible.
    assert_eq!(cut(&rows, style(20)), [" ID     RESOURCE", " a:b:c  service"]);
    assert_eq!(cut(&rows, style(17)), [" ID     RESOURCE", " a:b:c  service"]);
    assert_eq!(cut(&rows, style(15)), [" ID    RESOURCE", " a…:c  service"]);
    let mut table = ListTable::new(style(20));
    table.part(&rows);
    assert_eq!(table.missing(), ["NOTE", "MORE"]);
    // All of them, in their order, when they were asked for.
    let asked = Style { asked: true, ..style(20) };
    assert_eq!(cut(&rows, asked), [" RE…  ID    NO…  MO…", " se…  a…:c  日…  x…"]);
    // Without a limit a text of two lines takes two.
    assert_eq!(cut(&rows, Style::default())[2].trim(), "y");
}

#[test]
fn the_parts_of_a_table_have_the_columns_of_the_first() {
    let row = |id: &str, name: &str| Row::of_cells([("id", id.into()), ("name", name.into()), ("tag", "t".into())]);
    let mut table = ListTable::new(Style { room: Some(24), ..Style::default() });
    assert_eq!(table.part(&[row("a", "bcd")]), " ID  NAME  TAG\n a   bcd   t\n");
    assert_eq!(table.part(&[row("a", "bcdefgh")]), " a   bcd…  t\n");
    // An ID is whole, and moves what is after it.
    assert_eq!(table.part(&[row("abcdefgh", "b"), row("a", "b")]), " abcdefgh  b     t\n a   b     t\n");
    assert_eq!(table.part(&[row("abcdefghijklmnopqrstuvwxyz", "b")]), " abcdefghijklmnopqrstuv…\n");
    // So is a number, which would be another one.
    let row = |n: i64| Row::of_cells([("id", "a".into()), ("n", n.into()), ("tag", "t".into())]);
    let mut table = ListTable::new(Style { room: Some(24), ..Style::default() });
    assert_eq!(table.part(&[row(1)]), " ID  N  TAG\n a   1  t\n");
    assert_eq!(table.part(&[row(12345)]), " a   12345  t\n");
}

#[test]
fn one_object_fits_and_keeps_its_values() {
    let row = Row::of_cells([("id", "a:b".into()), ("defaults", "x".repeat(60).into())]);
    let text = table::object(&row, Style { room: Some(50), ..Style::default() });
    assert_eq!(text, format!(" id        a:b\n defaults  {}\n           {}\n", "x".repeat(39), "x".repeat(21)));
    let whole = table::object(&row, Style::default());
    assert_eq!(whole.lines().count(), 2);
}

#[test]
fn objects_in_cells_are_their_ids() {
    let row = Row::of_cells([("id", "d:1".into()), ("x", 1.into())]);
    let cell = |datum| row::Cell { name: "release".to_owned(), datum, place: row::Place::Everywhere };
    for datum in [Datum::Row(row.clone()), Datum::Related(row.clone()), Datum::List(vec![Datum::Row(row.clone())])] {
        let text = table::object(&Row { cells: vec![cell(datum)] }, Style::default());
        assert_eq!(text, " release  d:1\n");
    }
}
