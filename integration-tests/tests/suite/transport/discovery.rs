//! Health and reflection, as balancers and explorers use them.

use qairon_integration_tests::{Database, Server, poll_until, soon, workspace};
use serde_json::json;
use tonic::Code;

use super::raw::{SERVING, frame, health_request, post};

#[tokio::test]
async fn health_answers_for_the_process_and_for_every_service() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    let check = "/grpc.health.v1.Health/Check";
    let mut services: Vec<String> =
        qairon::model().pool().services().map(|service| service.full_name().to_owned()).collect();
    services.push(String::new());
    for service in services.iter().filter(|name| name.is_empty() || name.starts_with("qairon.")) {
        poll_until(soon(), "the database was looked at", || async {
            let answer = post(server.channel(), check, &[], health_request(service)).await;
            (answer.messages.first()? == SERVING).then_some(())
        })
        .await;
    }
    let unknown = post(server.channel(), check, &[], health_request("qairon.v1.CoffeeService")).await;
    assert_eq!(unknown.code(), Code::NotFound);
}

#[tokio::test]
async fn reflection_answers_in_both_versions() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    for version in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        // list_services, and file_containing_symbol.
        let list = post(server.channel(), &path, &[], frame(&[0x3a, 1, b'*'])).await;
        let listed = list.messages.first().unwrap_or_else(|| panic!("{version}: {list:?}"));
        for service in qairon::model().pool().services().filter(|service| service.full_name().starts_with("qairon.")) {
            let name = service.full_name().as_bytes();
            assert!(listed.windows(name.len()).any(|part| part == name), "{version} lists {}", service.full_name());
        }
        let symbol = "qairon.v1.Stack";
        let mut request = vec![0x22, u8::try_from(symbol.len()).expect("a short name")];
        request.extend(symbol.as_bytes());
        let file = post(server.channel(), &path, &[], frame(&request)).await;
        let file = file.messages.first().unwrap_or_else(|| panic!("{version}: {file:?}"));
        assert!(file.windows(21).any(|part| part == b"qairon/v1/stack.proto"), "{version} knows {symbol}");
    }
}

/// The real client, which `scripts/tools.sh` installs.
#[tokio::test]
async fn grpcurl_finds_its_way_by_reflection_alone() {
    let database = Database::new().await;
    let server = Server::start(&database, &[]).await;
    server.client().create("application", json!({ "id": "shop" })).await.expect("an application");
    let installed = workspace().join(".tools/bin/grpcurl");
    let program = if installed.exists() { installed } else { "grpcurl".into() };
    let run = async |args: &[&str]| {
        let mut command = tokio::process::Command::new(&program);
        command.arg("-plaintext").args(args);
        let output = command.output().await.expect("grpcurl can be run; `make grpcurl` installs it");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let address = server.address();
    let (ok, services, stderr) = run(&[address, "list"]).await;
    assert!(ok, "{stderr}");
    for service in qairon::model().pool().services().filter(|service| service.full_name().starts_with("qairon.")) {
        assert!(services.lines().any(|line| line == service.full_name()), "{services}");
        let (ok, _, stderr) = run(&[address, "describe", service.full_name()]).await;
        assert!(ok, "{}: {stderr}", service.full_name());
    }
    let (ok, described, stderr) = run(&[address, "describe", "qairon.v1.Stack"]).await;
    assert!(ok && described.contains("The application"), "comments come along: {described}{stderr}");
    let (ok, stdout, stderr) =
        run(&["-d", r#"{"id": "shop"}"#, address, "qairon.v1.CatalogService/GetApplication"]).await;
    assert!(ok && stdout.contains(r#""id": "shop""#), "{stdout}{stderr}");
    let (ok, _, stderr) = run(&["-d", r#"{"id": "none"}"#, address, "qairon.v1.CatalogService/GetApplication"]).await;
    assert!(!ok && stderr.contains("NotFound") && stderr.contains("google.rpc.ErrorInfo"), "{stderr}");
    let objects = r#"{"objects": [{"@type": "type.googleapis.com/qairon.v1.Application", "id": "streamed"}]}"#;
    let (ok, stdout, stderr) = run(&["-d", objects, address, "qairon.v1.BulkService/ImportObjects"]).await;
    assert!(ok && stdout.contains(r#""created": "1""#), "{stdout}{stderr}");
}
