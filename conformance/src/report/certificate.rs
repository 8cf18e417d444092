//! The certificate: the record of one complete run, small enough to publish and complete enough to be repeated.
//!
//! It holds every verdict, so the counts can be added again; a digest of each field, so that a change is told by name; and the seed,
//! so that anybody can run the same cases and compare.
use super::summary::{self, Verdict, figure};
use crate::journal::{Journal, Status, hex};
use array_protocol::manifest::{Level, Measure};
use array_protocol::{DType, Info};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The version of the format.
pub const CERTIFICATE_FORMAT: u32 = 1;

/// A certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Version of the format.
    pub certificate: u32,
    /// Version of the specification.
    pub spec: String,
    /// SHA-256 of the manifests.
    pub suite: String,
    /// SHA-256 of the planned checks.
    pub plan: String,
    /// How many checks were planned.
    pub planned: u64,
    /// The mode.
    pub mode: String,
    /// The seed.
    pub seed: u64,
    /// The backend, as it said hello.
    pub backend: Info,
    /// How the backend was reached.
    pub worker: String,
    /// SHA-256 of the expected-failures file, if one was used.
    pub expected_failures: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict of each claimed profile.
    pub profiles: BTreeMap<String, Verdict>,
    /// Checks by level and status.
    pub counts: BTreeMap<Level, BTreeMap<Status, u64>>,
    /// The largest error of each operation and dtype.
    pub accuracy: Vec<Worst>,
    /// Every check, by level and status.
    pub checks: BTreeMap<Level, BTreeMap<Status, BTreeSet<String>>>,
    /// SHA-256 of the journal, as its last line states it.
    pub journal: String,
    /// SHA-256 of each field above, in canonical JSON.
    #[serde(default)]
    pub digests: BTreeMap<String, String>,
    /// SHA-256 of the canonical JSON of everything above.
    #[serde(default)]
    pub sha256: String,
}

/// The largest error of an operation for a dtype.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worst {
    /// The operation.
    pub operation: String,
    /// The dtype.
    pub dtype: Option<DType>,
    /// The unit.
    pub measure: Measure,
    /// The largest error, four digits, rounded up. Text, since it may be infinite.
    pub max: String,
    /// What is allowed.
    pub limit: String,
}

/// Why there is no certificate, or why one is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateError {
    /// The run was not a whole one.
    NotWhole(String),
    /// Not a certificate at all.
    Format(String),
    /// A field is not what it was.
    Changed(String),
    /// A field does not agree with the verdicts that the certificate lists.
    Adds {
        /// The field.
        field: String,
        /// What it says.
        stated: String,
        /// What the verdicts add up to.
        found: String,
    },
    /// A field does not agree with the journal.
    Journal {
        /// The field.
        field: String,
        /// What the certificate says.
        stated: String,
        /// What the journal says.
        found: String,
    },
}

impl fmt::Display for CertificateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CertificateError::NotWhole(why) => write!(f, "no certificate: {why}"),
            CertificateError::Format(why) => write!(f, "not a certificate: {why}"),
            CertificateError::Changed(field) => {
                write!(f, "the certificate was changed: `{field}` does not have the digest that was recorded for it")
            }
            CertificateError::Adds { field, stated, found } => {
                write!(f, "the certificate was changed: `{field}` says {stated}, but the verdicts that it lists give {found}")
            }
            CertificateError::Journal { field, stated, found } => {
                write!(f, "the certificate does not belong to the journal: `{field}` says {stated}, the journal gives {found}")
            }
        }
    }
}
impl std::error::Error for CertificateError {}

