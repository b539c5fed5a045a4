//! What exists once for all environments: types, providers, repos, templates, applications and their stacks.

use serde_json::json;

use super::plan::Plan;
use super::random::{Topic, chance, rng};
use super::rows::{Batch, Cell, Json, Table};
use super::topology::{ENVIRONMENTS, KINDS};
use super::words::TEAMS;
use super::{BEGIN, DAY};

static ENVIRONMENT: Table = Table::entity("environment", &["id"]);
static PROVIDER_TYPE: Table = Table::entity("provider_type", &["id"]);
static PROVIDER: Table = Table::entity("provider", &["environment_id", "provider_type_id", "native_id"]);
static TARGET_TYPE: Table = Table::entity("deployment_target_type", &["id"]);
static FLEET_TYPE: Table = Table::entity("fleet_type", &["provider_type_id", "name"]);
static ALLOCATION_TYPE: Table = Table::entity("allocation_type", &["id", "unit"]);
static REPO_TYPE: Table = Table::entity("repo_type", &["id"]);
static REPO: Table = Table::entity("repo", &["repo_type_id", "name", "url"]);
static LANGUAGE: Table = Table::entity("language", &["id"]);
static TEMPLATE: Table = Table::entity("config_template", &["id", "language_id", "doc"]);
static APPLICATION: Table = Table::entity("application", &["id"]);
static STACK: Table = Table::entity("stack", &["application_id", "name"]);
static STACK_CONFIG: Table =
    Table::entity("stack_config", &["stack_id", "config_template_id", "name", "tag", "config"]);

const REPO_TYPES: [&str; 5] = ["git", "docker", "maven", "helm", "s3"];
pub const ALLOCATION_TYPES: [(&str, &str); 4] =
    [("cpu", "cores"), ("memory", "GiB"), ("disk", "GiB"), ("gpu", "devices")];
const LANGUAGES: [&str; 4] = ["yaml", "json", "hcl", "ini"];
/// What every stack, service and deployment may be configured by.
pub const TEMPLATES: [&str; 12] = [
    "helm-values",
    "env-vars",
    "feature-flags",
    "logging",
    "tracing",
    "alerts",
    "dashboards",
    "database",
    "cache",
    "queues",
    "ingress",
    "secrets",
];
/// The repo that services of all stacks draw on.
pub const SHARED_REPO: &str = "git:shared-libraries";

/// Everything that exists once.
pub fn catalog(plan: &Plan) -> Batch {
    let mut batch = Batch::default();
    let mut rng = rng(plan.seed, Topic::Catalog, 0);
    let mut add = |table: &'static Table, defaults: Json, cells: &[&dyn Cell]| {
        let born = BEGIN - DAY * rng.i64(900..1200);
        batch.object(table, born, &defaults, cells, &mut rng);
    };
    for (environment, _) in ENVIRONMENTS {
        add(&ENVIRONMENT, json!({ "tier": if environment == "prod" { 1 } else { 2 } }).into(), &[&environment]);
    }
    for kind in &KINDS {
        let jq = r#".values.root_module.resources[] | select(.type == "vpc") | {native_id: .values.id}"#;
        add(&PROVIDER_TYPE, json!({ "recon": { "terraform": { "vpc_jq": jq } } }).into(), &[&kind.name]);
        for fleet_type in kind.fleet_types {
            add(&FLEET_TYPE, Json::empty(), &[&kind.name, fleet_type]);
        }
    }
    let mut types: Vec<&str> = KINDS.iter().flat_map(|kind| kind.target_types).copied().collect();
    types.sort_unstable();
    types.dedup();
    for target_type in types {
        let jq = "[.items[] | {service: .metadata.name, namespace: .metadata.namespace}] | sort_by(.service)";
        add(&TARGET_TYPE, json!({ "recon": { "k8s_jq": jq } }).into(), &[&target_type]);
    }
    let mut providers: Vec<&str> = Vec::new();
    for region in &plan.topology.regions {
        if !providers.contains(&region.provider_id.as_str()) {
            providers.push(&region.provider_id);
            let cells: [&dyn Cell; 3] =
                [&ENVIRONMENTS[region.environment].0, &KINDS[region.kind].name, &region.account];
            add(&PROVIDER, Json::empty(), &cells);
        }
    }
    for (id, unit) in ALLOCATION_TYPES {
        add(&ALLOCATION_TYPE, Json::empty(), &[&id, &unit]);
    }
    for language in LANGUAGES {
        add(&LANGUAGE, Json::empty(), &[&language]);
    }
    for (number, template) in TEMPLATES.iter().enumerate() {
        let doc = format!("# {template}\nname: {{{{ name }}}}\nreplicas: {{{{ replicas | default(2) }}}}\n");
        add(&TEMPLATE, Json::empty(), &[template, &LANGUAGES[number % LANGUAGES.len()], &doc]);
    }
    repos(plan, &mut add);
    applications(plan, &mut batch);
    batch
}

