//! Filters and orders in SQL against a naive evaluator: random ones over the rows of a random organisation.
//!
//! The evaluator knows the language from its documentation only. It walks exported objects in memory, one by one, and
//! shares nothing with the server but the model.
//!
//! `QAIRON_FILTER_SEED` and `QAIRON_FILTER_COUNT` choose other filters and more of them:
//!
//! ```sh
//! QAIRON_FILTER_SEED=7 QAIRON_FILTER_COUNT=50000 cargo test --test suite filter_differential
//! ```

mod document;
mod evaluate;
mod export;
mod filter;
mod generate;
mod ids;
mod organisation;
mod random;
mod values;

use std::cmp::Ordering;
use std::collections::BTreeSet;

use qairon::model::{Entity, Verb};
use qairon_integration_tests::{Client, Report};
use serde_json::{Value, json};

use crate::stage::{Stage, entities};
use evaluate::Evaluator;
use export::{Export, Object};
use filter::{Filter, Path};
use generate::Generator;
use random::Random;
use values::Scalar;

const SEED: u64 = 20_261;
/// The default number of filters and of orders.
const COUNT: usize = 500;
/// After so many another organisation takes the place of the first.
const PER_ORGANISATION: usize = 500;
/// How deep operators nest.
const DEPTH: usize = 3;
/// How many divergences are shown.
const SHOWN: usize = 12;

fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("`{name}` is a number, not `{text}`")),
        Err(_) => default,
    }
}

/// One organisation on a server.
struct Trial {
    stage: Stage,
    export: Export,
    random: Random,
}

impl Trial {
    async fn set(seed: u64) -> Self {
        let stage = Stage::set().await;
        let mut random = Random::new(seed);
        organisation::fill(&stage.database, &mut random).await;
        let export = Export::take(&stage.client, &stage.database).await;
        Self { stage, export, random }
    }

    fn entity(&mut self) -> &'static Entity {
        self.random.pick(entities())
    }

    fn filter(&mut self, entity: &'static Entity) -> Filter {
        Generator { export: &self.export, random: &mut self.random, id_of: None }.filter(entity, DEPTH)
    }

    /// The IDs of the objects that match.
    fn wanted(&self, entity: &Entity, filter: &Filter) -> Vec<String> {
        let evaluator = Evaluator::new(&self.export);
        let mut ids: Vec<String> = self
            .export
            .of(entity)
            .iter()
            .filter(|object| evaluator.holds(filter, entity, object))
            .map(|object| object.id.clone())
            .collect();
        ids.sort_unstable();
        ids
    }

    /// What differs between server and evaluator for a filter in one notation.
    async fn divergence(&self, entity: &'static Entity, filter: &Filter, text: &str) -> Found {
        let request = json!({ "filter": text, "page_size": 1000, "include_total_size": true });
        let response = match self.stage.client.standard(entity, Verb::List, request).await {
            Ok(response) => response,
            Err(failure) if failure.reason == "FILTER_TOO_LARGE" => return Found::TooLarge,
            Err(failure) if failure.message.contains("is not the ID of") && ids::compares_with_none(entity, filter) => {
                return Found::Refused;
            }
            Err(failure) => return Found::Divergence(format!("{failure}")),
        };
        if ids::compares_with_none(entity, filter) {
            return Found::Divergence("compares an ID with what can be none, and is accepted".to_owned());
        }
        let ids = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
        let rows = response[&entity.plural].as_array().cloned().unwrap_or_default();
        let found: Vec<String> = rows.iter().map(|row| row["id"].as_str().unwrap_or_default().to_owned()).collect();
        let wanted = self.wanted(entity, filter);
        if response["total_size"] != json!(wanted.len()) && found == wanted {
            return Found::Divergence(format!("{} are counted, not {}", response["total_size"], wanted.len()));
        }
        let (found_set, wanted_set) = (ids(&found), ids(&wanted));
        let more: Vec<_> = found_set.difference(&wanted_set).take(3).collect();
        let less: Vec<_> = wanted_set.difference(&found_set).take(3).collect();
        match found == wanted {
            true => Found::Same(wanted.len()),
            false => Found::Divergence(format!("too many: {more:?}; too few: {less:?}")),
        }
    }

    /// The smallest filter inside a filter that still differs, with its text.
    async fn smallest(&mut self, entity: &'static Entity, filter: &Filter) -> Option<(String, String)> {
        let text = filter.text(&mut self.random);
        let Found::Divergence(what) = self.divergence(entity, filter, &text).await else { return None };
        let mut smallest = (filter.clone(), text, what);
        loop {
            let mut smaller = None;
            for candidate in smallest.0.smaller() {
                let text = candidate.text(&mut self.random);
                if let Found::Divergence(what) = self.divergence(entity, &candidate, &text).await {
                    smaller = Some((candidate, text, what));
                    break;
                }
            }
            match smaller {
                Some(smaller) => smallest = smaller,
                None => return Some((smallest.1, smallest.2)),
            }
        }
    }
}

