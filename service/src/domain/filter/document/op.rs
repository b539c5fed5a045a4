//! The operators, with the synonyms in use.

use super::super::ast::Comparator;

/// An operator. The denials of functions are kept as the function, negated: see [`Op::named`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// A comparison.
    Compare(Comparator),
    /// A function of a field and a text.
    Text(&'static str),
    /// A function of a field and an address range, or of two fields that hold ranges.
    Range(&'static str),
    /// One of a list.
    In,
    /// Null.
    IsNull,
    /// `has` or `any`: a filter on related objects.
    Related(&'static str),
}

const EQ: Op = Op::Compare(Comparator::Equal);
const NE: Op = Op::Compare(Comparator::NotEqual);
const GT: Op = Op::Compare(Comparator::Greater);
const LT: Op = Op::Compare(Comparator::Less);
const GE: Op = Op::Compare(Comparator::GreaterOrEqual);
const LE: Op = Op::Compare(Comparator::LessOrEqual);

/// Every name, with the operator and whether it is negated.
const NAMES: [(&str, Op, bool); 37] = [
    ("==", EQ, false),
    ("eq", EQ, false),
    ("equals", EQ, false),
    ("equal_to", EQ, false),
    ("!=", NE, false),
    ("neq", NE, false),
    ("ne", NE, false),
    ("does_not_equal", NE, false),
    ("not_equal_to", NE, false),
    (">", GT, false),
    ("gt", GT, false),
    ("<", LT, false),
    ("lt", LT, false),
    (">=", GE, false),
    ("ge", GE, false),
    ("gte", GE, false),
    ("geq", GE, false),
    ("<=", LE, false),
    ("le", LE, false),
    ("lte", LE, false),
    ("leq", LE, false),
    ("like", Op::Text("like"), false),
    ("ilike", Op::Text("ilike"), false),
    ("not_like", Op::Text("like"), true),
    ("in", Op::In, false),
    ("not_in", Op::In, true),
    ("is_null", Op::IsNull, false),
    ("is_not_null", Op::IsNull, true),
    ("has", Op::Related("has"), false),
    ("any", Op::Related("any"), false),
    ("<<", Op::Range("contained_in"), false),
    ("<<=", Op::Range("contained_in_or_equal"), false),
    (">>", Op::Range("contains"), false),
    (">>=", Op::Range("contains_or_equal"), false),
    ("&&", Op::Range("overlaps"), false),
    // Used by older clients.
    ("=", EQ, false),
    ("not_ilike", Op::Text("ilike"), true),
];

impl Op {
    /// The operator of this name, and whether it is negated.
    pub(super) fn named(name: &str) -> Option<(Self, bool)> {
        NAMES.iter().find(|(known, ..)| *known == name).map(|(_, op, negated)| (*op, *negated))
    }

    /// Every name there is.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, ..)| *name)
    }
}

/// The equivalent comparison with its sides exchanged.
pub(super) fn mirrored(comparator: Comparator) -> Comparator {
    match comparator {
        Comparator::Less => Comparator::Greater,
        Comparator::LessOrEqual => Comparator::GreaterOrEqual,
        Comparator::Greater => Comparator::Less,
        Comparator::GreaterOrEqual => Comparator::LessOrEqual,
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_given_once() {
        let names: std::collections::BTreeSet<&str> = Op::names().collect();
        assert_eq!(names.len(), NAMES.len());
    }
}
