//! What the programs say, held against golden files. Whoever changes an output sees here what others will see of it;
//! `UPDATE_GOLDEN=1` regenerates the files.

mod api;
mod errors;
mod graph;
mod model;

use qairon_integration_tests::{Qcli, assert_golden};

#[tokio::test(flavor = "multi_thread")]
async fn the_command_tree() {
    // No server: the tree is made of the descriptors alone.
    let tree = Qcli::at("http://127.0.0.1:1").text(&["help_tree"]).await;
    for entity in qairon::model().entities() {
        assert!(tree.contains(&format!("\nqcli {} create: ", entity.name)), "no `qcli {} create`", entity.name);
    }
    assert_golden("help_tree.txt", &format!("{tree}\n"));
}

#[test]
fn the_api() {
    let text = api::listing(qairon::model().pool());
    for method in qairon::model().methods() {
        assert!(text.contains(&format!("  {}(", method.descriptor.name())), "{} is not listed", method.path);
    }
    assert_golden("api.txt", &text);
}

#[test]
fn the_model() {
    assert_golden("model.txt", &model::listing(qairon::model()));
}

#[test]
fn the_graph_of_dependence() {
    let graph = graph::graph(qairon::model());
    for entity in qairon::model().entities() {
        let word = |line: &str| line.split_whitespace().any(|word| word == entity.name);
        assert!(graph.lines().any(word), "{} depends on nothing, and nothing on it", entity.name);
    }
    graph::assert_in_page(&graph);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answers_to_bad_requests() {
    assert_golden("errors.txt", &errors::answers().await);
}
