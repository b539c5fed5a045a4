//! Where a deployment's binary came from.

use prost_reflect::DynamicMessage;

use super::pictures::{COMMIT, inverse, label, label_with, relation};
use super::rows::items;
use crate::args::trace::{Picture, Question};
use crate::commands::relation::text_of;
use crate::error::Result;
use crate::output::dot::{Dot, Object};
use crate::output::shape::{Shape, text_cell};
use crate::output::tree::Tree;
use crate::requests::Request;
use crate::session::Session;

impl Session {
    pub(super) async fn provenance(
        &mut self,
        question: &Question,
        request: Request,
        picture: Option<Picture>,
    ) -> Result<()> {
        let (answer_type, asked) = (request.method.descriptor.output(), &self.asked);
        let shape = Shape::new(&question.name(), &["resource", "id"], &answer_type, &[], asked)?;
        let answer = request.call(&self.client).await?;
        match picture {
            Some(Picture::Tree) => self.output.tree(&tree(&answer)),
            Some(Picture::Dot) => self.output.dot(dot(&answer)),
            None => {
                let id = text_of(&answer, "deployment_id");
                let leading = vec![text_cell("resource", "deployment"), text_cell("id", &id)];
                self.output.object(&shape.row(leading, &answer))
            }
        }
    }
}

fn tree(answer: &DynamicMessage) -> Tree {
    let [deployment, release, build, commit] =
        ["deployment_id", "release_id", "build_id", "vcs_ref"].map(|name| text_of(answer, name));
    let mut tree = Tree::default();
    let root = tree.root(label("deployment", &deployment));
    if release.is_empty() {
        return tree;
    }
    let artifacts = |tree: &mut Tree, parent, field, resource| {
        for artifact in items(answer, field) {
            let [id, location] = ["id", "location"].map(|name| text_of(&artifact, name));
            tree.child(parent, label_with(resource, &id, &location));
        }
    };
    let release = tree.child(root, label("release", &release));
    artifacts(&mut tree, release, "release_artifacts", "release_artifact");
    let build = tree.child(release, label("build", &build));
    artifacts(&mut tree, build, "build_artifacts", "build_artifact");
    tree.child(build, label(COMMIT, &commit));
    tree
}

fn dot(answer: &DynamicMessage) -> Dot {
    let [deployment, service, release, build, commit] =
        ["deployment_id", "service_id", "release_id", "build_id", "vcs_ref"].map(|name| text_of(answer, name));
    let mut dot = Dot::new("provenance");
    let deployment = ("deployment", deployment.as_str());
    dot.edge(deployment, ("service", &service), relation("deployment", "service_id"));
    if release.is_empty() {
        return dot;
    }
    let artifacts = |dot: &mut Dot, owner: Object<'_>, field, resource| {
        for artifact in items(answer, field) {
            let [id, input, output] = ["id", "input_repo_id", "output_repo_id"].map(|name| text_of(&artifact, name));
            dot.edge(owner, (resource, &id), inverse(resource, owner.0));
            dot.edge((resource, &id), ("repo", &input), relation(resource, "input_repo_id"));
            dot.edge((resource, &id), ("repo", &output), relation(resource, "output_repo_id"));
        }
    };
    let (release, build) = (("release", release.as_str()), ("build", build.as_str()));
    dot.edge(deployment, release, inverse("release", "deployment"));
    artifacts(&mut dot, release, "release_artifacts", "release_artifact");
    dot.edge(release, build, relation("release", "build_id"));
    artifacts(&mut dot, build, "build_artifacts", "build_artifact");
    dot.edge(build, (COMMIT, &commit), "vcs_ref");
    dot
}

#[cfg(test)]
mod tests {
    use prost_reflect::Value;

    use super::super::pictures::testing::{drawn as lines, message};
    use super::*;

    fn answer() -> DynamicMessage {
        let mut answer = message(
            "TraceProvenanceResponse",
            &[
                ("deployment_id", "d"),
                ("service_id", "s"),
                ("release_id", "d:1"),
                ("build_id", "s:1"),
                ("vcs_ref", "v"),
            ],
        );
        let artifact = |id: &str| {
            let fields =
                [("id", id), ("input_repo_id", "git:i"), ("output_repo_id", "ecr:o"), ("location", "https://o/p")];
            Value::List(vec![Value::Message(message("ArtifactLocation", &fields))])
        };
        answer.set_field_by_name("release_artifacts", artifact("d:1:img"));
        answer.set_field_by_name("build_artifacts", artifact("s:1:img"));
        answer
    }

    fn drawn(answer: &DynamicMessage) -> String {
        lines(&tree(answer))
    }

    #[test]
    fn a_binary_is_traced_to_its_commit() {
        assert_eq!(
            drawn(&answer()),
            "deployment d\n\
             `-- release d:1\n\
             \x20   |-- release_artifact d:1:img (https://o/p)\n\
             \x20   `-- build s:1\n\
             \x20       |-- build_artifact s:1:img (https://o/p)\n\
             \x20       `-- commit v\n"
        );
        let dot = dot(&answer()).finish();
        for edge in [
            "\"deployment d\" -> \"release d:1\" [label=\"releases\"]",
            "\"release d:1\" -> \"release_artifact d:1:img\" [label=\"release_artifacts\"]",
            "\"release_artifact d:1:img\" -> \"repo ecr:o\" [label=\"output_repo\"]",
            "\"build s:1\" -> \"build_artifact s:1:img\" [label=\"build_artifacts\"]",
            "\"build s:1\" -> \"commit v\" [label=\"vcs_ref\"]",
        ] {
            assert!(dot.contains(edge), "{edge}: {dot}");
        }
        let bare = message("TraceProvenanceResponse", &[("deployment_id", "d"), ("service_id", "s")]);
        assert_eq!(drawn(&bare), "deployment d\n");
    }
}
