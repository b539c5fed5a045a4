//! Trees and graphs of traces.

use tokio::process::Command;

use qairon_integration_tests::{Program, Row, program};

use super::Delivery;

/// Standard output of a command that succeeds, in a locale.
async fn drawn(delivery: &Delivery, locale: &str, args: &[&str]) -> String {
    let mut command = Command::new(program(Program::Qcli));
    command.args(args).env("QAIRON_ENDPOINT", delivery.stage.server.endpoint()).env("LC_ALL", locale);
    command.env("QAIRON_CONFIG", "/dev/null");
    let output = command.output().await.expect("qcli runs");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[tokio::test]
async fn trees_stand_on_what_holds_and_what_led_there() {
    let delivery = Delivery::set().await;
    let id = |entity| delivery.id(entity);
    let (service, fleet, deployment) = (id("service"), id("fleet"), id("deployment"));
    let tree = |args: &[&str]| {
        let args: Vec<String> = args.iter().chain(&["--tree"]).map(ToString::to_string).collect();
        let delivery = &delivery;
        async move { drawn(delivery, "C.UTF-8", &args.iter().map(String::as_str).collect::<Vec<_>>()).await }
    };
    assert_eq!(
        tree(&["trace", "infrastructure", service]).await,
        format!(
            "environment {}\n└── provider {}\n    └── region {}\n        └── partition {}\n            \
             └── deployment_target {} (fleet {fleet})\n                └── deployment {deployment}\n",
            id("environment"),
            id("provider"),
            id("region"),
            id("partition"),
            id("deployment_target"),
        )
    );
    assert_eq!(
        tree(&["trace", "impact", "fleet", fleet, "--to", "service"]).await,
        format!(
            "fleet {fleet}\n└── deployment_target {} (deployment_targets)\n    \
             └── deployment {deployment} (deployments)\n        └── service {service} (service)\n",
            id("deployment_target"),
        ),
        "what is wanted comes with what led there"
    );
    let path = ["trace", "path", "service", service, "deployment_target", id("deployment_target")];
    assert_eq!(
        tree(&path).await,
        format!(
            "service {service}\n└── deployment {deployment} (deployments)\n    \
             └── deployment_target {} (deployment_target)\n",
            id("deployment_target"),
        )
    );
    let provenance = drawn(&delivery, "C", &["trace", "provenance", deployment, "--tree"]).await;
    let lines: Vec<&str> = provenance.lines().map(|line| line.split(" (").next().unwrap_or_default()).collect();
    let build = delivery.stage.client.get("build", id("build")).await.expect("it exists");
    assert_eq!(
        lines,
        [
            format!("deployment {deployment}"),
            format!("`-- release {}", id("release")),
            format!("    |-- release_artifact {}", id("release_artifact")),
            format!("    `-- build {}", id("build")),
            format!("        |-- build_artifact {}", id("build_artifact")),
            format!("        `-- commit {}", build.text("vcs_ref")),
        ]
    );
}

#[tokio::test]
async fn trees_lead_from_artifacts_commits_and_targets() {
    let delivery = Delivery::set().await;
    let id = |entity| delivery.id(entity);
    let build = delivery.stage.client.get("build", id("build")).await.expect("it exists");
    let commit = build.text("vcs_ref");
    let location = |artifact: &'static str| {
        let (client, id) = (&delivery.stage.client, id(artifact));
        async move {
            let artifact = client.get(artifact, id).await.expect("it exists");
            let repo = client.get("repo", artifact.text("output_repo_id")).await.expect("it exists");
            (format!("{}/{}", repo.text("url"), artifact.text("upload_path")), artifact)
        }
    };
    let (built_at, built) = location("build_artifact").await;
    let (released_at, released) = location("release_artifact").await;
    let below = |artifact: &Row| {
        format!(
            "|-- build {}\n|   `-- commit {commit}\n|-- repo {} (input_repo)\n`-- repo {} (output_repo)\n",
            delivery.id("build"),
            artifact.text("input_repo_id"),
            artifact.text("output_repo_id"),
        )
    };
    assert_eq!(
        drawn(&delivery, "C", &["trace", "lineage", "build-artifact", id("build_artifact"), "--tree"]).await,
        format!("build_artifact {} ({built_at})\n{}", id("build_artifact"), below(&built))
    );
    assert_eq!(
        drawn(&delivery, "C", &["trace", "lineage", "release_artifact", id("release_artifact"), "--tree"]).await,
        format!(
            "release_artifact {} ({released_at})\n|-- release {}\n|   `-- deployment {}\n{}",
            id("release_artifact"),
            id("release"),
            id("deployment"),
            below(&released)
        )
    );

    let mut world = delivery.world.clone();
    world.forget("release");
    let next = delivery.stage.factory.create_in("release", &mut world).await;
    let builds = |current: &'static str, other: &'static str| {
        format!(
            "commit {commit}\n`-- build {}\n    |-- build_artifact {} ({built_at})\n    \
             |-- release {} ({current})\n    |   |-- release_artifact {} ({released_at})\n    \
             |   `-- deployment {}\n    `-- release {} ({other})\n        `-- deployment {}\n",
            id("build"),
            id("build_artifact"),
            id("release"),
            id("release_artifact"),
            id("deployment"),
            next.id(),
            id("deployment"),
        )
    };
    let args = ["trace", "builds", "--vcs-ref", commit, "--tree"];
    assert_eq!(drawn(&delivery, "C", &args).await, builds("current", "not current"));
    let update = serde_json::json!({ "id": id("deployment"), "current_release_id": next.id() });
    delivery.stage.client.update("deployment", update).await.expect("it is one of its releases");
    assert_eq!(drawn(&delivery, "C", &args).await, builds("not current", "current"));
    let nothing = ["trace", "builds", "--vcs-ref", "no such commit", "--tree"];
    assert_eq!(drawn(&delivery, "C", &nothing).await, "");

    let neighbors = ["trace", "neighbors", id("deployment"), "--tree"];
    assert_eq!(drawn(&delivery, "C", &neighbors).await, "", "it is alone");
    world.forget("service");
    let other = delivery.stage.factory.create_in("deployment", &mut world).await;
    assert_eq!(
        drawn(&delivery, "C", &neighbors).await,
        format!(
            "deployment_target {}\n`-- deployment {}\n    `-- service {}\n",
            id("deployment_target"),
            other.id(),
            world.id("service").expect("it was created anew"),
        ),
        "the deployment itself is not among them"
    );
}

