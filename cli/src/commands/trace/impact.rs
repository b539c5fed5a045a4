//! An impact as rows, and as pictures: below each object what was first reached from it.

use std::collections::HashMap;

use prost_reflect::{DynamicMessage, Value};

use super::pictures::{label, label_with};
use super::rows::{all_rows, texts};
use crate::args::trace::{Picture, Question};
use crate::commands::relation::text_of;
use crate::error::Result;
use crate::output::dot::Dot;
use crate::output::tree::Tree;
use crate::requests::Request;
use crate::session::Session;

/// One row, with the place of the row before it.
struct Step {
    resource: String,
    id: String,
    via: String,
    /// `None` below the object that was asked about.
    parent: Option<usize>,
}

impl Session {
    pub(super) async fn impact_rows(
        &mut self,
        question: &Question,
        mut request: Request,
        limit: Option<i64>,
    ) -> Result<()> {
        const PARENTS: &[&str] = &["parent_resource", "parent_id"];
        if self.asked.iter().any(|name| PARENTS.contains(&name.as_str())) {
            request = request.set("include_parents", Value::Bool(true));
        }
        self.rows_of(question, request, &[], PARENTS, limit).await
    }

    pub(super) async fn draw_impact(&mut self, request: Request, picture: Picture) -> Result<()> {
        let origin = (text_of(&request.message, "resource"), text_of(&request.message, "id"));
        // Objects on the path to the requested objects are part of the picture.
        let wanted = texts(&request.message, "to");
        let request = request.set("to", Value::List(Vec::new())).set("include_parents", Value::Bool(true));
        let rows = all_rows(&self.client, request).await?;
        let steps = leading_to(&wanted, steps(&rows));
        match picture {
            Picture::Tree => self.output.tree(&tree((&origin.0, &origin.1), &steps)),
            Picture::Dot => self.output.dot(dot((&origin.0, &origin.1), &steps)),
        }
    }
}

/// The rows, each knowing the one before it.
fn steps(rows: &[DynamicMessage]) -> Vec<Step> {
    let mut places = HashMap::new();
    let mut steps: Vec<Step> = Vec::with_capacity(rows.len());
    for row in rows {
        let [resource, id, via] = ["resource", "id", "via"].map(|name| text_of(row, name));
        let parent = ["parent_resource", "parent_id"].map(|name| text_of(row, name));
        // Nearer objects come first, so the parent is already known.
        let parent = places.get(&parent).copied();
        places.insert([resource.clone(), id.clone()], steps.len());
        steps.push(Step { resource, id, via, parent });
    }
    steps
}

/// Only the objects of these resources, if any, and those on the way to them.
fn leading_to(wanted: &[String], steps: Vec<Step>) -> Vec<Step> {
    if wanted.is_empty() {
        return steps;
    }
    let mut kept: Vec<bool> = steps.iter().map(|step| wanted.contains(&step.resource)).collect();
    for (place, step) in steps.iter().enumerate().rev() {
        if let (true, Some(parent)) = (kept[place], step.parent) {
            kept[parent] = true;
        }
    }
    let mut moved = vec![0; steps.len()];
    let mut left: Vec<Step> = Vec::new();
    for (place, step) in steps.into_iter().enumerate() {
        if kept[place] {
            moved[place] = left.len();
            left.push(Step { parent: step.parent.map(|parent| moved[parent]), ..step });
        }
    }
    left
}

fn tree((resource, id): (&str, &str), steps: &[Step]) -> Tree {
    let mut tree = Tree::default();
    let origin = tree.root(label(resource, id));
    let mut places = Vec::with_capacity(steps.len());
    for step in steps {
        let parent = step.parent.map_or(origin, |parent| places[parent]);
        places.push(tree.child(parent, label_with(&step.resource, &step.id, &step.via)));
    }
    tree
}

fn dot(origin: (&str, &str), steps: &[Step]) -> Dot {
    let mut dot = Dot::new("impact");
    dot.node(origin);
    for step in steps {
        let from = step.parent.map_or(origin, |parent| (&steps[parent].resource, &steps[parent].id));
        dot.edge(from, (&step.resource, &step.id), &step.via);
    }
    dot
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows from `resource id via parent_resource parent_id`.
    fn rows(lines: &[&str]) -> Vec<DynamicMessage> {
        let row = qairon::model().pool().get_message_by_name("qairon.v1.ImpactRow").expect("ImpactRow");
        let fields = ["resource", "id", "via", "parent_resource", "parent_id"];
        let row = |line: &&str| {
            let mut message = DynamicMessage::new(row.clone());
            for (name, word) in fields.iter().zip(line.split(' ')) {
                message.set_field_by_name(name, Value::String(word.to_owned()));
            }
            message
        };
        lines.iter().map(row).collect()
    }

    fn drawn(wanted: &[&str]) -> (String, String) {
        let rows = rows(&[
            "capacity f:cpu capacities fleet f",
            "deployment_target t deployment_targets fleet f",
            "deployment t:s deployments deployment_target t",
            "deployment t:z deployments deployment_target t",
            "service s service deployment t:s",
            "stack a stack service s",
        ]);
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let steps = leading_to(&wanted, steps(&rows));
        let mut text = Vec::new();
        tree(("fleet", "f"), &steps).write(&mut text, crate::output::tree::Lines::Ascii).expect("it is written");
        (String::from_utf8(text).expect("UTF-8"), dot(("fleet", "f"), &steps).finish())
    }

    #[test]
    fn objects_stand_below_those_they_were_reached_from() {
        let (tree, dot) = drawn(&[]);
        assert_eq!(
            tree,
            "fleet f\n\
             |-- capacity f:cpu (capacities)\n\
             `-- deployment_target t (deployment_targets)\n\
             \x20   |-- deployment t:s (deployments)\n\
             \x20   |   `-- service s (service)\n\
             \x20   |       `-- stack a (stack)\n\
             \x20   `-- deployment t:z (deployments)\n"
        );
        assert!(dot.contains("  \"deployment t:s\" -> \"service s\" [label=\"service\"];\n"), "{dot}");
        assert_eq!(dot.matches(" -> ").count(), 6);
    }

    #[test]
    fn what_is_wanted_keeps_its_way() {
        let (tree, dot) = drawn(&["service"]);
        assert_eq!(
            tree,
            "fleet f\n\
             `-- deployment_target t (deployment_targets)\n\
             \x20   `-- deployment t:s (deployments)\n\
             \x20       `-- service s (service)\n"
        );
        assert_eq!(dot.matches(" -> ").count(), 3);
        assert_eq!(drawn(&["zone"]).0, "fleet f\n");
    }
}
