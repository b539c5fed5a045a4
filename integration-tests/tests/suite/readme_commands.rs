//! Every `qcli` command that users of the REST service and its command line have in their scripts, as they have it:
//! `readme/*.sh` hold them unchanged, with the pipes around them. The other programs in those pipes are in
//! `readme/stand-ins`: kubectl, terraform, aws, curl and csvjson. jq, diff and the shell are the real ones.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use qairon_integration_tests::{Program, program, workspace};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::stage::Stage;

const TARGET: &str = "prod:aws:123456789012:us-east-1:us-east-1a:eks:main-cluster";
const DEPLOYMENT: &str = "prod:aws:123456789012:us-east-1:us-east-1a:eks:main-cluster:ecommerce:checkout:cart:default";

/// A user's shell, in a folder of its own, with what the readme talks about recorded.
struct Shell {
    stage: Stage,
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

/// What a script said and how it ended.
#[derive(Debug)]
struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Shell {
    async fn open() -> Self {
        let stage = Stage::set().await;
        let folder = tempfile::tempdir().expect("a folder");
        let shell = Self { stage, folder, variables: vec![("DT_ID", TARGET.to_owned())] };
        let setup = readme().join("setup.yaml");
        shell.output(&format!("qcli apply -q -f '{}'", setup.display())).await;
        shell
    }

    /// Runs one of the scripts.
    async fn script(&self, name: &str) -> Ended {
        self.run(&text(name), &[]).await
    }

    /// Runs commands as one script with arguments.
    async fn run(&self, commands: &str, arguments: &[&str]) -> Ended {
        let qcli = program(Program::Qcli);
        let path = std::env::var("PATH").unwrap_or_default();
        let programs = qcli.parent().expect("programs are in a folder").display();
        let output = Command::new("bash")
            .args(["-eu", "-c", commands, "script"])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{programs}:{path}", readme().join("stand-ins").display()))
            .env("QAIRON_ENDPOINT", self.stage.server.endpoint())
            .env("QAIRON_CONFIG", "/dev/null")
            .env("STAND_INS_LOG", self.folder.path().join("stand-ins.log"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .await
            .expect("there is a bash");
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs commands that have to succeed with an empty standard error, and returns their output.
    async fn output(&self, commands: &str) -> String {
        let ended = self.run(commands, &[]).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{commands}\n{}", ended.stdout);
        ended.stdout.trim_end().to_owned()
    }

    async fn json(&self, commands: &str) -> Value {
        let output = self.output(commands).await;
        serde_json::from_str(&output).unwrap_or_else(|error| panic!("{commands}: {error} in {output}"))
    }

    /// What a script wrote to a file.
    fn written(&self, name: &str) -> Value {
        let text = std::fs::read_to_string(self.folder.path().join(name)).expect(name);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error} in {text}"))
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.folder.path().join(name), content).expect(name);
    }

    /// How the stand-ins were called.
    fn calls(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stand-ins.log")).unwrap_or_default()
    }
}

fn readme() -> PathBuf {
    workspace().join("integration-tests/readme")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(readme().join(name).with_extension("sh")).expect(name)
}

/// The workloads of the cluster, as Qairon and kubectl both print them.
fn workloads() -> Value {
    json!([
        { "service": "billing", "namespace": "payments", "image": null },
        { "service": "cart", "namespace": "checkout", "image": "registry/cart:41" },
        { "service": "order-processor", "namespace": "checkout", "image": "registry/order-processor:41" },
    ])
}

#[test]
fn the_stand_ins_are_five_and_can_be_run() {
    let entries = std::fs::read_dir(readme().join("stand-ins")).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            let entry = entry.expect("an entry");
            let mode = entry.metadata().expect("its metadata").permissions().mode();
            assert_eq!(mode & 0o111, 0o111, "{} can be run", entry.path().display());
            entry.file_name().to_string_lossy().into_owned()
        })
        .collect();
    names.sort();
    assert_eq!(names, ["aws", "csvjson", "curl", "kubectl", "terraform"]);
}

