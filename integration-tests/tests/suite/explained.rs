//! Every rule of the database in the words of the service: what is wrong and what to do, never the name of a constraint.
//!
//! The rules are those of PostgreSQL's catalogue, so that a migration that adds one finds out here. A trigger reports
//! the violation of each as PostgreSQL does, and a call runs into it: words are asked for whether or not a call of today
//! can break the rule. That rules are kept, and how calls meet them, is in `rules_in_the_database` and `conformance`.

mod rules;

use qairon::model::{Entity, Verb};
use qairon_integration_tests::{Failure, World, sql_error};
use serde_json::{Value, json};
use tonic::Code;

use crate::stage::{Stage, entities};
use rules::{Rule, all};

/// A call that inserts into a table.
enum Call {
    Create(&'static Entity, Value),
    Link(&'static Entity, &'static str, String, String),
}

impl Call {
    async fn of(stage: &Stage, table: &str) -> Option<Self> {
        let mut world = World::new();
        if let Some(entity) = qairon::model().entity(table) {
            return Some(Self::Create(entity, stage.factory.draft(table, &mut world).await));
        }
        let links = entities().iter().flat_map(|owner| owner.links.iter().map(move |link| (owner, link)));
        let (owner, link) = links.into_iter().find(|(_, link)| link.table == table)?;
        let one = stage.factory.create_in(&owner.name, &mut world).await;
        let other = stage.factory.create_in(&link.target, &mut world).await;
        Some(Self::Link(owner, &link.relation, one.id().to_owned(), other.id().to_owned()))
    }

    async fn run(&self, stage: &Stage) -> Result<(), Failure> {
        match self {
            Self::Create(entity, draft) => {
                let request = json!({ &entity.name: draft });
                stage.client.standard(entity, Verb::Create, request).await.map(drop)
            }
            Self::Link(owner, relation, one, other) => {
                stage.client.add_link(&owner.name, one, relation, other).await.map(drop)
            }
        }
    }

    fn entity(&self) -> &'static Entity {
        match self {
            Self::Create(entity, _) | Self::Link(entity, ..) => entity,
        }
    }
}

/// What is wrong with the answers to violations.
async fn problems(stage: &Stage) -> Vec<String> {
    let session = stage.database.connect().await;
    let rules = all(&session).await;
    assert!(rules.len() > 400, "only {} rules in the catalogue", rules.len());
    let mut problems = Vec::new();
    let mut tables: Vec<&str> = rules.iter().map(|rule| rule.table.as_str()).collect();
    tables.dedup();
    for table in tables {
        let Some(call) = Call::of(stage, table).await else {
            problems.push(format!("{table}: no call inserts into it"));
            continue;
        };
        // The first of the triggers of its kind.
        let trigger = format!(
            "CREATE OR REPLACE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE \
             TRIGGER a_broken_rule BEFORE INSERT ON \"{table}\" FOR EACH ROW EXECUTE FUNCTION broken()"
        );
        session.batch_execute(&trigger).await.expect("a trigger");
        for rule in rules.iter().filter(|rule| rule.table == table) {
            session
                .batch_execute(&rule.broken())
                .await
                .unwrap_or_else(|error| panic!("{rule:?}: {:?}", sql_error(&error)));
            let answer = call.run(stage).await;
            problems
                .extend(flaws(call.entity(), rule, answer).into_iter().map(|flaw| format!("{}: {flaw}", rule.name)));
        }
        session.batch_execute(&format!("DROP TRIGGER a_broken_rule ON \"{table}\"")).await.expect("it goes");
    }
    problems
}

fn flaws(entity: &Entity, rule: &Rule, answer: Result<(), Failure>) -> Vec<String> {
    let Err(failure) = answer else { return vec!["the trigger was not asked".to_owned()] };
    let mut flaws: Vec<String> = failure.flaws();
    let mut check = |holds: bool, what: &str| {
        if !holds {
            flaws.push(format!("{what}: {failure}"));
        }
    };
    check(!matches!(failure.code, Code::Internal | Code::Unknown | Code::Unavailable), "the code");
    check(failure.reason != "RULE", "no words of its own");
    check(rule.is_of_column() || !failure.message.contains(&rule.name), "the name of the rule");
    let remedies = [";", "must", "required", "there already is"];
    check(remedies.iter().any(|word| failure.message.contains(word)), "it does not say what to do");
    if let Some(field) = rule.field(entity) {
        check(failure.fields == [field], &format!("the field is not `{field}`"));
    }
    if rule.is_of_trigger() && rule.speaks(&failure.message).is_err() {
        check(rule.name.ends_with("_fixed"), "the words of the trigger are lost");
    }
    flaws
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_of_the_database_has_its_own_words() {
    let stage = Stage::set().await;
    let problems = problems(&stage).await;
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// Rules that the service knows nothing of.
const UNKNOWN: [(&str, &str); 5] = [
    ("stack_colour_check", "ALTER TABLE stack ADD CONSTRAINT stack_colour_check CHECK (true)"),
    ("stack_name_idx_of_mine", "CREATE UNIQUE INDEX stack_name_idx_of_mine ON stack (name)"),
    ("subnet_name_excl", "ALTER TABLE subnet ADD CONSTRAINT subnet_name_excl EXCLUDE USING gist (name WITH =)"),
    (
        "service_repo_other_fkey",
        "ALTER TABLE service_repo ADD other text, ADD CONSTRAINT service_repo_other_fkey FOREIGN KEY (other) REFERENCES \
         service (id)",
    ),
    (
        "stack_moon_is_full",
        "CREATE FUNCTION moon() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM qairon_refuse('stack_moon_is_full', \
         'stack', 'name', 'what is wrong', 'what to do'); RETURN NEW; END $$; CREATE TRIGGER stack_moon BEFORE DELETE ON \
         stack FOR EACH ROW EXECUTE FUNCTION moon()",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_without_words_is_found_and_stays_nameless() {
    let stage = Stage::set().await;
    for (_, change) in UNKNOWN {
        stage.database.execute(change).await.unwrap_or_else(|error| panic!("{change}: {error:?}"));
    }
    let problems = problems(&stage).await;
    for (name, _) in UNKNOWN {
        assert!(
            problems.iter().any(|problem| problem.starts_with(&format!("{name}: no words"))),
            "{name}: {problems:#?}"
        );
    }
    assert_eq!(problems.len(), UNKNOWN.len(), "{problems:#?}");
}