fn repos(plan: &Plan, add: &mut impl FnMut(&'static Table, Json, &[&dyn Cell])) {
    for repo_type in REPO_TYPES {
        add(&REPO_TYPE, Json::empty(), &[&repo_type]);
    }
    let (repo_type, name) = SHARED_REPO.split_once(':').unwrap_or_default();
    add(&REPO, Json::empty(), &[&repo_type, &name, &"https://git.example.com/shared/libraries.git"]);
    for stack in &plan.stacks {
        let name = stack.id.replace(':', "-");
        let url = format!("https://git.example.com/{}/{}.git", plan.applications[stack.application], stack.name);
        add(&REPO, Json::empty(), &[&"git", &name, &url]);
    }
    for (number, application) in plan.applications.iter().enumerate() {
        let url = format!("https://registry.example.com/{application}");
        add(&REPO, Json::empty(), &[&"docker", application, &url]);
        if number % 3 == 0 {
            let url = format!("https://charts.example.com/{application}");
            add(&REPO, Json::empty(), &[&"helm", application, &url]);
        }
    }
    // Where releases go: one registry per kind of provider and environment, one of them known by no URL.
    for kind in &KINDS {
        for (environment, _) in ENVIRONMENTS {
            let url =
                (environment != "dr").then(|| format!("https://{environment}.{}.registry.example.com", kind.name));
            add(&REPO, Json::empty(), &[&"docker", &format!("{environment}-{}", kind.name), &url]);
        }
    }
}

fn applications(plan: &Plan, batch: &mut Batch) {
    let mut rng = rng(plan.seed, Topic::Catalog, 1);
    for (number, application) in plan.applications.iter().enumerate() {
        let team = TEAMS[number % TEAMS.len()];
        let sheet = format!("/shared/docs/{application}-deployments.csv");
        let defaults = json!({ "team": team, "recon": { "spreadsheet_path": sheet } });
        batch.object(&APPLICATION, BEGIN - DAY * rng.i64(300..400), &defaults.into(), &[application], &mut rng);
    }
    for (number, stack) in plan.stacks.iter().enumerate() {
        let team = rng.choice(TEAMS).unwrap_or_default();
        let defaults = json!({ "team": team, "slack": format!("#{}", stack.id.replace(':', "-")) });
        let defaults = if chance(&mut rng, 40) { defaults.into() } else { Json::empty() };
        let born = BEGIN - DAY * rng.i64(100..300);
        batch.object(&STACK, born, &defaults, &[&plan.applications[stack.application], &stack.name], &mut rng);
        if number == 0 || chance(&mut rng, 70) {
            let template = rng.choice(TEMPLATES).unwrap_or_default();
            let config = format!("name: {}\nreplicas: {}\n", stack.name, rng.u32(1..8));
            let cells: [&dyn Cell; 5] = [&stack.id, &template, &"base", &"default", &config];
            batch.object(&STACK_CONFIG, born + DAY, &Json::empty(), &cells, &mut rng);
        }
    }
}
