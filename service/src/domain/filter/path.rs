//! Paths: from the entity a filter is on to a column, over any number of relations.
//!
//! The SQL joins a table only when the filter needs something besides the object's ID from it. The ID is already in
//! the reference or in the link that leads there, so `stack.id` reads `stack_id`, `zones.id` reads the link table alone,
//! and `stack.services.name` goes from `stack_id` straight to the services.
//!
//! An ID begins with the ID of the object its first component refers to. So whether an ancestor has a certain ID can
//! be read from the beginning of a descendant's ID ([`Lead`]): a range of one index, in the order that lists have
//! anyway. The join would be tried row by row in that order.

use qairon::Model;
use qairon::model::{Entity, Field, Kind, Relation, RelationKind};

use super::ast::{Member, Part};
use super::error::{FilterError, shown, suggestion};
use super::expr::{Column, Course, Step};
use super::limits::{MAX_PATH_RELATIONS, MAX_PATH_TURNS};

/// What a path leads to.
#[derive(Debug)]
pub(super) struct Path<'m> {
    pub steps: Vec<Step>,
    pub column: Column,
    pub end: End<'m>,
    /// The entity whose ID the column holds, if it does.
    pub id_of: Option<&'m Entity>,
    /// Where the ID that the column holds can be read from, too.
    pub lead: Option<Lead<'m>>,
}

/// A column whose values begin with the ID of an object and a colon.
#[derive(Debug)]
pub(super) struct Lead<'m> {
    pub steps: Vec<Step>,
    pub column: Column,
    /// The entity of the object.
    pub target: &'m Entity,
}

/// What the column is.
#[derive(Debug, Clone, Copy)]
pub(super) enum End<'m> {
    Field(&'m Field),
    /// The ID of the objects of a relation; to many, or to at most one.
    Relation {
        many: bool,
    },
}

/// A way to objects of a relation.
#[derive(Debug)]
pub(super) struct Way<'m> {
    pub steps: Vec<Step>,
    pub target: &'m Entity,
    /// Whether its last relation leads to many.
    pub many: bool,
}

/// A walk through the model.
struct Walk<'m> {
    model: &'m Model,
    entity: &'m Entity,
    steps: Vec<Step>,
    /// The column of the last table that holds the ID of the current object, while its own table is not reached.
    id: Option<Column>,
    /// A column whose values begin with the ID of the current object, and how many steps lead to its table.
    lead: Option<(usize, Column)>,
    relations: usize,
    /// How often it leads from many objects to many others of theirs.
    turns: usize,
    course: Course,
    /// The last step, when it was left out.
    left_out: Option<Step>,
}

/// Finds the column a path names.
pub(super) fn resolve<'m>(model: &'m Model, entity: &'m Entity, path: &Member) -> Result<Path<'m>, FilterError> {
    let mut walk = Walk::new(model, entity);
    let mut last_relation = None;
    let mut parts = path.parts.iter();
    while let Some(part) = parts.next() {
        let name = name_of(part)?;
        if let Some(relation) = walk.relation(&name) {
            walk.cross(relation, part)?;
            last_relation = Some(relation);
            continue;
        }
        let Some(field) = walk.entity.field(&name).filter(|field| field.is_column()) else {
            return Err(unknown(walk.entity, &name, part));
        };
        let rest: Vec<&Part> = parts.collect();
        if field.kind != Kind::Json && !rest.is_empty() {
            let message = format!("`{name}` of `{}` is a plain field and has nothing below it", walk.entity.name);
            return Err(FilterError::new(part.span.start, message));
        }
        let keys = match field.kind {
            Kind::Json => Some(rest.into_iter().map(key_of).collect::<Result<Vec<_>, _>>()?),
            _ => None,
        };
        // A reference is the ID of what it refers to.
        match field.relation().and_then(|name| walk.entity.relation(name)) {
            Some(relation) => walk.step_over(relation),
            None if field.name == "id" => {}
            None => {
                walk.reach();
                let nullable = field.nullable || keys.as_ref().is_some_and(|keys| !keys.is_empty());
                let column = Column { name: field.name.clone(), nullable, keys };
                return Ok(Path { steps: walk.steps, column, end: End::Field(field), id_of: None, lead: None });
            }
        }
        return Ok(walk.end(End::Field(field)));
    }
    let many = last_relation.is_some_and(|relation| !relation.is_to_one());
    Ok(walk.end(End::Relation { many }))
}

/// Finds the objects a path of relations leads to.
pub(super) fn resolve_relation<'m>(
    model: &'m Model,
    entity: &'m Entity,
    path: &Member,
) -> Result<Way<'m>, FilterError> {
    let mut walk = Walk::new(model, entity);
    let mut many = false;
    for part in &path.parts {
        let name = name_of(part)?;
        match walk.relation(&name) {
            Some(relation) => {
                walk.cross(relation, part)?;
                many = !relation.is_to_one();
            }
            None => {
                let known = walk.entity.relations.iter().flat_map(|relation| relation.names.iter().map(String::as_str));
                let message =
                    format!("`{}` has no relation {}; {}", walk.entity.name, shown(&name), suggestion(&name, known));
                return Err(FilterError::new(part.span.start, message));
            }
        }
    }
    walk.reach();
    Ok(Way { steps: walk.steps, target: walk.entity, many })
}

/// The part of a path that is a relation to many, if there is one.
pub(super) fn to_many<'p>(model: &Model, entity: &Entity, path: &'p Member) -> Option<&'p Part> {
    let mut walk = Walk::new(model, entity);
    for part in &path.parts {
        let relation = walk.relation(&name_of(part).ok()?)?;
        if !relation.is_to_one() {
            return Some(part);
        }
        walk.entity = model.target(&relation.target);
    }
    None
}

