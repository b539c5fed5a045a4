//! Filters and orders at random, made of what the organisation holds so that they find some of it.

use qairon::model::{Entity, Field, Kind, Relation};
use serde_json::Value;

use super::evaluate::{EndKind, Evaluator};
use super::export::{Export, Object};
use super::filter::{End, Filter, Op, Operand, Path, Values};
use super::ids;
use super::organisation::{KEYS, NAMES, TEXTS};
use super::random::Random;
use super::values::{Scalar, json_text};

const TIMES: [&str; 5] =
    ["2026-01-02", "2026-01-02T00:00:00Z", "2026-01-01T00:00:01.5Z", "2026-01-01T00:00:00.000001Z", "2026-01-03"];
const RANGES: [&str; 11] = [
    "10.0.0.0/8",
    "10.0.0.0/16",
    "10.1.0.0/16",
    "10.1.2.0/24",
    "10.1.2.3/32",
    "10.1.2.3",
    "fd00::/8",
    "fd00:1::/32",
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/9",
];
const NETWORK: [&str; 5] = ["contained_in", "contained_in_or_equal", "contains", "contains_or_equal", "overlaps"];
const ORDERED: [Op; 4] = [Op::Less, Op::LessOrEqual, Op::Greater, Op::GreaterOrEqual];

pub struct Generator<'g> {
    pub export: &'g Export,
    pub random: &'g mut Random,
    /// The entity whose ID the current path leads to.
    pub id_of: Option<&'static Entity>,
}

