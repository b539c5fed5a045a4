//! File descriptors: connections never take those that the rest of the process needs.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// What the process has open beside connections: logs, pipes, the runtime, the private PostgreSQL.
const RESERVE: u64 = 64;
/// With fewer connections it is not worth starting.
const FEWEST: u64 = 8;

/// How many connections the API may have of those that are wanted, with others that are certain. Raises the limit of the
/// process as far as needed and allowed.
pub fn connections(wanted: usize, others: usize) -> Result<usize, String> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(|error| format!("RLIMIT_NOFILE: {error}"))?;
    let reserve = others as u64 + RESERVE;
    let needed = wanted as u64 + reserve;
    let mut limit = soft;
    if soft < needed {
        limit = needed.min(hard);
        if let Err(error) = setrlimit(Resource::RLIMIT_NOFILE, limit, hard) {
            tracing::debug!(%error, "the limit of open files could not be raised");
            limit = soft;
        }
    }
    let fitting = fitting(limit, wanted as u64, reserve)?;
    if fitting < wanted as u64 {
        tracing::warn!(
            connections = fitting,
            wanted,
            limit,
            "fewer connections than --max-connections: the limit of open files (ulimit -n) is too low"
        );
    }
    usize::try_from(fitting).map_err(|error| error.to_string())
}

fn fitting(limit: u64, wanted: u64, reserve: u64) -> Result<u64, String> {
    match limit.saturating_sub(reserve).min(wanted) {
        few if few < FEWEST.min(wanted) => Err(format!(
            "the process may open {limit} files, and needs {reserve} beside its connections; raise the limit \
             (ulimit -n), or lower --pool-size"
        )),
        fitting => Ok(fitting),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_as_many_as_there_are_descriptors_for() {
        assert_eq!(fitting(4096, 1024, 100), Ok(1024));
        assert_eq!(fitting(256, 1024, 100), Ok(156));
        assert_eq!(fitting(110, 2, 100), Ok(2));
        assert!(fitting(100, 1024, 100).is_err_and(|message| message.contains("ulimit -n")));
    }
}
