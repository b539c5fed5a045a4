//! Pictures of what else is deployed on a deployment's target.

use prost_reflect::DynamicMessage;

use super::pictures::{Objects, inverse, label, relation};
use super::rows::all_rows;
use crate::args::trace::Picture;
use crate::commands::relation::text_of;
use crate::error::Result;
use crate::output::dot::Dot;
use crate::output::tree::Tree;
use crate::requests::Request;
use crate::session::Session;

impl Session {
    pub(super) async fn draw_neighbors(&mut self, request: Request, picture: Picture) -> Result<()> {
        let deployment = text_of(&request.message, "deployment_id");
        let rows = all_rows(&self.client, request).await?;
        match picture {
            Picture::Tree => self.output.tree(&tree(&rows)),
            Picture::Dot => self.output.dot(dot(&deployment, &rows)),
        }
    }
}

/// The deployment that was asked about is not in it, as it is not among the rows.
fn tree(rows: &[DynamicMessage]) -> Tree {
    let mut objects = Objects::default();
    for row in rows {
        let [id, target, service] = ["id", "deployment_target_id", "service_id"].map(|name| text_of(row, name));
        let target = objects.add(None, "deployment_target", &target, || label("deployment_target", &target));
        let deployment = objects.add(Some(target), "deployment", &id, || label("deployment", &id));
        // A service that is deployed twice is below each of its deployments.
        objects.tree.child(deployment, label("service", &service));
    }
    objects.tree
}

fn dot(deployment: &str, rows: &[DynamicMessage]) -> Dot {
    let mut dot = Dot::new("neighbors");
    dot.node(("deployment", deployment));
    for row in rows {
        let [id, target, service, release] =
            ["id", "deployment_target_id", "service_id", "current_release_id"].map(|name| text_of(row, name));
        let on_target = inverse("deployment", "deployment_target");
        dot.edge(("deployment_target", &target), ("deployment", deployment), on_target);
        dot.edge(("deployment_target", &target), ("deployment", &id), on_target);
        dot.edge(("deployment", &id), ("service", &service), relation("deployment", "service_id"));
        if !release.is_empty() {
            dot.edge(("deployment", &id), ("release", &release), relation("deployment", "current_release_id"));
        }
    }
    dot
}

#[cfg(test)]
mod tests {
    use super::super::pictures::testing::{drawn, message};
    use super::*;

    #[test]
    fn a_service_stands_below_each_of_its_deployments() {
        let row = |id| message("NeighborRow", &[("id", id), ("deployment_target_id", "t"), ("service_id", "s")]);
        let rows = [row("t:s:x"), row("t:s:y")];
        assert_eq!(
            drawn(&tree(&rows)),
            "deployment_target t\n\
             |-- deployment t:s:x\n\
             |   `-- service s\n\
             `-- deployment t:s:y\n\
             \x20   `-- service s\n"
        );
        let graph = dot("t:s:z", &rows).finish();
        assert!(graph.contains("\"deployment_target t\" -> \"deployment t:s:z\" [label=\"deployments\"]"), "{graph}");
        assert_eq!((drawn(&tree(&[])), dot("d", &[]).finish().contains("\"deployment d\"")), (String::new(), true));
    }
}
