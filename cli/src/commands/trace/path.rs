//! The shortest ways from one object to another.

use prost_reflect::DynamicMessage;

use super::pictures::label_with;
use super::rows::{inner_type, items};
use crate::args::trace::{Picture, Question};
use crate::commands::relation::text_of;
use crate::error::Result;
use crate::output::dot::Dot;
use crate::output::row::Datum;
use crate::output::shape::{Shape, text_cell};
use crate::output::tree::Tree;
use crate::requests::Request;
use crate::session::Session;

/// Printed on lines as the relation of the first object: an empty column would shift the others for scripts that split
/// lines at spaces.
const NO_RELATION: &str = "-";

impl Session {
    pub(super) async fn path(&mut self, question: &Question, request: Request, picture: Option<Picture>) -> Result<()> {
        let step = inner_type(&inner_type(&request.method.descriptor.output(), "paths")?, "steps")?;
        // On lines, a number identifies each path.
        let leading: &[&str] = if self.output.is_data() { &[] } else { &["way", "relation"] };
        let shape = Shape::new(&question.name(), leading, &step, &[], &self.asked)?;
        let answer = request.call(&self.client).await?;
        let ways: Vec<Vec<DynamicMessage>> = items(&answer, "paths").iter().map(|way| items(way, "steps")).collect();
        match picture {
            Some(Picture::Tree) => self.output.tree(&tree(&ways))?,
            Some(Picture::Dot) => self.output.dot(dot(&ways))?,
            None => self.ways(&shape, &ways, question.none)?,
        }
        if answer.get_field_by_name("truncated").and_then(|value| value.as_bool()) == Some(true) {
            self.output.note("there are more paths of the same length; `--max-paths` prints up to 100");
        }
        Ok(())
    }

    fn ways(&mut self, shape: &Shape, ways: &[Vec<DynamicMessage>], none: &str) -> Result<()> {
        let json = self.output.is_data();
        let mut array = self.output.array(none);
        for (index, way) in ways.iter().enumerate() {
            if json {
                let steps = way.iter().map(|step| Datum::Row(shape.row(Vec::new(), step))).collect();
                array.push_value(&Datum::List(steps))?;
                continue;
            }
            for step in way {
                let relation = match text_of(step, "relation") {
                    none if none.is_empty() => NO_RELATION.to_owned(),
                    relation => relation,
                };
                let way = text_cell("way", &(index + 1).to_string());
                array.push(shape.row(vec![way, text_cell("relation", &relation)], step))?;
            }
        }
        array.finish()
    }
}

/// What a step leads to, and by which relation.
fn parts(step: &DynamicMessage) -> [String; 3] {
    ["resource", "id", "relation"].map(|name| text_of(step, name))
}

/// Each way as a chain of its own.
fn tree(ways: &[Vec<DynamicMessage>]) -> Tree {
    let mut tree = Tree::default();
    for way in ways {
        let mut place = None;
        for step in way {
            let [resource, id, relation] = parts(step);
            let label = label_with(&resource, &id, &relation);
            place = Some(match place {
                Some(parent) => tree.child(parent, label),
                None => tree.root(label),
            });
        }
    }
    tree
}

/// All ways in one graph, which may share objects.
fn dot(ways: &[Vec<DynamicMessage>]) -> Dot {
    let mut dot = Dot::new("path");
    for way in ways {
        let steps: Vec<[String; 3]> = way.iter().map(parts).collect();
        if let [[resource, id, _]] = steps.as_slice() {
            dot.node((resource, id));
        }
        for ([from, from_id, _], [to, to_id, relation]) in steps.iter().zip(steps.iter().skip(1)) {
            dot.edge((from, from_id), (to, to_id), relation);
        }
    }
    dot
}

#[cfg(test)]
mod tests {
    use prost_reflect::Value;

    use super::*;
    use crate::output::tree::Lines;

    /// A way from `relation resource id`.
    fn way(steps: &[&str]) -> Vec<DynamicMessage> {
        let step = qairon::model().pool().get_message_by_name("qairon.v1.PathStep").expect("PathStep");
        let message = |line: &&str| {
            let mut message = DynamicMessage::new(step.clone());
            for (name, word) in ["relation", "resource", "id"].iter().zip(line.split(' ')) {
                message.set_field_by_name(name, Value::String(word.to_owned()));
            }
            message
        };
        steps.iter().map(message).collect()
    }

    #[test]
    fn ways_are_chains_side_by_side_and_one_graph() {
        let ways = [
            way(&[" service s", "deployments deployment d", "deployment_target deployment_target t"]),
            way(&[" service s", "deployments deployment e", "deployment_target deployment_target t"]),
        ];
        let mut text = Vec::new();
        tree(&ways).write(&mut text, Lines::Ascii).expect("it is written");
        assert_eq!(
            String::from_utf8(text).expect("UTF-8"),
            "service s\n\
             `-- deployment d (deployments)\n\
             \x20   `-- deployment_target t (deployment_target)\n\
             service s\n\
             `-- deployment e (deployments)\n\
             \x20   `-- deployment_target t (deployment_target)\n"
        );
        let graph = dot(&ways).finish();
        assert_eq!(
            (graph.matches("[label=\"service\\ns\"]").count(), graph.matches(" -> ").count()),
            (1, 4),
            "{graph}"
        );
        assert!(dot(&[way(&[" service s"])]).finish().contains("\"service s\" ["), "an object leads to itself");
    }
}
