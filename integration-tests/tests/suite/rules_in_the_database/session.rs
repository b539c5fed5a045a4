//! A plain session on a database with two environments in it.
//!
//! Both environments are built alike: provider `<environment>:aws:1`, its regions `east` and `west`, in each a zone
//! `a` and the partitions `p` and `q`, in each of those the deployment targets `main` and `spare`, the networks `net`
//! and `net6`, and the fleet `f` at home on `main`. Services `app:stack:web` and `app:stack:api` are deployed to the
//! `main` of each `east:p`, twice for `web`: under the tags `default` and `blue`.

use std::collections::HashSet;

use qairon_integration_tests::{Database, Report, sql_error};
use tokio_postgres::Client;

use super::Origin;

/// The first region, its first partition and its first deployment target in environment `prod`.
pub const REGION: &str = "prod:aws:1:east";
pub const PARTITION: &str = "prod:aws:1:east:p";
pub const TARGET: &str = "prod:aws:1:east:p:kube:main";
/// Its fleet, network and deployment.
pub const FLEET: &str = "prod:aws:1:east:p:kube:main:aws:node:f";
pub const NETWORK: &str = "prod:aws:1:east:p:net";
pub const DEPLOYMENT: &str = "prod:aws:1:east:p:kube:main:app:stack:web:default";

pub const OBJECTS: &str = "
    INSERT INTO application (id) VALUES ('app');
    INSERT INTO stack (application_id, name) VALUES ('app', 'stack');
    INSERT INTO service (stack_id, name) VALUES ('app:stack', 'web'), ('app:stack', 'api');
    INSERT INTO proc (service_id, name) SELECT id, 'server' FROM service;
    INSERT INTO build (service_id, build_num, vcs_ref) SELECT id, n, 'v' || n FROM service, generate_series(1, 2) n;
    INSERT INTO environment (id) VALUES ('prod'), ('test');
    INSERT INTO provider_type (id) VALUES ('aws');
    INSERT INTO provider (environment_id, provider_type_id, native_id) SELECT id, 'aws', '1' FROM environment;
    INSERT INTO region (provider_id, name) SELECT id, n FROM provider, unnest(ARRAY['east', 'west']) n;
    INSERT INTO zone (region_id, name) SELECT id, 'a' FROM region;
    INSERT INTO partition (region_id, name) SELECT id, n FROM region, unnest(ARRAY['p', 'q']) n;
    INSERT INTO deployment_target_type (id) VALUES ('kube');
    INSERT INTO deployment_target (partition_id, deployment_target_type_id, name)
        SELECT id, 'kube', n FROM partition, unnest(ARRAY['main', 'spare']) n;
    INSERT INTO fleet_type (provider_type_id, name) VALUES ('aws', 'node');
    INSERT INTO fleet (deployment_target_id, fleet_type_id, name)
        SELECT id, 'aws:node', 'f' FROM deployment_target WHERE name = 'main';
    INSERT INTO network (partition_id, name, cidr) SELECT id, 'net', '10.0.0.0/16' FROM partition;
    INSERT INTO network (partition_id, name, cidr) SELECT id, 'net6', 'fd00::/48' FROM partition;
    INSERT INTO deployment (deployment_target_id, service_id)
        SELECT t.id, s.id FROM deployment_target t, service s WHERE t.id LIKE '%:east:p:kube:main';
    INSERT INTO deployment (deployment_target_id, service_id, tag)
        SELECT t.id, 'app:stack:web', 'blue' FROM deployment_target t WHERE t.id LIKE '%:east:p:kube:main';
    INSERT INTO release (build_id, deployment_id, build_num) SELECT d.service_id || ':1', d.id, 1 FROM deployment d;
    UPDATE deployment SET current_release_id = id || ':1' WHERE tag = 'default';
    INSERT INTO deployment_proc (deployment_id, proc_id) SELECT d.id, d.service_id || ':server' FROM deployment d";

