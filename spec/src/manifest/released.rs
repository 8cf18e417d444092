//! Released clauses do not change. `released/<version>.toml` keeps a hash of what each clause demands.
use super::schema::Clause;
use super::{Entry, Suite, hash};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The frozen clauses of one version of the specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The version.
    pub version: String,
    /// For each operation the hash of signature, dtypes and accuracy.
    pub operations: BTreeMap<String, String>,
    /// For each clause the hash of level, text, check, and the rows of special values and errors that belong to it.
    pub clauses: BTreeMap<String, String>,
}

impl Release {
    /// What a suite says now.
    pub fn of(suite: &Suite, version: &str) -> Release {
        Release {
            version: version.into(),
            operations: suite.operations.iter().map(|e| (e.op.name().into(), hash::text_hash(&frame(e)))).collect(),
            clauses: suite.clauses().map(|(e, c)| (c.id.clone(), hash::text_hash(&demand(e, c)))).collect(),
        }
    }

    /// The committed form.
    ///
    /// # Errors
    /// Not of that form.
    pub fn from_toml(path: &str, text: &str) -> Result<Release, super::ManifestError> {
        toml::from_str(text).map_err(|e| super::ManifestError::from_toml(path, text, &e))
    }

    /// The form to commit.
    pub fn to_toml(&self) -> String {
        let mut out = format!("# What version {} of the specification demands, as hashes. Made by the test `released`.\n", self.version);
        let _ = writeln!(out, "version = \"{}\"", self.version);
        for (name, table) in [("operations", &self.operations), ("clauses", &self.clauses)] {
            let _ = writeln!(out, "\n[{name}]");
            for (id, hash) in table {
                let _ = writeln!(out, "\"{id}\" = \"{hash}\"");
            }
        }
        out
    }

    /// How `now` differs from this release, one line each. Additions are listed too: a release knows all its clauses.
    pub fn changes(&self, now: &Release) -> Vec<String> {
        let mut out = vec![];
        for (what, old, new) in [("operation", &self.operations, &now.operations), ("clause", &self.clauses, &now.clauses)] {
            for (id, hash) in old {
                match new.get(id) {
                    None => out.push(format!("{what} {id} is gone: retire it, ids are permanent")),
                    Some(h) if h != hash => out.push(format!("{what} {id} demands something else than in {}", self.version)),
                    Some(_) => {}
                }
            }
            out.extend(new.keys().filter(|id| !old.contains_key(*id)).map(|id| format!("{what} {id} is new since {}", self.version)));
        }
        out
    }
}

/// The normative frame of an operation, as text: fields that a later version of the schema adds do not appear while they are unused.
fn frame(e: &Entry) -> String {
    let m = &e.manifest;
    let mut out = format!("{}\n", m.operation.name);
    for p in &m.parameters {
        let _ = writeln!(out, "parameter {} {} {:?} {:?} {:?}", p.name, p.ty, p.shape, p.dtype, p.default);
    }
    for r in &m.returns {
        let _ = writeln!(out, "return {} {} {}", r.name, r.shape, r.dtype);
    }
    let accept: Vec<_> = m.dtypes.accept.iter().map(|d| d.name()).collect();
    let _ = writeln!(out, "accept {} {:?} {} {}", accept.join(" "), m.dtypes.result, m.dtypes.promotes, m.dtypes.weak_scalars);
    let _ = writeln!(out, "accuracy {:?} {:?}", m.accuracy.measure, m.accuracy.bound);
    for (dtype, limit) in &m.accuracy.limit {
        let _ = writeln!(out, "limit {dtype} {limit}");
    }
    out
}

/// What a clause demands, as text.
fn demand(e: Option<&Entry>, c: &Clause) -> String {
    let mut out = format!("{:?}\n{}\n", c.level, c.text);
    // The check has only strings, numbers and tables: TOML can say all of it.
    out += &toml::to_string(&c.check).unwrap_or_default();
    let _ = writeln!(out, "applies {:?} {:?}", c.applies.families, c.applies.operations);
    if let Some(e) = e {
        for s in e.manifest.specials.iter().filter(|s| s.clause == c.id) {
            let _ = writeln!(out, "special {:?} {} {:?}", s.when, s.out, s.declared);
        }
        for f in e.manifest.errors.iter().filter(|f| f.clause == c.id) {
            let _ = writeln!(out, "error {} {}", f.kind, f.when);
        }
    }
    out
}