/// The edges of a graph, without what is around them.
fn edges(graph: &str) -> Vec<String> {
    assert!(graph.starts_with("digraph ") && graph.ends_with("}\n"), "{graph}");
    let edges = graph.lines().filter(|line| line.contains(" -> "));
    edges.map(|line| line.trim().trim_end_matches(';').to_owned()).collect()
}

#[tokio::test]
async fn graphs_have_an_edge_for_each_relation_and_are_always_the_same() {
    let delivery = Delivery::set().await;
    let id = |entity| delivery.id(entity);
    let build = delivery.stage.client.get("build", id("build")).await.expect("it exists");
    let object = |entity: &str| format!("{entity} {}", delivery.id(entity));
    let edge = |from: &str, to: &str, relation: &str| {
        format!("\"{}\" -> \"{}\" [label=\"{relation}\"]", object(from), object(to))
    };
    let commit = format!("\"commit {}\"", build.text("vcs_ref"));
    for (args, wanted) in [
        (
            &["infrastructure", id("service")][..],
            vec![
                edge("environment", "provider", "providers"),
                edge("partition", "deployment_target", "deployment_targets"),
                edge("deployment_target", "fleet", "fleets"),
                edge("deployment_target", "deployment", "deployments"),
                edge("service", "deployment", "deployments"),
            ],
        ),
        (
            &["impact", "fleet", id("fleet")],
            vec![
                edge("fleet", "deployment_target", "deployment_targets"),
                edge("deployment_target", "deployment", "deployments"),
                edge("deployment", "service", "service"),
            ],
        ),
        (
            &["provenance", id("deployment")],
            vec![
                edge("deployment", "release", "releases"),
                edge("release", "build", "build"),
                edge("build", "build_artifact", "build_artifacts"),
                edge("build_artifact", "repo", "output_repo"),
                format!("\"{}\" -> {commit} [label=\"vcs_ref\"]", object("build")),
            ],
        ),
        (
            &["lineage", "release_artifact", id("release_artifact")],
            vec![
                edge("release_artifact", "release", "release"),
                edge("release", "deployment", "deployment"),
                edge("release", "build", "build"),
                format!("\"{}\" -> {commit} [label=\"vcs_ref\"]", object("build")),
                edge("release_artifact", "repo", "output_repo"),
            ],
        ),
        (
            &["lineage", "build_artifact", id("build_artifact")],
            vec![
                edge("build_artifact", "build", "build"),
                format!("\"{}\" -> {commit} [label=\"vcs_ref\"]", object("build")),
                edge("build_artifact", "repo", "output_repo"),
            ],
        ),
        (
            &["builds", "--vcs-ref", build.text("vcs_ref")],
            vec![
                format!("{commit} -> \"{}\" [label=\"vcs_ref\"]", object("build")),
                edge("build", "release", "releases"),
                edge("release", "release_artifact", "release_artifacts"),
                edge("release", "deployment", "deployment"),
            ],
        ),
        (
            &["path", "service", id("service"), "deployment_target", id("deployment_target")],
            vec![edge("service", "deployment", "deployments")],
        ),
    ] {
        let args = [&["trace"], args, &["--dot"]].concat();
        let graph = drawn(&delivery, "C", &args).await;
        let found = edges(&graph);
        for edge in wanted {
            assert!(found.contains(&edge), "{args:?}: no {edge} in {graph}");
        }
        assert_eq!(drawn(&delivery, "C", &args).await, graph, "{args:?}");
    }
    let mut world = delivery.world.clone();
    world.forget("service");
    let other = delivery.stage.factory.create_in("deployment", &mut world).await;
    let graph = drawn(&delivery, "C", &["trace", "neighbors", id("deployment"), "--dot"]).await;
    let service = world.id("service").expect("it was created anew");
    let wanted = format!("\"deployment {}\" -> \"service {service}\" [label=\"service\"]", other.id());
    assert!(edges(&graph).contains(&wanted), "no {wanted} in {graph}");
    assert!(edges(&graph).contains(&edge("deployment_target", "deployment", "deployments")), "{graph}");
}

#[tokio::test]
async fn what_an_id_may_hold_breaks_no_graph() {
    let stage = super::Stage::set().await;
    let strange = r#"a"->b\"];{N}&lt;<i>\"#;
    stage.client.create("application", serde_json::json!({ "id": strange })).await.expect("it is a name");
    let stack = serde_json::json!({ "application_id": strange, "name": "\\" });
    stage.client.create("stack", stack).await.expect("it is a name");
    let qcli = qairon_integration_tests::Qcli::new(&stage.server);
    let graph = qcli.text(&["trace", "impact", "application", strange, "--dot"]).await;
    let node = r#"a\"->b\\\"];{N}&lt;<i>\\"#;
    let edge = format!("  \"application {node}\" -> \"stack {node}:\\\\\" [label=\"stacks\"];");
    assert!(graph.lines().any(|line| line == edge), "no {edge} in {graph}");
}