/// A session, and what went wrong in it.
pub struct Session<'o> {
    pub database: Database,
    pub client: Client,
    /// The rules that PostgreSQL words itself: those that are declared, not written as triggers.
    declared: HashSet<String>,
    origin: &'o Origin,
    report: Report,
}

impl<'o> Session<'o> {
    /// A session on a database with the objects described above.
    pub async fn new(origin: &'o Origin) -> Self {
        Self::on(origin.filled().await, origin).await
    }

    /// A session on a database without any objects.
    pub async fn empty(origin: &'o Origin) -> Self {
        Self::on(origin.empty().await, origin).await
    }

    async fn on(database: Database, origin: &'o Origin) -> Self {
        let client = database.connect().await;
        let sql = "SELECT conname::text FROM pg_constraint WHERE contype <> 't'";
        let rows = client.query(sql, &[]).await.expect("the constraints");
        let declared = rows.iter().map(|row| row.get(0)).collect();
        Self { database, client, declared, origin, report: Report::new() }
    }

    /// Executes statements, as one transaction, that have to succeed.
    pub async fn accepted(&mut self, sql: &str) {
        let result = self.client.batch_execute(sql).await;
        self.report.check(result.is_ok(), sql, format!("{:?}", result.err()));
    }

    /// Executes statements, as one transaction, that a rule has to refuse. A trigger's refusal has a text for people,
    /// with a remedy.
    pub async fn refused(&mut self, sql: &str, rule: &str) {
        let Err(error) = self.client.batch_execute(sql).await else {
            self.report.check(false, sql, format!("accepted instead of {rule}"));
            return;
        };
        let error = sql_error(&error);
        self.report.equal(sql, error.constraint().unwrap_or(error.message()), rule);
        if error.constraint() == Some(rule) {
            self.origin.note(rule);
        }
        if self.declared.contains(rule) {
            return;
        }
        let (message, hint) = (error.message(), error.hint().unwrap_or_default());
        self.report.check(error.code().code() == "23514", sql, format!("the code is {:?}", error.code()));
        self.report.check(
            error.table().is_some() && error.column().is_some(),
            sql,
            "neither table nor column are reported",
        );
        for (what, text) in [("message", message), ("hint", hint)] {
            let driver = ["violates", "constraint", "trigger", "NULL", "%"].iter().any(|word| text.contains(word));
            let starts = text.starts_with(|first: char| first.is_lowercase() || first == '`');
            let fine = starts && !driver && !text.ends_with('.') && text.split(' ').count() >= 3;
            self.report.check(fine, sql, format!("the {what} is not for people: {text:?}"));
        }
    }

    /// Executes statements, as one transaction, that the part of a rule has to refuse which looks after a table.
    pub async fn refused_on(&mut self, table: &str, sql: &str, rule: &str) {
        self.refused(sql, rule).await;
        let error = self.client.batch_execute(sql).await.err();
        self.report.equal(sql, error.as_ref().and_then(|error| sql_error(error).table()), Some(table));
    }

    /// Executes statements that PostgreSQL has to refuse with a code, for no rule of its own name stands behind them.
    pub async fn refused_with_code(&mut self, sql: &str, code: &str) {
        let error = self.client.batch_execute(sql).await.err();
        let found = error.as_ref().map(|error| sql_error(error).code().code().to_owned());
        self.report.equal(sql, found.as_deref(), Some(code));
    }

    /// Compares the first column of a query's rows, which must be texts, with what it has to be.
    pub async fn gives(&mut self, sql: &str, wanted: &[&str]) {
        let rows = self.client.query(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let found: Vec<String> = rows.iter().map(|row| row.get::<_, Option<String>>(0).unwrap_or_default()).collect();
        self.report.equal(sql, found, wanted.iter().map(|text| (*text).to_owned()).collect());
    }

    /// Fails the test when anything went wrong.
    pub fn finish(self) {
        self.report.finish();
    }
}
