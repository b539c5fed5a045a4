//! What leads from the objects of one entity to those of another, and the statements that follow it.
//!
//! A hop is a relation that says something of dependence, whichever way, or a declared dependency between two entities
//! for which there is a case. The hops alone tell over which entities a way of a certain length can go at all, which
//! keeps a search away from nearly everything: see [`Corridor`].

use std::sync::Arc;

use qairon::Model;
use qairon::model::{Entity, Relation, RelationKind};

use super::super::bind::Bind;
use super::super::sources::table;
use super::super::sql::Sql;

/// A step that can be taken from objects of an entity.
#[derive(Debug, Clone)]
pub struct Hop {
    /// The index of the entity it starts from.
    pub from: usize,
    /// The index of the entity it leads to.
    pub to: usize,
    /// How it is followed.
    way: Way,
    /// Its name at the start; empty for declared dependencies, which are named for their case.
    pub name: Arc<str>,
    /// The name of the step back.
    pub name_back: Arc<str>,
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Relation(&'static Relation),
    /// To what the object declares to depend on.
    Declares,
    /// To what declares to depend on the object.
    DeclaredBy,
}

/// Every hop of the model, and those of the given declared dependencies: pairs of the entities that depend and of those
/// that are depended on.
pub fn hops(model: &'static Model, declared: &[(&Entity, &Entity)]) -> Vec<Hop> {
    let mut hops = Vec::new();
    for entity in model.entities() {
        for relation in &entity.relations {
            let target = model.target(&relation.target);
            let Some(back) = target.relations.iter().find(|back| is_inverse(entity, relation, back)) else { continue };
            if relation.dependents.is_some() || back.dependents.is_some() {
                hops.push(Hop {
                    from: entity.index,
                    to: target.index,
                    way: Way::Relation(relation),
                    name: relation.name().into(),
                    name_back: back.name().into(),
                });
            }
        }
    }
    for (depends, on) in declared {
        let unnamed: Arc<str> = "".into();
        for (from, to, way) in [(depends, on, Way::Declares), (on, depends, Way::DeclaredBy)] {
            let (name, name_back) = (unnamed.clone(), unnamed.clone());
            hops.push(Hop { from: from.index, to: to.index, way, name, name_back });
        }
    }
    hops
}

/// Whether a relation of the other end is the way back to an entity.
fn is_inverse(entity: &Entity, relation: &Relation, back: &Relation) -> bool {
    if back.target != entity.name {
        return false;
    }
    match (&relation.kind, &back.kind) {
        (RelationKind::ToOne { field }, RelationKind::ToMany { field: other })
        | (RelationKind::ToMany { field }, RelationKind::ToOne { field: other }) => field == other,
        (
            RelationKind::Linked { table, own_column, owner, .. },
            RelationKind::Linked { table: other, target_column, owner: back_owner, .. },
        ) => table == other && own_column == target_column && owner != back_owner,
        _ => false,
    }
}

impl Hop {
    /// The rows of this hop: its number, the ID it starts from, the ID it leads to, and the case of a
    /// declared dependency. `only` are the IDs of interest at the other end.
    pub fn sql(&self, model: &Model, number: usize, ids: Vec<String>, only: Option<Vec<String>>) -> Sql {
        let (from, to) = (&model.entities()[self.from], &model.entities()[self.to]);
        let mut sql = Sql::new();
        sql.push(&format!("SELECT {number}::bigint, "));
        let (start, end) = match self.way {
            Way::Relation(relation) => {
                let (from, start, end) = match &relation.kind {
                    RelationKind::ToOne { field } => (&from.name, "id", field.as_str()),
                    RelationKind::ToMany { field } => (&to.name, field.as_str(), "id"),
                    RelationKind::Linked { table: links, own_column, target_column, .. } => {
                        (links, own_column.as_str(), target_column.as_str())
                    }
                };
                sql.push(&format!("\"{start}\", \"{end}\", NULL::text FROM {} WHERE ", table(from)));
                (format!("\"{start}\""), format!("\"{end}\""))
            }
            Way::Declares | Way::DeclaredBy => {
                let mut ends = ["a.object_id".to_owned(), "b.object_id".to_owned()];
                let mut types = [&from.type_name, &to.type_name];
                if matches!(self.way, Way::DeclaredBy) {
                    ends.reverse();
                    types.reverse();
                }
                sql.push(&format!(
                    "{}, {}, d.dependency_case_id FROM {} a JOIN {} d ON d.relatable_id = a.id JOIN {} b ON \
                     b.dependency_id = d.id WHERE a.relatable_type = ",
                    ends[0],
                    ends[1],
                    table("relatable"),
                    table("dependency"),
                    table("related")
                ));
                sql.bind(Bind::Text(types[0].clone())).push(" AND b.related_type = ");
                sql.bind(Bind::Text(types[1].clone())).push(" AND ");
                let [start, end] = ends;
                (start, end)
            }
        };
        sql.push(&format!("{start} = ANY(")).bind(Bind::TextArray(ids)).push(")");
        match only {
            Some(only) => _ = sql.push(&format!(" AND {end} = ANY(")).bind(Bind::TextArray(only)).push(")"),
            None if self.may_be_unset(from) => _ = sql.push(&format!(" AND {end} IS NOT NULL")),
            None => {}
        }
        sql
    }

