//! Which parts of a crate use which.

/// A part of a crate, and what it is not to use.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'a> {
    /// A folder (`db`) or a file (`error.rs`) of the crate's root. A folder `db` includes a file `db.rs`.
    pub part: &'a str,
    /// The other parts that it may use.
    pub may_use: &'a [&'a str],
    /// The crates that it may not name.
    pub no_crates: &'a [&'a str],
}

/// A violation that stays: the file, the part or the crate that it uses, and why.
pub type Exception<'a> = (&'a str, &'a str, &'a str);

/// Every file that belongs to no part, uses a part that its own may not use, or names a crate that it may not name;
/// also every exception that is none.
pub fn violations(
    files: &[String],
    arrows: &[(String, String)],
    crates: &[(String, String)],
    layers: &[Layer<'_>],
    exceptions: &[Exception<'_>],
) -> Vec<String> {
    let mut found: Vec<(&str, &str, String)> = Vec::new();
    for file in files.iter().filter(|file| layer_of(layers, file).is_none()) {
        found.push((file, "", format!("{file} belongs to no layer")));
    }
    for (from, to) in arrows {
        if let (Some(user), Some(used)) = (layer_of(layers, from), layer_of(layers, to))
            && user.part != used.part
            && !user.may_use.contains(&used.part)
        {
            found.push((from, used.part, format!("{from} uses {to}, but {} may not use {}", user.part, used.part)));
        }
    }
    for (file, name) in crates {
        if let Some(layer) = layer_of(layers, file)
            && layer.no_crates.contains(&name.as_str())
        {
            found.push((file, name, format!("{file} names the crate {name}, which {} may not name", layer.part)));
        }
    }
    let is_excepted =
        |file: &str, used: &str| exceptions.iter().any(|(excepted, other, _)| *excepted == file && *other == used);
    let needed = |file: &str, used: &str| found.iter().any(|(other, place, _)| *other == file && *place == used);
    let unneeded = exceptions.iter().filter(|(file, used, _)| !needed(file, used));
    let unneeded =
        unneeded.map(|(file, used, _)| format!("{file} does not violate a rule by {used}; remove the exception"));
    let kept = found.iter().filter(|(file, used, _)| !is_excepted(file, used)).map(|(_, _, text)| text.clone());
    kept.chain(unneeded).collect()
}

/// The layer of a file.
fn layer_of<'l, 'a>(layers: &'l [Layer<'a>], file: &str) -> Option<&'l Layer<'a>> {
    let first = file.split('/').next().unwrap_or(file);
    layers.iter().find(|layer| layer.part == first || first.strip_suffix(".rs") == Some(layer.part))
}
