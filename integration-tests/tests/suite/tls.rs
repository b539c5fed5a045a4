//! TLS as the clients speak it: the same connections succeed and fail in qcli, Go and Python, and a failure is explained
//! in the same words.

mod proxy;

use std::path::PathBuf;

use qairon_integration_tests::{Qcli, Report, Server};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::stage::Stage;
use proxy::{Authority, Proxy, self_signed};

/// A server with proxies in front of it, and what a client is to find at each endpoint.
pub struct Site {
    /// The connections: `endpoint`, the `ca_file` or null, and what is `told`, which is empty for one that succeeds.
    pub cases: Vec<Value>,
    /// The certificates that the system trusts.
    pub system: PathBuf,
    directory: TempDir,
    _proxies: Vec<Proxy>,
}

impl Site {
    /// Sets up the proxies.
    pub async fn of(server: &Server) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let (ours, other) = (Authority::new("ours"), Authority::new("other"));
        let file = |name: &str, text: &str| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        let (ca, wrong) = (file("ca.pem", &ours.pem), file("other.pem", &other.pem));
        // A file with more than one issuer, as bundles have.
        let both = file("both.pem", &format!("# two\n{}{}", other.pem, ours.pem));
        let plain = server.endpoint().trim_start_matches("http://").to_owned();
        let start = |config| Proxy::start(plain.clone(), config);
        let good = start(ours.server(&["localhost", "127.0.0.1"], false)).await;
        let elsewhere = start(ours.server(&["qairon.example"], false)).await;
        let expired = start(ours.server(&["localhost"], true)).await;
        let (own, own_pem) = self_signed("localhost", false);
        let (old, old_pem) = self_signed("localhost", true);
        let (foreign, foreign_pem) = self_signed("qairon.example", false);
        let signed = file("own.pem", &format!("{own_pem}{old_pem}{foreign_pem}"));
        let (own, old, foreign) = (start(own).await, start(old).await, start(foreign).await);
        let (mine, past, strange) = (own.address.port(), old.address.port(), foreign.address.port());
        let wordless = Proxy::wordless().await;
        let mute = wordless.address;
        let port = good.address.port();
        let (misnamed, late) = (elsewhere.address.port(), expired.address.port());
        let untrusted = "is from an issuer that this system does not trust: name the issuer's certificate with";
        let case = |endpoint: String, ca_file: Option<&PathBuf>, told: String| json!({ "endpoint": endpoint, "ca_file": ca_file, "told": told });
        let none = String::new;
        let cases = vec![
            case(format!("https://localhost:{port}"), Some(&ca), none()),
            case(format!("https://127.0.0.1:{port}"), Some(&both), none()),
            case(
                format!("https://localhost:{port}"),
                Some(&wrong),
                format!("the certificate of localhost:{port} is not from an issuer in {}: correct", wrong.display()),
            ),
            case(format!("https://localhost:{port}"), None, format!("the certificate of localhost:{port} {untrusted}")),
            case(
                format!("https://localhost:{misnamed}"),
                Some(&ca),
                format!(
                    "the certificate of localhost:{misnamed} is not for the host `localhost`: use a name that is in it"
                ),
            ),
            case(
                format!("https://localhost:{late}"),
                Some(&ca),
                format!("the certificate of localhost:{late} has expired: renew it on the server"),
            ),
            case(
                format!("https://{plain}"),
                Some(&ca),
                format!("the server at {plain} does not speak TLS: use `http://{plain}`"),
            ),
            case(
                format!("http://localhost:{port}"),
                None,
                format!("the server at localhost:{port} expects TLS: use `https://localhost:{port}`"),
            ),
            // A server whose own certificate is in the file is trusted, as far as the dates and the name are right.
            case(format!("https://localhost:{mine}"), Some(&signed), none()),
            case(format!("https://localhost:{mine}"), None, format!("the certificate of localhost:{mine} {untrusted}")),
            case(
                format!("https://localhost:{past}"),
                Some(&signed),
                format!("the certificate of localhost:{past} has expired: renew it on the server"),
            ),
            case(
                format!("https://localhost:{strange}"),
                Some(&signed),
                format!(
                    "the certificate of localhost:{strange} is not for the host `localhost`: use a name that is in it"
                ),
            ),
            case(
                format!("http://{mute}"),
                None,
                format!(
                    "the server at {mute} closed the connection without an answer: use `https://{mute}` if it expects \
                     TLS, or start it again"
                ),
            ),
        ];
        Self { cases, system: wrong, directory, _proxies: vec![good, elsewhere, expired, own, old, foreign, wordless] }
    }

    /// The cases as a file for the tests of other languages, and their environment.
    pub fn environment(&self) -> [(&'static str, PathBuf); 2] {
        let file = self.directory.path().join("cases.json");
        std::fs::write(&file, Value::from(self.cases.clone()).to_string()).expect("written");
        [("QAIRON_TLS_CASES", file), ("SSL_CERT_FILE", self.system.clone())]
    }
}

#[tokio::test]
async fn qcli_speaks_tls_and_explains_why_it_cannot() {
    let stage = Stage::set().await;
    let site = Site::of(&stage.server).await;
    let mut report = Report::new();
    for case in &site.cases {
        let text = |name: &str| case[name].as_str().unwrap_or_default().to_owned();
        let (endpoint, told, ca_file) = (text("endpoint"), text("told"), text("ca_file"));
        let qcli = Qcli::at(&endpoint).with_variable("SSL_CERT_FILE", &site.system.display().to_string());
        let mut args = vec!["application", "list", "-o", "json", "-v"];
        if !ca_file.is_empty() {
            args.extend(["--ca-file", &ca_file]);
        }
        let output = qcli.run(&args).await;
        let lines: Vec<&str> = output.stderr.lines().collect();
        if told.is_empty() {
            report.equal(&endpoint, (output.code, output.stdout.as_str()), (Some(0), "[]\n"));
            continue;
        }
        let last = lines.last().copied().unwrap_or_default();
        let good = output.code == Some(3) && last.starts_with(&format!("qcli: {told}"));
        report.check(good, &endpoint, format!("{output:?} instead of {told}"));
        // What is wrong with a certificate does not pass.
        if told.contains("certificate") {
            report.equal(format!("{endpoint}: attempts"), lines.len(), 2);
        }
    }
    report.finish();
}

#[tokio::test]
async fn the_ca_file_of_the_environment_and_of_completion_counts() {
    let stage = Stage::set().await;
    let site = Site::of(&stage.server).await;
    stage.client.create("application", json!({ "id": "shop" })).await.expect("it is new");
    let endpoint = site.cases[0]["endpoint"].as_str().expect("a text");
    let ca_file = site.cases[0]["ca_file"].as_str().expect("a path");
    let qcli = Qcli::at(endpoint).with_variable("QAIRON_CA_FILE", ca_file);
    assert_eq!(qcli.text(&["application", "list", "-f", "id", "-o", "plain"]).await, "shop");
    let line = "qcli application get sh";
    let completed = qcli.run(&["complete", "fish", line]).await;
    assert!(completed.stdout.contains("shop"), "{completed:?}");
}
