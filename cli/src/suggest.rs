//! The nearest known name to one that is not known.

/// Closer than this, a name is worth suggesting.
const THRESHOLD: f64 = 0.66;

/// The known name that is most like this one, when one is.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.into_iter().map(|candidate| (likeness(name, candidate), candidate));
    scored.filter(|(score, _)| *score >= THRESHOLD).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}

/// How alike two names are: long ones by how much of their order they share, short ones by the letters to change.
fn likeness(name: &str, candidate: &str) -> f64 {
    let (name, candidate) = (name.to_lowercase(), candidate.to_lowercase());
    strsim::jaro_winkler(&name, &candidate).max(strsim::normalized_damerau_levenshtein(&name, &candidate))
}

/// Says that a name is not known: the nearest one when there is one, else all of them.
pub fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(name, known.iter().copied()) {
        Some(nearest) => format!("unknown {what} `{name}`, did you mean `{nearest}`?"),
        None if known.is_empty() => format!("unknown {what} `{name}`"),
        None => format!("unknown {what} `{name}`, expected one of `{}`", known.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_far_ones_are_not() {
        let known = ["stack", "service", "deployment_target", "get"];
        assert_eq!(nearest("stak", known), Some("stack"));
        assert_eq!(nearest("gte", known), Some("get"));
        assert_eq!(nearest("deploymenttarget", known), Some("deployment_target"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(unknown("field", "q", ["a", "b"]), "unknown field `q`, expected one of `a`, `b`");
    }
}
