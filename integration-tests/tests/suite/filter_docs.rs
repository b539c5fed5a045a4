//! The examples of the page on filters, run against the demo organisation.

use std::fs;

use qairon::model::Verb;
use qairon_integration_tests::{Failure, Qcli, Report, find_entity, workspace};
use serde_json::{Value, json};

use crate::stage::Stage;

/// A line of an example: entity, filter, and what comes of it.
struct Example {
    entity: String,
    filter: String,
    outcome: String,
}

fn page() -> String {
    fs::read_to_string(workspace().join("docs/FILTERS.md")).expect("the page is there")
}

/// The lines of the fenced blocks of a kind.
fn examples(page: &str, kind: &str) -> Vec<Example> {
    let opening = format!("```{kind}");
    let (mut examples, mut inside) = (Vec::new(), false);
    for line in page.lines() {
        match inside {
            false => inside = line == opening,
            true if line == "```" => inside = false,
            true => {
                let parts = line.split_once(": ").and_then(|(entity, rest)| Some((entity, rest.rsplit_once("   → ")?)));
                let (entity, (filter, outcome)) = parts.unwrap_or_else(|| panic!("{line:?} is no example"));
                examples.push(Example {
                    entity: entity.to_owned(),
                    filter: filter.to_owned(),
                    outcome: outcome.to_owned(),
                });
            }
        }
    }
    examples
}

/// The documents in the table of operators, each with the equivalent text.
fn operators(page: &str) -> Vec<(String, String)> {
    let behind_document = |line: &str| line.find(r#"`{"name""#).map(|at| line[at + 1..].to_owned());
    let cells = |rest: String| {
        let (document, text) = rest.split_once("` | `").unwrap_or_else(|| panic!("{rest:?} has no text"));
        let text = text.strip_suffix("` |").unwrap_or_else(|| panic!("{rest:?} does not end"));
        (document.to_owned(), text.to_owned())
    };
    page.lines().filter(|line| line.starts_with("| ")).filter_map(behind_document).map(cells).collect()
}

/// Loads the demo: its files as the command line loads them, its links and current releases in one go each.
pub async fn load_demo(stage: &Stage) {
    let demo = workspace().join("demo");
    let qcli = Qcli::new(&stage.server);
    let mut files: Vec<_> = fs::read_dir(&demo).expect("the demo is there").filter_map(Result::ok).collect();
    files.sort_by_key(fs::DirEntry::file_name);
    for file in files {
        let name = file.file_name().into_string().expect("names are text");
        let Some(resource) = name.strip_suffix(".csv").and_then(|name| name.get(3..)) else { continue };
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            let path = file.path();
            qcli.text(&["csv_import", "import_csv", resource, path.to_str().expect("a path is text")]).await;
        }
    }
    let pairs = |path: &str| {
        let text = fs::read_to_string(demo.join(path)).expect("the file is there");
        let quoted = |line: &str| format!("('{}')", line.replace('\'', "''").replace(',', "', '"));
        text.lines().skip(1).map(quoted).collect::<Vec<_>>().join(", ")
    };
    for entity in qairon::model().entities() {
        for link in &entity.links {
            let values = pairs(&format!("links/{}.csv", link.table));
            stage.database.execute(&format!("INSERT INTO \"{}\" VALUES {values}", link.table)).await.expect("links");
        }
    }
    let values = pairs("current_release.csv");
    let sql = format!(
        "UPDATE deployment SET current_release_id = release FROM (VALUES {values}) AS v (deployment, release) \
         WHERE id = deployment"
    );
    stage.database.execute(&sql).await.expect("current releases");
}

#[tokio::test]
async fn the_examples_of_the_page_on_filters_find_what_it_says() {
    let stage = Stage::set().await;
    load_demo(&stage).await;
    let (page, mut report) = (page(), Report::new());
    let count = async |entity: &str, filter: &str| -> Result<String, Failure> {
        let request = json!({ "filter": filter, "page_size": 1, "include_total_size": true });
        let response = stage.client.standard(find_entity(entity), Verb::List, request).await?;
        Ok(response["total_size"].as_i64().expect("it was asked for").to_string())
    };
    let found = examples(&page, "filter");
    assert!(found.len() > 40, "{} examples", found.len());
    for Example { entity, filter, outcome } in found {
        report.equal(format!("{entity}: {filter}"), count(&entity, &filter).await, Ok(outcome));
    }
    for Example { entity, filter, outcome } in examples(&page, "filter-error") {
        let refused = count(&entity, &filter).await.map_err(|failure| failure.message);
        report.equal(format!("{entity}: {filter}"), refused, Err(format!("`filter`, {outcome}")));
    }
    let operators = operators(&page);
    assert!(operators.len() > 15, "{} operators", operators.len());
    for (document, text) in operators {
        let of_document = count("deployment", &format!("[{document}]")).await;
        let of_text = count("deployment", &text).await;
        report.check(of_document.is_ok(), &document, format!("{of_document:?}"));
        report.equal(&document, of_document, of_text);
        let request = json!({ "resource": "deployment", "filter": format!("[{document}]") });
        let explained = stage.client.call("ExplainFilter", request).await;
        report.equal(&document, explained.map(|explained| explained["filter"].clone()), Ok(Value::from(text)));
    }
    report.finish();
}