impl Generator<'_> {
    /// A filter on an entity, whose operators nest at most so deep.
    pub fn filter(&mut self, entity: &'static Entity, depth: usize) -> Filter {
        if depth == 0 || self.random.percent(30) {
            return self.condition(entity);
        }
        match self.random.below(8) {
            0..=2 => Filter::And(self.several(entity, depth)),
            3..=5 => Filter::Or(self.several(entity, depth)),
            6 => Filter::Not(Box::new(self.filter(entity, depth - 1))),
            _ => self.any(entity, depth),
        }
    }

    fn several(&mut self, entity: &'static Entity, depth: usize) -> Vec<Filter> {
        (0..2 + self.random.below(2)).map(|_| self.filter(entity, depth - 1)).collect()
    }

    fn any(&mut self, entity: &'static Entity, depth: usize) -> Filter {
        let (mut relations, mut target, mut many): (Vec<String>, &'static Entity, bool) = (Vec::new(), entity, false);
        for _ in 0..1 + self.random.below(2) {
            let relation = self.relation(target, |_| true);
            let Some(relation) = relation else { break };
            relations.push(self.random.pick(&relation.names).clone());
            (target, many) = (qairon::model().target(&relation.target), !relation.is_to_one());
        }
        let inner = Box::new(self.filter(target, depth - 1));
        Filter::Any { relations, inner, word: if many { "any" } else { "has" } }
    }

    fn relation<'m>(&mut self, entity: &'m Entity, allowed: impl Fn(&Relation) -> bool) -> Option<&'m Relation> {
        let allowed: Vec<&Relation> = entity.relations.iter().filter(|relation| allowed(relation)).collect();
        (!allowed.is_empty()).then(|| *self.random.pick(&allowed))
    }

    /// Up to four relations and what follows them.
    fn path(&mut self, entity: &Entity, to_one: bool) -> Path {
        let wanted = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4][self.random.below(11)];
        let (mut relations, mut target) = (Vec::new(), entity);
        for _ in 0..wanted {
            let Some(relation) = self.relation(target, |relation| !to_one || relation.is_to_one()) else { break };
            relations.push(self.random.pick(&relation.names).clone());
            target = qairon::model().target(&relation.target);
        }
        if !relations.is_empty() && self.random.percent(20) {
            return Path { relations, end: End::Relation };
        }
        let fields: Vec<&Field> = target.fields.iter().filter(|field| field.is_column()).collect();
        let given_id = |field: &&&Field| field.name == "id" || field.reference.is_some() || field.nullable;
        let special: Vec<&Field> = fields.iter().filter(given_id).copied().collect();
        let field = *if self.random.percent(40) { self.random.pick(&special) } else { self.random.pick(&fields) };
        let end = match field.kind {
            Kind::Json => End::Json(field.name.clone(), self.keys()),
            _ => End::Field(field.name.clone()),
        };
        Path { relations, end }
    }

    fn keys(&mut self) -> Vec<String> {
        let depth = [0, 1, 1, 1, 1, 2, 2, 3][self.random.below(8)];
        (0..depth)
            .map(|_| match self.random.percent(10) {
                true => self.random.word(&["0", "-1", "1"]).to_owned(),
                false => self.random.word(&KEYS).to_owned(),
            })
            .collect()
    }

    /// Values that the path finds somewhere, and of what kind.
    fn samples(&mut self, entity: &Entity, path: &Path) -> (Vec<Scalar>, EndKind) {
        let target = path.relations.iter().fold(entity, |entity, name| {
            qairon::model().target(&entity.relation(name).expect("generated paths exist").target)
        });
        let own = match &path.end {
            End::Relation => End::Field("id".to_owned()),
            end => end.clone(),
        };
        let own = Path { relations: Vec::new(), end: own };
        let evaluator = Evaluator::new(self.export);
        let ends: Vec<_> =
            self.export.of(target).iter().map(|object: &Object| evaluator.ends(target, object, &own)).collect();
        let kind = match path.end {
            End::Relation => EndKind::Relation,
            _ => ends[0].kind.clone(),
        };
        (ends.into_iter().flat_map(|ends| ends.values).flatten().collect(), kind)
    }

    /// A condition without others inside it.
    fn condition(&mut self, entity: &'static Entity) -> Filter {
        if self.random.percent(4) {
            let ids: Vec<String> = self.export.of(entity).iter().map(|object| object.id.clone()).collect();
            let id = self.random.pick(&ids).clone();
            return Filter::Bare(self.fragment(&id));
        }
        let path = self.path(entity, false);
        let (samples, kind) = self.samples(entity, &path);
        self.id_of = ids::id_of(entity, &path);
        if self.random.percent(9) {
            return match self.random.below(4) {
                0 => Filter::IsNull(path),
                1 => Filter::Compare(path, Op::Has, Operand::AnyValue),
                2 => Filter::Compare(path, Op::NotEqual, Operand::Null),
                _ => Filter::Compare(path, Op::Equal, Operand::Null),
            };
        }
        let other = self.random.percent(12).then(|| self.other_field(entity, &kind)).flatten();
        if let Some(field) = other {
            if kind == EndKind::Plain(Kind::Cidr) && self.random.percent(50) {
                return Filter::Network(self.random.word(&NETWORK), path, Operand::Field(field));
            }
            let ordered = !matches!(kind, EndKind::Plain(Kind::Enum(_) | Kind::Bool));
            let op = self.op(ordered);
            return Filter::Compare(path, op, Operand::Field(field));
        }
        let whole_json = matches!(&path.end, End::Json(_, keys) if keys.is_empty());
        if whole_json {
            let text = self.random.word(&KEYS).to_owned();
            return Filter::Compare(path, Op::Has, Operand::Literal { pieces: vec![text], quoted: true });
        }
        if kind == EndKind::Plain(Kind::Cidr) && self.random.percent(60) {
            let operand = self.literal(entity, &samples, &kind, false);
            return Filter::Network(self.random.word(&NETWORK), path, operand);
        }
        let textual = !matches!(
            kind,
            EndKind::Plain(Kind::Integer | Kind::Double | Kind::Timestamp | Kind::Uuid | Kind::Cidr | Kind::Bool)
        );
        match self.random.below(10) {
            0 if textual => Filter::Like { path, pattern: self.pattern(&samples), any_case: self.random.percent(50) },
            1 if textual => {
                let text = self.text(&samples);
                let end = self.random.below(text.chars().count() + 1);
                Filter::StartsWith(path, text.chars().take(end).collect())
            }
            2 => {
                let values = (0..self.random.below(4)).map(|_| match self.random.percent(10) {
                    true => Operand::Null,
                    false => self.literal(entity, &samples, &kind, true),
                });
                Filter::In(path, values.collect())
            }
            3 => {
                let op = *self.random.pick(&[Op::Equal, Op::Equal, Op::NotEqual]);
                Filter::CompareAll(path, op, self.values(entity, &samples, &kind, 2))
            }
            4 => {
                let pieces = match kind {
                    EndKind::Plain(Kind::Text | Kind::Name) => {
                        let text = self.text(&samples);
                        self.fragment(&text)
                    }
                    _ => return Filter::Compare(path, Op::Has, self.literal(entity, &samples, &kind, false)),
                };
                Filter::Compare(path, Op::Has, Operand::Literal { pieces, quoted: true })
            }
            _ => {
                let op = self.op(!matches!(kind, EndKind::Plain(Kind::Enum(_) | Kind::Bool | Kind::EntityType)));
                let wildcards = matches!(op, Op::Equal | Op::NotEqual);
                let operand = self.literal(entity, &samples, &kind, wildcards);
                Filter::Compare(path, op, operand)
            }
        }
    }

    fn op(&mut self, ordered: bool) -> Op {
        match self.random.below(if ordered { 7 } else { 4 }) {
            0..=1 => Op::Equal,
            2..=3 => Op::NotEqual,
            _ => *self.random.pick(&ORDERED),
        }
    }

    /// A field of the entity with values of the same type.
    fn other_field(&mut self, entity: &Entity, kind: &EndKind) -> Option<String> {
        let is_text = |kind: &Kind| matches!(kind, Kind::Text | Kind::Name);
        let same = |field: &&Field| match kind {
            EndKind::Json => false,
            EndKind::Relation => is_text(&field.kind),
            EndKind::Plain(kind) => (is_text(kind) && is_text(&field.kind)) || *kind == field.kind,
        };
        let fields: Vec<&Field> = entity.fields.iter().filter(|field| field.is_column()).filter(same).collect();
        (!fields.is_empty()).then(|| self.random.pick(&fields).name.clone())
    }

    fn values(&mut self, entity: &Entity, samples: &[Scalar], kind: &EndKind, depth: usize) -> Values {
        if depth == 0 || self.random.percent(30) {
            return Values::One(match self.random.percent(10) {
                true => Operand::Null,
                false => self.literal(entity, samples, kind, true),
            });
        }
        let some: Vec<_> = (0..2).map(|_| self.values(entity, samples, kind, depth - 1)).collect();
        match self.random.below(5) {
            0..=2 => Values::Or(some),
            3 => Values::And(some),
            _ => Values::Not(Box::new(self.values(entity, samples, kind, depth - 1))),
        }
    }

    /// A text that is there, or might be.
    fn text(&mut self, samples: &[Scalar]) -> String {
        let texts: Vec<String> = samples
            .iter()
            .filter_map(|value| match value {
                Scalar::Text(text) => Some(text.clone()),
                Scalar::Json(json) => json_text(json),
                _ => None,
            })
            .collect();
        match texts.is_empty() || self.random.percent(15) {
            true if self.random.percent(50) => self.random.word(&TEXTS).to_owned(),
            true => self.random.word(&NAMES).to_owned(),
            false => self.random.pick(&texts).clone(),
        }
    }

    /// A part of a text, perhaps with a wildcard in it.
    fn fragment(&mut self, text: &str) -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        let start = self.random.below(chars.len() + 1);
        let end = start + self.random.below(chars.len() - start + 1);
        let part = &chars[start..end];
        if part.len() > 2 && self.random.percent(25) {
            return vec![part[..1].iter().collect(), part[2..].iter().collect()];
        }
        vec![part.iter().collect()]
    }

    fn pattern(&mut self, samples: &[Scalar]) -> String {
        let text = self.text(samples);
        let mut pattern = String::new();
        for c in text.chars() {
            match self.random.below(12) {
                0 => pattern.push('_'),
                1 => pattern.push('%'),
                2 => pattern.extend(c.to_uppercase()),
                _ if matches!(c, '%' | '_' | '\\') => pattern.extend(['\\', c]),
                _ => pattern.push(c),
            }
        }
        if self.random.percent(40) { format!("{pattern}%") } else { pattern }
    }

    fn literal(&mut self, entity: &Entity, samples: &[Scalar], kind: &EndKind, wildcards: bool) -> Operand {
        let plain = |text: &str, quoted: bool| Operand::Literal { pieces: vec![text.to_owned()], quoted };
        let quoted = self.random.percent(60);
        match kind {
            EndKind::Plain(Kind::Integer) => {
                return plain(&(i64::try_from(self.random.below(8)).unwrap_or(0) - 1).to_string(), quoted);
            }
            EndKind::Plain(Kind::Double) => {
                return plain(self.random.word(&["0", "0.5", "1", "1.0", "10", "2.25", "-1.5"]), quoted);
            }
            EndKind::Plain(Kind::Timestamp) => return plain(self.random.word(&TIMES), quoted),
            EndKind::Plain(Kind::Cidr) => return plain(self.random.word(&RANGES), quoted),
            EndKind::Plain(Kind::Bool) => return plain(self.random.word(&["true", "false"]), quoted),
            EndKind::Plain(Kind::Uuid) => return plain(&self.text_of(samples), quoted),
            EndKind::Plain(Kind::Enum(_) | Kind::EntityType) => {
                let label = self.text_of(samples);
                if wildcards && self.random.percent(30) {
                    return Operand::Literal { pieces: vec![label.chars().take(1).collect(), String::new()], quoted };
                }
                return plain(&label, quoted);
            }
            EndKind::Json if self.random.percent(35) => {
                let number = samples.iter().any(|value| matches!(value, Scalar::Json(Value::Number(_))));
                let words: &[&'static str] =
                    if number { &["0", "1", "1.0", "2", "-3", "1.5", "10"] } else { &["true", "false", "1"] };
                return plain(self.random.word(words), self.random.percent(20));
            }
            _ => {}
        }
        let text = self.text(samples);
        let mut pieces = if wildcards { self.with_wildcards(&text) } else { vec![text] };
        // Of texts that can be no ID a few do: they are refused.
        if let (Some(entity), [text]) = (self.id_of, &pieces[..])
            && qairon::model().check_id(entity, text).is_err()
            && self.random.percent(95)
        {
            match wildcards {
                true => pieces.push(String::new()),
                false => pieces = vec![self.export.of(entity)[0].id.clone()],
            }
        }
        let unquoted = !quoted && can_stand_alone(entity, &pieces);
        Operand::Literal { pieces, quoted: !unquoted }
    }

    fn text_of(&mut self, samples: &[Scalar]) -> String {
        match self.random.pick(samples) {
            Scalar::Text(text) => text.clone(),
            other => panic!("{other:?} is no text"),
        }
    }

    /// A text cut at wildcards: as it is more often than not; of IDs, components may be left off.
    fn with_wildcards(&mut self, text: &str) -> Vec<String> {
        let chars: Vec<char> = text.chars().collect();
        let at = self.random.below(chars.len() + 1);
        let (head, tail) = (chars[..at].iter().collect::<String>(), chars[at..].iter().collect::<String>());
        let colons: Vec<usize> = text.match_indices(':').map(|(at, _)| at).collect();
        match self.random.below(12) {
            0 | 1 => vec![head, String::new()],
            2 => vec![String::new(), tail],
            3 => vec![head, tail],
            4 => vec![head, String::new(), tail],
            5 | 6 if !colons.is_empty() => vec![text[..=*self.random.pick(&colons)].to_owned(), String::new()],
            7 if !colons.is_empty() => vec![text[..*self.random.pick(&colons)].to_owned()],
            8 => vec![head],
            _ => vec![text.to_owned()],
        }
    }

    /// Keys of an order, the path of each with whether it is descending.
    pub fn order(&mut self, entity: &Entity) -> Vec<(Path, bool)> {
        let mut keys: Vec<(Path, bool)> = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            let path = self.path(entity, true);
            if !matches!(path.end, End::Json(..)) && keys.iter().all(|(known, _)| *known != path) {
                keys.push((path, self.random.percent(50)));
            }
        }
        keys
    }
}

/// Whether a literal means the same without quotes.
fn can_stand_alone(entity: &Entity, pieces: &[String]) -> bool {
    let text = pieces.join("*");
    let simple = |c: char| c.is_alphanumeric() || "_-:;/%.".contains(c);
    let names_field = pieces.len() == 1 && entity.field(&text).is_some();
    !text.is_empty()
        && pieces.iter().flat_map(|piece| piece.chars()).all(simple)
        && !text.starts_with('.')
        && !text.ends_with('.')
        && !names_field
        && !matches!(text.as_str(), "null" | "AND" | "OR" | "NOT")
}
