//! What is wrong with a manifest, where, and what was probably meant.
use std::fmt;

/// A manifest that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError {
    /// The file, below `manifests/`.
    pub path: String,
    /// Line and column, from 1, where they are known.
    pub at: Option<(usize, usize)>,
    /// The text at that place: a key or a value.
    pub key: Option<String>,
    /// What was found and what was expected.
    pub message: String,
    /// What was probably meant.
    pub hint: Option<String>,
}

impl ManifestError {
    /// An error that concerns a file as a whole.
    pub(super) fn of_file(path: &str, message: impl Into<String>) -> Self {
        ManifestError { path: path.into(), at: None, key: None, message: message.into(), hint: None }
    }

    /// The parser's error, with its place in `text`.
    pub(super) fn from_toml(path: &str, text: &str, error: &toml::de::Error) -> Self {
        let message = error.message().trim().replace('\n', ", ");
        let span = error.span();
        let at = span.as_ref().map(|s| place(text, s.start));
        let key = span.and_then(|s| text.get(s)).and_then(|t| t.lines().next()).map(str::trim).filter(|t| !t.is_empty() && t.len() <= 60);
        ManifestError { path: path.into(), at, key: key.map(Into::into), hint: meant(&message), message }
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        if let Some((line, column)) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": at `{key}`")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, " (did you mean `{hint}`?)")?;
        }
        Ok(())
    }
}
impl std::error::Error for ManifestError {}

/// Line and column of a byte.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    (line, column)
}

/// serde writes "unknown field `x`, expected one of `a`, `b`": the nearest of the expected names.
fn meant(message: &str) -> Option<String> {
    let mut names = message.split('`').skip(1).step_by(2);
    let given = names.next().filter(|_| message.starts_with("unknown"))?;
    nearest(given, names).map(Into::into)
}

/// The nearest name, if it is near enough to be a slip of the pen.
pub(super) fn nearest<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = 1 + given.len() / 3;
    names.map(|n| (distance(given, n), n)).filter(|&(d, _)| d <= near).min().map(|(_, n)| n)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let cost = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}
