//! The organisation in outline: everything that others refer to, and how much belongs to each service. It is small, is
//! made first, and says the same for the same seed and size; the rows follow from it piece by piece.

use super::random::{Topic, Weights, chance, mix, rng, tail};
use super::rows::Batch;
use super::topology::Topology;
use super::words::{APPLICATIONS, RARE, ROLES, STACKS, THINGS};
use super::{catalog, delivery, dependencies, infrastructure};

const APPLICATIONS_PER_MILLION: f64 = 300.0;
const STACKS_PER_APPLICATION: usize = 10;
/// Services made in one transaction.
const SERVICES_AT_ONCE: usize = 100;
/// The most deployments and builds that one service has.
const MOST_DEPLOYMENTS: usize = 300;
const MOST_BUILDS: usize = 400;

pub struct Plan {
    pub seed: u64,
    pub topology: Topology,
    pub applications: Vec<String>,
    pub stacks: Vec<Stack>,
    pub services: Vec<Service>,
}

pub struct Stack {
    pub id: String,
    pub name: String,
    /// Place in [`Plan::applications`].
    pub application: usize,
    /// Place in the application, the one with most services first.
    pub rank: usize,
    /// Its services live in one repo and are built from the same commits.
    pub together: bool,
}

pub struct Service {
    /// Place in [`Plan::stacks`].
    pub stack: usize,
    pub name: String,
    pub procs: usize,
    pub builds: usize,
    pub deployments: usize,
}

/// A piece of the organisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Piece {
    Catalog,
    Region(usize),
    /// So many services from the first on.
    Services(usize, usize),
    Dependencies,
}

impl Plan {
    pub fn new(seed: u64, rows: usize) -> Self {
        let topology = Topology::new(seed, rows);
        let (applications, stacks) = stacks(seed, rows);
        let mut plan = Self { seed, topology, applications, stacks, services: Vec::new() };
        // Everything but the services is counted, and every fleet brings the link to its home.
        let fleets = |batch: &Batch| batch.counts().find(|(name, _)| *name == "fleet").map_or(0, |(_, count)| count);
        let mut beside = 0;
        for piece in plan.phases().into_iter().flatten().filter(|piece| *piece != Piece::Dependencies) {
            let batch = plan.make(piece);
            beside += batch.count() + fleets(&batch);
        }
        plan.services = plan.draw_services(rows.saturating_sub(beside));
        plan
    }

    /// Pieces, in phases: those of a phase refer to earlier phases and to themselves only.
    pub fn phases(&self) -> [Vec<Piece>; 4] {
        let starts = (0..self.services.len()).step_by(SERVICES_AT_ONCE);
        [
            vec![Piece::Catalog],
            (0..self.topology.regions.len()).map(Piece::Region).collect(),
            starts.map(|first| Piece::Services(first, SERVICES_AT_ONCE.min(self.services.len() - first))).collect(),
            vec![Piece::Dependencies],
        ]
    }

    /// The rows of a piece.
    pub fn make(&self, piece: Piece) -> Batch {
        match piece {
            Piece::Catalog => catalog::catalog(self),
            Piece::Region(place) => infrastructure::region(&self.topology, self.seed, place),
            Piece::Services(first, count) => delivery::services(self, first, count),
            Piece::Dependencies => dependencies::dependencies(self),
        }
    }

    pub fn stack_of(&self, service: &Service) -> &Stack {
        &self.stacks[service.stack]
    }

    pub fn service_id(&self, service: usize) -> String {
        let service = &self.services[service];
        format!("{}:{}", self.stack_of(service).id, service.name)
    }

    /// Services until there are as many rows as wanted, sorted by their stacks. A few stacks have very many.
    fn draw_services(&self, rows: usize) -> Vec<Service> {
        let mut rng = rng(self.seed, Topic::Plan, 2);
        let stacks = Weights::new(
            self.stacks
                .iter()
                .map(|stack| ((stack.application + 1) as f64).powf(-0.9) * ((stack.rank + 1) as f64).powf(-0.8)),
        );
        let (mut drawn, mut expected) = (Vec::new(), 0.0);
        let most_deployments = MOST_DEPLOYMENTS.min(self.topology.targets.len());
        // The first service has something of everything.
        while drawn.is_empty() || expected < rows as f64 {
            let luck = rng.f64();
            let first = drawn.is_empty();
            let deployments = tail(luck, 1.4, most_deployments).max(if first { 2 } else { 1 });
            // What is deployed much is built much, but not in step.
            let builds = 1 + tail((luck * (0.5 + rng.f64())).min(1.0), 1.3, MOST_BUILDS);
            let procs = tail(rng.f64(), 1.7, 6);
            expected += delivery::expected_rows(procs, builds, deployments);
            drawn.push((stacks.draw(&mut rng), procs, builds, deployments));
        }
        drawn.sort_unstable();
        let mut number_in_stack = 0;
        let mut services: Vec<Service> = Vec::with_capacity(drawn.len());
        for (stack, procs, builds, deployments) in drawn {
            number_in_stack =
                if services.last().is_some_and(|last| last.stack == stack) { number_in_stack + 1 } else { 0 };
            let name = self.service_name(stack, number_in_stack, services.len());
            services.push(Service { stack, name, procs, builds, deployments });
        }
        services
    }

    /// A name that no other service of the stack has.
    fn service_name(&self, stack: usize, number_in_stack: usize, number: usize) -> String {
        let names = THINGS.len() * ROLES.len();
        let start = mix(self.seed, Topic::Catalog, stack as u64) as usize % names;
        // The step has no factor in common with the number of names, so that all come before one comes again.
        let place = (start + number_in_stack * 7) % names;
        let name = match mix(self.seed, Topic::Service, number as u64) as usize % 600 {
            rare if rare < RARE.len() => format!("{}-{}", RARE[rare], ROLES[place % ROLES.len()]),
            _ => {
                return numbered(
                    format!("{}-{}", THINGS[place / ROLES.len()], ROLES[place % ROLES.len()]),
                    number_in_stack / names,
                );
            }
        };
        // The place keeps two rare ones of a stack apart.
        numbered(name, number_in_stack + 1)
    }
}

fn numbered(name: String, number: usize) -> String {
    if number == 0 { name } else { format!("{name}-{}", number + 1) }
}

fn stacks(seed: u64, rows: usize) -> (Vec<String>, Vec<Stack>) {
    let mut rng = rng(seed, Topic::Plan, 1);
    let count = ((APPLICATIONS_PER_MILLION * (rows as f64 / 1e6).powf(0.8)) as usize).max(3);
    let applications: Vec<String> = (0..count)
        .map(|number| numbered(APPLICATIONS[number % APPLICATIONS.len()].to_owned(), number / APPLICATIONS.len()))
        .collect();
    let mut stacks = Vec::new();
    for (application, id) in applications.iter().enumerate() {
        let most = STACKS_PER_APPLICATION * 4;
        let wanted = if count < 10 { 2 } else { tail(rng.f64(), 1.1, most) + STACKS_PER_APPLICATION / 2 };
        let start = rng.usize(..STACKS.len());
        for rank in 0..wanted {
            let name = numbered(STACKS[(start + rank) % STACKS.len()].to_owned(), rank / STACKS.len());
            stacks.push(Stack { id: format!("{id}:{name}"), name, application, rank, together: chance(&mut rng, 30) });
        }
    }
    (applications, stacks)
}
