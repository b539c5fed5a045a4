//! The rows of one region: its zones and partitions, what can be deployed to, what that runs on, and its networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use fastrand::Rng;
use serde_json::json;

use super::random::{Topic, chance, rng, tail};
use super::rows::{Batch, Cell, Cidr, Json, Table};
use super::topology::{ENVIRONMENTS, KINDS, Partition, Region, Target, Topology};
use super::{BEGIN, DAY};

static REGION: Table = Table::entity("region", &["provider_id", "name", "native_id"]);
static ZONE: Table = Table::entity("zone", &["region_id", "name", "native_id"]);
static PARTITION: Table = Table::entity("partition", &["region_id", "name", "native_id"]);
static TARGET: Table =
    Table::entity("deployment_target", &["partition_id", "deployment_target_type_id", "name", "native_id"]);
static FLEET: Table = Table::entity("fleet", &["deployment_target_id", "fleet_type_id", "name", "native_id"]);
static FLEET_TARGET: Table = Table::links("fleet_deployment_target", &["fleet_id", "deployment_target_id"]);
static FLEET_SUBNET: Table = Table::links("fleet_subnet", &["fleet_id", "subnet_id"]);
static NETWORK: Table = Table::entity("network", &["partition_id", "name", "cidr", "native_id"]);
static SUBNET: Table = Table::entity("subnet", &["network_id", "name", "cidr", "native_id"]);
static CAPACITY: Table = Table::entity("capacity", &["fleet_id", "allocation_type_id", "value"]);

/// Subnets of a network; more would not fit.
const SUBNETS_PER_NETWORK: usize = 120;

/// Everything of a region, itself included.
pub fn region(topology: &Topology, seed: u64, place: usize) -> Batch {
    let mut rng = rng(seed, Topic::Region, place);
    let born = BEGIN - DAY * rng.i64(400..900);
    let region = &topology.regions[place];
    let mut site = Site { region, born, rng, batch: Batch::default() };
    site.object(
        &REGION,
        site.state("region"),
        &[&region.provider_id, &region.name, &site.native("region", region.name)],
    );
    for zone in &region.zones {
        site.object(&ZONE, Json::empty(), &[&region.id, zone, &site.native("zone", zone)]);
    }
    for (number, partition) in region.partitions.iter().enumerate() {
        let native_id = site.native("partition", partition.name);
        site.object(&PARTITION, Json::empty(), &[&region.id, &partition.name, &native_id]);
        let subnets = site.networks(partition, place * 8 + number);
        let targets = &topology.targets[partition.targets.clone()];
        site.targets(partition, targets);
        for home in 0..targets.len() {
            for number in 0..tail(site.rng.f64(), 1.9, 12) {
                site.fleet(targets, home, number, &subnets);
            }
        }
    }
    site.batch
}

/// The region under construction.
struct Site<'a> {
    region: &'a Region,
    /// When it was opened.
    born: i64,
    rng: Rng,
    batch: Batch,
}

