//! The plan of an impact: which sets of objects to compute, in which order, and how each comes out of those before it.
//!
//! A walk is in one of three moods (`options.proto`, Dependence), and the model has no circle over entities and moods
//! (the build refuses one). So all that depends on an object is a fixed number of sets, one for each entity and mood
//! that can be reached from it, and each is a join of sets computed before. Where two moods lead to the same further
//! sets they are one. Distance is the shortest over all ways into a set, which is exact because every set is complete
//! before the next begins.

use std::collections::{BTreeMap, HashMap};

use qairon::Model;
use qairon::model::{Entity, Mood, Relation, RelationKind};

/// What is computed.
#[derive(Debug)]
pub struct Plan {
    /// The sets, each after those it comes from.
    pub sets: Vec<Set>,
    /// The ways between sets, in the order in which ties are decided.
    pub ways: Vec<Way>,
}

/// The objects of one entity that are reached in certain moods.
#[derive(Debug)]
pub struct Set {
    /// The entity.
    pub entity: &'static Entity,
    /// The mood in which walks begin in it, if any do.
    pub root: Option<Mood>,
    /// Whether its objects were reached rising.
    pub is_rising: bool,
    /// Whether its objects are wanted, and not only those that depend on them.
    pub is_wanted: bool,
}

/// A set holds all of its entity below the traced object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Below {
    /// How far these objects are from it.
    pub depth: i64,
    /// The place of the way by which they are reached.
    pub way: usize,
}

/// A relation that leads from the objects of one set to those of another.
#[derive(Debug)]
pub struct Way {
    /// The set it starts in.
    pub from: usize,
    /// The set it leads to.
    pub to: usize,
    /// The relation, as the entity of the first names it.
    pub relation: &'static Relation,
}

/// The rest of a walk: rests with the same number are equal.
type Class = usize;

#[derive(Default)]
struct Classes {
    by_place: HashMap<(usize, Mood), Class>,
    by_future: HashMap<Future, Class>,
    /// A rest of a walk has a lower number than the walk.
    futures: Vec<Future>,
}

/// Entity, whether the walk is rising, and the relations with the rests after them.
type Future = (usize, bool, Vec<(usize, Class)>);

impl Classes {
    fn of(&mut self, model: &'static Model, entity: &'static Entity, mood: Mood) -> Class {
        if let Some(&class) = self.by_place.get(&(entity.index, mood)) {
            return class;
        }
        let mut future = Vec::new();
        for (index, relation) in entity.relations.iter().enumerate() {
            if let Some(after) = relation.dependents.and_then(|crossing| mood.after(crossing)) {
                future.push((index, self.of(model, model.target(&relation.target), after)));
            }
        }
        let next = self.futures.len();
        // Declared dependencies continue differently from objects reached rising.
        let future = (entity.index, mood == Mood::Rising, future);
        let class = *self.by_future.entry(future.clone()).or_insert(next);
        if class == next {
            self.futures.push(future);
        }
        self.by_place.insert((entity.index, mood), class);
        class
    }
}

