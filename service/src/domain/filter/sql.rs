//! The typed form as SQL.
//!
//! A condition is positive or negated at its leaves only. A positive leaf may be unknown, which a WHERE takes for false;
//! a negated one over a nullable column is written so that it is never unknown.

use ipnetwork::IpNetwork;

use super::expr::{Check, Column, Course, Expr, Operand, Operator, Step};
use super::values::after_prefix;

/// A condition in SQL, with the places of its values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SqlFragment {
    /// What it consists of, in order.
    pub parts: Vec<SqlPart>,
}

/// A piece of a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum SqlPart {
    /// SQL: keywords, operators and quoted names of the model.
    Sql(String),
    /// The table of an entity or of a link, by its name, in a FROM or a JOIN.
    Table(String),
    /// A value.
    Bind(Bind),
}

/// A value, bound as the PostgreSQL type it is named for. The SQL casts every bind to its type, so that a driver which
/// leaves types to the server infers the same.
#[derive(Debug, Clone, PartialEq)]
pub enum Bind {
    /// text
    Text(String),
    /// text[]
    TextArray(Vec<String>),
    /// bigint
    Integer(i64),
    /// double precision
    Double(f64),
    /// boolean
    Bool(bool),
    /// timestamptz, as microseconds since 1970
    Timestamp(i64),
    /// uuid
    Uuid(uuid::Uuid),
    /// inet
    Cidr(IpNetwork),
    /// jsonb
    Json(String),
}

impl Bind {
    fn cast(&self) -> &'static str {
        match self {
            Self::Text(_) => "::text",
            Self::TextArray(_) => "::text[]",
            Self::Integer(_) => "::bigint",
            Self::Double(_) => "::double precision",
            Self::Bool(_) => "::boolean",
            Self::Timestamp(_) => "::timestamptz",
            Self::Uuid(_) => "::uuid",
            Self::Cidr(_) => "::inet",
            Self::Json(_) => "::jsonb",
        }
    }
}

impl SqlFragment {
    fn sql(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(SqlPart::Sql(last)) => last.push_str(text),
            _ => self.parts.push(SqlPart::Sql(text.to_owned())),
        }
    }

    fn table(&mut self, name: &str) {
        self.parts.push(SqlPart::Table(name.to_owned()));
    }

    fn bind(&mut self, bind: Bind) {
        let cast = bind.cast();
        self.parts.push(SqlPart::Bind(bind));
        self.sql(cast);
    }
}

pub(super) fn generate(expr: &Expr, alias: &str) -> SqlFragment {
    let mut writer = Writer { out: SqlFragment::default(), base: alias.to_owned(), scopes: Vec::new(), count: 0 };
    writer.scopes.push(alias.to_owned());
    writer.expr(expr);
    writer.out
}

