//! Services and everything below them: what was built, where it was deployed and released, how it is configured and
//! what it consumes. Nearly all rows of an organisation are these.

use std::collections::HashSet;

use fastrand::Rng;
use serde_json::json;

use super::catalog::{ALLOCATION_TYPES, SHARED_REPO, TEMPLATES};
use super::plan::{Plan, Service, Stack};
use super::random::{Topic, chance, hex, mix, rng, tail};
use super::rows::{Batch, Cell, Json, Table};
use super::topology::{ENVIRONMENTS, KINDS, Region};
use super::words::{PROCS, TEAMS};
use super::{BEGIN, DAY, END, HOUR};

static SERVICE: Table = Table::entity("service", &["stack_id", "name", "artifact_name"]);
static SERVICE_REPO: Table = Table::links("service_repo", &["service_id", "repo_id"]);
static SERVICE_CONFIG: Table =
    Table::entity("service_config", &["service_id", "config_template_id", "name", "tag", "config"]);
static PROC: Table = Table::entity("proc", &["service_id", "name"]);
static BUILD: Table = Table::entity("build", &["service_id", "build_num", "vcs_ref"]);
static BUILD_ARTIFACT: Table =
    Table::entity("build_artifact", &["build_id", "input_repo_id", "output_repo_id", "name", "upload_path", "data"]);
static DEPLOYMENT: Table =
    Table::entity("deployment", &["deployment_target_id", "service_id", "tag", "current_release_id"]);
static DEPLOYMENT_ZONE: Table = Table::links("deployment_zone", &["deployment_id", "zone_id"]);
static DEPLOYMENT_CONFIG: Table =
    Table::entity("deployment_config", &["deployment_id", "config_template_id", "name", "tag", "config"]);
static DEPLOYMENT_PROC: Table = Table::entity("deployment_proc", &["deployment_id", "proc_id"]);
static ALLOCATION: Table =
    Table::entity("allocation", &["deployment_proc_id", "allocation_type_id", "watermark", "value"]);
static RELEASE: Table = Table::entity("release", &["build_id", "deployment_id", "build_num"]);
static RELEASE_ARTIFACT: Table = Table::entity(
    "release_artifact",
    &["release_id", "input_repo_id", "output_repo_id", "name", "upload_path", "data"],
);

const TAGS: [&str; 4] = ["default", "canary", "blue", "green"];
/// So many of a hundred allocations of each sort there are, so many deployments have zones, and so on.
const HIGH_CPU: u32 = 60;
const LOW_CPU: u32 = 30;
const HIGH_MEMORY: u32 = 40;
const ZONED: u32 = 40;
const CONFIGURED: u32 = 22;
const SECOND_ARTIFACT: u32 = 25;

/// How many rows a service brings, on average.
pub fn expected_rows(procs: usize, builds: usize, deployments: usize) -> f64 {
    let percent = |number: u32| f64::from(number) / 100.0;
    let (procs, builds, deployments) = (procs as f64, builds as f64, deployments as f64);
    let allocations = percent(HIGH_CPU + LOW_CPU + HIGH_MEMORY);
    let releases = (builds.min(2.2)) * 0.85;
    let per_deployment = 1.0
        + percent(ZONED) * 2.0
        + percent(CONFIGURED)
        + procs * (1.0 + allocations)
        + releases * (2.0 + percent(SECOND_ARTIFACT));
    let of_service = 1.0 + 1.1 + 0.4 + procs;
    of_service + builds * (2.0 + percent(SECOND_ARTIFACT)) + deployments * per_deployment
}

/// Some services and everything below them.
pub fn services(plan: &Plan, first: usize, count: usize) -> Batch {
    let mut batch = Batch::default();
    for number in first..first + count {
        let service = &plan.services[number];
        let mut rng = rng(plan.seed, Topic::Service, number);
        let born = BEGIN + rng.i64(0..(END - BEGIN) * 7 / 10);
        let stack = plan.stack_of(service);
        let application = &plan.applications[stack.application];
        let id = plan.service_id(number);
        let mut site = Site { plan, service, stack, application, id: &id, number, born, rng, batch: &mut batch };
        site.service();
        let builds = site.builds();
        for (target, tag) in placements(plan, number) {
            site.deployment(target, tag, &builds);
        }
    }
    batch
}

/// Where a service is deployed, and under which tags.
pub fn placements(plan: &Plan, number: usize) -> Vec<(usize, &'static str)> {
    let mut rng = rng(plan.seed, Topic::Placement, number);
    let (mut taken, mut placements) = (HashSet::new(), Vec::new());
    for _ in 0..plan.services[number].deployments {
        let target = plan.topology.weights.draw(&mut rng);
        // A repeated target gets another deployment of the service.
        if let Some(tag) = TAGS.into_iter().find(|tag| taken.insert((target, *tag))) {
            placements.push((target, tag));
        }
    }
    placements
}

