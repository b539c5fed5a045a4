//! What callers know of what they have written, to be held against the rows in the end.
//!
//! A thing is what one call wrote or did not write, as a whole: an object, or several of one bundle. After an
//! acknowledged call there is one state that it can be in. A call without an answer adds the state that it would have
//! led to; nobody touches the thing any more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Rows with the number in their defaults, by `table id`. Nothing at all when the thing does not exist.
pub type Image = BTreeMap<String, i64>;

/// What one writer wrote.
#[derive(Debug, Default)]
pub struct Journal {
    pub things: Vec<Thing>,
}

/// Something that was written, wholly or not at all.
#[derive(Debug)]
pub struct Thing {
    /// Every state that it can be in.
    pub possible: Vec<Image>,
    /// The call without an answer: repeated, it says which state it is.
    pub open: Option<Open>,
}

/// A call without an answer.
#[derive(Debug, Clone)]
pub struct Open {
    pub method: String,
    pub request: Value,
    /// The state after it.
    pub after: Image,
}

impl Thing {
    /// The state, when it is known.
    pub fn known(&self) -> Option<&Image> {
        match &self.possible[..] {
            [image] => Some(image),
            _ => None,
        }
    }

    /// A call was acknowledged.
    pub fn is_now(&mut self, image: Image) {
        (self.possible, self.open) = (vec![image], None);
    }

    /// A call got no answer.
    pub fn may_be(&mut self, image: Image, open: Option<Open>) {
        self.possible.push(image);
        self.open = open;
    }
}

/// Holds journals against the rows that there are, all of them written by somebody in the journals. Returns what is
/// not as it was acknowledged.
pub fn differences<'a>(things: impl Iterator<Item = &'a Thing>, mut rows: Image) -> Vec<String> {
    let mut found = Vec::new();
    for thing in things {
        let keys: BTreeSet<&String> = thing.possible.iter().flat_map(BTreeMap::keys).collect();
        let present: Image = keys.into_iter().filter_map(|key| rows.remove_entry(key)).collect();
        if !thing.possible.contains(&present) {
            found.push(format!("there is {present:?}, and it can only be one of {:?}", thing.possible));
        }
    }
    found.extend(rows.into_iter().map(|(key, number)| format!("nobody wrote `{key}` with {number}")));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(rows: &[(&str, i64)]) -> Image {
        rows.iter().map(|(key, number)| ((*key).to_owned(), *number)).collect()
    }

    fn thing(possible: &[&[(&str, i64)]]) -> Thing {
        Thing { possible: possible.iter().map(|rows| image(rows)).collect(), open: None }
    }

    #[test]
    fn what_was_acknowledged_is_there_and_nothing_else() {
        let there = [thing(&[&[("a", 1)]]), thing(&[&[]]), thing(&[&[("b", 1), ("c", 1)], &[]])];
        let differ = |rows: &[(&str, i64)]| differences(there.iter(), image(rows)).len();
        assert_eq!(differ(&[("a", 1)]), 0);
        assert_eq!(differ(&[("a", 1), ("b", 1), ("c", 1)]), 0);
        assert_eq!(differ(&[]), 1, "`a` is gone");
        assert_eq!(differ(&[("a", 2)]), 1, "`a` has another value");
        assert_eq!(differ(&[("a", 1), ("b", 1)]), 1, "half of it");
        assert_eq!(differ(&[("a", 1), ("d", 1)]), 1, "of nobody");
    }

    #[test]
    fn an_acknowledged_rename_leaves_nothing_of_the_old_name() {
        let mut renamed = thing(&[&[("old", 1)]]);
        renamed.may_be(image(&[("new", 1)]), None);
        for rows in [[("old", 1)], [("new", 1)]] {
            assert!(differences([&renamed].into_iter(), image(&rows)).is_empty(), "{rows:?}");
        }
        assert_eq!(differences([&renamed].into_iter(), image(&[("old", 1), ("new", 1)])).len(), 1);
        renamed.is_now(image(&[("new", 1)]));
        assert_eq!(differences([&renamed].into_iter(), image(&[("old", 1)])).len(), 2);
    }
}
