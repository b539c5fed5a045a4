//! The nearest known name to one that is not known.

/// How much of a name must be right for another to be worth suggesting.
const CLOSE: f64 = 0.6;

/// More names than anybody reads in an error: there are so many resources, and nothing else.
const MANY: usize = 30;

/// The known name that is most like this one, when one is like it at all.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness =
        |candidate: &str| strsim::normalized_damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase());
    let scored = known.into_iter().map(|candidate| (likeness(candidate), candidate));
    let close = scored.filter(|(score, _)| *score >= CLOSE);
    close.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}

/// Says that a name is not known: the nearest one when there is one, else all of them.
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
        assert_eq!(nearest("builds", ["uid", "id"]), None);
        assert_eq!(unknown("field", "q", ["a", "b"]), "unknown field `q`, expected one of `a`, `b`");
    }
}