/// A build that can be released.
struct Build {
    id: String,
    number: i64,
    born: i64,
}

/// The service under construction.
struct Site<'a> {
    plan: &'a Plan,
    service: &'a Service,
    stack: &'a Stack,
    application: &'a str,
    id: &'a str,
    number: usize,
    born: i64,
    rng: Rng,
    batch: &'a mut Batch,
}

impl Site<'_> {
    fn object(&mut self, table: &'static Table, born: i64, defaults: &Json, cells: &[&dyn Cell]) {
        self.batch.object(table, born, defaults, cells, &mut self.rng);
    }

    /// The first service has everything, so that not even the smallest organisation lacks something.
    fn chance(&mut self, percent: u32) -> bool {
        chance(&mut self.rng, percent) || self.number == 0
    }

    fn service(&mut self) {
        let id = self.id;
        let defaults = if self.chance(12) {
            let team = self.rng.choice(TEAMS).unwrap_or_default();
            json!({ "team": team, "tier": self.rng.u32(1..5), "on_call": self.rng.bool() }).into()
        } else {
            Json::empty()
        };
        let artifact = self.chance(50).then(|| format!("{}-{}", self.application, self.service.name));
        self.object(&SERVICE, self.born, &defaults, &[&self.stack.id, &self.service.name, &artifact]);
        for proc in &PROCS[..self.service.procs] {
            self.object(&PROC, self.born, &Json::empty(), &[&id, proc]);
        }
        self.batch.link(&SERVICE_REPO, id, &self.source());
        if self.chance(10) {
            self.batch.link(&SERVICE_REPO, id, SHARED_REPO);
        }
        if self.chance(40) {
            let (template, config) = self.config();
            let cells: [&dyn Cell; 5] = [&id, &template, &"base", &"default", &config];
            self.object(&SERVICE_CONFIG, self.born, &Json::empty(), &cells);
        }
    }

    fn config(&mut self) -> (&'static str, String) {
        let template = self.rng.choice(TEMPLATES).unwrap_or_default();
        let (replicas, level) = (self.rng.u32(1..12), if self.rng.bool() { "info" } else { "debug" });
        (template, format!("name: {}\nreplicas: {replicas}\nlog_level: {level}\n", self.service.name))
    }

    /// The repo of the sources, which the whole stack shares.
    fn source(&self) -> String {
        format!("git:{}", self.stack.id.replace(':', "-"))
    }

    fn builds(&mut self) -> Vec<Build> {
        let service_id = self.id;
        let mut builds = Vec::with_capacity(self.service.builds);
        let first = self.rng.usize(1..400);
        let pace = (END - self.born) / (self.service.builds as i64 + 1);
        let (source, registry) = (self.source(), format!("docker:{}", self.application));
        for place in 0..self.service.builds {
            let number = (first + place) as i64;
            let born = self.born + pace * place as i64 + self.rng.i64(0..pace.max(2));
            let commit = self.commit(place, number);
            self.object(&BUILD, born, &Json::empty(), &[&service_id, &number, &commit]);
            let id = format!("{service_id}:{number}");
            let path = format!("{}/{}:{number}-{}", self.stack.name, self.service.name, &commit[..7]);
            let data = self.data();
            let cells: [&dyn Cell; 6] = [&id, &source, &registry, &"image", &path, &data];
            self.object(&BUILD_ARTIFACT, born + HOUR / 6, &Json::empty(), &cells);
            if self.chance(SECOND_ARTIFACT) {
                let (name, path) = ("sbom", format!("{path}.sbom.json"));
                let cells: [&dyn Cell; 6] = [&id, &source, &registry, &name, &path, &None::<Json>];
                self.object(&BUILD_ARTIFACT, born + HOUR / 5, &Json::empty(), &cells);
            }
            builds.push(Build { id, number, born });
        }
        builds
    }

    /// What was built. Services of a stack that lives in one repo are often built from one commit.
    fn commit(&mut self, place: usize, number: i64) -> String {
        let seed = self.plan.seed;
        if self.stack.together && self.chance(60) {
            return hex(mix(seed, Topic::Commit, (self.service.stack << 12 | place) as u64), 40);
        }
        if chance(&mut self.rng, 3) {
            return format!("release/{}.{}.{number}", self.rng.u32(1..5), self.rng.u32(..30));
        }
        hex(mix(seed, Topic::Commit, (1 << 62) | ((self.number << 12) | place) as u64), 40)
    }

    fn data(&mut self) -> Option<Json> {
        let wanted = self.chance(20);
        wanted.then(|| {
            let digest = hex(self.rng.u64(..), 64);
            json!({ "digest": format!("sha256:{digest}"), "bytes": self.rng.u32(1 << 20..1 << 29) }).into()
        })
    }

    fn deployment(&mut self, target: usize, tag: &str, builds: &[Build]) {
        let service_id = self.id;
        let target = &self.plan.topology.targets[target];
        let region = &self.plan.topology.regions[target.region];
        let id = format!("{}:{service_id}:{tag}", target.id);
        // The last releases are of the last builds; some deployments have older ones, and some have none yet.
        let releases = if self.chance(93) { tail(self.rng.f64(), 1.5, 20).min(builds.len()) } else { 0 };
        let lag = if self.chance(70) { 0 } else { self.rng.usize(..=builds.len() - releases) };
        let released = &builds[builds.len() - releases - lag..builds.len() - lag];
        let born = released.first().map_or(self.born + DAY, |build| build.born + HOUR);
        let current = match released {
            [.., last] if self.chance(95) => Some(format!("{id}:{}", last.number)),
            [.., before, _] => Some(format!("{id}:{}", before.number)),
            _ => None,
        };
        let defaults = if self.chance(6) {
            json!({ "recon": { "namespace": self.stack.name }, "replicas": self.rng.u32(1..9) }).into()
        } else {
            Json::empty()
        };
        self.object(&DEPLOYMENT, born, &defaults, &[&target.id, &service_id, &tag, &current]);
        if self.chance(ZONED) {
            let first = self.rng.usize(..region.zones.len());
            for zone in 0..self.rng.usize(1..4).min(region.zones.len()) {
                let zone = &region.zones[(first + zone) % region.zones.len()];
                self.batch.link(&DEPLOYMENT_ZONE, &id, &format!("{}:{zone}", region.id));
            }
        }
        if self.chance(CONFIGURED) {
            let (template, config) = self.config();
            let cells: [&dyn Cell; 5] = [&id, &template, &"override", &"default", &config];
            self.object(&DEPLOYMENT_CONFIG, born, &Json::empty(), &cells);
        }
        self.procs(&id, born);
        self.releases(&id, region, released);
    }

    fn procs(&mut self, deployment_id: &str, born: i64) {
        let [(cpu, _), (memory, _), ..] = ALLOCATION_TYPES;
        for proc in &PROCS[..self.service.procs] {
            let proc_id = format!("{}:{proc}", self.id);
            self.object(&DEPLOYMENT_PROC, born, &Json::empty(), &[&deployment_id, &proc_id]);
            let id = format!("{deployment_id}:{proc_id}");
            let share = tail(self.rng.f64(), 1.2, 64) as f64 / 4.0;
            let wanted = [
                (cpu, "HIGH", share, HIGH_CPU),
                (cpu, "LOW", share / 2.0, LOW_CPU),
                (memory, "HIGH", share * 4.0, HIGH_MEMORY),
            ];
            for (allocation_type, watermark, value, percent) in wanted {
                if self.chance(percent) {
                    let cells: [&dyn Cell; 4] = [&id, &allocation_type, &watermark, &value];
                    self.object(&ALLOCATION, born, &Json::empty(), &cells);
                }
            }
        }
    }

    fn releases(&mut self, deployment_id: &str, region: &Region, released: &[Build]) {
        let built = format!("docker:{}", self.application);
        let (environment, _) = ENVIRONMENTS[region.environment];
        let registry = format!("docker:{environment}-{}", KINDS[region.kind].name);
        for build in released {
            let born = build.born + HOUR * self.rng.i64(1..30);
            self.object(&RELEASE, born, &Json::empty(), &[&build.id, &deployment_id, &build.number]);
            let id = format!("{deployment_id}:{}", build.number);
            let path = format!("{}/{}:{}", self.application, self.service.name, build.number);
            let data = self.data();
            let cells: [&dyn Cell; 6] = [&id, &built, &registry, &"image", &path, &data];
            self.object(&RELEASE_ARTIFACT, born, &Json::empty(), &cells);
            if self.chance(SECOND_ARTIFACT) {
                let path = format!("{path}.chart.tgz");
                let cells: [&dyn Cell; 6] = [&id, &built, &registry, &"chart", &path, &None::<Json>];
                self.object(&RELEASE_ARTIFACT, born + HOUR / 6, &Json::empty(), &cells);
            }
        }
    }
}
