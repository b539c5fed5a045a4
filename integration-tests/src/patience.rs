//! How long tests wait: every deadline of a test comes from here, and grows with the load of the machine.
//!
//! A deadline ends a test that would hang. It says nothing about speed, so it is far above what is needed, and a slow
//! machine only has to be given more of it: one with twice as many tasks as cores gets twice the time.
//! `QAIRON_TEST_PATIENCE` sets the factor instead, such as `10` under a debugger or an emulator.

use std::time::Duration;

const SOON: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_secs(120);
/// A machine that is busier than that does not get well by waiting.
const MOST: f64 = 10.0;

/// For what takes moments: a statement, a refusal, the end of a call.
pub fn soon() -> Duration {
    SOON.mul_f64(factor())
}

/// For what takes a while: a start, a great import, many writes.
pub fn long() -> Duration {
    LONG.mul_f64(factor())
}

fn factor() -> f64 {
    let given = std::env::var("QAIRON_TEST_PATIENCE").ok();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    factor_of(given.as_deref(), &load, cores)
}

/// The factor from the environment, or from the tasks of the last minute per core.
fn factor_of(given: Option<&str>, load: &str, cores: usize) -> f64 {
    if let Some(given) = given {
        let factor = given.parse::<f64>().ok().filter(|factor| factor.is_finite() && *factor > 0.0);
        return factor.unwrap_or_else(|| panic!("QAIRON_TEST_PATIENCE must be a number above 0, not `{given}`"));
    }
    let tasks = load.split(' ').next().and_then(|text| text.parse::<f64>().ok()).unwrap_or(1.0);
    let cores = u32::try_from(cores).map_or(1.0, f64::from);
    (tasks / cores).clamp(1.0, MOST)
}

#[cfg(test)]
mod tests {
    use super::factor_of;

    #[test]
    fn patience_grows_with_the_load() {
        assert_eq!(factor_of(None, "0.50 0.40 0.30 1/200 4711\n", 2), 1.0);
        assert_eq!(factor_of(None, "6.00 0.40 0.30 1/200 4711\n", 2), 3.0);
        assert_eq!(factor_of(None, "600.00 1.0 1.0 1/200 4711\n", 2), 10.0);
        assert_eq!(factor_of(None, "", 2), 1.0, "not every system reports its load");
    }

    #[test]
    fn the_environment_decides_when_it_says_something() {
        assert_eq!(factor_of(Some("2.5"), "600.00 1.0 1.0 1/200 4711\n", 2), 2.5);
        for wrong in ["", "0", "-1", "much", "inf", "NaN"] {
            assert!(std::panic::catch_unwind(|| factor_of(Some(wrong), "", 2)).is_err(), "`{wrong}`");
        }
    }
}
