//! Impacts that can be read.

use qairon::model::Mood;

use super::{Impact, Question, Root, Roots};
use crate::db::golden::Goldens;
use crate::domain::impact::Plan;

/// The impact of one object, on some entities or on all.
fn impact(name: &str, id: &str, to: &[&str], parents: bool) -> Impact {
    let model = qairon::model();
    let traced = Root { depth: 0, case: String::new(), parent: Default::default() };
    let roots = Roots::from([((name.to_owned(), id.to_owned(), Mood::AtHome), traced)]);
    let wanted = |entity: &qairon::model::Entity| to.is_empty() || to.contains(&entity.name.as_str());
    let plan = Plan::new(model, [(model.target(name), Mood::AtHome)], wanted);
    Impact::new(plan, Question { roots, max_depth: 0, parents, after: None })
}

pub(in crate::db) fn show(goldens: &mut Goldens) {
    let fleet = "aws:eu:p1:blue:workers";
    goldens.show(
        "impact_of_a_fleet",
        "What depends on a fleet, and how far away is each object?",
        [impact("fleet", fleet, &[], false).sql()],
    );
    goldens.show(
        "impact_of_a_region_on_deployments",
        "Which deployments depend on a region, and how far away is each?",
        [impact("region", "aws:eu", &["deployment"], false).sql()],
    );
    goldens.show(
        "impact_of_a_fleet_with_parents",
        "Which deployments and services depend on a fleet, and through which object does each?",
        [impact("fleet", fleet, &["deployment", "service"], true).sql()],
    );
    goldens.show(
        "impact_declared",
        "Which objects have a declared dependency on a deployment or a service that a fleet carries?",
        [impact("fleet", fleet, &["deployment", "service"], false).declared_sql()],
    );
}
