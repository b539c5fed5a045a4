//! What a bundle deletes: everything in some scopes that it does not name.

use qairon::Model;
use qairon::model::Entity;
use qairon::v1::{ErrorReason, Prune};

use super::wish::Wish;
use crate::domain::resource::resource;
use crate::domain::{scope, validate};
use crate::error::{Error, Result};

/// What to delete because it is missing from the bundle.
#[derive(Debug)]
pub struct Pruning {
    /// The objects that name the scopes: they are kept.
    pub scopes: Vec<(&'static Entity, String)>,
    /// Only of these entities; of those in the bundle when empty.
    resources: Vec<&'static Entity>,
}

impl Pruning {
    /// Reads the prune of a request.
    pub fn new(model: &'static Model, prune: Prune) -> Result<Self> {
        if prune.scopes.is_empty() {
            let message = "`prune` needs a scope: the resource and the ID of an object under which to delete";
            return Err(Error::invalid("prune.scopes", ErrorReason::Required, message));
        }
        let mut scopes = Vec::with_capacity(prune.scopes.len());
        for scope in prune.scopes {
            let entity = resource(model, "prune.scopes", &scope.resource)?;
            validate::id(model, entity, "prune.scopes", &scope.id)?;
            scopes.push((entity, scope.id));
        }
        let mut resources = Vec::with_capacity(prune.resources.len());
        for name in &prune.resources {
            let entity = resource(model, "prune.resources", name)?;
            let roots: Vec<_> = scopes.iter().map(|(entity, id)| (*entity, id.as_str())).collect();
            if scope::filter(model, entity, &roots).is_none() {
                let message = format!("no {} is in any of the scopes; leave it out of `resources`", entity.human());
                return Err(Error::invalid("prune.resources", ErrorReason::InvalidValue, message));
            }
            resources.push(entity);
        }
        Ok(Self { scopes, resources })
    }

    /// The entities to prune.
    pub fn entities(&self, objects: &[Wish]) -> Vec<&'static Entity> {
        let mut entities = match self.resources.is_empty() {
            true => objects.iter().map(|wish| wish.entity).collect(),
            false => self.resources.clone(),
        };
        entities.sort_by_key(|entity| entity.index);
        entities.dedup_by_key(|entity| entity.index);
        entities
    }
}