enum Found {
    /// As wanted, with so many objects.
    Same(usize),
    TooLarge,
    /// As it should be: an ID is compared with what can be none.
    Refused,
    Divergence(String),
}

#[tokio::test]
async fn the_server_finds_what_a_naive_evaluator_finds() {
    let seed = setting("QAIRON_FILTER_SEED", SEED);
    let count = usize::try_from(setting("QAIRON_FILTER_COUNT", COUNT as u64)).expect("it fits");
    let (mut asked, mut telling, mut documents, mut too_large, mut refused) = (0, 0, 0, 0, 0);
    let mut divergences = Vec::new();
    'all: for round in 0..count.div_ceil(PER_ORGANISATION) as u64 {
        let mut trial = Trial::set(seed.wrapping_add(round)).await;
        for _ in 0..PER_ORGANISATION.min(count - asked) {
            asked += 1;
            let entity = trial.entity();
            let filter = trial.filter(entity);
            let mut texts = vec![filter.text(&mut trial.random)];
            if let Some(document) = document::document(&filter, &mut trial.random) {
                documents += 1;
                let whole = [json!([document]), json!({ "filters": [document] })];
                texts.push(trial.random.pick(&whole).to_string());
            }
            for text in texts {
                match trial.divergence(entity, &filter, &text).await {
                    // A filter that finds everything or nothing proves little.
                    Found::Same(found) => {
                        telling += usize::from(found > 0 && found < trial.export.of(entity).len());
                    }
                    Found::TooLarge => too_large += 1,
                    Found::Refused => refused += 1,
                    Found::Divergence(what) => {
                        let smallest = trial.smallest(entity, &filter).await;
                        let (smaller, smaller_what) = smallest.unwrap_or_default();
                        let divergence = format!(
                            "seed {seed}, filter {asked}, {}:\n  {text}\n  {what}\n  smallest: {smaller}\n  {smaller_what}",
                            entity.name
                        );
                        // Told at once as well: a long run may be ended before its end.
                        eprintln!("{divergence}");
                        divergences.push(divergence);
                    }
                }
                if divergences.len() >= SHOWN {
                    break 'all;
                }
            }
        }
        eprintln!("{asked} filters so far, {} divergences", divergences.len());
    }
    println!("{asked} filters, {documents} of them as documents too, {telling} answers with some objects but not all");
    assert!(divergences.is_empty(), "server and evaluator differ:\n{}", divergences.join("\n"));
    assert!(telling * 4 > asked && documents * 4 > asked, "the filters prove too little");
    assert!(too_large * 20 < asked, "{too_large} filters were too large");
    assert!(refused > 0 && refused * 4 < asked, "{refused} filters compare IDs with what can be none");
}

