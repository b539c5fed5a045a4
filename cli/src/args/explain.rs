//! The arguments of `explain`.

use clap::Command;

use super::parts::positional;

/// Adds them.
pub(super) fn arguments(command: Command) -> Command {
    command
        .arg(
            positional("path", "A resource, and behind full stops fields and relations: `deployment.service.stack`")
                .value_name("resource[.field…]")
                .required(true),
        )
        .after_help(
            "Everything comes from the description of the API that this qcli was built with; no server is asked.",
        )
}