impl Certificate {
    /// The certificate of a run. A run that does not conform has one too, which says so.
    ///
    /// # Errors
    /// `NotWhole` where the run was filtered or ran in a mode that shows too little.
    pub fn of(journal: &Journal) -> Result<Certificate, CertificateError> {
        if let Some(why) = summary::partial(journal) {
            return Err(CertificateError::NotWhole(why));
        }
        let start = &journal.start;
        let mut certificate = Certificate {
            certificate: CERTIFICATE_FORMAT,
            spec: start.spec.clone(),
            suite: start.suite.clone(),
            plan: start.plan.clone(),
            planned: start.planned,
            mode: start.mode.clone(),
            seed: start.seed,
            backend: start.backend.clone(),
            worker: start.worker.clone(),
            expected_failures: start.expected_failures.clone(),
            verdict: summary::verdict(journal),
            profiles: summary::profiles(journal).into_iter().map(|p| (p.name.to_string(), p.verdict)).collect(),
            counts: BTreeMap::new(),
            accuracy: accuracy(journal),
            checks: BTreeMap::new(),
            journal: journal.end.digest.clone(),
            digests: BTreeMap::new(),
            sha256: String::new(),
        };
        for check in &journal.checks {
            certificate.checks.entry(check.level).or_default().entry(check.status).or_default().insert(check.id.clone());
        }
        certificate.counts = certificate.count();
        let document = certificate.to_json();
        certificate.digests = digests(&document);
        certificate.sha256 = whole(&certificate.to_json());
        Ok(certificate)
    }

    /// As a document.
    pub fn to_json(&self) -> Value {
        // Strings, numbers and maps with keys that are strings: this cannot fail.
        serde_json::to_value(self).unwrap_or(Value::Null)
    }

    /// Reads and verifies a certificate: the counts are added again, the digests computed again, and with the journal everything is
    /// derived again. What is left is to run the backend with the same seed and to compare [`verdicts`](Self::verdicts).
    ///
    /// # Errors
    /// The field that is wrong, what it says and what it should say.
    pub fn verify(text: &str, journal: Option<&Journal>) -> Result<Certificate, CertificateError> {
        let document: Value = serde_json::from_str(text).map_err(|e| CertificateError::Format(e.to_string()))?;
        match document.get("certificate").and_then(Value::as_u64) {
            Some(v) if v == u64::from(CERTIFICATE_FORMAT) => {}
            Some(v) => return Err(CertificateError::Format(format!("it has format {v}; this reads format {CERTIFICATE_FORMAT}"))),
            None => return Err(CertificateError::Format("there is no `certificate`, the version of the format".into())),
        }
        let certificate: Certificate = serde_json::from_value(document.clone()).map_err(|e| CertificateError::Format(e.to_string()))?;
        certificate.add_up()?;
        // Over the document as it stands: what is not understood must not slip through.
        let found = digests(&document);
        let fields: BTreeSet<&String> = found.keys().chain(certificate.digests.keys()).collect();
        if let Some(field) = fields.into_iter().find(|f| found.get(*f) != certificate.digests.get(*f)) {
            return Err(CertificateError::Changed(field.clone()));
        }
        if whole(&document) != certificate.sha256 {
            return Err(CertificateError::Changed("sha256".into()));
        }
        if let Some(journal) = journal {
            let again = Certificate::of(journal)?.to_json();
            if let Some((field, stated, found)) = difference(String::new(), &document, &again) {
                return Err(CertificateError::Journal { field, stated, found });
            }
        }
        Ok(certificate)
    }

    /// The verdict of each check: what a repeated run has to give again.
    pub fn verdicts(&self) -> BTreeMap<&str, Status> {
        let by_status = self.checks.values().flatten();
        by_status.flat_map(|(&status, ids)| ids.iter().map(move |id| (id.as_str(), status))).collect()
    }

    fn count(&self) -> BTreeMap<Level, BTreeMap<Status, u64>> {
        let count = |by_status: &BTreeMap<Status, BTreeSet<String>>| by_status.iter().map(|(&s, ids)| (s, ids.len() as u64)).collect();
        self.checks.iter().map(|(&level, by_status)| (level, count(by_status))).collect()
    }

