//! Scopes: an object and everything whose ID is made of that of the object, over any number of references.

use qairon::Model;
use qairon::model::Entity;

/// The condition, in the filter language, on the objects of an entity in one of some scopes; `None` when no
/// object can be. The objects that name the scopes are among them.
pub fn filter(model: &Model, entity: &Entity, scopes: &[(&Entity, &str)]) -> Option<String> {
    let mut conditions = Vec::new();
    for (root, id) in scopes {
        for path in paths(model, entity, root) {
            conditions.push(format!("{path} = {}", quoted(id)));
        }
    }
    (!conditions.is_empty()).then(|| format!("({})", conditions.join(" OR ")))
}

/// The paths to the ID of a root, over the references that make up IDs.
fn paths(model: &Model, entity: &Entity, root: &Entity) -> Vec<String> {
    if entity.index == root.index {
        return vec!["id".to_owned()];
    }
    let mut paths = Vec::new();
    for field in entity.references().filter(|field| entity.id_fields.contains(&field.name)) {
        let Some(reference) = &field.reference else { continue };
        let target = model.target(&reference.entity);
        for rest in self::paths(model, target, root) {
            // The reference itself holds the ID of what it leads to.
            paths.push(if rest == "id" { field.name.clone() } else { format!("{}.{rest}", reference.relation) });
        }
    }
    paths
}

/// A text as a quoted string, in which an asterisk is an asterisk and not a wildcard.
fn quoted(text: &str) -> String {
    let escaped = text.chars().flat_map(|c| {
        let escape = matches!(c, '"' | '\\' | '*').then_some('\\');
        escape.into_iter().chain([c])
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entity: &str, root: &str, id: &str) -> Option<String> {
        let model = qairon::model();
        filter(model, model.target(entity), &[(model.target(root), id)])
    }

    #[test]
    fn a_scope_reaches_down_through_the_ids() {
        assert_eq!(of("stack", "stack", "a:b").as_deref(), Some("(id = \"a:b\")"));
        assert_eq!(of("service", "stack", "a:b").as_deref(), Some("(stack_id = \"a:b\")"));
        assert_eq!(
            of("release", "application", "a").as_deref(),
            Some("(deployment.service.stack.application_id = \"a\")")
        );
        assert_eq!(of("stack", "service", "a:b:c"), None);
        assert_eq!(of("repo", "application", "a"), None);
    }

    #[test]
    fn every_way_down_counts_and_texts_stay_texts() {
        let both = of("deployment_config", "config_template", "x\"*").expect("a config is named for its template");
        assert_eq!(both, "(config_template_id = \"x\\\"\\*\")");
        let allocation = of("allocation", "application", "a").expect("an allocation is below an application");
        assert_eq!(
            allocation.matches(" OR ").count(),
            1,
            "through the deployment and through the process: {allocation}"
        );
    }

    #[test]
    fn every_filter_of_a_scope_is_one_that_compiles() {
        let model = qairon::model();
        for entity in model.entities() {
            for root in model.entities() {
                let id = vec!["x"; model.id_components(root).0].join(":");
                let Some(text) = filter(model, entity, &[(root, &id)]) else { continue };
                let ast = crate::domain::filter::parse(&text).expect(&text);
                crate::domain::filter::compile(model, entity, &ast, "t").expect(&text);
            }
        }
    }

    #[test]
    fn everything_comes_after_what_it_needs() {
        let model = qairon::model();
        let sequence = model.sequence();
        assert_eq!(sequence.len(), model.entities().len());
        let place = |name: &str| sequence.iter().position(|entity| entity.name == name).expect(name);
        for entity in model.entities() {
            for field in entity.references() {
                let target = &field.reference.as_ref().expect("a reference").entity;
                let before = place(target) < place(&entity.name);
                assert!(before != model.is_late(entity, field), "{}.{}", entity.name, field.name);
            }
        }
        let deployment = model.target("deployment");
        let late = deployment.references().filter(|field| model.is_late(deployment, field)).map(|field| &field.name);
        assert_eq!(late.collect::<Vec<_>>(), ["current_release_id"]);
        assert!(place("relatable") > place("release_artifact"), "what names objects of any entity comes last");
    }
}
