//! Where the server is: endpoints and CA files are checked before anything is sent.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;

use crate::{command, printed, qcli, refusal};

/// An endpoint that no client takes, and what is said about it. `stubs/testdata/endpoints.json` has the others.
const WRONG: &str = "127.0.0.1:99999";
const TOLD: &str = "endpoint `127.0.0.1:99999` has the port `99999`: use a number from 1 to 65535";

#[test]
fn a_wrong_endpoint_is_refused_with_what_named_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("c.toml");
    let list = &["stack", "list"];
    assert_eq!(refusal(&qcli("", &["stack", "list", "--endpoint", WRONG]), 2), format!("--endpoint: {TOLD}"));
    assert_eq!(refusal(&qcli(WRONG, list), 2), format!("QAIRON_ENDPOINT: {TOLD}"));
    assert_eq!(refusal(&qcli("h:1", &["config", "set-context", "a", "--endpoint", WRONG]), 2), TOLD);
    fs::write(&path, format!("current_context = 'a'\n[contexts.a]\nendpoint = '{WRONG}'\n")).expect("written");
    let output = command(list).env("QAIRON_CONFIG", &path).output().expect("qcli runs");
    assert_eq!(refusal(&output, 2), format!("{}:3: {TOLD}", path.display()));
    // A password is in no message.
    let told = refusal(&qcli("http://me:secret@h:1", list), 2);
    assert_eq!(told, "QAIRON_ENDPOINT: the endpoint has a user or a password: remove the part up to `@`");
}

#[test]
fn a_ca_file_is_read_for_a_server_with_tls_and_its_faults_are_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let folder = directory.path().display().to_string();
    let missing = format!("{folder}/no.pem");
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (path, told) in [
        (missing.clone(), "does not exist: correct its path"),
        (folder.clone(), "is a directory: name a file in it"),
        (file("empty.pem", ""), "has no certificate: write the issuer's to it, in PEM"),
        (
            file("key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
            "has no certificate: write",
        ),
        (file("damaged.pem", damaged), "has a damaged certificate: write it anew, in PEM"),
    ] {
        let args = ["stack", "list", "--endpoint", "https://127.0.0.1:1"];
        let output = qcli("", &[&args[..], &["--ca-file", &path]].concat());
        let said = refusal(&output, 2);
        assert!(said.starts_with(&format!("the CA file {path} of `--ca-file` {told}")), "{said}");
        let output = command(&args).env("QAIRON_CA_FILE", &path).output().expect("qcli runs");
        let said = refusal(&output, 2);
        assert!(said.starts_with(&format!("the CA file {path} of QAIRON_CA_FILE {told}")), "{said}");
    }
    // Without TLS it is not needed.
    assert!(refusal(&qcli("127.0.0.1:1", &["stack", "list", "--ca-file", &missing]), 3).starts_with("cannot reach"));
}

#[test]
fn the_ca_file_of_a_context_is_found_from_everywhere() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("c.toml");
    let run = |args: &[&str]| {
        let mut command = command(args);
        command.env("QAIRON_CONFIG", &path).current_dir(directory.path()).output().expect("qcli runs")
    };
    let set = run(&["config", "set-context", "a", "--endpoint", "https://127.0.0.1:1", "--ca-file", "ca.pem"]);
    assert_eq!(printed(&set), "context `a` created\n");
    let absolute = directory.path().join("ca.pem").display().to_string();
    assert!(fs::read_to_string(&path).expect("text").contains(&format!("ca_file = \"{absolute}\"")));
    let told = refusal(&run(&["stack", "list", "--context", "a"]), 2);
    assert_eq!(told, format!("the CA file {absolute} of context a does not exist: correct its path"));
    // What is written by hand is relative to the file.
    fs::write(&path, "[contexts.a]\nendpoint = 'https://127.0.0.1:1'\nca-file = 'keys/ca.pem'\n").expect("written");
    let mut elsewhere = command(&["stack", "list", "--context", "a"]);
    let output = elsewhere.env("QAIRON_CONFIG", &path).current_dir("/").output().expect("qcli runs");
    let beside = directory.path().join("keys/ca.pem");
    assert!(refusal(&output, 2).starts_with(&format!("the CA file {} of context a", beside.display())));
}

#[test]
fn a_server_of_http_1_is_not_one_of_grpc() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { return };
            _ = connection.read(&mut [0; 24]);
            // What web servers answer where they expect TLS.
            _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        }
    });
    let told = refusal(&qcli(&address, &["stack", "list", "--retries", "0"]), 3);
    let wanted = format!(
        "the server at {address} does not speak HTTP/2 without TLS, as gRPC needs: use `https://{address}` if it expects \
         TLS, or another endpoint"
    );
    assert_eq!(told, wanted);
}
