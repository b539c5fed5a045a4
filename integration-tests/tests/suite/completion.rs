//! Completion in real shells: what a TAB makes of a line.

mod shell;

use qairon_integration_tests::Database;
use shell::Shell;

use crate::stage::Stage;

/// How a shell is started, and how it is told of qcli.
const SHELLS: [(&[&str], &str); 4] = [
    (&["bash", "--norc", "--noprofile"], "source <(qcli completion bash)"),
    (
        &["bash", "--norc", "--noprofile"],
        "source /usr/share/bash-completion/bash_completion; source <(qcli completion bash)",
    ),
    (&["zsh", "-i"], "PS1='$ '; autoload -Uz compinit; compinit -u; source <(qcli completion zsh)"),
    (&["fish", "--private"], "qcli completion fish | source"),
];

/// Each line with the keys that are typed, and what the line has become.
const LINES: [(&str, &str); 11] = [
    // Resource, command, flag, value, field.
    ("qcli deployment_target_t\t", "qcli deployment_target_type "),
    ("qcli deployment unas\t", "qcli deployment unassign_zone "),
    ("qcli deployment-target get-field-q\t", "qcli deployment-target get-field-query "),
    ("qcli stack get x --outp\t", "qcli stack get x --output "),
    ("qcli stack list --output=ta\t", "qcli stack list --output=table "),
    ("qcli deployment set_field x current_r\t", "qcli deployment set_field x current_release_id "),
    ("qcli relatable create DeploymentTargetT\t", "qcli relatable create DeploymentTargetType "),
    // IDs, from colon to colon; in quotes; and those that are linked.
    ("qcli deployment get pr\te\t", "qcli deployment get prod:aws:acct:us-east:main:eks:web:shop:cart:api:default "),
    (
        "qcli deployment unassign_zone prod:aws:acct:us-east:main:eks:web:shop:cart:api:default p\t",
        ":default prod:aws:acct:us-east:a ",
    ),
    ("qcli zone get prod:aws:acct:us-west:\t", "qcli zone get prod:aws:acct:us-west:a "),
    ("qcli stack get \"shop:ca\t", "qcli stack get \"shop:cart\""),
];

/// Two regions, of which one has two zones and a deployment in the first of these.
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
            // The cursor shows the spaces behind the last word.
            shell.sees(&format!("{command:?}: {keys:?} as {wanted:?}"), |text| text.contains(wanted.trim_end())).await;
        }
        // All zones of the region, of which no other region has any.
        shell.clear("zonesx").await;
        shell.keys("qcli deployment assign_zone prod:aws:acct:us-east:main:eks:web:shop:cart:api:default p\t\t");
        shell
            .sees("the zones of the region", |text| {
                text.contains("us-east:a") && text.contains("us-east:b")
                    || text.matches("\nb").count() > 0
                    || text.contains("a  b")
            })
            .await;
        assert!(!shell.text().contains("us-west"), "{command:?}: {}", shell.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_when_the_server_is_away() {
    for (command, script) in SHELLS {
        let mut shell = Shell::start(command, "http://127.0.0.1:1");
        shell.run(script, "ready").await;
        shell.clear("clearx").await;
        shell.keys("qcli stack get shop:\t");
        // What is typed behind it goes where it belongs, and nothing stands in between.
        shell.keys("xyz");
        shell.sees("the line as it was typed", |text| text.contains("qcli stack get shop:xyz")).await;
        let text = shell.text();
        assert!(!text.contains("error") && !text.contains("reach"), "{command:?}: {text}");
        assert!(shell.home().exists());
    }
}
