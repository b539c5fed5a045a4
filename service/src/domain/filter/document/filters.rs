//! Filters of a document as conditions of the tree.

use super::super::ast::{Arg, Call, Comparator, Comparison, Member, Node};
use super::super::error::{FilterError, shown, suggestion};
use super::super::json::{Entry, Json, Value};
use super::super::limits::{MAX_DEPTH, MAX_TERMS};
use super::super::span::Span;
use super::entries::{entry, known_keys};
use super::member;
use super::op::{Op, mirrored};

/// The condition that all filters hold; `None` without filters.
pub(super) fn all(filters: &[Json]) -> Result<Option<Node>, FilterError> {
    let mut reader = Reader { depth: 0, terms: 0 };
    let nodes = reader.nodes(filters)?;
    Ok(if nodes.is_empty() { None } else { Some(Node::and(nodes)) })
}

/// Counts what the other notation limits, in the same way: every filter accepted here can be printed there.
struct Reader {
    depth: usize,
    terms: usize,
}

impl Reader {
    fn nodes(&mut self, filters: &[Json]) -> Result<Vec<Node>, FilterError> {
        filters.iter().map(|filter| self.filter(filter)).collect()
    }

    fn filter(&mut self, json: &Json) -> Result<Node, FilterError> {
        let Value::Object(entries) = &json.value else {
            return Err(json.error(format!("a filter is an object, not {}", json.kind())));
        };
        for (key, join, empty) in [
            ("and", Node::and as fn(Vec<Node>) -> Node, Comparator::Equal),
            ("or", Node::or as fn(Vec<Node>) -> Node, Comparator::NotEqual),
        ] {
            if let Some(list) = entry(entries, key) {
                known_keys(entries, &[key])?;
                let Value::List(filters) = &list.value else {
                    return Err(list.error(format!("`{key}` takes a list of filters, found {}", list.kind())));
                };
                return self.joined(json, filters, join, empty);
            }
        }
        if let Some(inner) = entry(entries, "not") {
            known_keys(entries, &["not"])?;
            let inner = self.below(json, 1, |reader| reader.filter(inner))?;
            return Ok(Node::Not(Box::new(inner)));
        }
        self.condition(json, entries)
    }

    fn joined(
        &mut self,
        json: &Json,
        filters: &[Json],
        join: fn(Vec<Node>) -> Node,
        empty: Comparator,
    ) -> Result<Node, FilterError> {
        if filters.is_empty() {
            self.count_term(json)?;
            return Ok(of_none(json.span, empty));
        }
        Ok(join(self.below(json, 1, |reader| reader.nodes(filters))?))
    }

    /// What a filter reads of those inside it, which are this many parentheses deeper in the other notation.
    fn below<T>(
        &mut self,
        json: &Json,
        levels: usize,
        read: impl FnOnce(&mut Self) -> Result<T, FilterError>,
    ) -> Result<T, FilterError> {
        self.depth += levels;
        if self.depth > MAX_DEPTH {
            let message = format!("filters nest at most {MAX_DEPTH} deep, `has` and `any` counting twice");
            return Err(FilterError::limit(json.span.start, message));
        }
        let read = read(self)?;
        self.depth -= levels;
        Ok(read)
    }

    fn count_term(&mut self, json: &Json) -> Result<(), FilterError> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            let message = format!("a filter has at most {MAX_TERMS} terms; `in` takes any number of texts");
            return Err(FilterError::limit(json.span.start, message));
        }
        Ok(())
    }

    fn condition(&mut self, json: &Json, entries: &[Entry]) -> Result<Node, FilterError> {
        known_keys(entries, &["name", "op", "val", "field", "and", "or", "not"])?;
        let name = match entry(entries, "name").map(|name| (name, &name.value)) {
            Some((name, Value::Text(path))) => member::path(name, path)?,
            Some((name, _)) => return Err(name.error(format!("`name` is the path of a field, not {}", name.kind()))),
            None => return Err(json.error("a filter needs a `name`, `and`, `or` or `not`")),
        };
        let shown_name = shown(&name.text());
        let op = entry(entries, "op").ok_or_else(|| json.error(format!("the filter on {shown_name} needs an `op`")))?;
        let Value::Text(op_name) = &op.value else {
            return Err(op.error(format!("`op` is the name of an operator, not {}", op.kind())));
        };
        let Some((parsed, negated)) = Op::named(op_name) else {
            let nearest = suggestion(op_name, Op::names());
            return Err(op.error(format!("unknown operator {}; {nearest}", shown(op_name))));
        };
        self.count_term(json)?;
        let (val, field) = (entry(entries, "val"), entry(entries, "field"));
        if let (Some(_), Some(field)) = (val, field) {
            return Err(field.error(format!("the filter on {shown_name} has both `val` and `field`; leave one out")));
        }
        let place = Place { json, op, op_name, name, shown_name };
        let node = match field {
            Some(field) => place.with_field(parsed, field)?,
            None => match parsed {
                Op::Related(function) => self.related(&place, function, val)?,
                parsed => place.with_value(parsed, val)?,
            },
        };
        Ok(if negated { Node::Not(Box::new(node)) } else { node })
    }

    fn related(&mut self, place: &Place<'_>, function: &'static str, val: Option<&Json>) -> Result<Node, FilterError> {
        let val = val.ok_or_else(|| place.json.error(place.needs("a filter")))?;
        let inner = self.below(place.json, 2, |reader| match &val.value {
            // All filters of a list must hold.
            Value::List(filters) if filters.is_empty() => {
                reader.count_term(val)?;
                Ok(of_none(val.span, Comparator::Equal))
            }
            Value::List(filters) => Ok(Node::and(reader.nodes(filters)?)),
            Value::Object(_) => reader.filter(val),
            _ => Err(val.error(format!("{}, found {}", place.needs("a filter"), val.kind()))),
        })?;
        Ok(place.call(function, vec![Arg::Filter(Box::new(inner))]))
    }
}

