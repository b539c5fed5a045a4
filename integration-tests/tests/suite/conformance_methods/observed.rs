//! Calls of every method, and the traces that each left.

use qairon::model::Method;
use qairon_integration_tests::{
    Client, Database, Failure, Report, Server, Statement, is_read, poll_until, soon, validation,
};
use serde_json::{Value, json};
use tonic::transport::Endpoint;

use super::arguments::Arguments;
use crate::stage::entities;

/// Who calls, and by which program.
pub const ACTOR: &str = "conformance@larkspur.example";
pub const CLIENT: &str = "conformance/1.2.3";

/// A row that was written, as a trigger saw it.
#[derive(Debug)]
pub struct Seen {
    /// INSERT, UPDATE or DELETE, and the table.
    pub what: String,
    /// The identity in the transaction; `None` when there was none.
    pub call: Option<Value>,
}

/// One call of a method, and the traces that it left.
pub struct Observed {
    /// The method.
    pub method: &'static Method,
    /// The request ID that the caller gave.
    pub request_id: String,
    /// The rows that it wrote.
    pub rows: Vec<Seen>,
    /// The rows that were left of a rehearsal before; always none for a method that reads.
    pub rehearsed: Vec<Seen>,
    /// The statements that the method has ever sent.
    pub statements: Vec<Statement>,
    /// The lines of the log with its request ID.
    pub lines: Vec<Value>,
    /// By how much the method's counter went up.
    pub counted: f64,
}

/// A server on a database that shows who writes.
pub struct Stand {
    client: Client,
    server: Server,
    database: Database,
}

/// A call that is ready to be made.
struct Ready {
    method: &'static Method,
    requests: Vec<Value>,
    rehearsed: Vec<Seen>,
}

impl Stand {
    pub async fn set() -> Self {
        let database = Database::new().await;
        watch(&database).await;
        let server = Server::start(&database, &["--log-format", "json"]).await;
        let endpoint = Endpoint::from_shared(server.endpoint()).expect("a URL").user_agent(CLIENT).expect("an agent");
        let client = Client::new(endpoint.connect_lazy()).with_metadata("x-qairon-actor", ACTOR);
        Self { client, server, database }
    }

