//! Files with the rows they hold.

use prost_reflect::DynamicMessage;

use super::row::Rows;
use crate::error::Result;
use crate::output::row::Row;

/// Rows in words, each with its line.
type Told = Vec<(u64, String)>;

/// The lines of good rows with their JSON, and those of bad ones with what is wrong.
fn read(entity: &str, content: &str) -> Result<(Told, Told)> {
    let entity = qairon::model().target(entity);
    let mut rows = Rows::new(entity, content.as_bytes(), false)?;
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next().expect("it is in memory") {
        match row.object {
            Ok(bytes) => {
                let object = DynamicMessage::decode(entity.message.clone(), &bytes[..]).expect("well-formed");
                let asked: Vec<_> = entity.create_args.iter().cloned().chain(["defaults".to_owned()]).collect();
                let row_of = Row::of_object(entity, &object, &asked);
                good.push((row.line, serde_json::to_string(&row_of).expect("json")));
            }
            Err(problem) => bad.push((row.line, problem)),
        }
    }
    Ok((good, bad))
}

fn problems(entity: &str, content: &str) -> Told {
    read(entity, content).expect("a good header").1
}

#[test]
fn line_ends_quotes_and_json_are_read() {
    let content = "name,application_id,defaults\r\n\"a\",shop,\"{\"\"x\"\": [1, \"\"b,c\"\"]}\"\r\nb,shop,\r\n";
    let (good, _) = read("stack", content).expect("header");
    assert_eq!(good[0], (2, r#"{"application_id":"shop","name":"a","defaults":{"x":[1,"b,c"]}}"#.to_owned()));
    assert_eq!(good.len(), 2);
}

#[test]
fn every_bad_row_is_told_with_its_line() {
    let content = "service_id,build_num,vcs_ref\na:b:c,1,main\na:b:c,x,\n\n\"a:b\n:c\",2,r\na:b:c,3\na:b:c,4.5,r\n";
    assert_eq!(
        problems("build", content),
        [
            (3, "`build_num`: `x` is not a whole number; `vcs_ref` is required".to_owned()),
            (7, "2 cells where the header has 3".to_owned()),
            (8, "`build_num`: `4.5` is not a whole number".to_owned()),
        ]
    );
    let lines: Vec<_> = read("build", content).expect("header").0.into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [2, 5]);
}

#[test]
fn headers_are_refused_as_a_whole() {
    for (content, told) in [
        ("aplication_id,name\n", "unknown column `aplication_id`, did you mean `application_id`?"),
        ("aplication_id,name\n", "column `application_id` is missing"),
        ("application_id,name,name\n", "`name` is given twice"),
        ("application_id,name,created_at\n", "`created_at` cannot be imported"),
        ("", "column `name` is missing"),
    ] {
        let error = read("stack", content).expect_err(content).to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn objects_that_exist_need_but_their_id() {
    let build = qairon::model().target("build");
    assert!(Rows::new(build, "service_id,build_num\n".as_bytes(), true).is_ok());
    assert!(Rows::new(build, "service_id,build_num\n".as_bytes(), false).is_err());
    assert!(Rows::new(build, "service_id,vcs_ref\n".as_bytes(), true).is_err());
}

#[test]
fn composed_ids_and_resource_names_must_agree() {
    let content =
        "resource,id,application_id,name\nstack,shop:web,shop,web\nservice,shop:api,shop,api\n,shop:x,shop,y\n";
    assert_eq!(
        problems("stack", content),
        [
            (3, "`resource` is `service`, not `stack`".to_owned()),
            (4, "`id` is `shop:x`, but the row composes `shop:y`".to_owned()),
        ]
    );
    let content = "id,deployment_id,config_template_id,name,tag\nd:t:n:default,d,t,n,\n";
    assert_eq!(problems("deployment_config", content), []);
    let content = "id,deployment_proc_id,allocation_type_id,watermark,value\np:cpu:HIGH,p,cpu,HIGH,1\n";
    assert_eq!(problems("allocation", content), []);
}

#[test]
fn quoted_emptiness_is_an_empty_text_where_there_is_such_a_thing() {
    let service = qairon::model().target("service");
    let content = "stack_id,name,artifact_name,defaults\na:b,x,\"\",\"\"\na:b,y,,\n";
    let mut rows = Rows::new(service, content.as_bytes(), false).expect("header");
    let mut has = || {
        let bytes = rows.next().expect("in memory").expect("a row").object.expect("good");
        let object = DynamicMessage::decode(service.message.clone(), &bytes[..]).expect("well-formed");
        ["artifact_name", "defaults"].map(|name| object.has_field_by_name(name))
    };
    assert_eq!(has(), [true, false]);
    assert_eq!(has(), [false, false]);
}

#[test]
fn rows_too_large_to_send_are_told() {
    // A number is small as text and large on its way.
    let numbers = vec!["1"; 400_000].join(",");
    let content = format!("id,defaults\na,\"{{\"\"x\"\":[{numbers}]}}\"\n");
    assert_eq!(problems("application", &content)[0].1, "the row is larger than the 3 MiB that can be sent");
}
