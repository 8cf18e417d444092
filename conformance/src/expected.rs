//! The expected failures of a backend: `conformance.toml`, kept beside its code.
//!
//! Each entry names a clause, gives the reason, and pins the case that fails. Lists of exceptions rot, so an entry that matches no
//! check, or whose pinned case passes, is as much an error as a failure that nobody expects.
use crate::case::Replay;
use crate::journal::{CheckRecord, hex};
use array_protocol::{DType, Op};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::{self, Write};
use std::path::Path;
use toml::Spanned;

/// A file of expected failures.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedFailures {
    /// The entries, in the order of the file.
    pub entries: Vec<Expected>,
    /// SHA-256 of the file, hexadecimal.
    pub hash: String,
}

/// One expected failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// The clause.
    pub clause: String,
    /// The operations, for clauses that are checked through several; empty: all.
    pub operations: Vec<String>,
    /// The dtypes; empty: all.
    pub dtypes: Vec<DType>,
    /// Why it fails.
    pub reason: String,
    /// Where to read more.
    pub link: Option<String>,
    /// A case that fails.
    pub case: Replay,
    /// It fails on some machines only: on others the case may pass.
    pub some_machines: bool,
    /// The line of the entry in the file.
    pub line: usize,
}

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedError {
    /// The file.
    pub file: String,
    /// The line of the entry, from 1, where one is to blame.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for ExpectedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}
impl std::error::Error for ExpectedError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    expected: Vec<Spanned<Entry>>,
}

/// As written. Nothing is required here, so that messages can say what is missing in words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    clause: Option<String>,
    #[serde(default)]
    operation: OneOrMany,
    #[serde(default)]
    dtype: OneOrMany,
    reason: Option<String>,
    link: Option<String>,
    case: Option<Pinned>,
    #[serde(default)]
    some_machines: bool,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a name or a list of names")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}
impl Default for OneOrMany {
    fn default() -> Self {
        OneOrMany::Many(vec![])
    }
}
impl OneOrMany {
    fn into_vec(self) -> Vec<String> {
        match self {
            OneOrMany::One(name) => vec![name],
            OneOrMany::Many(names) => names,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a replay file: its path, or its contents as a table")]
enum Pinned {
    Path(String),
    Inline(toml::Table),
}

impl ExpectedFailures {
    /// Reads a file. `known_clauses` says which clauses there are.
    ///
    /// # Errors
    /// File, line and what is wrong: TOML, an unknown key, clause, operation or dtype, no reason, no case, an entry twice.
    pub fn load(path: &Path, known_clauses: &dyn Fn(&str) -> bool) -> Result<ExpectedFailures, ExpectedError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|e| ExpectedError { file: file.clone(), line: None, message: e.to_string() })?;
        ExpectedFailures::parse(&text, &file, path.parent().unwrap_or(Path::new("")), known_clauses)
    }

    /// As [`load`](Self::load), from a text. Paths of cases start in `folder`.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn parse(text: &str, file: &str, folder: &Path, known_clauses: &dyn Fn(&str) -> bool) -> Result<ExpectedFailures, ExpectedError> {
        let line_of = |at: usize| text.as_bytes().iter().take(at).filter(|&&b| b == b'\n').count() + 1;
        let refuse = |line: Option<usize>, message: String| ExpectedError { file: file.into(), line, message };
        let parsed: File = toml::from_str(text).map_err(|e| refuse(e.span().map(|s| line_of(s.start)), e.message().to_string()))?;
        let mut entries: Vec<Expected> = vec![];
        let mut seen: HashMap<(String, Option<String>, Option<DType>), usize> = HashMap::new();
        for spanned in parsed.expected {
            let line = line_of(spanned.span().start);
            let entry =
                Expected::from_entry(spanned.into_inner(), line, folder, known_clauses).map_err(|message| refuse(Some(line), message))?;
            for triple in entry.triples() {
                if let Some(first) = seen.insert(triple, line) {
                    return Err(refuse(Some(line), format!("`{}` is already expected to fail by the entry in line {first}", entry.clause)));
                }
            }
            entries.push(entry);
        }
        Ok(ExpectedFailures { entries, hash: hex(Sha256::new_with_prefix(text)) })
    }

    /// The entry for a check, `clause@operation@dtype`: the most specific one.
    pub fn matching(&self, check_id: &str) -> Option<&Expected> {
        let matches = self.entries.iter().filter(|e| e.matches(check_id));
        matches.max_by_key(|e| (usize::from(!e.operations.is_empty()) + usize::from(!e.dtypes.is_empty()), std::cmp::Reverse(e.line)))
    }