struct Writer {
    out: SqlFragment,
    base: String,
    /// The aliases of the current row and those around it, the outermost first.
    scopes: Vec<String>,
    count: usize,
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Writer {
    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Constant(value) => self.out.sql(if *value { "TRUE" } else { "FALSE" }),
            Expr::All(inner) => self.joined(inner, " AND "),
            Expr::Any(inner) => self.joined(inner, " OR "),
            Expr::Exists { step, inner, negated } => self.exists(step, inner, *negated),
            Expr::Test { column, check, negated: false } => self.check(column, check),
            Expr::Test { column, check, negated: true } => self.negated(column, check),
        }
    }

    fn joined(&mut self, inner: &[Expr], between: &str) {
        self.out.sql("(");
        for (index, expr) in inner.iter().enumerate() {
            if index > 0 {
                self.out.sql(between);
            }
            self.expr(expr);
        }
        self.out.sql(")");
    }

    /// One subquery for all steps in a row: plain joins leave the planner free to begin at either end. But from many
    /// rows to many others of theirs the next subquery begins: a join would have every pair of them, and its rows would
    /// multiply with every such step.
    fn exists(&mut self, step: &Step, inner: &Expr, negated: bool) {
        let depth = self.scopes.len();
        let first = self.enter();
        let outer = self.column_of(depth - 1, &step.own);
        self.out.sql(if negated { "NOT EXISTS (SELECT 1 FROM " } else { "EXISTS (SELECT 1 FROM " });
        self.out.table(&step.table);
        self.out.sql(&format!(" AS {}", quoted(&first)));
        let mut inner = inner;
        let mut course = Course::default();
        course.turns(step);
        while let Expr::Exists { step: next, inner: deeper, negated: false } = inner {
            if course.turns(next) {
                break;
            }
            let own = self.column_of(self.scopes.len() - 1, &next.own);
            let alias = quoted(&self.enter());
            self.out.sql(" JOIN ");
            self.out.table(&next.table);
            self.out.sql(&format!(" AS {alias} ON {alias}.{} = {own}", quoted(&next.column)));
            inner = deeper;
        }
        self.out.sql(&format!(" WHERE {}.{} = {outer}", quoted(&first), quoted(&step.column)));
        if *inner != Expr::Constant(true) {
            self.out.sql(" AND ");
            self.expr(inner);
        }
        self.out.sql(")");
        self.scopes.truncate(depth);
    }

    /// A fresh alias for the table of a step, which becomes the current row.
    fn enter(&mut self) -> String {
        self.count += 1;
        let alias = format!("{}_{}", self.base, self.count);
        self.scopes.push(alias.clone());
        alias
    }

    fn column_of(&self, scope: usize, name: &str) -> String {
        let alias = self.scopes.get(scope).map_or(self.base.as_str(), String::as_str);
        format!("{}.{}", quoted(alias), quoted(name))
    }

    fn column(&mut self, column: &Column) {
        self.json(column, "#>>");
    }

    /// The column; inside JSON, what the operator takes out of it.
    fn json(&mut self, column: &Column, operator: &str) {
        let name = self.column_of(self.scopes.len() - 1, &column.name);
        match &column.keys {
            Some(keys) => {
                self.out.sql(&format!("({name} {operator} "));
                self.out.bind(Bind::TextArray(keys.clone()));
                self.out.sql(")");
            }
            None => self.out.sql(&name),
        }
    }

    /// Whether there is a value. The field itself is null as a column, not as the JSON in it.
    fn present(&mut self, column: &Column, test: &str) {
        match &column.keys {
            Some(keys) if keys.is_empty() => {
                let name = self.column_of(self.scopes.len() - 1, &column.name);
                self.out.sql(&name);
            }
            _ => self.column(column),
        }
        self.out.sql(test);
    }

    fn check(&mut self, column: &Column, check: &Check) {
        match check {
            Check::Present => self.present(column, " IS NOT NULL"),
            Check::KeyPresent => {
                self.json(column, "#>");
                self.out.sql(" IS NOT NULL");
            }
            Check::Compare(operator, operand) => self.compare(column, operator.sql(), operand),
            Check::Prefix(prefix) => self.prefix(column, prefix),
            Check::Like { pattern, any_case } => {
                self.column(column);
                self.out.sql(if *any_case { " ILIKE " } else { " LIKE " });
                self.out.bind(Bind::Text(pattern.clone()));
            }
            Check::In(texts) => {
                self.column(column);
                self.out.sql(" = ANY (");
                self.out.bind(Bind::TextArray(texts.clone()));
                self.out.sql(")");
            }
            Check::JsonNumber(operator, number) => {
                self.when(column, "number");
                self.json(column, "#>");
                self.out.sql(&format!(" {} ", operator.sql()));
                self.out.bind(Bind::Json(number.clone()));
                self.out.sql(" END");
            }
            Check::JsonText(operator, text) => {
                self.when(column, "string");
                self.column(column);
                self.out.sql(&format!(" COLLATE \"C\" {} ", operator.sql()));
                self.out.bind(Bind::Text(text.clone()));
                self.out.sql(" END");
            }
            Check::JsonHas { text, element } => self.json_has(column, text, element.as_deref()),
        }
    }

    /// The beginning of a condition that is asked of one type of JSON value only.
    fn when(&mut self, column: &Column, json_type: &str) {
        self.out.sql("CASE WHEN jsonb_typeof(");
        self.json(column, "#>");
        self.out.sql(&format!(") = '{json_type}' THEN "));
    }

    fn json_has(&mut self, column: &Column, text: &str, element: Option<&str>) {
        self.out.sql("CASE jsonb_typeof(");
        self.json(column, "#>");
        self.out.sql(") WHEN 'object' THEN ");
        self.json(column, "#>");
        self.out.sql(" ? ");
        self.out.bind(Bind::Text(text.to_owned()));
        self.out.sql(" WHEN 'array' THEN ");
        self.json(column, "#>");
        self.out.sql(" @> jsonb_build_array(");
        self.out.bind(Bind::Text(text.to_owned()));
        self.out.sql(")");
        if let Some(element) = element {
            self.out.sql(" OR ");
            self.json(column, "#>");
            self.out.sql(" @> ");
            self.out.bind(Bind::Json(element.to_owned()));
        }
        self.out.sql(" WHEN 'string' THEN strpos(");
        self.column(column);
        self.out.sql(", ");
        self.out.bind(Bind::Text(text.to_owned()));
        self.out.sql(") > 0 ELSE ");
        self.column(column);
        self.out.sql(" = ");
        self.out.bind(Bind::Text(text.to_owned()));
        self.out.sql(" END");
    }

    /// A range, which the index on a text column supports. JSON has no collation, so the SQL names one.
    fn prefix(&mut self, column: &Column, prefix: &str) {
        let collation = if column.keys.is_some() { " COLLATE \"C\"" } else { "" };
        self.out.sql("(");
        self.column(column);
        self.out.sql(&format!("{collation} >= "));
        self.out.bind(Bind::Text(prefix.to_owned()));
        if let Some(after) = after_prefix(prefix) {
            self.out.sql(" AND ");
            self.column(column);
            self.out.sql(&format!("{collation} < "));
            self.out.bind(Bind::Text(after));
        }
        self.out.sql(")");
    }

    fn compare(&mut self, column: &Column, operator: &str, operand: &Operand) {
        self.column(column);
        self.out.sql(&format!(" {operator} "));
        self.out_operand(operand);
    }

    fn out_operand(&mut self, operand: &Operand) {
        match operand {
            Operand::Text(text) => self.out.bind(Bind::Text(text.clone())),
            Operand::Integer(number) => self.out.bind(Bind::Integer(*number)),
            Operand::Double(number) => self.out.bind(Bind::Double(*number)),
            Operand::Bool(value) => self.out.bind(Bind::Bool(*value)),
            Operand::Timestamp(micros) => self.out.bind(Bind::Timestamp(*micros)),
            Operand::Uuid(uuid) => self.out.bind(Bind::Uuid(*uuid)),
            Operand::Cidr(network) => self.out.bind(Bind::Cidr(*network)),
            Operand::Column { up, name, .. } => {
                let name = self.column_of(self.scopes.len().saturating_sub(1 + up), name);
                self.out.sql(&name);
            }
        }
    }

    fn negated(&mut self, column: &Column, check: &Check) {
        let other_nullable = matches!(check, Check::Compare(_, Operand::Column { nullable: true, .. }));
        match check {
            Check::Present => self.present(column, " IS NULL"),
            Check::KeyPresent => {
                self.json(column, "#>");
                self.out.sql(" IS NULL");
            }
            // Two missing values are not distinct, but they are not equal either.
            Check::Compare(Operator::Equal, operand) if column.nullable != other_nullable => {
                self.compare(column, "IS DISTINCT FROM", operand);
            }
            Check::Compare(Operator::Equal, operand) if !column.nullable => self.compare(column, "<>", operand),
            _ => {
                let unknown = column.nullable || other_nullable || column.keys.is_some();
                self.out.sql(if unknown { "(" } else { "NOT (" });
                self.check(column, check);
                self.out.sql(if unknown { ") IS NOT TRUE" } else { ")" });
            }
        }
    }
}
