//! Conditions at the end of a path: nested `Exists`, with negation in its right place.
//!
//! Over to-one steps a path is one value, null when a reference is unset; over to-many steps it is any of several. So
//! a negated comparison is negated after the last to-many step: the part before it finds some row, the part after it
//! must not hold for that row.

use super::expr::{Expr, Step};
use super::path::{End, Path};

/// The two parts of a path.
pub(super) struct Chain<'p> {
    any: &'p [Step],
    one: &'p [Step],
}

impl<'p> Chain<'p> {
    /// The parts of a path when its end is compared with values.
    pub(super) fn to_value(path: &'p Path<'_>) -> Self {
        Self::of(&path.steps)
    }

    /// The parts of a path of these steps.
    pub(super) fn of(steps: &'p [Step]) -> Self {
        let cut = steps.iter().rposition(|step| step.many).map_or(0, |last| last + 1);
        let (any, one) = steps.split_at(cut);
        Self { any, one }
    }

    /// The parts of a path when its end is asked for null: a to-many relation is null when it is empty, so its own step
    /// is negated with the rest.
    pub(super) fn to_null(path: &'p Path<'_>) -> Self {
        match path.end {
            End::Relation { many: true } => {
                let before = path.steps.len().saturating_sub(1);
                let cut = path.steps[..before].iter().rposition(|step| step.many).map_or(0, |last| last + 1);
                let (any, one) = path.steps.split_at(cut);
                Self { any, one }
            }
            _ => Self::to_value(path),
        }
    }

    /// Some row at the end satisfies a condition.
    pub(super) fn holds(&self, condition: Expr) -> Expr {
        self.some(self.one_holds(condition))
    }

    /// Some row before the to-one part does not lead to one that satisfies the condition.
    pub(super) fn holds_not(&self, condition: Expr) -> Expr {
        self.some(self.one_holds(condition).negated())
    }

    /// The condition, seen from after the last to-many step.
    pub(super) fn one_holds(&self, condition: Expr) -> Expr {
        wrap(self.one, condition)
    }

    /// A condition of that kind, seen from the start.
    pub(super) fn some(&self, condition: Expr) -> Expr {
        wrap(self.any, condition)
    }
}

/// A condition at the end of some steps.
pub(super) fn wrap(steps: &[Step], condition: Expr) -> Expr {
    steps.iter().rev().fold(condition, |inner, step| match inner {
        Expr::Constant(false) => Expr::Constant(false),
        inner => Expr::Exists { step: step.clone(), inner: Box::new(inner), negated: false },
    })
}
