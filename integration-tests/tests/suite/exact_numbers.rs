//! Numbers in JSON are exact or refused, on every way in and out.

mod refused;
mod ways;

use qairon_integration_tests::Report;
use serde_json::{Value, json};

/// Doubles that are hard to write or to read.
const EDGES: [f64; 22] = [
    0.0,
    -0.0,
    1.0,
    0.1,
    1.0 / 3.0,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    2.225_073_858_507_201e-308,
    9_007_199_254_740_991.0,
    9_007_199_254_740_992.0,
    9_007_199_254_740_994.0,
    -9_007_199_254_740_994.0,
    1_152_921_504_606_846_976.0,
    18_446_744_073_709_551_616.0,
    1e16,
    1e21,
    1e22,
    1e23,
    1e300,
];

/// The edges, and doubles of random bits.
pub fn doubles(count: usize, seed: u64) -> Vec<f64> {
    let mut random = fastrand::Rng::with_seed(seed);
    let random = std::iter::repeat_with(move || f64::from_bits(random.u64(..))).filter(|number| number.is_finite());
    EDGES.into_iter().chain(random).take(count).collect()
}

/// JSON that holds them, some in lists and some in objects.
fn holding(numbers: &[f64]) -> Value {
    let (list, members) = numbers.split_at(numbers.len() / 2);
    let members: serde_json::Map<_, _> =
        members.iter().enumerate().map(|(index, number)| (format!("k{index}"), json!(number))).collect();
    json!({ "list": list, "members": members })
}

/// Notes where the numbers of JSON are not, to the bit, those that it was made of.
fn check_numbers(report: &mut Report, place: &str, found: &Value, numbers: &[f64]) {
    let half = numbers.len() / 2;
    for (index, number) in numbers.iter().enumerate() {
        let value = match index < half {
            true => &found["list"][index],
            false => &found["members"][format!("k{}", index - half)],
        };
        let same = value.as_f64().is_some_and(|found| found.to_bits() == number.to_bits());
        report.check(same, place, format!("{number:e} is {value}"));
    }
}
