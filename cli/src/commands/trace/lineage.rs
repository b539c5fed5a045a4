//! How an artifact came about: the release it is of, the build and commit that made it, and its repos.

use prost_reflect::{DynamicMessage, Value};

use super::pictures::{COMMIT, label, label_with, relation};
use crate::args::trace::{Picture, Question};
use crate::commands::relation::text_of;
use crate::error::Result;
use crate::output::dot::{Dot, Object};
use crate::output::shape::{Shape, text_cell};
use crate::output::tree::Tree;
use crate::requests::Request;
use crate::session::Session;

/// The repos of an artifact, each a field of it.
const REPOS: [&str; 2] = ["input_repo_id", "output_repo_id"];

impl Session {
    pub(super) async fn lineage(
        &mut self,
        question: &Question,
        request: Request,
        picture: Option<Picture>,
    ) -> Result<()> {
        let (answer_type, asked) = (request.method.descriptor.output(), &self.asked);
        let shape = Shape::new(&question.name(), &["resource", "id"], &answer_type, &[], asked)?;
        let [resource, id] = ["resource", "id"].map(|name| text_of(&request.message, name));
        let answer = request.call(&self.client).await?;
        match picture {
            Some(Picture::Tree) => self.output.tree(&tree((&resource, &id), &answer)),
            Some(Picture::Dot) => self.output.dot(dot((&resource, &id), &answer)),
            None => {
                let leading = vec![text_cell("resource", &resource), text_cell("id", &id)];
                self.output.object(&shape.row(leading, &answer))
            }
        }
    }
}

/// A text of the artifact within the answer.
fn of_artifact(answer: &DynamicMessage, field: &str) -> String {
    let artifact = answer.get_field_by_name("artifact");
    artifact.as_deref().and_then(Value::as_message).map(|artifact| text_of(artifact, field)).unwrap_or_default()
}

fn tree((resource, id): Object<'_>, answer: &DynamicMessage) -> Tree {
    let [release, deployment, build, commit] =
        ["release_id", "deployment_id", "build_id", "vcs_ref"].map(|name| text_of(answer, name));
    let mut tree = Tree::default();
    let artifact = tree.root(label_with(resource, id, &of_artifact(answer, "location")));
    // A build artifact is of no release.
    if !release.is_empty() {
        let release = tree.child(artifact, label("release", &release));
        tree.child(release, label("deployment", &deployment));
    }
    let build = tree.child(artifact, label("build", &build));
    tree.child(build, label(COMMIT, &commit));
    for field in REPOS {
        tree.child(artifact, label_with("repo", &of_artifact(answer, field), relation(resource, field)));
    }
    tree
}

fn dot(artifact: Object<'_>, answer: &DynamicMessage) -> Dot {
    let [release, deployment, build, commit, service] =
        ["release_id", "deployment_id", "build_id", "vcs_ref", "service_id"].map(|name| text_of(answer, name));
    let build = ("build", build.as_str());
    let mut dot = Dot::new("lineage");
    if release.is_empty() {
        dot.edge(artifact, build, relation(artifact.0, "build_id"));
    } else {
        let release = ("release", release.as_str());
        dot.edge(artifact, release, relation(artifact.0, "release_id"));
        dot.edge(release, ("deployment", &deployment), relation("release", "deployment_id"));
        dot.edge(release, build, relation("release", "build_id"));
    }
    dot.edge(build, (COMMIT, &commit), "vcs_ref");
    dot.edge(build, ("service", &service), relation("build", "service_id"));
    for field in REPOS {
        dot.edge(artifact, ("repo", &of_artifact(answer, field)), relation(artifact.0, field));
    }
    dot
}

#[cfg(test)]
mod tests {
    use super::super::pictures::testing::{drawn, message};
    use super::*;

    fn answer(of_release: &[(&str, &str)]) -> DynamicMessage {
        let made = [("build_id", "s:1"), ("vcs_ref", "v"), ("service_id", "s")];
        let mut answer = message("TraceLineageResponse", &[&made, of_release].concat());
        let artifact = [("input_repo_id", "git:i"), ("output_repo_id", "ecr:o"), ("location", "https://o/p")];
        answer.set_field_by_name("artifact", Value::Message(message("ArtifactLocation", &artifact)));
        answer
    }

    #[test]
    fn an_artifact_of_a_release_leads_to_where_it_is_deployed_too() {
        let (artifact, answer) =
            (("release_artifact", "d:1:img"), answer(&[("release_id", "d:1"), ("deployment_id", "d")]));
        assert_eq!(
            drawn(&tree(artifact, &answer)),
            "release_artifact d:1:img (https://o/p)\n\
             |-- release d:1\n\
             |   `-- deployment d\n\
             |-- build s:1\n\
             |   `-- commit v\n\
             |-- repo git:i (input_repo)\n\
             `-- repo ecr:o (output_repo)\n"
        );
        let dot = dot(artifact, &answer).finish();
        for edge in [
            "\"release_artifact d:1:img\" -> \"release d:1\" [label=\"release\"]",
            "\"release d:1\" -> \"deployment d\" [label=\"deployment\"]",
            "\"release d:1\" -> \"build s:1\" [label=\"build\"]",
            "\"build s:1\" -> \"commit v\" [label=\"vcs_ref\"]",
            "\"build s:1\" -> \"service s\" [label=\"service\"]",
            "\"release_artifact d:1:img\" -> \"repo git:i\" [label=\"input_repo\"]",
            "\"release_artifact d:1:img\" -> \"repo ecr:o\" [label=\"output_repo\"]",
        ] {
            assert!(dot.contains(edge), "{edge}: {dot}");
        }
        assert_eq!(dot.matches(" -> ").count(), 7, "{dot}");
    }

    #[test]
    fn an_artifact_of_a_build_has_no_release() {
        let (artifact, answer) = (("build_artifact", "s:1:img"), answer(&[]));
        assert!(drawn(&tree(artifact, &answer)).starts_with(
            "build_artifact s:1:img (https://o/p)\n\
             |-- build s:1\n\
             |   `-- commit v\n\
             |-- repo git:i (input_repo)\n"
        ));
        let dot = dot(artifact, &answer).finish();
        assert!(dot.contains("\"build_artifact s:1:img\" -> \"build s:1\" [label=\"build\"]"), "{dot}");
        assert_eq!((dot.matches(" -> ").count(), dot.contains("release")), (5, false), "{dot}");
    }
}
