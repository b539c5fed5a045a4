//! Pictures of where services run: from the environment down to the deployments.

use prost_reflect::DynamicMessage;

use super::pictures::{Objects, inverse, label, label_with, linked};
use super::rows::{all_rows, texts};
use crate::args::trace::Picture;
use crate::commands::relation::text_of;
use crate::error::Result;
use crate::output::dot::Dot;
use crate::output::tree::Tree;
use crate::requests::Request;
use crate::session::Session;

/// What holds a deployment, from the outside in, each a field of the row that ends in `_id`.
const LEVELS: [&str; 5] = ["environment", "provider", "region", "partition", "deployment_target"];

impl Session {
    pub(super) async fn draw_infrastructure(&mut self, request: Request, picture: Picture) -> Result<()> {
        let service = text_of(&request.message, "service_id");
        let rows = all_rows(&self.client, request).await?;
        match picture {
            Picture::Tree => self.output.tree(&tree(&rows)),
            Picture::Dot => self.output.dot(dot(&service, &rows)),
        }
    }
}

fn tree(rows: &[DynamicMessage]) -> Tree {
    let mut objects = Objects::default();
    for row in rows {
        let mut parent = None;
        for level in LEVELS {
            let id = text_of(row, &format!("{level}_id"));
            let label = || match (level, texts(row, "fleet_ids")) {
                ("deployment_target", fleets) if !fleets.is_empty() => {
                    let word = if fleets.len() == 1 { "fleet" } else { "fleets" };
                    label_with(level, &id, &format!("{word} {}", fleets.join(", ")))
                }
                _ => label(level, &id),
            };
            parent = Some(objects.add(parent, level, &id, label));
        }
        let id = text_of(row, "id");
        objects.add(parent, "deployment", &id, || label("deployment", &id));
    }
    objects.tree
}

fn dot(service: &str, rows: &[DynamicMessage]) -> Dot {
    let mut dot = Dot::new("infrastructure");
    dot.node(("service", service));
    for row in rows {
        let ids = LEVELS.map(|level| (level, text_of(row, &format!("{level}_id"))));
        for ((outer, outer_id), (inner, inner_id)) in ids.iter().zip(&ids[1..]) {
            dot.edge((outer, outer_id), (inner, inner_id), inverse(inner, outer));
        }
        let (deployment, target) = (text_of(row, "id"), text_of(row, "deployment_target_id"));
        let target = ("deployment_target", target.as_str());
        for fleet in texts(row, "fleet_ids") {
            dot.edge(target, ("fleet", &fleet), linked("deployment_target", "fleet"));
        }
        let deployment = ("deployment", deployment.as_str());
        dot.edge(target, deployment, inverse("deployment", "deployment_target"));
        dot.edge(("service", service), deployment, inverse("deployment", "service"));
    }
    dot
}

#[cfg(test)]
mod tests {
    use prost_reflect::Value;

    use super::*;
    use crate::output::tree::Lines;

    fn row(environment: &str, target: &str, fleets: &[&str], tag: &str) -> DynamicMessage {
        let row = qairon::model().pool().get_message_by_name("qairon.v1.InfrastructureRow").expect("InfrastructureRow");
        let mut row = DynamicMessage::new(row);
        let target = format!("{environment}:t:{target}");
        for (name, id) in [
            ("id", format!("{target}:s:{tag}")),
            ("deployment_target_id", target),
            ("partition_id", format!("{environment}:pa")),
            ("region_id", format!("{environment}:re")),
            ("provider_id", format!("{environment}:pr")),
            ("environment_id", environment.to_owned()),
        ] {
            row.set_field_by_name(name, Value::String(id));
        }
        let fleets = fleets.iter().map(|fleet| Value::String((*fleet).to_owned())).collect();
        row.set_field_by_name("fleet_ids", Value::List(fleets));
        row
    }

    #[test]
    fn environments_stand_side_by_side_and_each_level_once() {
        let rows = [
            row("dev", "a", &[], "x"),
            row("dev", "a", &[], "y"),
            row("prod", "a", &["f"], "x"),
            row("prod", "b", &["f", "g"], "x"),
        ];
        let mut text = Vec::new();
        tree(&rows).write(&mut text, Lines::Ascii).expect("it is written");
        assert_eq!(
            String::from_utf8(text).expect("UTF-8"),
            "environment dev\n\
             `-- provider dev:pr\n\
             \x20   `-- region dev:re\n\
             \x20       `-- partition dev:pa\n\
             \x20           `-- deployment_target dev:t:a\n\
             \x20               |-- deployment dev:t:a:s:x\n\
             \x20               `-- deployment dev:t:a:s:y\n\
             environment prod\n\
             `-- provider prod:pr\n\
             \x20   `-- region prod:re\n\
             \x20       `-- partition prod:pa\n\
             \x20           |-- deployment_target prod:t:a (fleet f)\n\
             \x20           |   `-- deployment prod:t:a:s:x\n\
             \x20           `-- deployment_target prod:t:b (fleets f, g)\n\
             \x20               `-- deployment prod:t:b:s:x\n"
        );
        let dot = dot("s", &rows).finish();
        for edge in [
            "\"environment dev\" -> \"provider dev:pr\" [label=\"providers\"]",
            "\"deployment_target prod:t:b\" -> \"fleet g\" [label=\"fleets\"]",
            "\"service s\" -> \"deployment dev:t:a:s:y\" [label=\"deployments\"]",
        ] {
            assert_eq!(dot.matches(edge).count(), 1, "{edge}: {dot}");
        }
    }
}
