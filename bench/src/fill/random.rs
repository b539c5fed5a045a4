//! Chance that repeats itself: everything is drawn from numbers that follow from the seed and from what is drawn for,
//! never from what was drawn before, so that parts of the organisation can be made in any order and at the same time.

use std::fmt::Write;

use fastrand::Rng;

/// What a number is drawn for.
#[derive(Clone, Copy)]
pub enum Topic {
    Plan,
    Catalog,
    Region,
    Service,
    Placement,
    Commit,
    Dependencies,
}

/// A generator for one thing; the number distinguishes it from others of its topic.
pub fn rng(seed: u64, topic: Topic, number: usize) -> Rng {
    Rng::with_seed(mix(seed, topic, number as u64))
}

/// One number, well mixed.
pub fn mix(seed: u64, topic: Topic, number: u64) -> u64 {
    splitmix(splitmix(splitmix(seed) ^ topic as u64) ^ number)
}

fn splitmix(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A number in hexadecimal digits, as many as wanted: 40 make a commit.
pub fn hex(number: u64, digits: usize) -> String {
    let mut text = String::with_capacity(digits + 16);
    let mut part = number;
    while text.len() < digits {
        part = splitmix(part);
        let _ = write!(text, "{part:016x}");
    }
    text.truncate(digits);
    text
}

/// True so often of a hundred times.
pub fn chance(rng: &mut Rng, percent: u32) -> bool {
    rng.u32(..100) < percent
}

/// A number from 1 with a long tail: so many or more have the probability `number ^ -steepness`.
pub fn tail(luck: f64, steepness: f64, most: usize) -> usize {
    // Luck is from 0 to 1; a cast from the infinite one saturates.
    (luck.powf(-1.0 / steepness) as usize).clamp(1, most.max(1))
}

/// Things that are drawn with unequal probability.
pub struct Weights {
    cumulative: Vec<f64>,
}

impl Weights {
    pub fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        let cumulative = weights.into_iter().map(|weight| {
            sum += weight;
            sum
        });
        Self { cumulative: cumulative.collect() }
    }

    /// The first is drawn most often, and the tail is long.
    pub fn zipf(count: usize, steepness: f64) -> Self {
        Self::new((1..=count).map(|rank| (rank as f64).powf(-steepness)))
    }

    pub fn draw(&self, rng: &mut Rng) -> usize {
        let sum = self.cumulative.last().copied().unwrap_or_default();
        let at = rng.f64() * sum;
        self.cumulative.partition_point(|&upper| upper <= at).min(self.cumulative.len().saturating_sub(1))
    }

    /// How much of the whole the thing at this place has.
    pub fn share(&self, place: usize) -> f64 {
        let before = if place == 0 { 0.0 } else { self.cumulative[place - 1] };
        (self.cumulative[place] - before) / self.cumulative.last().copied().unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_depend_on_seed_topic_and_number_alone() {
        let draw = |seed, topic, number| rng(seed, topic, number).u64(..);
        assert_eq!(draw(1, Topic::Plan, 2), draw(1, Topic::Plan, 2));
        assert_ne!(draw(1, Topic::Plan, 2), draw(2, Topic::Plan, 2));
        assert_ne!(draw(1, Topic::Plan, 2), draw(1, Topic::Region, 2));
        assert_ne!(draw(1, Topic::Plan, 2), draw(1, Topic::Plan, 1));
        assert_eq!(hex(7, 40).len(), 40);
    }

    #[test]
    fn the_first_is_drawn_most_and_the_last_at_all() {
        let (weights, mut rng) = (Weights::zipf(4, 1.0), Rng::with_seed(1));
        let mut drawn = [0; 4];
        for _ in 0..1000 {
            drawn[weights.draw(&mut rng)] += 1;
        }
        assert!(drawn[0] > drawn[1] && drawn[1] > drawn[2] && drawn[2] > drawn[3] && drawn[3] > 0, "{drawn:?}");
        assert!((weights.share(0) - 0.48).abs() < 0.001);
    }

    #[test]
    fn tails_are_long_and_end() {
        assert_eq!(tail(1.0, 1.4, 300), 1);
        assert_eq!(tail(0.0, 1.4, 300), 300);
        assert!(tail(0.01, 1.4, 300) > 20);
    }
}
