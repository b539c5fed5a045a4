//! Decides a filter object by object, by the words of the documentation and with no thought for speed.

use std::cmp::Ordering;

use qairon::model::{Entity, Kind};
use serde_json::Value;

use super::export::{Export, Object};
use super::filter::{End, Filter, Op, Operand, Path, Values};
use super::values::{Range, Scalar, json_text, like, matches, parse_time};

/// What a path finds at one of its ends.
type Found = Option<Scalar>;

pub struct Evaluator<'e> {
    export: &'e Export,
}

/// Some ends of a path, and what they are.
pub struct Ends {
    pub values: Vec<Found>,
    pub kind: EndKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum EndKind {
    /// The ID at the end of a relation.
    Relation,
    /// A place in JSON.
    Json,
    Plain(Kind),
}

impl<'e> Evaluator<'e> {
    pub fn new(export: &'e Export) -> Self {
        Self { export }
    }

    /// Whether an object matches.
    pub fn holds(&self, filter: &Filter, entity: &Entity, object: &Object) -> bool {
        match filter {
            Filter::And(inner) => inner.iter().all(|condition| self.holds(condition, entity, object)),
            Filter::Or(inner) => inner.iter().any(|condition| self.holds(condition, entity, object)),
            Filter::Not(inner) => !self.holds(inner, entity, object),
            Filter::Bare(pieces) => contains(pieces, &object.id),
            Filter::Compare(path, op, operand) => self.compare(entity, object, path, *op, operand),
            Filter::CompareAll(path, Op::NotEqual, values) => {
                let ends = self.ends(entity, object, path);
                ends.values.iter().any(|end| !is_equal_to(values, end, &ends.kind, object))
            }
            Filter::CompareAll(path, op, values) => self.compare_all(entity, object, path, *op, values),
            Filter::Like { path, pattern, any_case } => {
                self.some_text(entity, object, path, |text| like(pattern, text, *any_case))
            }
            Filter::StartsWith(path, prefix) => self.some_text(entity, object, path, |text| text.starts_with(prefix)),
            Filter::IsNull(path) => self.is_null(entity, object, path),
            Filter::In(path, operands) => {
                operands.iter().any(|operand| self.compare(entity, object, path, Op::Equal, operand))
            }
            Filter::Network(function, path, operand) => {
                let other = match operand {
                    Operand::Field(field) => object.value(field).cloned(),
                    Operand::Literal { pieces, .. } => Range::parse(&pieces.concat()).map(Scalar::Range),
                    other => panic!("{other:?} is no range"),
                };
                let Some(Scalar::Range(other)) = other else { return false };
                let fits = |end: &Found| matches!(end, Some(Scalar::Range(range)) if network(function, *range, other));
                self.ends(entity, object, path).values.iter().any(fits)
            }
            Filter::Any { relations, inner, .. } => {
                let (target, there) = self.objects(entity, object, relations);
                there.into_iter().flatten().any(|other| self.holds(inner, target, other))
            }
        }
    }

    fn compare(&self, entity: &Entity, object: &Object, path: &Path, op: Op, operand: &Operand) -> bool {
        match (op, operand) {
            (Op::Equal, Operand::Null) => self.is_null(entity, object, path),
            (Op::NotEqual, Operand::Null) => self.is_not_null(entity, object, path),
            _ => {
                let ends = self.ends(entity, object, path);
                ends.values.iter().any(|end| test(end, &ends.kind, op, operand, object))
            }
        }
    }

    fn compare_all(&self, entity: &Entity, object: &Object, path: &Path, op: Op, values: &Values) -> bool {
        match values {
            Values::One(operand) => self.compare(entity, object, path, op, operand),
            Values::And(inner) => inner.iter().all(|value| self.compare_all(entity, object, path, op, value)),
            Values::Or(inner) => inner.iter().any(|value| self.compare_all(entity, object, path, op, value)),
            Values::Not(inner) => !self.compare_all(entity, object, path, op, inner),
        }
    }

    fn some_text(&self, entity: &Entity, object: &Object, path: &Path, test: impl Fn(&str) -> bool) -> bool {
        let ends = self.ends(entity, object, path).values;
        ends.iter().filter_map(|end| as_text(end.as_ref()?)).any(|text| test(&text))
    }

