//! From text to a suite.
use super::schema::{Accumulate, Clause, Common, Level, Manifest, Measure, Promotion};
use super::{FILES, ManifestError};
use crate::{DType, Op};
use serde::de::DeserializeOwned;

/// Everything the manifests say.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The operations, in the order of the list.
    pub operations: Vec<Entry>,
    /// The cross-cutting clauses, by topic.
    pub common: Vec<Common>,
    /// How the dtypes of several arrays become one.
    pub promotion: Promotion,
    /// The dtypes that sums are made in.
    pub accumulate: Accumulate,
}

/// The manifest of one operation, and where it stands.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The operation.
    pub op: Op,
    /// The folder.
    pub category: Category,
    /// The file, below `manifests/`.
    pub path: String,
    /// What it says.
    pub manifest: Manifest,
}

/// One parsed file.
#[derive(Clone, Debug)]
pub enum File {
    /// `<category>/<operation>.toml`
    Operation(Box<Entry>),
    /// `common/<topic>.toml`
    Common(Common),
    /// `tables/promotion.toml`
    Promotion(Promotion),
    /// `tables/accumulate.toml`
    Accumulate(Accumulate),
}

macro_rules! categories {
    ($( $(#[$doc:meta])* $variant:ident = $name:literal ),* $(,)?) => {
        /// The folders of operations, in the order in which they are shown.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Category { $( $(#[$doc])* $variant ),* }
        impl Category {
            /// Every category.
            pub const ALL: &'static [Category] = &[$( Category::$variant ),*];
            /// The name of the folder.
            pub const fn name(self) -> &'static str { match self { $( Category::$variant => $name ),* } }
        }
    };
}
categories! {
    /// One element of the result from one of each argument.
    Elementwise = "elementwise",
    /// Arrays from options.
    Creation = "creation",
    /// Many elements become one, or a running result.
    Reduction = "reduction",
    /// Elements move.
    Manipulation = "manipulation",
    /// Elements are chosen or replaced.
    Indexing = "indexing",
    /// Order, search, sets.
    Sorting = "sorting",
    /// Linear algebra.
    Linalg = "linalg",
    /// Fourier transforms.
    Fft = "fft",
    /// Random numbers.
    Random = "random",
    /// In, out and between devices and libraries.
    Interchange = "interchange",
}
impl std::fmt::Display for Category {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Parses one file; `path` says what it has to be.
///
/// # Errors
/// Not TOML, a key or value that the schema does not know, a path that is none of the known places, an unknown operation.
pub fn parse(path: &str, text: &str) -> Result<File, ManifestError> {
    let (folder, name) = path.split_once('/').ok_or_else(|| ManifestError::of_file(path, "not of the form `<folder>/<name>.toml`"))?;
    let stem = name.strip_suffix(".toml").ok_or_else(|| ManifestError::of_file(path, "not of the form `<folder>/<name>.toml`"))?;
    match (folder, stem) {
        ("tables", "promotion") => Ok(File::Promotion(read(path, text)?)),
        ("tables", "accumulate") => Ok(File::Accumulate(read(path, text)?)),
        ("tables", _) => Err(ManifestError::of_file(path, "no such table: expected `promotion` or `accumulate`")),
        ("common", _) => Ok(File::Common(read(path, text)?)),
        _ => {
            let Some(&category) = Category::ALL.iter().find(|c| c.name() == folder) else {
                let names: Vec<_> = Category::ALL.iter().map(|c| c.name()).chain(["common", "tables"]).collect();
                let hint = super::error::nearest(folder, names.iter().copied()).map(Into::into);
                let message = format!("no such folder `{folder}`: expected one of {}", names.join(", "));
                return Err(ManifestError { hint, ..ManifestError::of_file(path, message) });
            };
            let manifest: Manifest = read(path, text)?;
            let given = &manifest.operation.name;
            let op = Op::from_name(given).ok_or_else(|| ManifestError {
                key: Some(given.clone()),
                hint: super::error::nearest(given, Op::all().map(Op::name)).map(Into::into),
                ..ManifestError::of_file(path, format!("`{given}` is not in the list of operations"))
            })?;
            Ok(File::Operation(Box::new(Entry { op, category, path: path.into(), manifest })))
        }
    }
}

fn read<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, ManifestError> {
    toml::from_str(text).map_err(|e| ManifestError::from_toml(path, text, &e))
}

/// The suite that this crate carries.
///
/// # Errors
/// The first file that does not parse, a missing table, an operation that two files define.
pub fn load() -> Result<Suite, ManifestError> {
    Suite::from_files(FILES.iter().copied())
}

impl Suite {
    /// A suite from files: `(path below manifests/, text)`.
    ///
    /// # Errors
    /// As for [`load`].
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Suite, ManifestError> {
        let (mut operations, mut common, mut promotion, mut accumulate) = (Vec::<Entry>::new(), vec![], None, None);
        for (path, text) in files {
            match parse(path, text)? {
                File::Operation(entry) => {
                    if let Some(twin) = operations.iter().find(|e| e.op == entry.op) {
                        return Err(ManifestError::of_file(path, format!("`{}` is already defined by {}", entry.op, twin.path)));
                    }
                    operations.push(*entry);
                }
                File::Common(c) => common.push(c),
                File::Promotion(t) => promotion = Some(t),
                File::Accumulate(t) => accumulate = Some(t),
            }
        }
        operations.sort_by_key(|e| e.op);
        let missing = |table: &str| ManifestError::of_file(&format!("tables/{table}.toml"), "the table is missing");
        let promotion = promotion.ok_or_else(|| missing("promotion"))?;
        let accumulate = accumulate.ok_or_else(|| missing("accumulate"))?;
        Ok(Suite { operations, common, promotion, accumulate })
    }

    /// The entry of an operation.
    pub fn entry(&self, op: impl Into<Op>) -> Option<&Entry> {
        let op = op.into();
        self.operations.iter().find(|e| e.op == op)
    }

    /// Every clause, with the entry of its operation (`None`: cross-cutting), in the order of the suite: the operations first.
    pub fn clauses(&self) -> impl Iterator<Item = (Option<&Entry>, &Clause)> {
        let own = self.operations.iter().flat_map(|e| e.manifest.clauses.iter().map(move |c| (Some(e), c)));
        own.chain(self.common.iter().flat_map(|t| t.clauses.iter().map(|c| (None, c))))
    }

    /// A clause by id.
    pub fn clause(&self, id: &str) -> Option<(Option<&Entry>, &Clause)> {
        self.clauses().find(|(_, c)| c.id == id)
    }

    /// The accuracy sections: for each operation and (promoted) dtype of its arguments that is not exact, unit and limit.
    pub fn limits(&self) -> impl Iterator<Item = ((Op, DType), Measure, f64)> {
        self.operations.iter().flat_map(|e| {
            let accuracy = &e.manifest.accuracy;
            accuracy.limit.iter().map(|(&dtype, &limit)| ((e.op, dtype), accuracy.measure, limit))
        })
    }

    /// The faults that clauses name, each with the clauses: the work list of a self-check. The operation is `None` for cross-cutting
    /// clauses.
    pub fn faults(&self) -> impl Iterator<Item = (&str, Option<Op>, &Clause)> {
        self.clauses().flat_map(|(e, c)| c.faults.iter().map(move |f| (f.as_str(), e.map(|e| e.op), c)))
    }

    /// The keys under which a backend declares its choices, with the choices and the clauses that ask.
    pub fn declarations(&self) -> std::collections::BTreeMap<&str, (Vec<&str>, Vec<&Clause>)> {
        let mut all = std::collections::BTreeMap::<&str, (Vec<&str>, Vec<&Clause>)>::new();
        for (_, clause) in self.clauses().filter(|(_, c)| c.level == Level::Declared) {
            let Some(key) = &clause.check.key else { continue };
            let (choices, asked) = all.entry(key).or_default();
            for choice in &clause.check.choices {
                if !choices.contains(&choice.as_str()) {
                    choices.push(choice);
                }
            }
            asked.push(clause);
        }
        all
    }
}
