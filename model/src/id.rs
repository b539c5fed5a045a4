//! The grammar of IDs.

use std::fmt;

use crate::entity::Entity;
use crate::field::Kind;
use crate::model::Model;
use crate::name::{MAX_NAME_BYTES, is_name};

/// Why a text is not an ID of an entity.
#[derive(Debug, Clone, PartialEq)]
pub enum IdError {
    /// It has another number of components.
    Components {
        /// The form of the entity's IDs.
        form: String,
        /// How many components they have, at least.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// One component breaks the grammar of names.
    Component {
        /// The component.
        component: String,
    },
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Components { form, expected, found } => {
                write!(f, "expected {form}, which is {expected} components joined by `:`, found {found}")
            }
            Self::Component { component } => write!(
                f,
                "component {component:?} is not a name of 1 to {MAX_NAME_BYTES} bytes without white space or control \
                 characters"
            ),
        }
    }
}

impl Model {
    /// Checks that a text has the form of an entity's IDs.
    pub fn check_id(&self, entity: &Entity, id: &str) -> Result<(), IdError> {
        let (expected, open_ended) = self.id_components(entity);
        let found = id.split(':').count();
        if found < expected || (found > expected && !open_ended) {
            return Err(IdError::Components { form: self.id_form(entity), expected, found });
        }
        match id.split(':').find(|component| !is_name(component)) {
            Some(component) => Err(IdError::Component { component: component.to_owned() }),
            None => Ok(()),
        }
    }

    /// How many components an entity's IDs have, and whether they may have more: those that hold the ID of an object
    /// of any type do.
    pub fn id_components(&self, entity: &Entity) -> (usize, bool) {
        if entity.id_is_given() {
            return (1, false);
        }
        let mut sum = (0, false);
        for name in &entity.id_fields {
            let field = entity.field(name).expect("parsing made sure that ID fields exist");
            let (components, open_ended) = match &field.reference {
                Some(reference) => self.id_components(self.target(&reference.entity)),
                None => (1, field.object_of.is_some()),
            };
            sum = (sum.0 + components, sum.1 || open_ended);
        }
        sum
    }

    /// The form of an entity's IDs for people: `<application_id>:<name>`.
    pub fn id_form(&self, entity: &Entity) -> String {
        if entity.id_is_given() {
            return "a single name".to_owned();
        }
        entity.id_fields.iter().map(|name| format!("<{name}>")).collect::<Vec<_>>().join(":")
    }
}

impl Kind {
    /// Whether values of this kind can be part of an ID.
    pub(crate) fn can_compose_id(&self) -> bool {
        matches!(self, Self::Name | Self::Integer | Self::Enum(_) | Self::EntityType)
    }
}