#[tokio::test]
async fn the_commands_of_the_section_on_usage() {
    let shell = Shell::open().await;
    shell.write("applications.csv", "id\nanalytics\nback-office\n");
    shell.write("stacks.csv", "application_id,name\nanalytics,reports\n");
    let script = text("usage");
    let mut lines = script.lines();
    // The address is that of the server under test.
    assert_eq!(lines.next(), Some("export QAIRON_ENDPOINT=http://localhost:5000"));
    let mut next = |wanted: &str| {
        let line = lines.next().expect(wanted);
        assert!(line.starts_with(wanted), "{line}");
        line.to_owned()
    };
    let ids = |rows: &Value| -> Vec<String> {
        rows.as_array().expect("an array").iter().map(|row| row["id"].as_str().expect("an ID").to_owned()).collect()
    };

    let services = shell.json(&next("qcli service list")).await;
    let all = ["ecommerce:checkout:cart", "ecommerce:checkout:order-processor", "ecommerce:payments:billing"];
    assert_eq!(ids(&services), all);
    let deployments = shell.json(&next("qcli deployment list")).await;
    assert_eq!(deployments.as_array().map(Vec::len), Some(3));
    assert_eq!(deployments[0]["current_release"]["release_artifacts"][0]["upload_path"], "registry/cart:41");
    let service = shell.json(&next("qcli service get ")).await;
    assert_eq!((&service["resource"], &service["id"]), (&json!("service"), &json!(all[1])));
    assert_eq!(ids(&shell.json(&next("qcli stack get_field ecommerce:payments services")).await), [all[2]]);
    let of_service = shell.json(&next("qcli service get_field ")).await;
    assert_eq!(ids(&of_service), [format!("{TARGET}:{}:default", all[1])]);

    // It exists: nothing succeeds silently. Without it, its ID alone is printed.
    let create = next("qcli service create ecommerce:checkout order-processor");
    let refused = shell.run(&create, &[]).await;
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
    assert!(refused.stderr.contains("ALREADY_EXISTS"), "{}", refused.stderr);
    shell.output(&format!("qcli service delete {} --force", all[1])).await;
    assert_eq!(shell.output(&create).await, all[1]);

    let found = shell.json(&next("qcli deployment query ")).await;
    assert_eq!(found, json!([]), "its deployments went with it");
    let subnet = shell.json(&next("qcli network allocate_subnet ")).await;
    assert_eq!((&subnet["cidr"], &subnet["name"]), (&json!("10.16.0.0/22"), &json!("eks0")));
    let imported = shell.json(&next("qcli csv_import import_csv application applications.csv")).await;
    assert_eq!(imported["created"], 2);
    let rehearsed = shell.json(&next("qcli csv_import import_csv stack stacks.csv --dry-run")).await;
    assert_eq!(rehearsed["created"], 1);
    assert_eq!(ids(&shell.json("qcli stack list --filter 'application_id = \"analytics\"'").await), [""; 0]);
    assert_eq!(lines.next(), None, "every command was run");
}

#[tokio::test]
async fn a_pipeline_records_from_a_build_to_a_release_artifact() {
    let mut shell = Shell::open().await;
    shell.variables.extend([
        ("SERVICE_ID", "ecommerce:checkout:cart".to_owned()),
        ("BUILD_NUM", "42".to_owned()),
        ("GITHUB_SHA", "1b2c3d4e".to_owned()),
        ("GITHUB_ENV", shell.folder.path().join("github.env").display().to_string()),
        ("INPUT_REPO_ID", "git:ecommerce".to_owned()),
        ("OUTPUT_REPO_ID", "ecr:ecommerce-cart".to_owned()),
        ("NAME", "image".to_owned()),
        ("UPLOAD_PATH", "registry/cart:42".to_owned()),
        ("DEPLOYMENT_ID", DEPLOYMENT.to_owned()),
    ]);
    let ended = shell.script("pipeline").await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    let artifacts = ["ecommerce:checkout:cart:42:image".to_owned(), format!("{DEPLOYMENT}:42:image")];
    assert_eq!(ended.stdout.lines().collect::<Vec<_>>(), artifacts);
    let handed_on = std::fs::read_to_string(shell.folder.path().join("github.env")).expect("it was written");
    assert_eq!(handed_on, format!("BUILD_ID=ecommerce:checkout:cart:42\nRELEASE_ID={DEPLOYMENT}:42\n"));
    let build = shell.json("qcli build get ecommerce:checkout:cart:42").await;
    assert_eq!((&build["vcs_ref"], &build["build_num"]), (&json!("1b2c3d4e"), &json!(42)));
    let artifact = shell.json(&format!("qcli release_artifact get {}", artifacts[1])).await;
    assert_eq!(artifact["upload_path"], "registry/cart:42");
    assert_eq!(artifact["input_repo_id"], "git:ecommerce");
}

