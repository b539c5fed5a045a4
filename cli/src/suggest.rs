//! The closest known name to an unknown one.

/// How similar two names must be for a suggestion.
const CLOSE: f64 = 0.6;

/// A text that is longer is not a misspelt name, in bytes. Comparing takes the time of both lengths multiplied.
const LONG: usize = 128;

/// More names than are readable in an error: only the resources are that many.
const MANY: usize = 30;

/// The known name that is most similar, if any is similar enough.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONG {
        return None;
    }
    let likeness =
        |candidate: &str| strsim::normalized_damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase());
    let scored = known.into_iter().map(|candidate| (likeness(candidate), candidate));
    let close = scored.filter(|(score, _)| *score >= CLOSE);
    close.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}

/// The error for an unknown name, with the closest match if there is one, else with all names.
pub fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(name, known.iter().copied()) {
        Some(nearest) => format!("unknown {what} `{name}`, did you mean `{nearest}`?"),
        None if known.is_empty() => format!("unknown {what} `{name}`"),
        None if known.len() > MANY => format!("unknown {what} `{name}`; `qcli api-resources` lists the resources"),
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
        assert_eq!(nearest(&"stack".repeat(50_000), known), None);
        assert_eq!(nearest("builds", ["uid", "id"]), None);
        assert_eq!(unknown("field", "q", ["a", "b"]), "unknown field `q`, expected one of `a`, `b`");
    }
}
