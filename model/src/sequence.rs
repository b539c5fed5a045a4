//! The sequence in which objects can be created: each entity after those it refers to.

use crate::entity::Entity;
use crate::field::Field;
use crate::model::Model;

impl Model {
    /// Every entity, each after those that its objects refer to. What may name objects of any entity comes last. Where
    /// entities refer to each other in a circle, the optional reference of it leads to a later one: [`Model::is_late`].
    pub fn sequence(&self) -> Vec<&Entity> {
        let mut placed = Vec::with_capacity(self.entities().len());
        for late in [false, true] {
            for entity in self.entities().iter().filter(|entity| self.names_any(entity) == late) {
                self.place(entity, &mut placed);
            }
        }
        placed
    }

    /// Whether a reference may be to an object that is created after the one that has it: the reference is optional,
    /// and its target needs objects of this entity.
    pub fn is_late(&self, entity: &Entity, field: &Field) -> bool {
        let Some(reference) = &field.reference else { return false };
        !field.required && self.needs(self.target(&reference.entity), entity)
    }

    fn place<'a>(&'a self, entity: &'a Entity, placed: &mut Vec<&'a Entity>) {
        if placed.iter().any(|other| other.index == entity.index) {
            return;
        }
        for field in entity.references().filter(|field| !self.is_late(entity, field)) {
            if let Some(target) = field.reference.as_ref().map(|reference| self.target(&reference.entity))
                && target.index != entity.index
            {
                self.place(target, placed);
            }
        }
        placed.push(entity);
    }

    /// Whether an object of one entity cannot be without one of another, over any number of references.
    fn needs(&self, entity: &Entity, other: &Entity) -> bool {
        let mut required = entity.references().filter(|field| field.required);
        entity.index == other.index
            || required.any(|field| {
                field.reference.as_ref().is_some_and(|reference| {
                    let target = self.target(&reference.entity);
                    target.index != entity.index && self.needs(target, other)
                })
            })
    }

    /// Whether objects of an entity name objects of any entity, by themselves or through what they refer to.
    fn names_any(&self, entity: &Entity) -> bool {
        self.entities()
            .iter()
            .any(|other| other.fields.iter().any(|field| field.object_of.is_some()) && self.needs(entity, other))
    }
}
