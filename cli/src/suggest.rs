//! The closest known name to an unknown one.

/// How similar two names must be for a suggestion.
const CLOSE: f64 = 0.6;

/// A text that is longer is not a misspelt name, in bytes. Comparing takes the time of both lengths multiplied.
const LONG: usize = 128;

/// The same for IDs, which are longer.
const LONG_ID: usize = 256;

/// How many letters of an ID may be wrong, missing or too many.
const MOST_SLIPS: usize = 3;

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

/// The known ID that differs by a slip of the keys, or that has the ID as its last part and is the only such one.
pub fn nearest_id<'a>(id: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<&'a str> {
    if id.len() > LONG_ID {
        return None;
    }
    let slips = (id.chars().count() / 4).clamp(1, MOST_SLIPS);
    let lower = id.to_lowercase();
    let near = known.clone().into_iter().filter(|other| other.len() <= LONG_ID && *other != id);
    let scored = near.map(|other| (strsim::damerau_levenshtein(&lower, &other.to_lowercase()), other));
    if let Some((_, nearest)) = scored.filter(|(slipped, _)| *slipped <= slips).min_by_key(|(slipped, _)| *slipped) {
        return Some(nearest);
    }
    let mut longer = known.into_iter().filter(|other| other.strip_suffix(id).is_some_and(|front| front.ends_with(':')));
    longer.next().filter(|_| longer.next().is_none())
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
    fn ids_are_near_if_few_letters_are_wrong_or_the_front_is_missing() {
        let known = ["ecommerce:checkout", "ecommerce:cart", "crm:web", "shop:web"];
        for (id, nearest) in [
            ("ecommerce:chekout", Some("ecommerce:checkout")),
            ("Ecommerce:Checkout", Some("ecommerce:checkout")),
            ("ecomerce:chckout", Some("ecommerce:checkout")),
            ("checkout", Some("ecommerce:checkout")),
            ("web", None),
            ("hop:web", Some("shop:web")),
            ("ecommerce:basket", None),
            ("ecommerce:cart", None),
        ] {
            assert_eq!(nearest_id(id, known), nearest, "{id}");
        }
    }

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
