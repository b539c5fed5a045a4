//! Files with the rows they hold.

use super::*;

fn checked(entity: &str, content: &str) -> Result<(Vec<u64>, Vec<BadRow>)> {
    check(qairon::model().target(entity), &content.as_bytes().into())
}

fn problems(entity: &str, content: &str) -> Vec<(u64, String)> {
    let (_, bad) = checked(entity, content).expect("a good header");
    bad.into_iter().map(|row| (row.line, row.message)).collect()
}

#[test]
fn line_ends_quotes_and_json_are_read() {
    let content = "name,application_id,defaults\r\n\"a\",shop,\"{\"\"x\"\": [1, \"\"b,c\"\"]}\"\r\nb,shop,\r\n";
    let rows: Vec<_> = Rows::new(qairon::model().target("stack"), content.as_bytes().into()).expect("header").collect();
    assert_eq!(rows.len(), 2);
    let first = rows[0].1.as_ref().expect("good");
    let row = Row::of_object(qairon::model().target("stack"), first, &["name".to_owned(), "defaults".to_owned()]);
    assert_eq!(serde_json::to_string(&row).expect("json"), r#"{"name":"a","defaults":{"x":[1,"b,c"]}}"#);
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
    assert_eq!(checked("build", content).expect("header").0, [2, 5]);
}

#[test]
fn headers_are_refused_as_a_whole() {
    for (content, told) in [
        ("aplication_id,name\n", "unknown column `aplication_id`, did you mean `application_id`?"),
        ("aplication_id,name\n", "column `application_id` is missing"),
        ("application_id,name,name\n", "`name` is there twice"),
        ("application_id,name,created_at\n", "`created_at` cannot be imported"),
        ("", "column `name` is missing"),
    ] {
        let error = checked("stack", content).expect_err(content).to_string();
        assert!(error.contains(told), "{error}");
    }
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
fn objects_travel_in_batches_that_say_what_they_are() {
    let entity = qairon::model().target("application");
    let method =
        qairon::model().methods().iter().find(|method| method.descriptor.name() == "ImportObjects").expect("method");
    let content: String = std::iter::once("id\n".to_owned()).chain((0..1201).map(|n| format!("a{n}\n"))).collect();
    let batches: Vec<_> = Requests::new(method, entity, content.into_bytes().into(), true).expect("header").collect();
    let sizes: Vec<_> = batches
        .iter()
        .map(|batch| batch.get_field_by_name("objects").expect("objects").as_list().expect("list").len())
        .collect();
    assert_eq!(sizes, [500, 500, 201]);
    assert!(batches[0].to_string().contains("qairon.v1.Application"));
    let empty: Vec<_> = Requests::new(method, entity, b"id\n".as_slice().into(), false).expect("header").collect();
    assert_eq!(empty.len(), 1);
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_name() {
    let content = without_bom("\u{feff}id\nshop\n".as_bytes());
    let (lines, bad) = check(qairon::model().target("application"), &content.into()).expect("a good header");
    assert_eq!((lines, bad), (vec![2], Vec::new()));
}