    /// Whether the column that leads on can be NULL.
    fn may_be_unset(&self, from: &Entity) -> bool {
        match self.way {
            Way::Relation(Relation { kind: RelationKind::ToOne { field }, .. }) => {
                from.field(field).is_none_or(|field| field.nullable)
            }
            _ => false,
        }
    }
}

/// Which entities can stand where on a way of a certain length between two entities.
#[derive(Debug)]
pub struct Corridor {
    /// For each place on the way, start and end included, whether each entity can stand there.
    places: Vec<Vec<bool>>,
}

impl Corridor {
    /// The corridor for a length; `None` when no way can have it.
    pub fn new(hops: &[Hop], entities: usize, from: usize, to: usize, length: usize) -> Option<Self> {
        let spread = |start: usize| {
            let mut reached = vec![vec![false; entities]; length + 1];
            reached[0][start] = true;
            for step in 0..length {
                for hop in hops.iter().filter(|hop| reached[step][hop.from]).map(|hop| hop.to).collect::<Vec<_>>() {
                    reached[step + 1][hop] = true;
                }
            }
            reached
        };
        // Every hop has one that leads back.
        let (ahead, back) = (spread(from), spread(to));
        let both = |place: usize| (0..entities).map(|at| ahead[place][at] && back[length - place][at]).collect();
        let places: Vec<Vec<bool>> = (0..=length).map(both).collect();
        places.iter().all(|place| place.iter().any(|open| *open)).then_some(Self { places })
    }

    /// Whether a hop can be taken from one place to another, the next or the one before.
    pub fn is_open(&self, hop: &Hop, from: usize, to: usize) -> bool {
        self.places[from][hop.from] && self.places[to][hop.to]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(name: &str) -> usize {
        qairon::model().target(name).index
    }

    #[test]
    fn every_hop_has_a_way_back() {
        let model = qairon::model();
        let hops = hops(model, &[(model.target("service"), model.target("stack"))]);
        for hop in &hops {
            let back = |other: &&Hop| {
                (other.from, other.to) == (hop.to, hop.from)
                    && (&other.name, &other.name_back) == (&hop.name_back, &hop.name)
            };
            assert_eq!(hops.iter().filter(back).count(), 1, "{hop:?}");
        }
        assert!(hops.len() > 2 * model.entities().len(), "every entity has relations");
    }

    #[test]
    fn a_corridor_holds_what_can_be_on_the_way() {
        let model = qairon::model();
        let hops = hops(model, &[]);
        let corridor = |from, to, length| Corridor::new(&hops, model.entities().len(), index(from), index(to), length);
        assert!(corridor("application", "service", 1).is_none());
        let two = corridor("application", "service", 2).expect("over a stack");
        let open = |place: usize| {
            let open = model.entities().iter().filter(|entity| two.places[place][entity.index]);
            open.map(|entity| entity.name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!((open(0), open(1), open(2)), (vec!["application"], vec!["stack"], vec!["service"]));
        assert!(corridor("service", "service", 2).is_some());
    }
}