impl Site<'_> {
    fn object(&mut self, table: &'static Table, defaults: Json, cells: &[&dyn Cell]) {
        let born = self.born + DAY * self.rng.i64(0..300);
        self.batch.object(table, born, &defaults, cells, &mut self.rng);
    }

    fn environment(&self) -> &'static str {
        ENVIRONMENTS[self.region.environment].0
    }

    fn state(&self, what: &str) -> Json {
        let path = format!("s3://terraform-{}/{}/{what}.tfstate", self.environment(), self.region.name);
        json!({ "recon": { "terraform_state_path": path } }).into()
    }

    fn targets(&mut self, partition: &Partition, targets: &[Target]) {
        for target in targets {
            let context = format!("{}-{}-{}", self.environment(), self.region.name, target.name);
            let defaults = match target.target_type {
                "eks" | "gke" | "aks" | "k8s" => json!({ "recon": { "k8s_context": context } }).into(),
                _ => Json::empty(),
            };
            let native_id = self.native(target.target_type, &format!("{}-{}", partition.name, target.name));
            self.object(&TARGET, defaults, &[&partition.id, &target.target_type, &target.name, &native_id]);
        }
    }

    /// A fleet with all that it is linked to. Its home is linked by the database.
    fn fleet(&mut self, targets: &[Target], home: usize, number: usize, subnets: &[String]) {
        let kind = &KINDS[self.region.kind];
        let fleet_type = self.rng.choice(kind.fleet_types).copied().unwrap_or_default();
        let type_id = format!("{}:{fleet_type}", kind.name);
        let name = format!("{}-{}", targets[home].name, number + 1);
        let native_id = self.native("fleet", &format!("{}-{fleet_type}-{name}", targets[home].id.replace(':', "-")));
        self.object(&FLEET, Json::empty(), &[&targets[home].id, &type_id, &name, &native_id]);
        let fleet_id = format!("{}:{type_id}:{name}", targets[home].id);
        // The first of a partition has guests for certain.
        if targets.len() > 1 && (home + number == 0 || chance(&mut self.rng, 45)) {
            for guest in 1..=tail(self.rng.f64(), 1.3, targets.len().min(24) - 1) {
                self.batch.link(&FLEET_TARGET, &fleet_id, &targets[(home + guest) % targets.len()].id);
            }
        }
        let first = self.rng.usize(..subnets.len());
        for subnet in 0..self.rng.usize(1..4).min(subnets.len()) {
            self.batch.link(&FLEET_SUBNET, &fleet_id, &subnets[(first + subnet) % subnets.len()]);
        }
        let size = tail(self.rng.f64(), 0.9, 400) as f64;
        self.object(&CAPACITY, Json::empty(), &[&fleet_id, &"cpu", &(size * 16.0)]);
        self.object(&CAPACITY, Json::empty(), &[&fleet_id, &"memory", &(size * 64.0)]);
        if matches!(fleet_type, "gpu" | "tpu") {
            self.object(&CAPACITY, Json::empty(), &[&fleet_id, &"gpu", &size]);
        }
    }

    /// The networks of a partition and their subnets, whose IDs are returned. Subnets follow one another, each at a
    /// boundary of its own size.
    fn networks(&mut self, partition: &Partition, number: usize) -> Vec<String> {
        let wanted = partition.targets.len() + partition.targets.len() / 2 + 2;
        let mut subnets = Vec::new();
        for part in 0..wanted.div_ceil(SUBNETS_PER_NETWORK) {
            let first = 0x0a00_0000 | ((number * 7 + part) as u32 % 256) << 16;
            let cidr = Cidr(IpAddr::V4(Ipv4Addr::from(first)), 16);
            let network_id = self.network(partition, &format!("{}-vpc-{}", partition.name, part + 1), cidr);
            let mut next = first;
            for subnet in 1..=(wanted - part * SUBNETS_PER_NETWORK).min(SUBNETS_PER_NETWORK) {
                let prefix = *self.rng.choice(&[24u8, 24, 25, 26]).unwrap_or(&24);
                let size = 1u32 << (32 - prefix);
                let start = next.next_multiple_of(size);
                next = start + size;
                let cidr = Cidr(IpAddr::V4(Ipv4Addr::from(start)), prefix);
                subnets.push(self.subnet(&network_id, &format!("private-{subnet:03}"), cidr));
            }
        }
        if number == 0 || chance(&mut self.rng, 60) {
            // Of the range set aside for documentation, a /48 per partition as far as they go.
            let first = 0x2001_0db8u128 << 96 | (number as u128 & 0xffff) << 80;
            let cidr = Cidr(IpAddr::V6(Ipv6Addr::from(first)), 48);
            let network_id = self.network(partition, &format!("{}-six", partition.name), cidr);
            for subnet in 1..=self.rng.u32(1..6) {
                let cidr = Cidr(IpAddr::V6(Ipv6Addr::from(first | u128::from(subnet) << 64)), 64);
                subnets.push(self.subnet(&network_id, &format!("six-{subnet:03}"), cidr));
            }
        }
        subnets
    }

    fn network(&mut self, partition: &Partition, name: &str, cidr: Cidr) -> String {
        let native_id = self.native("vpc", &format!("{}-{name}", partition.name));
        self.object(&NETWORK, self.state(name), &[&partition.id, &name, &cidr, &native_id]);
        format!("{}:{name}", partition.id)
    }

    fn subnet(&mut self, network_id: &str, name: &str, cidr: Cidr) -> String {
        let native_name = format!("subnet-{:012x}", self.rng.u64(..1 << 48));
        let native_id = self.native("subnet", &native_name);
        self.object(&SUBNET, Json::empty(), &[&network_id, &name, &cidr, &native_id]);
        format!("{network_id}:{name}")
    }

    /// What the provider itself calls something; a company's own hardware has no names of this sort.
    fn native(&self, what: &str, name: &str) -> Option<String> {
        let (account, place) = (&self.region.account, self.region.name);
        match KINDS[self.region.kind].name {
            "aws" if what == "eks" => Some(format!("arn:aws:eks:{place}:{account}:cluster/{name}")),
            "aws" if what == "ecs" => Some(format!("arn:aws:ecs:{place}:{account}:cluster/{name}")),
            "aws" if what == "fleet" => Some(format!("arn:aws:autoscaling:{place}:{account}:autoScalingGroup:{name}")),
            "aws" => Some(format!("arn:aws:ec2:{place}:{account}:{what}/{name}")),
            "gcp" => Some(format!("//compute.googleapis.com/projects/{account}/locations/{place}/{what}/{name}")),
            "azure" => Some(format!("/subscriptions/{account}/resourceGroups/{place}/providers/{what}/{name}")),
            _ => None,
        }
    }
}
