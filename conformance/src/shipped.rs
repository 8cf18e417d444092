//! The expected-failures files that come with this package: true deviations of well-known libraries, each with its reason.
use crate::expected::ExpectedFailures;
use std::path::Path;

/// Worker name, file name, text.
const FILES: &[(&str, &str, &str)] = &[
    ("python:numpy", "expected/numpy.toml", include_str!("../expected/numpy.toml")),
    ("python:array_api_strict", "expected/array_api_strict.toml", include_str!("../expected/array_api_strict.toml")),
];

/// The file for a worker, if one is shipped.
///
/// # Errors
/// What is wrong with it.
pub fn expectations(worker: &str, known_clauses: &dyn Fn(&str) -> bool) -> Result<Option<ExpectedFailures>, String> {
    let Some((_, name, text)) = FILES.iter().find(|(w, ..)| *w == worker) else { return Ok(None) };
    ExpectedFailures::parse(text, name, Path::new(""), known_clauses).map(Some).map_err(|e| e.to_string())
}
