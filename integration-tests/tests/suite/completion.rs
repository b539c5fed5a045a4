//! Completion in real shells: what a TAB makes of a line.

pub mod shell;

use std::collections::BTreeSet;
use std::net::TcpListener;

use qairon_integration_tests::Database;
use shell::Shell;

use crate::stage::Stage;

/// How a shell is started, and how it loads the completion of qcli.
const SHELLS: [(&[&str], &str); 5] = [
    (&["bash", "--norc", "--noprofile"], "source <(qcli completion bash)"),
    (
        &["bash", "--norc", "--noprofile"],
        "source /usr/share/bash-completion/bash_completion; source <(qcli completion bash)",
    ),
    (&["zsh", "-i"], "PS1='$ '; autoload -Uz compinit; compinit -u; source <(qcli completion zsh)"),
    (
        &["zsh", "-i"],
        "PS1='$ '; mkdir f; qcli completion zsh >f/_qcli; fpath=($PWD/f $fpath); autoload -Uz compinit; compinit -u",
    ),
    (&["fish", "--private"], "qcli completion fish | source"),
];

/// A deployment with two of the three zones of its region.
const DEPLOYMENT: &str = "prod:aws:acct:us-east:main:eks:web:shop:cart:api:default";

/// Each line with the keys that are typed, and what the line has become. A dot after the last TAB shows whether there
/// is a space before it.
const LINES: [(&str, &str); 26] = [
    // Resource, command, flag, value, field.
    ("qcli deployment_target_t\t.", "qcli deployment_target_type ."),
    ("qcli deployment unas\t.", "qcli deployment unassign_zone ."),
    ("qcli deployment-target get-field-q\t.", "qcli deployment-target get-field-query ."),
    ("qcli stack get x --outp\t.", "qcli stack get x --output ."),
    ("qcli stack list --output=ta\t.", "qcli stack list --output=table ."),
    ("qcli deployment set_field x current_r\t.", "qcli deployment set_field x current_release_id ."),
    // Enums, and types as a value.
    ("qcli allocation create --watermark H\t.", "qcli allocation create --watermark HIGH ."),
    ("qcli relatable create DeploymentTargetT\t.", "qcli relatable create DeploymentTargetType ."),
    // IDs: a space follows a whole one and none a part; in quotes; and those that are linked.
    ("qcli deployment get pr\te\t.", "qcli deployment get prod:aws:acct:us-east:main:eks:web:shop:cart:api:default ."),
    ("qcli zone get prod:aws:acct:us-\t.", "qcli zone get prod:aws:acct:us-."),
    (
        "qcli deployment unassign_zone prod:aws:acct:us-west:main:eks:web:shop:cart:api:default p\t.",
        ":default prod:aws:acct:us-west:a .",
    ),
    ("qcli service get sh\t.", "qcli service get shop:."),
    ("qcli service get shop:w\t.", "qcli service get shop:web:s."),
    ("qcli zone get prod:aws:acct:us-west:\t.", "qcli zone get prod:aws:acct:us-west:a ."),
    ("qcli stack get \"shop:ca\t", "qcli stack get \"shop:cart\""),
    // What is explained, orders and scopes.
    ("qcli explain service.stack_\t.", "qcli explain service.stack_id ."),
    ("qcli explain deployment_target_ty\t.", "qcli explain deployment_target_type."),
    ("qcli service list --order-by stack.application_i\t.", "qcli service list --order-by stack.application_id ."),
    ("qcli export --scope applicati\t.", "qcli export --scope application/."),
    ("qcli export --scope zone/prod:aws:acct:us-west:\t.", "qcli export --scope zone/prod:aws:acct:us-west:a ."),
    // Filters: a field is not the end of one.
    ("qcli service list --filter 'stack_\t = x", "qcli service list --filter 'stack_id = x"),
    ("qcli service list --filter 'NOT stack.application_\t.", "qcli service list --filter 'NOT stack.application_id."),
    ("qcli service list --filter \"-stack.servi\t.", "qcli service list --filter \"-stack.services."),
    ("qcli service list --filter 'stack_id = \"shop:ca\t", "qcli service list --filter 'stack_id = \"shop:cart\""),
    // The cursor is after the third word of four.
    ("qcli deployment unas TAIL\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\t", "qcli deployment unassign_zone TAIL"),
    ("true; qcli stack get shop:p\t.", "true; qcli stack get shop:pay ."),
];

/// Two regions; one has two zones and a deployment in the first of them.
async fn organisation(database: &Database) {
    database
        .execute(include_str!("completion/organisation.sql"))
        .await
        .unwrap_or_else(|error| panic!("the rows are valid: {error:?}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_complete_lines_in_every_shell() {
    let stage = Stage::set().await;
    organisation(&stage.database).await;
    let endpoint = stage.server.endpoint();
    for (command, script) in SHELLS {
        let mut shell = Shell::start(command, &endpoint);
        shell.run(script, "ready").await;
        for (number, (keys, wanted)) in LINES.iter().enumerate() {
            shell.clear(&format!("clear{number}x")).await;
            for part in keys.split_inclusive('\t') {
                shell.keys(part);
            }
            // Some shells keep the space that was there already.
            let is_there = |text: &str| text.replace("  ", " ").contains(wanted);
            shell.sees(&format!("{command:?}: {keys:?} as {wanted:?}"), is_there).await;
        }
        for (verb, wanted) in [("assign_zone", "abc"), ("unassign_zone", "ab")] {
            shell.clear(&format!("{verb}x")).await;
            // Bash lists after one that changed nothing, fish at once; one more would choose there.
            let tabs = match command[0] {
                "fish" => "\t",
                "zsh" => "\t\t",
                _ => "\t\t\t",
            };
            shell.keys(&format!("qcli deployment {verb} {DEPLOYMENT} p{tabs}"));
            let wanted: BTreeSet<String> = wanted.chars().map(String::from).collect();
            shell.sees(&format!("{command:?}: {verb} with {wanted:?}"), |text| zones(text) == wanted).await;
            assert!(!shell.text().contains("us-west"), "{command:?}: {}", shell.text());
        }
    }
}

/// The zones that are listed below or above the line: bash shows what follows the last colon.
fn zones(text: &str) -> BTreeSet<String> {
    let listed = text.lines().filter(|line| !line.contains("qcli")).flat_map(str::split_whitespace);
    let listed = listed.filter(|word| word.contains(':') || word.len() == 1 && word.as_bytes()[0].is_ascii_lowercase());
    listed.map(|word| word.rsplit(':').next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_and_nobody_waits_when_the_server_is_away() {
    // One that takes calls and never answers; no server listens at the other address.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = format!("http://{}", silent.local_addr().expect("it is bound"));
    for (endpoint, shells) in [("http://127.0.0.1:1", &SHELLS[..]), (&silent, &SHELLS[..1])] {
        for (command, script) in shells {
            let mut shell = Shell::start(command, endpoint);
            shell.run(script, "ready").await;
            // The first time loads what the next ones have.
            shell.keys("qcli complet\t");
            shell.sees("a command", |text| text.contains("qcli completion")).await;
            shell.clear("clearx").await;
            shell.keys("qcli stack get shop:");
            shell.sees("the line", |text| text.contains("qcli stack get shop:")).await;
            let before = shell.text();
            // What is typed after it follows, though one of the servers never answers.
            shell.keys("\txyz");
            shell.sees("the line as it was typed", |text| text.contains("shop:xyz")).await;
            assert_eq!(shell.text().trim_end(), format!("{}xyz", before.trim_end()), "{command:?}");
        }
    }
}
