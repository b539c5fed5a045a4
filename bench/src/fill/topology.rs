//! Where things can run: environments, providers, regions, partitions and deployment targets, with their sizes. All
//! of it is known beforehand, for services are placed on it; [`super::infrastructure`] makes the rows.

use super::random::{Topic, Weights, chance, rng};

/// A kind of provider.
pub struct Kind {
    pub name: &'static str,
    share: f64,
    pub regions: &'static [&'static str],
    pub target_types: &'static [&'static str],
    pub fleet_types: &'static [&'static str],
}

pub const KINDS: [Kind; 4] = [
    Kind {
        name: "aws",
        share: 0.5,
        regions: &[
            "us-east-1",
            "us-west-2",
            "eu-west-1",
            "eu-central-1",
            "ap-southeast-1",
            "ap-northeast-1",
            "ca-central-1",
            "sa-east-1",
            "us-east-2",
            "eu-north-1",
            "ap-south-1",
            "af-south-1",
        ],
        target_types: &["eks", "eks", "eks", "ecs", "vm", "lambda"],
        fleet_types: &["asg", "spot", "fargate", "gpu"],
    },
    Kind {
        name: "gcp",
        share: 0.25,
        regions: &[
            "us-central1",
            "europe-west1",
            "asia-east1",
            "us-west1",
            "europe-west4",
            "asia-south1",
            "us-east4",
            "southamerica-east1",
        ],
        target_types: &["gke", "gke", "vm"],
        fleet_types: &["mig", "preemptible", "tpu"],
    },
    Kind {
        name: "azure",
        share: 0.15,
        regions: &["eastus", "westeurope", "southeastasia", "westus2", "northeurope", "japaneast"],
        target_types: &["aks", "aks", "vm"],
        fleet_types: &["vmss", "spot"],
    },
    Kind {
        name: "onprem",
        share: 0.1,
        regions: &["fra1", "lon2", "nyc3", "sgp1"],
        target_types: &["vm", "k8s"],
        fleet_types: &["rack", "blade"],
    },
];

pub const ENVIRONMENTS: [(&str, f64); 6] =
    [("prod", 0.45), ("staging", 0.2), ("dev", 0.18), ("qa", 0.09), ("perf", 0.05), ("dr", 0.03)];

const PARTITIONS: [&str; 8] = ["main", "pci", "data", "edge", "batch", "corp", "lab", "shared"];
const TARGETS: [&str; 8] = ["core", "web", "jobs", "stream", "api", "internal", "public", "tenant"];
const REGIONS_PER_MILLION: f64 = 100.0;
const TARGETS_PER_MILLION: f64 = 3000.0;
/// A provider is one account, which holds a few regions.
const REGIONS_PER_ACCOUNT: usize = 4;
/// At this steepness the first of a hundred regions holds a fifth of everything.
const STEEPNESS: f64 = 1.08;

pub struct Region {
    pub kind: usize,
    pub environment: usize,
    /// The account: the native ID of the provider.
    pub account: String,
    pub provider_id: String,
    pub name: &'static str,
    pub id: String,
    pub zones: Vec<String>,
    pub partitions: Vec<Partition>,
}

pub struct Partition {
    pub name: &'static str,
    pub id: String,
    /// Places in [`Topology::targets`].
    pub targets: std::ops::Range<usize>,
}

pub struct Target {
    pub id: String,
    pub name: String,
    pub target_type: &'static str,
    /// Place in [`Topology::regions`].
    pub region: usize,
}

pub struct Topology {
    pub regions: Vec<Region>,
    pub targets: Vec<Target>,
    /// How much runs on each target.
    pub weights: Weights,
}

impl Topology {
    pub fn new(seed: u64, rows: usize) -> Self {
        let millions = rows as f64 / 1e6;
        let mut regions = regions(seed, ((REGIONS_PER_MILLION * millions.sqrt()) as usize).max(6));
        let shares = Weights::zipf(regions.len(), STEEPNESS);
        let (mut targets, mut weights) = (Vec::new(), Vec::new());
        for (index, region) in regions.iter_mut().enumerate() {
            let share = shares.share(index);
            let least = if index == 0 { 3 } else { 1 };
            let wanted = ((TARGETS_PER_MILLION * millions * share).round() as usize).max(least);
            let partitions = ((wanted as f64).sqrt() / 3.0).ceil().clamp(1.0, PARTITIONS.len() as f64) as usize;
            // The first partition is the largest, but none is empty.
            let mut left = wanted.max(partitions);
            for (number, name) in PARTITIONS.iter().take(partitions).enumerate() {
                let others = partitions - number - 1;
                let here = if others == 0 { left } else { (left * 2 / (others + 2)).clamp(1, left - others) };
                left -= here;
                let first = targets.len();
                let id = format!("{}:{name}", region.id);
                for place in 0..here {
                    targets.push(target(region, index, &id, first + place, place));
                    // What runs where within a region is uneven, but less so than between regions.
                    weights
                        .push(share / wanted as f64 * f64::from(rng(seed, Topic::Placement, first + place).u32(4..16)));
                }
                region.partitions.push(Partition { name, id, targets: first..targets.len() });
            }
        }
        Self { regions, targets, weights: Weights::new(weights) }
    }
}

