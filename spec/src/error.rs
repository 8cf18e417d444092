//! Errors: a closed set of kinds, one pointer wide, always naming the operation and what met.
use crate::{DType, Op, Shape};
use std::fmt;

/// The result of every operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! kinds {
    ($( $(#[$doc:meta])* $variant:ident = $name:literal ),* $(,)?) => {
        /// What went wrong. Clauses of the specification name these kinds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum ErrorKind { $( $(#[$doc])* #[cfg_attr(feature = "serde", serde(rename = $name))] $variant ),* }
        impl ErrorKind {
            /// Every kind.
            pub const ALL: &'static [ErrorKind] = &[$( ErrorKind::$variant ),*];
            /// The name in manifests and frames.
            pub const fn name(self) -> &'static str { match self { $( ErrorKind::$variant => $name ),* } }
        }
    };
}
kinds! {
    /// Shapes that do not fit each other or the operation.
    Shape = "shape",
    /// A dtype outside the operation's domain.
    Dtype = "dtype",
    /// An axis outside `[-rank, rank)`, or named twice.
    Axis = "axis",
    /// An index outside its axis, too many indices, a step of 0.
    Index = "index",
    /// Arrays of different devices or backends, or a device that does not exist.
    Device = "device",
    /// An argument whose value is outside the operation's domain.
    Value = "value",
    /// The backend does not implement this.
    Unsupported = "unsupported",
    /// An iteration did not converge.
    NotConverged = "not_converged",
    /// A matrix is exactly singular.
    Singular = "singular",
    /// Memory ran out.
    OutOfMemory = "out_of_memory",
    /// The device, or what this process holds of it, failed for good: whatever needs it fails from now on, and a new process may work. Never
    /// what the specification expects of a call.
    Lost = "lost",
    /// Anything else that went wrong inside the backend.
    Backend = "backend",
}
impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An error, boxed so that `Result<Handle>` stays small on the fast path.
#[derive(Clone, PartialEq)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, PartialEq)]
struct Inner {
    kind: ErrorKind,
    op: Option<Op>,
    shapes: Vec<Shape>,
    dtypes: Vec<DType>,
    detail: String,
}

impl Error {
    /// An error of an operation.
    #[cold]
    pub fn new(kind: ErrorKind, op: impl Into<Op>) -> Self {
        Error(Box::new(Inner { kind, op: Some(op.into()), shapes: vec![], dtypes: vec![], detail: String::new() }))
    }

    /// An error outside of any operation.
    #[cold]
    pub fn outside_op(kind: ErrorKind) -> Self {
        Error(Box::new(Inner { kind, op: None, shapes: vec![], dtypes: vec![], detail: String::new() }))
    }

    /// The backend has no such operation.
    #[cold]
    pub fn unsupported(op: impl Into<Op>) -> Self {
        Error::new(ErrorKind::Unsupported, op)
    }

    /// Adds the shapes that met.
    #[must_use]
    pub fn shapes(mut self, shapes: &[&Shape]) -> Self {
        self.0.shapes = shapes.iter().map(|&s| s.clone()).collect();
        self
    }

    /// Adds the dtypes that met.
    #[must_use]
    pub fn dtypes(mut self, dtypes: &[DType]) -> Self {
        self.0.dtypes = dtypes.to_vec();
        self
    }

    /// Adds what a reader needs to know beyond kind, operation, shapes and dtypes.
    #[must_use]
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.0.detail = text.into();
        self
    }

    /// Names another operation: a derived operation reports the one that the user called.
    #[must_use]
    pub fn as_op(mut self, op: impl Into<Op>) -> Self {
        self.0.op = Some(op.into());
        self
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The operation.
    pub fn op(&self) -> Option<Op> {
        self.0.op
    }

    /// The shapes that met.
    pub fn met_shapes(&self) -> &[Shape] {
        &self.0.shapes
    }

    /// The dtypes that met.
    pub fn met_dtypes(&self) -> &[DType] {
        &self.0.dtypes
    }

    /// The detail, possibly empty.
    pub fn text(&self) -> &str {
        &self.0.detail
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { kind, op, shapes, dtypes, detail } = &*self.0;
        if let Some(op) = op {
            write!(f, "{op}: ")?;
        }
        write!(f, "{kind} error")?;
        for (i, s) in shapes.iter().enumerate() {
            write!(f, "{}{s}", if i == 0 { ", shapes " } else { " and " })?;
        }
        for (i, d) in dtypes.iter().enumerate() {
            write!(f, "{}{d}", if i == 0 { ", dtypes " } else { " and " })?;
        }
        if !detail.is_empty() {
            write!(f, ", {detail}")?;
        }
        Ok(())
    }
}
impl std::error::Error for Error {}