    /// The entries that match none of the checks. One whose checks are only unsupported or blocked is used: nothing was shown.
    pub fn unused<'a>(&'a self, check_ids: impl IntoIterator<Item = &'a str>) -> Vec<&'a Expected> {
        let mut used = vec![false; self.entries.len()];
        for id in check_ids {
            // Not `matching`: an entry that only serves where a more specific one does not is still an entry that matches.
            for (used, entry) in used.iter_mut().zip(&self.entries) {
                *used |= entry.matches(id);
            }
        }
        self.entries.iter().zip(used).filter(|(_, used)| !used).map(|(e, _)| e).collect()
    }
}

impl Expected {
    fn from_entry(entry: Entry, line: usize, folder: &Path, known_clauses: &dyn Fn(&str) -> bool) -> Result<Expected, String> {
        let clause = entry.clause.ok_or("the entry names no `clause`")?;
        if !known_clauses(&clause) {
            return Err(format!("unknown clause `{}`", clause.escape_debug()));
        }
        let operations = entry.operation.into_vec();
        if let Some(unknown) = operations.iter().find(|o| Op::from_name(o).is_none()) {
            return Err(format!("unknown operation `{}`", unknown.escape_debug()));
        }
        let dtype = |name: String| DType::from_name(&name).ok_or(format!("unknown dtype `{}`", name.escape_debug()));
        let dtypes = entry.dtype.into_vec().into_iter().map(dtype).collect::<Result<_, _>>()?;
        let reason = entry.reason.filter(|r| !r.trim().is_empty()).ok_or(format!("`{clause}` is expected to fail without a `reason`"))?;
        let case = match entry.case.ok_or(format!("`{clause}` is expected to fail without a `case` that does"))? {
            Pinned::Path(path) => Replay::read(&folder.join(path)),
            Pinned::Inline(table) => {
                let document = serde_json::to_value(table).map_err(|e| e.to_string())?;
                Replay::from_json(&document)
            }
        };
        let case = case.map_err(|e| format!("the case of `{clause}`: {e}"))?;
        Ok(Expected { clause, operations, dtypes, reason, link: entry.link, case, some_machines: entry.some_machines, line })
    }

    /// Whether this entry is about that check.
    pub fn matches(&self, check_id: &str) -> bool {
        let mut parts = check_id.split('@');
        if parts.next() != Some(self.clause.as_str()) {
            return false;
        }
        // A check may have no operation or no dtype; names of dtypes are no names of operations.
        let (dtypes, mut operations): (Vec<&str>, Vec<&str>) = parts.partition(|p| DType::from_name(p).is_some());
        // The clauses of an operation name it themselves.
        if let (true, Some((own, _))) = (operations.is_empty(), self.clause.split_once('.')) {
            operations.push(own);
        }
        let fits = |wanted: Vec<&str>, has: &[&str]| wanted.is_empty() || has.iter().any(|h| wanted.contains(h));
        fits(self.operations.iter().map(String::as_str).collect(), &operations)
            && fits(self.dtypes.iter().map(|d| d.name()).collect(), &dtypes)
    }

    fn triples(&self) -> Vec<(String, Option<String>, Option<DType>)> {
        fn each<T: Clone>(list: &[T]) -> Vec<Option<T>> {
            if list.is_empty() { vec![None] } else { list.iter().cloned().map(Some).collect() }
        }
        let dtypes = each(&self.dtypes);
        each(&self.operations).into_iter().flat_map(|o| dtypes.iter().map(move |&d| (self.clause.clone(), o.clone(), d))).collect()
    }
}

/// An entry for a check that failed, ready for the file; somebody has to write the reason.
pub fn entry_for(check: &CheckRecord) -> Option<String> {
    let failure = check.failure.as_ref()?;
    let case = Replay::from_json(&failure.case).ok()?;
    let mut text = String::from("[[expected]]\n");
    let string = |s: &str| toml::Value::from(s).to_string();
    let _ = writeln!(text, "clause = {}", string(&check.clause));
    if let Some(operation) = &check.operation {
        let _ = writeln!(text, "operation = {}", string(operation));
    }
    if let Some(dtype) = check.dtype {
        let _ = writeln!(text, "dtype = {}", string(dtype.name()));
    }
    let _ = writeln!(text, "reason = \"\" # {}", failure.summary.escape_debug());
    // Where it came from says nothing to a reader of this file, and a seed may not fit TOML's integers.
    let _ = writeln!(text, "case = {}", inline(&case.case.to_json()));
    Some(text)
}

/// JSON as an inline TOML value. TOML has no null: what is left out means the same.
fn inline(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            let entry = |(k, v): (&String, &Value)| format!("{k} = {}", inline(v));
            format!("{{ {} }}", map.iter().filter(|(_, v)| !v.is_null()).map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::String(s) => toml::Value::from(s.as_str()).to_string(),
        other => other.to_string(),
    }
}