/// Regions, the one with most in it first. Environments and kinds have as many as is their share.
fn regions(seed: u64, count: usize) -> Vec<Region> {
    let mut rng = rng(seed, Topic::Plan, 0);
    let mut pairs: Vec<(usize, usize, f64)> = Vec::new();
    for (environment, (_, share)) in ENVIRONMENTS.iter().enumerate() {
        pairs.extend(KINDS.iter().enumerate().map(|(kind, of_kind)| (environment, kind, share * of_kind.share)));
    }
    pairs.sort_by(|left, right| right.2.total_cmp(&left.2));
    let mut regions: Vec<Region> = Vec::new();
    let mut accounts: Vec<Vec<String>> = vec![Vec::new(); pairs.len()];
    for round in 0.. {
        for (pair, &(environment, kind, share)) in pairs.iter().enumerate() {
            if regions.len() == count {
                return regions;
            }
            // Each has one; the first takes what is left.
            if round > 0 && pair > 0 && round >= (share * count as f64).round() as usize {
                continue;
            }
            if round % REGIONS_PER_ACCOUNT == 0 {
                let account = account(KINDS[kind].name, ENVIRONMENTS[environment].0, accounts[pair].len(), &mut rng);
                accounts[pair].push(account);
            }
            // Every account has the large regions first, and each region once.
            let (within, turn) = (round % REGIONS_PER_ACCOUNT, round / REGIONS_PER_ACCOUNT);
            let names = KINDS[kind].regions;
            let name = names[(within + turn * usize::from(chance(&mut rng, 30))) % names.len()];
            let account = accounts[pair][turn].clone();
            let provider_id = format!("{}:{}:{account}", ENVIRONMENTS[environment].0, KINDS[kind].name);
            let id = format!("{provider_id}:{name}");
            if regions.iter().any(|region| region.id == id) {
                continue;
            }
            let zones = (0..rng.usize(2..5)).map(|zone| format!("{name}{}", char::from(b'a' + zone as u8))).collect();
            regions.push(Region { kind, environment, account, provider_id, name, id, zones, partitions: Vec::new() });
        }
    }
    regions
}

/// The identifier of an account, as the kind of provider would write it.
fn account(kind: &str, environment: &str, number: usize, rng: &mut fastrand::Rng) -> String {
    match kind {
        "aws" => format!("{:012}", rng.u64(100_000_000_000..1_000_000_000_000)),
        "gcp" => format!("{environment}-workloads-{:06}", rng.u32(..1_000_000)),
        "azure" => {
            let hex = super::random::hex(rng.u64(..), 32);
            format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
        }
        _ => format!("{environment}-datacentres-{}", number + 1),
    }
}

fn target(region: &Region, place_of_region: usize, partition_id: &str, number: usize, place: usize) -> Target {
    let types = KINDS[region.kind].target_types;
    let target_type = types[number % types.len()];
    let name = format!("{}-{:02}", TARGETS[place % TARGETS.len()], place / TARGETS.len() + 1);
    Target { id: format!("{partition_id}:{target_type}:{name}"), name, target_type, region: place_of_region }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_million_rows_have_about_a_hundred_regions_and_the_first_a_fifth() {
        let topology = Topology::new(1, 1_000_000);
        assert_eq!(topology.regions.len(), 100);
        assert!((2900..3200).contains(&topology.targets.len()), "{}", topology.targets.len());
        let of_first = |target: &&usize| topology.targets[**target].region == 0;
        let all: Vec<usize> = (0..topology.targets.len()).collect();
        let share: f64 = all.iter().filter(of_first).map(|&target| topology.weights.share(target)).sum();
        assert!((0.17..0.28).contains(&share), "{share}");
        let providers: HashSet<&str> = topology.regions.iter().map(|region| region.provider_id.as_str()).collect();
        assert!(providers.len() >= 24, "{}", providers.len());
    }

    #[test]
    fn the_smallest_has_several_providers_and_no_empty_partition() {
        for rows in [1_000, 20_000, 4_000_000] {
            let topology = Topology::new(3, rows);
            let providers: HashSet<&str> = topology.regions.iter().map(|region| region.provider_id.as_str()).collect();
            assert!(providers.len() > 3);
            let mut partitions = topology.regions.iter().flat_map(|region| &region.partitions);
            assert!(partitions.all(|partition| !partition.targets.is_empty()));
        }
    }
}