#[tokio::test]
async fn pages_of_any_order_are_the_sorted_whole() {
    let seed = setting("QAIRON_FILTER_SEED", SEED);
    let count = usize::try_from(setting("QAIRON_FILTER_COUNT", COUNT as u64)).expect("it fits") / 3;
    let mut report = Report::new();
    let mut done = 0;
    for round in 0..count.div_ceil(PER_ORGANISATION) as u64 {
        let mut trial = Trial::set(seed.wrapping_mul(31).wrapping_add(round)).await;
        for _ in 0..PER_ORGANISATION.min(count - done) {
            done += 1;
            let entity = trial.entity();
            let order = Generator { export: &trial.export, random: &mut trial.random, id_of: None }.order(entity);
            if order.is_empty() {
                continue;
            }
            let filter = trial.random.percent(40).then(|| trial.filter(entity));
            let mut wanted = match &filter {
                Some(filter) => trial.wanted(entity, filter),
                None => trial.export.of(entity).iter().map(|object| object.id.clone()).collect(),
            };
            sort(&trial.export, entity, &order, &mut wanted);
            let text = filter.map(|filter| filter.text(&mut trial.random)).unwrap_or_default();
            let skip = if trial.random.percent(30) { trial.random.below(5) } else { 0 };
            let page_size = [1, 2, 3, 7, 1000][trial.random.below(5)];
            let order_by = order_by(&order, &mut trial.random);
            let place = format!("seed {seed}, {} {text:?} by {order_by:?} in pages of {page_size}", entity.name);
            let request = json!({ "filter": text, "order_by": order_by, "page_size": page_size, "skip": skip, "read_mask": ["id"] });
            let Some(found) = pages(&trial.stage.client, entity, request, &mut report, &place).await else { continue };
            report.equal(place, found, wanted.split_off(skip.min(wanted.len())));
        }
    }
    report.finish();
}

/// The IDs over all pages; none when the filter is too large or the order has a field twice.
async fn pages(
    client: &Client,
    entity: &Entity,
    request: Value,
    report: &mut Report,
    place: &str,
) -> Option<Vec<String>> {
    match client.list_with(&entity.name, request).await {
        Ok(rows) => Some(rows.iter().map(|row| row.id().to_owned()).collect()),
        Err(failure) if failure.reason == "FILTER_TOO_LARGE" || failure.message.contains("in the order twice") => None,
        Err(failure) if failure.message.contains("is not the ID of") => None,
        Err(failure) => {
            report.check(false, place, failure);
            None
        }
    }
}

fn order_by(order: &[(Path, bool)], random: &mut Random) -> String {
    let key = |(path, descending): &(Path, bool)| {
        let direction = match descending {
            true => " desc",
            false if random.percent(50) => " asc",
            false => "",
        };
        format!("{}{direction}", path.text(random))
    };
    order.iter().map(key).collect::<Vec<_>>().join(", ")
}

/// Absent values come last, and first when descending; the ID decides between equals.
fn sort(export: &Export, entity: &Entity, order: &[(Path, bool)], ids: &mut [String]) {
    let evaluator = Evaluator::new(export);
    let object = |id: &str| export.of(entity).iter().find(|object: &&Object| object.id == id).expect("it is exported");
    let value = |id: &str, path: &Path| evaluator.ends(entity, object(id), path).values.remove(0);
    let compare = |a: &Option<Scalar>, b: &Option<Scalar>| match (a, b) {
        (Some(a), Some(b)) => a.compare(b).expect("values of one field"),
        (a, b) => b.is_some().cmp(&a.is_some()),
    };
    ids.sort_by(|a, b| {
        let by_keys = order.iter().fold(Ordering::Equal, |so_far, (path, descending)| {
            so_far.then_with(|| {
                let ordering = compare(&value(a, path), &value(b, path));
                if *descending { ordering.reverse() } else { ordering }
            })
        });
        by_keys.then_with(|| a.cmp(b))
    });
}