    /// A relation to many is null when it is empty, any other path when it has no value at some end.
    fn is_null(&self, entity: &Entity, object: &Object, path: &Path) -> bool {
        match self.to_many(entity, object, path) {
            Some(counts) => counts.contains(&0),
            None => self.ends(entity, object, path).values.iter().any(absent),
        }
    }

    fn is_not_null(&self, entity: &Entity, object: &Object, path: &Path) -> bool {
        match self.to_many(entity, object, path) {
            Some(counts) => counts.iter().any(|count| *count > 0),
            None => self.ends(entity, object, path).values.iter().any(|end| !absent(end)),
        }
    }

    /// For a path that ends with a relation to many: how many objects it leads to from each object before it.
    fn to_many(&self, entity: &Entity, object: &Object, path: &Path) -> Option<Vec<usize>> {
        let (last, before) = path.relations.split_last().filter(|_| path.end == End::Relation)?;
        let (holder, before) = self.objects(entity, object, before);
        let relation = holder.relation(last).filter(|relation| !relation.is_to_one())?;
        let count = |holder: Option<&Object>| holder.map_or(0, |holder| self.export.related(holder, relation).len());
        Some(before.into_iter().map(count).collect())
    }

    /// Where some relations lead: an unset reference leads to nothing, and nothing has no related objects.
    fn objects<'o>(
        &self,
        entity: &'o Entity,
        object: &'o Object,
        relations: &[String],
    ) -> (&'o Entity, Vec<Option<&'o Object>>)
    where
        'e: 'o,
    {
        let mut there = vec![Some(object)];
        let mut entity = entity;
        for name in relations {
            let relation = entity.relation(name).expect("generated paths exist");
            there = there
                .into_iter()
                .flat_map(|object| {
                    let related = object.map(|object| self.export.related(object, relation)).unwrap_or_default();
                    match related.is_empty() && relation.is_to_one() {
                        true => vec![None],
                        false => related.into_iter().map(Some).collect(),
                    }
                })
                .collect();
            entity = qairon::model().target(&relation.target);
        }
        (entity, there)
    }

    /// Every end of a path.
    pub fn ends(&self, entity: &Entity, object: &Object, path: &Path) -> Ends {
        let (entity, there) = self.objects(entity, object, &path.relations);
        let values = |read: &dyn Fn(&Object) -> Found| there.iter().map(|end| end.and_then(read)).collect();
        match &path.end {
            End::Relation => {
                Ends { values: values(&|object| Some(Scalar::Text(object.id.clone()))), kind: EndKind::Relation }
            }
            End::Field(name) => {
                let field = entity.field(name).expect("generated paths exist");
                // An ID is what it is, however it is named.
                let kind = match name == "id" || field.reference.is_some() {
                    true => EndKind::Relation,
                    false => EndKind::Plain(field.kind.clone()),
                };
                Ends { values: values(&|object| object.value(name).cloned()), kind }
            }
            End::Json(name, keys) => {
                let inside = |object: &Object| match object.value(name) {
                    Some(Scalar::Json(json)) => at(json, keys).map(|json| Scalar::Json(json.clone())),
                    _ => None,
                };
                Ends { values: values(&inside), kind: EndKind::Json }
            }
        }
    }
}

/// The value at some keys; a number is an index into an array, from its end when negative.
fn at<'j>(json: &'j Value, keys: &[String]) -> Option<&'j Value> {
    keys.iter().try_fold(json, |json, key| match json {
        Value::Object(members) => members.get(key),
        Value::Array(items) => {
            let index: i64 = key.parse().ok()?;
            let index = if index < 0 { index + i64::try_from(items.len()).ok()? } else { index };
            items.get(usize::try_from(index).ok()?)
        }
        _ => None,
    })
}

fn absent(end: &Found) -> bool {
    matches!(end, None | Some(Scalar::Json(Value::Null)))
}

fn as_text(value: &Scalar) -> Option<String> {
    match value {
        Scalar::Text(text) => Some(text.clone()),
        Scalar::Json(json) => json_text(json),
        other => panic!("{other:?} is no text"),
    }
}

fn contains(pieces: &[String], text: &str) -> bool {
    let around = [&[String::new()], pieces, &[String::new()]].concat();
    matches(&around, text)
}

fn network(function: &str, left: Range, right: Range) -> bool {
    match function {
        "contained_in" => left.within(right) && left != right,
        "contained_in_or_equal" => left.within(right),
        "contains" => right.within(left) && left != right,
        "contains_or_equal" => right.within(left),
        "overlaps" => left.within(right) || right.within(left),
        other => panic!("there is no function {other}"),
    }
}

