//! Circles of a graph.

use std::collections::{BTreeMap, BTreeSet};

/// Groups of nodes of which each leads to each other one, in the order of their first nodes.
pub fn circles(arrows: &[(String, String)]) -> Vec<Vec<String>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in arrows {
        next.entry(from).or_default().push(to);
    }
    // Crates have a few hundred files, so the plain way is quick enough: two nodes share a circle when each reaches
    // the other.
    let reached: BTreeMap<&str, BTreeSet<&str>> = next.keys().map(|node| (*node, reach(node, &next))).collect();
    let mut circles: Vec<Vec<String>> = Vec::new();
    for (node, seen) in &reached {
        if !seen.contains(node) || circles.iter().flatten().any(|known| known == node) {
            continue;
        }
        let back = |other: &&&str| reached.get(**other).is_some_and(|seen| seen.contains(node));
        circles.push(seen.iter().filter(back).map(|other| (*other).to_owned()).collect());
    }
    circles
}

/// What can be reached by one arrow or more.
fn reach<'a>(start: &'a str, next: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![start];
    while let Some(node) = open.pop() {
        for other in next.get(node).into_iter().flatten() {
            if seen.insert(*other) {
                open.push(other);
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::circles;

    fn of(arrows: &[(&str, &str)]) -> Vec<Vec<String>> {
        let owned: Vec<_> = arrows.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        circles(&owned)
    }

    #[test]
    fn layers_have_no_circle() {
        assert!(of(&[]).is_empty());
        assert!(of(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]).is_empty());
    }

    #[test]
    fn every_circle_is_found_with_all_its_nodes_and_no_other() {
        let arrows = [("top", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "x"), ("x", "y"), ("y", "x"), ("y", "z")];
        assert_eq!(of(&arrows), [vec!["a", "b", "c"], vec!["x", "y"]]);
    }

    #[test]
    fn two_circles_with_a_node_in_common_are_one() {
        assert_eq!(of(&[("b", "a"), ("a", "b"), ("c", "b"), ("b", "c")]), [["a", "b", "c"]]);
    }
}
