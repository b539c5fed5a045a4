//! Environments, and which of them look like production.

use qairon::model::Entity;

/// Words that name a production environment.
const PRODUCTION: [&str; 4] = ["prod", "production", "prd", "live"];

/// The resource at the root of everything that runs somewhere.
const ENVIRONMENT: &str = "environment";

/// The environment that an object is in: the first component of its ID, if IDs of its resource begin with one.
pub fn environment<'a>(resource: &str, id: &'a str) -> Option<&'a str> {
    let entity = qairon::model().entity(resource)?;
    (root(entity)?.name == ENVIRONMENT).then(|| id.split(':').next().unwrap_or(id))
}

/// The entity whose ID comes first in the IDs of another.
fn root(entity: &'static Entity) -> Option<&'static Entity> {
    let mut entity = entity;
    loop {
        // An ID that is given has no parts.
        if entity.id_is_given() {
            return Some(entity);
        }
        let reference = entity.field(entity.id_fields.first()?)?.reference.as_ref()?;
        entity = qairon::model().target(&reference.entity);
    }
}

/// Whether the ID of an environment has a word for production in it: the whole of it, or a part between hyphens,
/// underscores, dots and digits.
pub fn is_production(environment: &str) -> bool {
    let is_edge = |c: char| matches!(c, '-' | '_' | '.') || c.is_ascii_digit();
    environment.split(is_edge).any(|word| PRODUCTION.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_is_a_word_of_the_name() {
        for name in ["prod", "PROD", "Production", "prd", "live", "prod-eu", "eu-prod", "production2", "eu.live_1"] {
            assert!(is_production(name), "{name}");
        }
        for name in ["staging", "product", "reprod", "nonprod", "delivery", "alive", "prods", "", "dev", "pro-d"] {
            assert!(!is_production(name), "{name}");
        }
    }

    #[test]
    fn the_model_decides_what_is_in_an_environment() {
        for (resource, id, found) in [
            ("environment", "prod", Some("prod")),
            ("provider", "prod:aws:1", Some("prod")),
            ("deployment", "prod:aws:1:r:p:eks:main:shop:web:cart:default", Some("prod")),
            ("release_artifact", "dev:x:1:img", Some("dev")),
            ("stack", "prod:web", None),
            ("provider_type", "prod", None),
            ("build", "shop:web:cart:1", None),
            ("unknown", "prod", None),
        ] {
            assert_eq!(environment(resource, id), found, "{resource}");
        }
    }
}