/// Whether one end is what the values say, for `!=` with several.
fn is_equal_to(values: &Values, end: &Found, kind: &EndKind, object: &Object) -> bool {
    match values {
        Values::One(Operand::Null) => absent(end),
        Values::One(operand) => test(end, kind, Op::Equal, operand, object),
        Values::And(inner) => inner.iter().all(|value| is_equal_to(value, end, kind, object)),
        Values::Or(inner) => inner.iter().any(|value| is_equal_to(value, end, kind, object)),
        Values::Not(inner) => !is_equal_to(inner, end, kind, object),
    }
}

/// Whether one end compares so. Nothing compares with an absent value but `!=`, which always holds.
fn test(end: &Found, kind: &EndKind, op: Op, operand: &Operand, object: &Object) -> bool {
    if op == Op::NotEqual {
        return !test(end, kind, Op::Equal, operand, object);
    }
    let Some(value) = end else { return false };
    match operand {
        // A key that holds null is there.
        Operand::AnyValue => true,
        Operand::Null => panic!("null is asked for otherwise"),
        Operand::Field(field) => {
            object.value(field).and_then(|other| value.compare(other)).is_some_and(|ordering| fits(op, ordering))
        }
        Operand::Literal { pieces, quoted } => match value {
            Scalar::Json(json) => test_json(json, op, pieces, *quoted),
            value => {
                let of_text = matches!(kind, EndKind::Plain(Kind::Text | Kind::Name));
                match (op, value) {
                    (Op::Has, Scalar::Text(text)) if of_text => contains(pieces, text),
                    (Op::Equal | Op::Has, Scalar::Text(text)) => matches(pieces, text),
                    _ => {
                        let ordering = value.compare(&parse(value, &pieces.concat()));
                        ordering.is_some_and(|ordering| fits(op, ordering))
                    }
                }
            }
        },
    }
}

fn fits(op: Op, ordering: Ordering) -> bool {
    match op {
        Op::Equal | Op::Has => ordering.is_eq(),
        Op::NotEqual => ordering.is_ne(),
        Op::Less => ordering.is_lt(),
        Op::LessOrEqual => ordering.is_le(),
        Op::Greater => ordering.is_gt(),
        Op::GreaterOrEqual => ordering.is_ge(),
    }
}

/// A literal as a value of the type of another.
fn parse(like: &Scalar, text: &str) -> Scalar {
    match like {
        Scalar::Text(_) => Scalar::Text(text.to_owned()),
        Scalar::Integer(_) => Scalar::Integer(text.parse().expect("an integer")),
        Scalar::Double(_) => Scalar::Double(text.parse().expect("a number")),
        Scalar::Time(_) => Scalar::Time(parse_time(text).expect("a time")),
        Scalar::Range(_) => Scalar::Range(Range::parse(text).expect("a range")),
        Scalar::Json(_) => panic!("JSON is compared otherwise"),
    }
}

/// In JSON a literal is a text; without quotes it may be a number or a boolean besides, by value.
fn test_json(json: &Value, op: Op, pieces: &[String], quoted: bool) -> bool {
    let text = pieces.join("*");
    let number =
        (!quoted && pieces.len() == 1).then(|| serde_json::from_str::<serde_json::Number>(&text).ok()).flatten();
    let number = number.and_then(|number| number.as_f64());
    let same_number = |json: &Value| number.is_some() && json.as_f64() == number;
    match op {
        Op::Equal => same_number(json) || json_text(json).is_some_and(|found| matches(pieces, &found)),
        Op::Has => match json {
            Value::Object(members) => members.contains_key(&text),
            Value::Array(items) => items.iter().any(|item| {
                let is_word = !quoted && matches!(item, Value::Bool(value) if value.to_string() == text);
                *item == Value::String(text.clone()) || is_word || same_number(item)
            }),
            Value::String(found) => found.contains(&text),
            other => same_number(other) || json_text(other).is_some_and(|found| found == text),
        },
        _ => match (number, json) {
            (Some(number), json) => {
                json.as_f64().and_then(|found| found.partial_cmp(&number)).is_some_and(|ordering| fits(op, ordering))
            }
            (None, Value::String(found)) => fits(op, found.as_bytes().cmp(text.as_bytes())),
            _ => false,
        },
    }
}