impl<'m> Walk<'m> {
    fn new(model: &'m Model, entity: &'m Entity) -> Self {
        Self {
            model,
            entity,
            steps: Vec::new(),
            id: None,
            lead: None,
            relations: 0,
            turns: 0,
            course: Course::default(),
            left_out: None,
        }
    }

    /// The path to the current object's ID.
    fn end(mut self, end: End<'m>) -> Path<'m> {
        // A relation to many is null when it is empty: that is asked of its own step.
        if let (Some(step), End::Relation { many: true }) = (self.left_out.take(), end) {
            self.push(step);
        }
        let target = self.entity;
        let lead = self.lead.map(|(taken, column)| Lead { steps: self.steps[..taken].to_vec(), column, target });
        Path { steps: self.steps, column: self.id.unwrap_or_else(id_column), end, id_of: Some(target), lead }
    }

    /// The relation of this name; the name of an embedded object is that of its relation.
    fn relation(&self, name: &str) -> Option<&'m Relation> {
        let embedded = || self.entity.field(name).and_then(|field| field.embed.as_ref());
        self.entity.relation(name).or_else(|| self.entity.relation(&embedded()?.relation))
    }

    fn cross(&mut self, relation: &'m Relation, part: &Part) -> Result<(), FilterError> {
        self.relations += 1;
        if self.relations > MAX_PATH_RELATIONS {
            let message = format!("a path crosses at most {MAX_PATH_RELATIONS} relations");
            return Err(FilterError::limit(part.span.start, message));
        }
        self.step_over(relation);
        if self.turns > MAX_PATH_TURNS {
            let message = format!(
                "with `{}` the path leads from many objects to many others of theirs for the {}th time, and \
                 {MAX_PATH_TURNS} are allowed: each time more is read again; use a shorter path",
                relation.names.first().map_or("", String::as_str),
                self.turns
            );
            return Err(FilterError::costly(part.span.start, message));
        }
        Ok(())
    }

    fn step_over(&mut self, relation: &'m Relation) {
        let target = self.model.target(&relation.target);
        let own = |id: Option<Column>| id.unwrap_or_else(id_column).name;
        match &relation.kind {
            RelationKind::ToOne { field } => {
                let leads = self.entity.id_fields.first() == Some(field);
                let taken = self.steps.len();
                // Only the entity's own table is read along its IDs; elsewhere the reference has the better index.
                let own_id = || self.id.clone().or_else(|| (taken == 0).then(id_column)).map(|id| (taken, id));
                self.lead = if leads { self.lead.take().or_else(own_id) } else { None };
                self.reach();
                let nullable = self.entity.field(field).is_none_or(|field| field.nullable);
                self.id = Some(Column { name: field.clone(), nullable, keys: None });
            }
            RelationKind::ToMany { field } => {
                self.lead = None;
                let own = own(self.id.take());
                self.many(Step { table: target.name.clone(), column: field.clone(), own, many: true });
            }
            RelationKind::Linked { table, own_column, target_column, .. } => {
                self.lead = None;
                let own = own(self.id.take());
                self.many(Step { table: table.clone(), column: own_column.clone(), own, many: true });
                self.id = Some(Column { name: target_column.clone(), nullable: false, keys: None });
            }
        }
        self.entity = target;
    }

    /// Takes a step to many rows. From services to their stack and back to its services is no step: the first of them
    /// leads there as well.
    fn many(&mut self, step: Step) {
        if self.steps.last().is_some_and(|last| step.repeats(last)) {
            self.left_out = Some(step);
            return;
        }
        self.push(step);
    }

    fn push(&mut self, step: Step) {
        self.turns += usize::from(self.course.turns(&step));
        self.steps.push(step);
        self.left_out = None;
    }

    /// Takes the step to the current object's own table, if it is not taken yet.
    fn reach(&mut self) {
        if let Some(id) = self.id.take() {
            let table = self.entity.name.clone();
            self.push(Step { table, column: "id".to_owned(), own: id.name, many: false });
        }
    }
}

fn id_column() -> Column {
    Column { name: "id".to_owned(), nullable: false, keys: None }
}

/// A name in a path; a quoted key of JSON may be empty.
fn key_of(part: &Part) -> Result<String, FilterError> {
    if part.quoted && part.pieces.iter().all(String::is_empty) && part.pieces.len() == 1 {
        return Ok(String::new());
    }
    name_of(part)
}

fn name_of(part: &Part) -> Result<String, FilterError> {
    match part.pieces.as_slice() {
        [name] if !name.is_empty() => Ok(name.clone()),
        [_] => Err(FilterError::new(part.span.start, "expected the name of a field")),
        _ => Err(FilterError::new(part.span.start, "wildcards are allowed in values, not in names of fields")),
    }
}

fn unknown(entity: &Entity, name: &str, part: &Part) -> FilterError {
    if entity.field(name).is_some() {
        let message = format!("`{name}` is opaque, so nothing is found or ordered by it; send it with a write instead");
        return FilterError::new(part.span.start, message);
    }
    let fields = entity.fields.iter().filter(|field| field.is_column()).map(|field| field.name.as_str());
    let relations = entity.relations.iter().flat_map(|relation| relation.names.iter().map(String::as_str));
    let nearest = suggestion(name, fields.chain(relations));
    let message = format!("`{}` has no field or relation {}; {nearest}", entity.name, shown(name));
    FilterError::new(part.span.start, message)
}
