//! The graph of dependencies in docs/TRACES.md, made from the model.

use std::fmt::Write;
use std::path::Path;

use qairon::Model;
use qairon::model::Crossing;

/// The markers around the graph in the page.
const BEGIN: &str = "```mermaid\n";
const END: &str = "```\n";

/// The graph in Mermaid's notation: an arrow leads from an object to those that depend on it.
pub fn graph(model: &Model) -> String {
    let mut text = String::from("flowchart LR\n");
    for entity in model.entities() {
        for relation in &entity.relations {
            let arrow = match relation.dependents {
                None => continue,
                Some(Crossing::Depends) => "-->",
                Some(Crossing::LivesIn) => "-.->",
                Some(Crossing::Uses) => "==>",
                Some(Crossing::Rises) => "--o",
            };
            let (from, name, to) = (&entity.name, relation.name(), &relation.target);
            writeln!(text, "    {from} {arrow}|{name}| {to}").expect("a text takes what is written to it");
        }
    }
    text
}

/// Compares the graph in the page with the model, or regenerates it.
pub fn assert_in_page(graph: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/TRACES.md");
    let page = std::fs::read_to_string(&path).expect("docs/TRACES.md is there");
    let (before, rest) = page.split_once(BEGIN).expect("the page has a graph");
    let (shown, behind) = rest.split_once(END).expect("the graph has an end");
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        std::fs::write(&path, format!("{before}{BEGIN}{graph}{END}{behind}")).expect("the page can be written");
        return;
    }
    assert_eq!(shown, graph, "the graph in docs/TRACES.md is not that of the model; run with UPDATE_GOLDEN=1");
}