/// One filter's parts, for its conditions and errors.
struct Place<'j> {
    json: &'j Json,
    op: &'j Json,
    op_name: &'j str,
    name: Member,
    shown_name: String,
}

impl Place<'_> {
    fn needs(&self, what: &str) -> String {
        format!("`{}` on {} needs {what} as its `val`", self.op_name, self.shown_name)
    }

    fn call(&self, function: &str, args: Vec<Arg>) -> Node {
        let args = std::iter::once(Arg::Value(self.name.clone())).chain(args).collect();
        Node::Call(Call { name: function.to_owned(), span: self.op.span, args })
    }

    fn with_value(&self, op: Op, val: Option<&Json>) -> Result<Node, FilterError> {
        match (op, val) {
            (Op::IsNull, Some(val)) if !matches!(val.value, Value::Null) => {
                Err(val.error(format!("`{}` on {} takes no `val`", self.op_name, self.shown_name)))
            }
            (Op::IsNull, _) => Ok(self.call("is_null", Vec::new())),
            (_, None) => Err(self.json.error(match op {
                Op::Compare(_) | Op::Range(_) => format!("{}, or a `field`", self.needs("a value")),
                Op::In => self.needs("a list"),
                _ => self.needs("a text"),
            })),
            (Op::Compare(comparator), Some(val)) => self.compare(comparator, val),
            (Op::Text(function) | Op::Range(function), Some(val)) => match &val.value {
                Value::Text(_) => Ok(self.call(function, member::value(val).map(Arg::Value).into_iter().collect())),
                _ => Err(val.error(format!("{}, found {}", self.needs("a text"), val.kind()))),
            },
            (Op::In, Some(val)) => {
                let Value::List(items) = &val.value else {
                    return Err(val.error(format!("{}, found {}", self.needs("a list"), val.kind())));
                };
                let items = items.iter().map(|item| self.single(item).map(Arg::Value));
                Ok(self.call("in", items.collect::<Result<_, _>>()?))
            }
            (Op::Related(_), Some(val)) => Err(val.error(self.needs("a filter"))),
        }
    }

    fn compare(&self, comparator: Comparator, val: &Json) -> Result<Node, FilterError> {
        match (&val.value, comparator) {
            (Value::Null, Comparator::Equal) => Ok(self.call("is_null", Vec::new())),
            (Value::Null, Comparator::NotEqual) => Ok(Node::Not(Box::new(self.call("is_null", Vec::new())))),
            (Value::Null, _) => {
                let message = format!("`{}` on {} cannot compare with null", self.op_name, self.shown_name);
                Err(val.error(message))
            }
            _ => Ok(compared(self.name.clone(), comparator, self.single(val)?)),
        }
    }

    fn single(&self, val: &Json) -> Result<Member, FilterError> {
        let refused = || format!("{} is compared with a single value, not with {}", self.shown_name, val.kind());
        member::value(val).ok_or_else(|| val.error(refused()))
    }

    /// Two fields compared. In the other notation the right one is a field only when it belongs to the object itself,
    /// so that one goes to the right.
    fn with_field(&self, op: Op, field: &Json) -> Result<Node, FilterError> {
        let Value::Text(path) = &field.value else {
            return Err(field.error(format!("`field` is the path of a field, not {}", field.kind())));
        };
        let right = member::path(field, path)?;
        let is_own = right.parts.len() == 1;
        match op {
            Op::Compare(comparator) if is_own => Ok(compared(self.name.clone(), comparator, right)),
            Op::Compare(comparator) if self.name.parts.len() == 1 => {
                Ok(compared(right, mirrored(comparator), self.name.clone()))
            }
            Op::Range(function) if is_own => Ok(self.call(function, vec![Arg::Value(right)])),
            Op::Range(function) if self.name.parts.len() == 1 => Ok(Node::Call(Call {
                name: turned(function).to_owned(),
                span: self.name.span,
                args: vec![Arg::Value(right), Arg::Value(self.name.clone())],
            })),
            Op::Compare(_) | Op::Range(_) => Err(field.error(format!(
                "one of {} and {} must be a field of the object itself; the other may be reached over relations",
                self.shown_name,
                shown(path)
            ))),
            _ => Err(field.error(format!(
                "`{}` on {} cannot compare two fields; the comparisons and the operators for address ranges do",
                self.op_name, self.shown_name
            ))),
        }
    }
}

/// The equivalent operator of ranges with its sides exchanged.
fn turned(function: &str) -> &str {
    match function {
        "contained_in" => "contains",
        "contained_in_or_equal" => "contains_or_equal",
        "contains" => "contained_in",
        "contains_or_equal" => "contained_in_or_equal",
        same => same,
    }
}

fn compared(left: Member, comparator: Comparator, right: Member) -> Node {
    Node::Compare(Comparison { left, comparator, right: Arg::Value(right) })
}

/// A condition that always holds, or never: every object has an ID.
fn of_none(span: Span, comparator: Comparator) -> Node {
    compared(member::named("id", span), comparator, member::named("id", span))
}
