//! Pictures of what contains a commit: from the commit down to the deployments.

use std::collections::HashMap;

use prost_reflect::DynamicMessage;

use super::pictures::{COMMIT, Objects, inverse, label, label_with, relation};
use super::rows::all_rows;
use crate::args::trace::Picture;
use crate::commands::relation::text_of;
use crate::error::Result;
use crate::output::dot::Dot;
use crate::output::tree::Tree;
use crate::requests::Request;
use crate::session::Session;

impl Session {
    pub(super) async fn draw_builds(&mut self, request: Request, picture: Picture) -> Result<()> {
        let rows = all_rows(&self.client, request).await?;
        match picture {
            Picture::Tree => self.output.tree(&tree(&rows)),
            Picture::Dot => self.output.dot(dot(&rows)),
        }
    }
}

/// The release of an artifact, whose ID is that of the release and a name.
fn release_of(artifact: &str) -> &str {
    artifact.rsplit_once(':').map_or("", |(release, _)| release)
}

fn tree(rows: &[DynamicMessage]) -> Tree {
    let mut objects = Objects::default();
    // The nodes of the releases of a build to a deployment, which is below each of them.
    let mut releases: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for row in rows {
        let [resource, id, build, commit, deployment, location] =
            ["resource", "id", "build_id", "vcs_ref", "deployment_id", "location"].map(|name| text_of(row, name));
        let current = row.get_field_by_name("current").and_then(|value| value.as_bool()).unwrap_or_default();
        let current = if current { "current" } else { "not current" };
        let top = objects.add(None, COMMIT, &commit, || label(COMMIT, &commit));
        let of_build = objects.add(Some(top), "build", &build, || label("build", &build));
        match resource.as_str() {
            "build" => {}
            "release" => {
                let place = objects.add(Some(of_build), "release", &id, || label_with("release", &id, current));
                releases.entry((build, deployment)).or_default().push(place);
            }
            "release_artifact" => {
                let release = release_of(&id);
                let place = objects.add(Some(of_build), "release", release, || label_with("release", release, current));
                objects.tree.child(place, label_with("release_artifact", &id, &location));
            }
            "deployment" => {
                for &release in releases.get(&(build, id.clone())).into_iter().flatten() {
                    objects.tree.child(release, label("deployment", &id));
                }
            }
            resource => _ = objects.tree.child(of_build, label_with(resource, &id, &location)),
        }
    }
    objects.tree
}

fn dot(rows: &[DynamicMessage]) -> Dot {
    let mut dot = Dot::new("builds");
    for row in rows {
        let [resource, id, build, commit, deployment] =
            ["resource", "id", "build_id", "vcs_ref", "deployment_id"].map(|name| text_of(row, name));
        let object = (resource.as_str(), id.as_str());
        match resource.as_str() {
            "build" => dot.edge((COMMIT, &commit), object, "vcs_ref"),
            "deployment" => dot.node(object),
            "release_artifact" => {
                dot.edge(("release", release_of(&id)), object, inverse("release_artifact", "release"));
            }
            resource => dot.edge(("build", &build), object, inverse(resource, "build")),
        }
        if resource == "release" {
            dot.edge(object, ("deployment", &deployment), relation("release", "deployment_id"));
        }
    }
    dot
}

#[cfg(test)]
mod tests {
    use prost_reflect::Value;

    use super::super::pictures::testing::{drawn, message};
    use super::*;

    /// A row from `resource id build_id vcs_ref`, with a deployment and whether it is current.
    fn row(line: &str, deployment: &str, current: bool) -> DynamicMessage {
        let fields: Vec<(&str, &str)> =
            ["resource", "id", "build_id", "vcs_ref"].into_iter().zip(line.split(' ')).collect();
        let mut row = message("BuildRow", &fields);
        if !deployment.is_empty() {
            row.set_field_by_name("deployment_id", Value::String(deployment.to_owned()));
            row.set_field_by_name("current", Value::Bool(current));
        }
        if line.contains("artifact") {
            row.set_field_by_name("location", Value::String("https://o/p".to_owned()));
        }
        row
    }

    fn rows() -> Vec<DynamicMessage> {
        vec![
            row("build s:1 s:1 v", "", false),
            row("build_artifact s:1:img s:1 v", "", false),
            row("release d:1 s:1 v", "d", false),
            row("release d:2 s:1 v", "d", true),
            row("release_artifact d:2:img s:1 v", "d", true),
            row("deployment d s:1 v", "d", true),
            row("build s:2 s:2 vw", "", false),
            row("build s:3 s:3 v", "", false),
        ]
    }

    #[test]
    fn a_deployment_stands_below_each_of_its_releases_and_a_commit_once() {
        assert_eq!(
            drawn(&tree(&rows())),
            "commit v\n\
             |-- build s:1\n\
             |   |-- build_artifact s:1:img (https://o/p)\n\
             |   |-- release d:1 (not current)\n\
             |   |   `-- deployment d\n\
             |   `-- release d:2 (current)\n\
             |       |-- release_artifact d:2:img (https://o/p)\n\
             |       `-- deployment d\n\
             `-- build s:3\n\
             commit vw\n\
             `-- build s:2\n"
        );
        assert_eq!(drawn(&tree(&[])), "");
    }

    #[test]
    fn a_commit_leads_to_what_contains_it() {
        let dot = dot(&rows()).finish();
        for edge in [
            "\"commit v\" -> \"build s:1\" [label=\"vcs_ref\"]",
            "\"build s:1\" -> \"build_artifact s:1:img\" [label=\"build_artifacts\"]",
            "\"build s:1\" -> \"release d:1\" [label=\"releases\"]",
            "\"release d:2\" -> \"release_artifact d:2:img\" [label=\"release_artifacts\"]",
            "\"release d:1\" -> \"deployment d\" [label=\"deployment\"]",
        ] {
            assert!(dot.contains(edge), "{edge}: {dot}");
        }
        assert_eq!(dot.matches(" -> ").count(), 9, "{dot}");
    }
}