    /// Calls every method. What is to be there is made first, and rehearsals are held, so that the counters of all
    /// methods can be read once before and once after.
    pub async fn observe_all(mut self, report: &mut Report) -> Vec<Observed> {
        let ready = self.prepare_all(report).await;
        let before = self.counters().await;
        let mut observed = Vec::new();
        for (index, Ready { method, requests, rehearsed }) in ready.into_iter().enumerate() {
            let request_id = format!("call-{index}");
            let answer = self.call(method, &request_id, requests).await;
            report.accepted(&method.path, answer);
            let rows = self.take_seen().await;
            let (statements, lines, counted) = Default::default();
            observed.push(Observed { method, request_id, rows, rehearsed, statements, lines, counted });
        }
        let after = self.counters().await;
        self.server.stop().await;
        let statements = self.server.take_statements();
        let log = self.server.log();
        let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("a log of JSON")).collect();
        for observed in &mut observed {
            let count = |text: &str| counter(text, observed.method);
            observed.counted = count(&after) - count(&before);
            let name = &observed.method.path[1..];
            observed.statements = statements.iter().filter(|statement| statement.method == name).cloned().collect();
            let own = lines.iter().filter(|line| line["request_id"] == json!(observed.request_id));
            observed.lines = own.cloned().collect();
        }
        self.a_change_past_the_service_has_no_identity(report).await;
        observed
    }

    async fn prepare_all(&self, report: &mut Report) -> Vec<Ready> {
        let arguments = Arguments::new(self.server.client());
        let mut ready = Vec::new();
        for method in qairon::model().methods() {
            let Some(requests) = arguments.of(method).await else {
                report.check(false, &method.path, "has no arguments; give it some in conformance_methods/arguments.rs");
                continue;
            };
            self.take_seen().await;
            if !is_read(method) {
                let answer = self.call(method, "rehearsal", rehearsal(method, requests.clone())).await;
                report.accepted(format!("{} validated only", method.path), answer);
            }
            ready.push(Ready { method, requests, rehearsed: self.take_seen().await });
        }
        ready
    }

    async fn call(&self, method: &Method, request_id: &str, requests: Vec<Value>) -> Result<Vec<Value>, Failure> {
        let client = self.client.clone().with_metadata("x-request-id", request_id);
        client.exchange(&method.descriptor, requests).await
    }

    /// The metrics, when no call is under way: that of a stream ends after its last message.
    async fn counters(&self) -> String {
        poll_until(soon(), "no call is under way", || async {
            let text = self.server.metrics().await;
            text.contains("\nqairon_requests_in_flight 0\n").then_some(text)
        })
        .await
    }

    /// The rows that were written since the last time.
    async fn take_seen(&self) -> Vec<Seen> {
        let rows = self.database.query("DELETE FROM seen RETURNING what, call").await;
        let row = |row: Vec<Option<String>>| {
            let [what, call] = <[_; 2]>::try_from(row).expect("two columns");
            let call = call.filter(|text| !text.is_empty());
            let call = call.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)));
            Seen { what: what.expect("an operation"), call }
        };
        rows.into_iter().map(row).collect()
    }

    async fn a_change_past_the_service_has_no_identity(&self, report: &mut Report) {
        let sql = "INSERT INTO application (id) VALUES ('by-hand')";
        self.database.execute(sql).await.expect("an application");
        let seen = self.take_seen().await;
        let unknown = seen.iter().map(|row| (row.what.as_str(), &row.call)).collect::<Vec<_>>();
        report.equal("a change by SQL", unknown, vec![("INSERT application", &None)]);
    }
}

/// Has a trigger on every table of an entity or a link copy the identity of whoever writes.
async fn watch(database: &Database) {
    let setup = "CREATE TABLE seen (what text NOT NULL, call text);
        CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO seen VALUES (TG_OP || ' ' || TG_TABLE_NAME, current_setting('qairon.call', true));
            RETURN NULL;
        END $$;";
    database.execute(setup).await.expect("a table and a function");
    let catalogue = database.query("SELECT name FROM qairon_entity ORDER BY 1").await;
    let mut tables: Vec<String> = catalogue.into_iter().flatten().flatten().collect();
    let mut known: Vec<&str> = entities().iter().map(|entity| entity.name.as_str()).collect();
    known.sort_unstable();
    assert_eq!(tables, known, "the catalogue of the database is that of the model");
    tables.extend(entities().iter().flat_map(|entity| entity.links.iter().map(|link| link.table.clone())));
    let trigger = |table: &String| {
        format!(
            "CREATE TRIGGER zz_see AFTER INSERT OR UPDATE OR DELETE ON \"{table}\" \
             FOR EACH ROW EXECUTE FUNCTION see();"
        )
    };
    database.execute(&tables.iter().map(trigger).collect::<String>()).await.expect("triggers");
}

/// The same requests, of which nothing shall remain.
fn rehearsal(method: &Method, mut requests: Vec<Value>) -> Vec<Value> {
    let place = validation(method).unwrap_or_default();
    let first = requests.first_mut().expect("a request");
    let options = if place.is_empty() { first } else { &mut first[&place] };
    options["validate_only"] = true.into();
    requests
}

/// How many calls of a method the metrics have.
fn counter(text: &str, method: &Method) -> f64 {
    let label = format!("method=\"{}\"", &method.path[1..]);
    let lines = text.lines().filter(|line| line.starts_with("qairon_requests_total{") && line.contains(&label));
    lines.map(|line| line.rsplit(' ').next().and_then(|count| count.parse::<f64>().ok()).expect("a number")).sum()
}
