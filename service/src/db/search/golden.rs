//! Searches that can be read.

use super::native::native;
use super::scan::scan;
use super::walk::walk;
use super::{Fit, Place, Search};
use crate::db::golden::Goldens;
use crate::db::sql::Sql;
use crate::domain::search::Text;

/// A search among services, and among the entities of which their IDs are made.
fn search(text: &str) -> Search {
    let model = qairon::model();
    let entities = [model.target("service").rank].into();
    Search { model, text: Text::parse(text).expect("a text to look for"), entities, start: Place::default() }
}

fn walked(text: &str) -> Sql {
    let search = search(text);
    let key = search.text.key.as_ref().expect("a text that can be looked up");
    walk(&search, key, 100).expect("a statement")
}

fn scanned(text: &str, kind: Fit) -> Sql {
    let search = search(text);
    scan(&search, kind, search.model.target("service"), "", 100).expect("such matches are possible")
}

pub(in crate::db) fn show(goldens: &mut Goldens) {
    goldens.show(
        "search_walk_for_a_name",
        "Which services have `pay` in their name, or in their ID through the stack and the application in it?",
        [walked("pay")],
    );
    goldens.show("search_walk_for_part_of_an_id", "Which services have `shop:pay` in their ID?", [walked("shop:pay")]);
    goldens.show(
        "search_scan_for_a_name",
        "Which services are called `a`, begin with `a`, or contain it, where there are too many to gather?",
        [Fit::Exact, Fit::NamePrefix, Fit::Name].map(|kind| scanned("a", kind)),
    );
    goldens.show(
        "search_scan_for_part_of_an_id",
        "Which services have `a` or `b:c` in their ID but not in their name, where there are too many to gather?",
        ["a", "b:c"].map(|text| scanned(text, Fit::Id)),
    );
    goldens.show(
        "search_a_native_id",
        "Which objects does their provider call `i-0abc`, whatever they are?",
        [native(qairon::model(), "i-0abc", &Place::default(), 100).expect("a statement")],
    );
}
