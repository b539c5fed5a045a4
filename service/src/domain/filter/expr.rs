//! The typed form: conditions over columns, and steps to other tables.
//!
//! Every condition is read in a scope, the current row. [`Expr::Exists`] opens the scope of another table inside
//! the current one. Negation is pushed down to the leaves at once ([`Expr::negated`]), because SQL's unknown must be
//! turned into false there and nowhere else.

use ipnetwork::IpNetwork;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    /// Always, or never.
    Constant(bool),
    /// All of them hold.
    All(Vec<Expr>),
    /// One of them holds.
    Any(Vec<Expr>),
    /// The other table has a row for which something holds; or, negated, it has none.
    Exists { step: Step, inner: Box<Expr>, negated: bool },
    /// Something holds for a column.
    Test { column: Column, check: Check, negated: bool },
}

/// The step from the current row to rows of another table: those whose `column` equals the current row's `own`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub table: String,
    pub column: String,
    pub own: String,
    /// Whether there can be more than one such row.
    pub many: bool,
}

impl Step {
    /// Whether a step to the same rows comes before it, from the value that this one begins with: the one before finds
    /// what this one does.
    pub fn repeats(&self, before: &Step) -> bool {
        self.table == before.table && self.column == before.column && self.own == before.column && before.many
    }
}

/// How far a chain of steps has come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Course {
    /// It has led to many rows.
    many: bool,
    /// And from them to others that several of them share.
    shared: bool,
}

impl Course {
    /// Takes a step. Returns whether it leads from many rows to many others of theirs, so that the same ones are reached
    /// again and again: from services to their stacks and on to the services of those.
    pub fn turns(&mut self, step: &Step) -> bool {
        let shared = self.shared || self.many && step.own != "id";
        let turns = step.many && shared;
        *self = Self { many: self.many || step.many, shared: shared && !step.many };
        turns
    }
}

/// A column of the current row, or a value inside a JSON column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub name: String,
    pub nullable: bool,
    /// The keys that lead into a JSON column.
    pub keys: Option<Vec<String>>,
}

/// What is asked of a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Check {
    /// There is a value; in JSON, one other than null.
    Present,
    /// A comparison; JSON is compared as text.
    Compare(Operator, Operand),
    /// The text begins with this.
    Prefix(String),
    /// The text matches an SQL pattern.
    Like { pattern: String, any_case: bool },
    /// The text is one of these.
    In(Vec<String>),
    /// The JSON key exists, even if it is null.
    KeyPresent,
    /// The JSON value is a number that compares so; the number is JSON.
    JsonNumber(Operator, String),
    /// The JSON value is a text that compares so.
    JsonText(Operator, String),
    /// The JSON object has this key, the array this element, the text this part, or the scalar this notation; `element`
    /// is an array with the element as JSON may hold it besides the text.
    JsonHas { text: String, element: Option<String> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    ContainedIn,
    ContainedInOrEqual,
    Contains,
    ContainsOrEqual,
    Overlaps,
}

/// What a column is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Text(String),
    Integer(i64),
    Double(f64),
    Bool(bool),
    Timestamp(i64),
    Uuid(uuid::Uuid),
    Cidr(IpNetwork),
    /// A column of a row outside: this many scopes up.
    Column {
        up: usize,
        name: String,
        nullable: bool,
    },
}

impl Operator {
    pub(super) fn sql(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::ContainedIn => "<<",
            Self::ContainedInOrEqual => "<<=",
            Self::Contains => ">>",
            Self::ContainsOrEqual => ">>=",
            Self::Overlaps => "&&",
        }
    }
}

impl Expr {
    pub(super) fn test(column: &Column, check: Check) -> Self {
        Self::Test { column: column.clone(), check, negated: false }
    }

    /// The opposite.
    pub(super) fn negated(self) -> Self {
        let all = |inner: Vec<Expr>| inner.into_iter().map(Expr::negated).collect();
        match self {
            Self::Constant(value) => Self::Constant(!value),
            Self::All(inner) => Self::any(all(inner)),
            Self::Any(inner) => Self::all(all(inner)),
            Self::Exists { step, inner, negated } => Self::Exists { step, inner, negated: !negated },
            Self::Test { column, check, negated } => Self::Test { column, check, negated: !negated },
        }
    }

    /// Whether all hold. Conditions on the one row at the end of the same step become one condition, and so do
    /// negated ones on any rows there: fewer joins, and plans that can use an index for several of them.
    pub(super) fn all(inner: Vec<Expr>) -> Self {
        Self::joined(inner, true)
    }

    /// Whether one holds. Conditions over the same step become one condition, so that the step stays a join. With
    /// several subqueries the database would try each of them on every row.
    pub(super) fn any(inner: Vec<Expr>) -> Self {
        Self::joined(inner, false)
    }

    fn joined(inner: Vec<Expr>, all: bool) -> Self {
        let mut joined: Vec<Expr> = Vec::new();
        for expr in inner {
            match expr {
                Self::Constant(value) if value == all => {}
                Self::Constant(value) => return Self::Constant(value),
                Self::All(nested) if all => nested.into_iter().for_each(|expr| push_merged(&mut joined, expr, all)),
                Self::Any(nested) if !all => nested.into_iter().for_each(|expr| push_merged(&mut joined, expr, all)),
                other => push_merged(&mut joined, other, all),
            }
        }
        match (joined.pop(), joined.is_empty()) {
            (None, _) => Self::Constant(all),
            (Some(only), true) => only,
            (Some(last), false) => {
                joined.push(last);
                if all { Self::All(joined) } else { Self::Any(joined) }
            }
        }
    }

    /// How often it leads from many rows to many others of theirs.
    pub(super) fn turns(&self, course: Course) -> usize {
        match self {
            Self::Constant(_) | Self::Test { .. } => 0,
            Self::All(inner) | Self::Any(inner) => inner.iter().map(|expr| expr.turns(course)).sum(),
            Self::Exists { step, inner, .. } => {
                let mut course = course;
                usize::from(course.turns(step)) + inner.turns(course)
            }
        }
    }

    /// How many tables it reads.
    pub(super) fn tables(&self) -> usize {
        match self {
            Self::Constant(_) | Self::Test { .. } => 0,
            Self::All(inner) | Self::Any(inner) => inner.iter().map(Self::tables).sum(),
            Self::Exists { inner, .. } => 1 + inner.tables(),
        }
    }
}

/// Adds a condition, merged with one over the same step where the result is equivalent:
/// ∃a ∨ ∃b = ∃(a ∨ b) and ¬∃a ∧ ¬∃b = ¬∃(a ∨ b) over any step; ∃a ∧ ∃b = ∃(a ∧ b) and ¬∃a ∨ ¬∃b = ¬∃(a ∧ b) where
/// there is at most one row.
fn push_merged(joined: &mut Vec<Expr>, expr: Expr, all: bool) {
    let Expr::Exists { step, inner, negated } = expr else { return joined.push(expr) };
    let together = |found: &Expr| {
        let same = matches!(found, Expr::Exists { step: s, negated: n, .. } if *s == step && *n == negated);
        same && (all == negated || !step.many)
    };
    let Some(at) = joined.iter().position(together) else {
        return joined.push(Expr::Exists { step, inner, negated });
    };
    if let Expr::Exists { inner: found, .. } = &mut joined[at] {
        let both = vec![std::mem::replace(&mut **found, Expr::Constant(all)), *inner];
        **found = if all == negated { Expr::any(both) } else { Expr::all(both) };
    }
}
