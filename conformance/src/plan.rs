//! The plan: every check of a run, fixed and hashed before anything runs. Each ends in exactly one verdict.
use array_protocol::manifest::{CheckKind, Clause, Entry, Level, Suite, Wrong};
use array_protocol::{DType, Op};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The dtypes that checks run on. float16 and bfloat16 are named by the protocol and join with a later version.
pub const DTYPES: &[DType] = &[
    DType::Bool,
    DType::Int8,
    DType::Int16,
    DType::Int32,
    DType::Int64,
    DType::UInt8,
    DType::UInt16,
    DType::UInt32,
    DType::UInt64,
    DType::Float32,
    DType::Float64,
    DType::Complex64,
    DType::Complex128,
];

/// How much is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Seconds: a few cases per check.
    Smoke,
    /// What a badge needs.
    Standard,
    /// Also every float32 input of the unary functions.
    Exhaustive,
}

impl Mode {
    /// Every mode.
    pub const ALL: &'static [Mode] = &[Mode::Smoke, Mode::Standard, Mode::Exhaustive];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Smoke => "smoke",
            Mode::Standard => "standard",
            Mode::Exhaustive => "exhaustive",
        }
    }

    /// Cases per check.
    pub const fn cases(self) -> u64 {
        match self {
            Mode::Smoke => 8,
            Mode::Standard | Mode::Exhaustive => 60,
        }
    }
}

/// A clause x operation x dtype.
#[derive(Clone)]
pub struct Check {
    /// `clause@operation@dtype`; parts that do not apply, or that the clause id says already, are left out.
    pub id: String,
    /// The clause.
    pub clause: Arc<Clause>,
    /// The operation that it is checked through.
    pub operation: Option<Arc<Entry>>,
    /// The dtype.
    pub dtype: Option<DType>,
    /// What has to hold before this can be judged: 0 transport, 1 shape and dtype of results, 2 the rest.
    pub rung: u8,
}

impl Check {
    /// The operation.
    pub fn op(&self) -> Option<Op> {
        self.operation.as_ref().map(|e| e.op)
    }

    /// The folder of the operation's manifest, or `common`.
    pub fn category(&self) -> &'static str {
        self.operation.as_ref().map_or("common", |e| e.category.name())
    }

    /// The profile that the check counts for.
    pub fn profile(&self) -> &str {
        self.operation.as_ref().map_or("core", |e| &e.manifest.operation.profile)
    }
}

/// The checks of a run.
#[derive(Clone)]
pub struct Plan {
    /// In the order of the journal: by rung, then by operation.
    pub checks: Vec<Check>,
    /// SHA-256 of the ids, hexadecimal.
    pub hash: String,
}

impl Plan {
    /// Every check of the suite in these profiles (empty: all) that matches one of the filters (empty: all).
    ///
    /// A filter matches a part of `category::operation::clause@dtype` as [`Check::path`] writes it.
    pub fn new(suite: &Suite, profiles: &[String], filters: &[String]) -> Plan {
        let mut checks = vec![];
        for (entry, clause) in suite.clauses() {
            if clause.retired.is_some() {
                continue;
            }
            let clause = Arc::new(clause.clone());
            match entry {
                Some(entry) => expand(&mut checks, &clause, Some(Arc::new(entry.clone()))),
                None => {
                    let through: Vec<_> = suite.operations.iter().filter(|e| applies(&clause, e)).collect();
                    if through.is_empty() {
                        expand(&mut checks, &clause, None);
                    }
                    through.into_iter().for_each(|e| expand(&mut checks, &clause, Some(Arc::new(e.clone()))));
                }
            }
        }
        checks.retain(|c| profiles.is_empty() || profiles.iter().any(|p| p == c.profile()));
        checks.retain(|c| filters.is_empty() || filters.iter().any(|f| c.path().contains(f.as_str())));
        // Stable: inside an operation the order of the manifest stays.
        checks.sort_by_key(|c| (c.rung, c.op()));
        let mut hash = Sha256::new();
        for c in &checks {
            hash.update(c.id.as_bytes());
            hash.update(b"\n");
        }
        let hash = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
        Plan { checks, hash }
    }

    /// Runs of checks of one rung and operation, as index ranges: the units that workers take.
    pub fn groups(&self) -> Vec<std::ops::Range<usize>> {
        let mut groups = vec![];
        let mut start = 0;
        for i in 1..=self.checks.len() {
            let same =
                i < self.checks.len() && (self.checks[i].rung, self.checks[i].op()) == (self.checks[start].rung, self.checks[start].op());
            if !same {
                groups.push(start..i);
                start = i;
            }
        }
        groups
    }
}

impl Check {
    /// What filters match: `category::operation::clause@dtype`.
    pub fn path(&self) -> String {
        let operation = self.op().map_or("-", Op::name);
        let dtype = self.dtype.map_or(String::new(), |d| format!("@{d}"));
        format!("{}::{operation}::{}{dtype}", self.category(), self.clause.id)
    }
}

fn applies(clause: &Clause, entry: &Entry) -> bool {
    let a = &clause.applies;
    a.operations.iter().any(|o| o == entry.op.name()) || a.families.iter().any(|f| f == entry.op.family())
}

fn expand(checks: &mut Vec<Check>, clause: &Arc<Clause>, operation: Option<Arc<Entry>>) {
    let rung = match clause.check.kind {
        CheckKind::Roundtrip => 0,
        CheckKind::Shape | CheckKind::Dtype => 1,
        _ => 2,
    };
    let mut push = |dtype: Option<DType>| {
        let mut id = clause.id.clone();
        if let Some(e) = &operation
            && !clause.id.starts_with(&format!("{}.", e.op.name()))
        {
            id.push_str(&format!("@{}", e.op.name()));
        }
        if let Some(d) = dtype {
            id.push_str(&format!("@{d}"));
        }
        checks.push(Check { id, clause: clause.clone(), operation: operation.clone(), dtype, rung });
    };
    if clause.level == Level::Untestable || matches!(clause.check.kind, CheckKind::None | CheckKind::Example) {
        return push(None);
    }
    let accepted = |d: DType| operation.as_ref().is_none_or(|e| e.manifest.dtypes.accept.contains(&d));
    let rejects = clause.check.given == Some(Wrong::Dtype);
    for &dtype in DTYPES {
        let asked = clause.check.dtypes.as_ref().is_none_or(|list| list.contains(&dtype));
        // A clause on rejected dtypes is checked with exactly those; it may name accepted ones that fail with an option.
        let domain = if rejects { clause.check.dtypes.is_some() || !accepted(dtype) } else { accepted(dtype) };
        if asked && domain {
            push(Some(dtype));
        }
    }
}
