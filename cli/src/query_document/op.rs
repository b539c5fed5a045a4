//! The operators, with the synonyms in use.

/// An operator. Negative ones are kept as their opposite, negated: see [`Op::named`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// A comparison: `=`, `<`, `<=`, `>`, `>=`.
    Compare(&'static str),
    /// A function of a field and a text: the patterns and the networks.
    Call(&'static str),
    /// One of a list.
    In,
    /// Null.
    IsNull,
    /// A filter on the object of a relation to one, or on any of the objects of one to many.
    Related {
        /// Whether the relation leads to many.
        many: bool,
    },
}

/// Every name, with the operator and whether it is negated.
const NAMES: [(&str, Op, bool); 37] = [
    ("==", Op::Compare("="), false),
    ("eq", Op::Compare("="), false),
    ("equals", Op::Compare("="), false),
    ("equal_to", Op::Compare("="), false),
    ("!=", Op::Compare("="), true),
    ("neq", Op::Compare("="), true),
    ("ne", Op::Compare("="), true),
    ("does_not_equal", Op::Compare("="), true),
    ("not_equal_to", Op::Compare("="), true),
    (">", Op::Compare(">"), false),
    ("gt", Op::Compare(">"), false),
    ("<", Op::Compare("<"), false),
    ("lt", Op::Compare("<"), false),
    (">=", Op::Compare(">="), false),
    ("ge", Op::Compare(">="), false),
    ("gte", Op::Compare(">="), false),
    ("geq", Op::Compare(">="), false),
    ("<=", Op::Compare("<="), false),
    ("le", Op::Compare("<="), false),
    ("lte", Op::Compare("<="), false),
    ("leq", Op::Compare("<="), false),
    ("like", Op::Call("like"), false),
    ("ilike", Op::Call("ilike"), false),
    ("not_like", Op::Call("like"), true),
    ("in", Op::In, false),
    ("not_in", Op::In, true),
    ("is_null", Op::IsNull, false),
    ("is_not_null", Op::IsNull, true),
    ("has", Op::Related { many: false }, false),
    ("any", Op::Related { many: true }, false),
    ("<<", Op::Call("contained_in"), false),
    ("<<=", Op::Call("contained_in_or_equal"), false),
    (">>", Op::Call("contains"), false),
    (">>=", Op::Call("contains_or_equal"), false),
    ("&&", Op::Call("overlaps"), false),
    // As older clients write it.
    ("=", Op::Compare("="), false),
    ("not_ilike", Op::Call("ilike"), true),
];

impl Op {
    /// The operator of this name, and whether it is negated.
    pub fn named(name: &str) -> Result<(Self, bool), String> {
        match NAMES.iter().find(|(known, ..)| *known == name) {
            Some((_, op, negated)) => Ok((*op, *negated)),
            None => Err(crate::suggest::unknown("operator", name, NAMES.iter().map(|(name, ..)| *name))),
        }
    }

    /// Whether it is one of those for address ranges.
    pub fn is_network(self) -> bool {
        matches!(self, Self::Call(function) if !function.ends_with("like"))
    }
}

/// The comparison that holds where this one does not.
pub fn opposite(comparison: &str) -> &'static str {
    match comparison {
        "=" => "!=",
        "<" => ">=",
        "<=" => ">",
        ">" => "<=",
        _ => "<",
    }
}

/// The comparison that says the same with its sides exchanged.
pub fn mirrored(comparison: &str) -> &'static str {
    match comparison {
        "=" => "=",
        "!=" => "!=",
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        _ => "<=",
    }
}