    /// What follows from the listed verdicts alone.
    fn add_up(&self) -> Result<(), CertificateError> {
        let adds = |field: String, stated: String, found: String| Err(CertificateError::Adds { field, stated, found });
        let found = self.count();
        let levels: BTreeSet<&Level> = self.counts.keys().chain(found.keys()).collect();
        for level in levels {
            for &status in Status::ALL {
                let of =
                    |counts: &BTreeMap<Level, BTreeMap<Status, u64>>| counts.get(level).and_then(|c| c.get(&status)).copied().unwrap_or(0);
                if of(&self.counts) != of(&found) {
                    let name = serde_json::to_value(status).ok().and_then(|v| v.as_str().map(String::from)).unwrap_or_default();
                    let field = format!("counts.{}.{name}", summary::level(*level));
                    return adds(field, of(&self.counts).to_string(), of(&found).to_string());
                }
            }
        }
        let total: u64 = found.values().flat_map(BTreeMap::values).sum();
        if self.verdicts().len() as u64 != total {
            return adds("checks".into(), "one check more than once".into(), format!("{} checks", self.verdicts().len()));
        }
        if total != self.planned {
            return adds("planned".into(), self.planned.to_string(), total.to_string());
        }
        let all = self.profiles.values().copied().max().unwrap_or(Verdict::Incomplete);
        if all != self.verdict {
            return adds("verdict".into(), self.verdict.name().into(), all.name().into());
        }
        let passed = self.counts.get(&Level::Must).and_then(|c| c.get(&Status::Pass)).copied().unwrap_or(0);
        if self.verdict == Verdict::Conforms && passed == 0 {
            return adds("verdict".into(), self.verdict.name().into(), "no passing check that gates".into());
        }
        Ok(())
    }
}

fn accuracy(journal: &Journal) -> Vec<Worst> {
    let worst = |c: &&crate::journal::CheckRecord| {
        let m = c.measured.as_ref()?;
        Some(Worst { operation: c.operation.clone()?, dtype: c.dtype, measure: m.measure, max: figure(m.max), limit: figure(m.limit) })
    };
    summary::accuracy(journal).iter().filter_map(worst).collect()
}

/// The digest of each field of a document, but for the digests.
fn digests(document: &Value) -> BTreeMap<String, String> {
    let fields = document.as_object().into_iter().flatten().filter(|(key, _)| !["digests", "sha256"].contains(&key.as_str()));
    fields.map(|(key, value)| (key.clone(), hex(Sha256::new_with_prefix(canonical(value))))).collect()
}

/// The digest of a document, but for that digest.
fn whole(document: &Value) -> String {
    let mut document = document.clone();
    if let Some(object) = document.as_object_mut() {
        object.remove("sha256");
    }
    hex(Sha256::new_with_prefix(canonical(&document)))
}

/// JSON without spaces, with sorted keys.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            let entry = |(k, v): (&String, &Value)| format!("{}:{}", Value::from(k.as_str()), canonical(v));
            format!("{{{}}}", sorted.into_iter().map(entry).collect::<Vec<_>>().join(","))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// The first place where two documents differ, and what stands there.
fn difference(path: String, a: &Value, b: &Value) -> Option<(String, String, String)> {
    let below = |key: &str| if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let keys: BTreeSet<&String> = x.keys().chain(y.keys()).filter(|k| !["digests", "sha256"].contains(&k.as_str())).collect();
            keys.into_iter().find_map(|k| difference(below(k), x.get(k).unwrap_or(&Value::Null), y.get(k).unwrap_or(&Value::Null)))
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).enumerate().find_map(|(i, (a, b))| difference(format!("{path}[{i}]"), a, b))
        }
        (a, b) if a != b => Some((path, shown(a), shown(b))),
        _ => None,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("{} entries", list.len()),
        Value::Null => "nothing".into(),
        other => super::text::one_line(&other.to_string()).into_owned(),
    }
}
