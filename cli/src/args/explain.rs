//! The arguments of `explain`.

use clap::Command;

use super::parts::positional;

/// Adds them.
pub(super) fn arguments(command: Command) -> Command {
    command
        .arg(
            positional(
                "path",
                "A resource, then fields and relations, each after a full stop: `deployment.service.stack`",
            )
            .value_name("resource[.field…]")
            .required(true),
        )
        .after_help("The description of the API is built into qcli; no server is called.")
}