impl Plan {
    /// The plan for walks that begin at objects of the roots. `wanted` selects the entities whose objects are
    /// requested; sets that lead to none of them are left out.
    pub fn new(
        model: &'static Model,
        roots: impl IntoIterator<Item = (&'static Entity, Mood)>,
        wanted: impl Fn(&Entity) -> bool,
    ) -> Self {
        let mut classes = Classes::default();
        let roots: BTreeMap<Class, Mood> =
            roots.into_iter().map(|(root, mood)| (classes.of(model, root, mood), mood)).collect();
        // Numbers fall along every way, so one pass over them in rising order sees the rests first.
        let mut useful = vec![false; classes.futures.len()];
        for (class, (entity, _, future)) in classes.futures.iter().enumerate() {
            useful[class] = wanted(&model.entities()[*entity]) || future.iter().any(|(_, ahead)| useful[*ahead]);
        }
        let mut reached = vec![false; classes.futures.len()];
        for class in (0..classes.futures.len()).rev() {
            reached[class] |= roots.contains_key(&class);
            if reached[class] {
                for (_, ahead) in &classes.futures[class].2 {
                    reached[*ahead] = true;
                }
            }
        }
        let mut places = BTreeMap::new();
        let mut sets = Vec::new();
        for class in (0..classes.futures.len()).rev().filter(|&class| reached[class] && useful[class]) {
            let (entity, is_rising, _) = classes.futures[class];
            let entity = &model.entities()[entity];
            places.insert(class, sets.len());
            sets.push(Set { entity, root: roots.get(&class).copied(), is_rising, is_wanted: wanted(entity) });
        }
        let mut ways = Vec::new();
        for (class, from) in &places {
            for (relation, ahead) in &classes.futures[*class].2 {
                if let Some(&to) = places.get(ahead) {
                    ways.push(Way { from: *from, to, relation: &sets[*from].entity.relations[*relation] });
                }
            }
        }
        ways.sort_by_key(|way| (way.relation.name(), sets[way.from].entity.name.as_str(), way.from, way.to));
        Self { sets, ways }
    }

    /// For each set, whether it holds everything of its entity below the traced object, which begins with its
    /// ID, and at which distance: along references that are the first part of the ID. None farther than the largest
    /// distance, when it is not zero.
    pub fn below(&self, traced: &str, max_depth: i64) -> Vec<Option<Below>> {
        let mut below: Vec<Option<Below>> = vec![None; self.sets.len()];
        for (place, set) in self.sets.iter().enumerate() {
            let is_traced = set.entity.name == traced && set.root == Some(Mood::AtHome);
            let depth = if is_traced { 0 } else { below[place].map_or(i64::MAX, |below: Below| below.depth) };
            if depth == i64::MAX || (max_depth > 0 && depth >= max_depth) {
                continue;
            }
            for (index, way) in self.ways.iter().enumerate().filter(|(_, way)| way.from == place) {
                let first = self.sets[way.to].entity.id_fields.first();
                if let RelationKind::ToMany { field } = &way.relation.kind
                    && first == Some(field)
                    && below[way.to].is_none()
                {
                    below[way.to] = Some(Below { depth: depth + 1, way: index });
                }
            }
        }
        below
    }

    /// The place of a way in the order of ties; ways over the same relation share it.
    pub fn rank(&self, way: &Way) -> usize {
        let same = |other: &Way| std::ptr::eq(other.relation, way.relation);
        // A way of this plan is among its ways.
        self.ways.iter().position(same).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(root: &str, to: &str) -> Vec<String> {
        let model = qairon::model();
        let plan = Plan::new(model, [(model.target(root), Mood::AtHome)], |entity| to.is_empty() || entity.name == to);
        for way in &plan.ways {
            assert!(way.from < way.to, "a set comes before those it leads to");
        }
        let mut names: Vec<String> = plan.sets.iter().map(|set| set.entity.name.clone()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_fleet_reaches_the_services_and_not_its_neighbours() {
        assert_eq!(sets("fleet", "service"), ["deployment", "deployment_target", "fleet", "service"]);
        let all = sets("fleet", "");
        assert!(all.contains(&"application".to_owned()) && all.contains(&"allocation".to_owned()));
        assert_eq!(all.iter().filter(|name| *name == "fleet").count(), 1, "a target's other fleets do not suffer");
        assert!(!all.contains(&"build".to_owned()), "what a service is built from does not depend on where it runs");
    }

    #[test]
    fn moods_that_lead_to_the_same_are_one() {
        // Targets and zones both lead to deployments, in different moods; their processes are the same to both.
        let all = sets("region", "");
        assert_eq!(all.iter().filter(|name| *name == "deployment").count(), 2);
        assert_eq!(all.iter().filter(|name| *name == "deployment_proc").count(), 1);
    }

    #[test]
    fn what_leads_nowhere_is_left_out() {
        assert_eq!(sets("environment", "zone"), ["environment", "provider", "region", "zone"]);
        assert!(sets("allocation", "service").is_empty());
    }
}