#[tokio::test]
async fn stored_patterns_come_back_and_work_in_jq() {
    let shell = Shell::open().await;
    let stored = shell.script("storing_patterns").await;
    assert_eq!((stored.code, stored.stderr.as_str()), (Some(0), ""));
    assert_eq!(shell.written("k8s_running.json"), workloads());
    assert_eq!(shell.calls(), "kubectl --context prod-eks-main-cluster get deployments -A -o json\n");

    // Into variables of the environment, and from there on both sides of a diff without a difference.
    assert_eq!(shell.output(&text("environment_variables")).await, "");
    assert_eq!(shell.written("intended.json"), workloads());
    assert_eq!(shell.output(&text("process_substitution")).await, "");
    assert_eq!(shell.output(&text("shell_function")).await, "");
    let merged = format!("{}printf '%s\\n' \"$K8S_CTX\" \"$MERGED\"", text("merged_defaults"));
    let merged = shell.output(&merged).await;
    let (context, merged) = merged.split_once('\n').expect("two values");
    assert_eq!(context, "prod-eks-main-cluster");
    let merged: Value = serde_json::from_str(merged).expect("JSON");
    assert_eq!(merged["recon"]["k8s_context"], "prod-eks-main-cluster", "from the target");
    assert!(merged["recon"]["k8s_jq"].is_string(), "from its type");

    // A difference is found: the diff has output when a service runs something else.
    shell.output("qcli release_artifact set_field \"$DT_ID:ecommerce:checkout:cart:default:41:image\" upload_path registry/cart:40 -q").await;
    let differs = shell.run(&text("process_substitution"), &[]).await;
    assert_eq!(differs.code, Some(1));
    assert!(differs.stdout.contains("registry/cart:40"), "{}", differs.stdout);
}

#[tokio::test]
async fn the_reconciliation_script_takes_its_arguments() {
    let shell = Shell::open().await;
    shell.script("storing_patterns").await;
    // The script knows its patterns under these names.
    let rename = "qcli deployment_target_type set_field eks defaults \"$(qcli deployment_target_type get_field eks defaults \
                  -o plain | jq -c '.recon.actual_jq = .recon.k8s_jq')\" -q";
    shell.output(rename).await;
    let arguments = ["deployment_target", "eks", TARGET, "kubectl get deployments -A -o json"];
    let ended = shell.run(&text("recon"), &arguments).await;
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), "", ""));
}

#[tokio::test]
async fn networks_are_reconciled_with_terraform() {
    let shell = Shell::open().await;
    shell.script("storing_patterns").await;
    let ended = shell.script("terraform").await;
    // As it is written it compares a list with an object: what matters is that both have the network.
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    let network = json!({ "native_id": "vpc-0a1b2c", "cidr": "10.16.0.0/16" });
    assert_eq!(shell.written("qairon_networks.json"), network);
    assert_eq!(shell.written("tf_vpcs.json"), json!([network]));
    assert!(
        shell.calls().ends_with("terraform show -json s3://terraform-state/prod/vpc.tfstate\n"),
        "{}",
        shell.calls()
    );
}

#[tokio::test]
async fn services_are_reconciled_with_a_cmdb() {
    let shell = Shell::open().await;
    // It prints the objects it changed; the diff prints nothing.
    let ended = shell.script("cmdb").await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    assert!(!ended.stdout.lines().any(|line| line.starts_with(['<', '>'])), "{}", ended.stdout);
    let services = shell.written("qairon_services.json");
    assert_eq!(services[0], json!({ "service": "billing", "cluster": "main-cluster", "env": "prod" }));
    assert_eq!(shell.calls(), "curl -s https://cmdb.internal/api/services?cluster=main-cluster\n");
}

#[tokio::test]
async fn artifacts_are_reconciled_with_a_registry() {
    let shell = Shell::open().await;
    let ended = shell.script("registries").await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    assert_eq!(shell.written("qairon_artifacts.json"), json!([{ "image": "ecommerce/order-processor:41" }]));
    assert_eq!(shell.calls(), "aws ecr describe-images --repository-name ecommerce/order-processor\n");
}

#[tokio::test]
async fn services_are_reconciled_with_a_spreadsheet() {
    let shell = Shell::open().await;
    let ended = shell.script("spreadsheets").await;
    // The two sides name their keys in another order, which diff sees and JSON does not; the spreadsheet itself is on a
    // disk that is not here.
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    let services = shell.written("qairon_services.json");
    assert_eq!(services[0], json!({ "app": "ecommerce", "stack": "payments", "service": "billing" }));
    assert_eq!(shell.written("spreadsheet.json"), services);
    assert!(ended.stderr.contains("/shared/docs/ecommerce-deployments.csv"), "{}", ended.stderr);
}

#[tokio::test]
async fn what_runs_is_reconciled_with_a_cluster() {
    let shell = Shell::open().await;
    let ended = shell.script("service_mesh").await;
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{}", ended.stdout);
    assert_eq!(shell.written("qairon_intended.json"), workloads());
    assert_eq!(shell.written("k8s_running.json"), workloads());
    assert_eq!(shell.calls(), "kubectl --context prod-eks-main get deployments -A -o json\n");
}

#[test]
fn no_script_stands_idle() {
    let used = include_str!("readme_commands.rs");
    for entry in std::fs::read_dir(readme()).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.extension() == Some(Path::new("sh").as_os_str()) {
            assert!(used.contains(&format!("(\"{name}\")")), "{name} is run by a test");
        }
    }
}
