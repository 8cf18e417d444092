//! What the model says of a call.
use array_protocol::manifest::Measure;
use array_protocol::{DType, ErrorKind, HostArray, Op, Shape};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What a backend may answer to a call.
#[derive(Clone)]
pub enum Expect {
    /// These arrays.
    Returns(Vec<ExpectArray>),
    /// An error of one of these kinds, and no array.
    Fails(Vec<ErrorKind>),
    /// An error of one of these kinds, or these arrays.
    Either(Vec<ErrorKind>, Vec<ExpectArray>),
    /// The specification says nothing: anything but a panic, a crash or a hang.
    Unspecified,
}

/// One returned array.
#[derive(Clone)]
pub struct ExpectArray {
    /// Its name in the manifest.
    pub name: &'static str,
    /// Its dtype.
    pub dtype: DType,
    /// Its shape.
    pub shape: Shape,
    /// Its elements.
    pub elements: Elements,
}

/// Judges all arrays of a reply together.
pub type Relation = Arc<dyn Fn(&[HostArray]) -> Vec<Quantity> + Send + Sync>;

/// The elements of a returned array.
#[derive(Clone)]
pub enum Elements {
    /// These bits; where a NaN (in either part of a complex number) is expected, any NaN.
    Bits(HostArray),
    /// One set per element, in C order.
    Each(Vec<Allowed>),
    /// Nothing is said of single elements; `quantities` of the first array of the reply judge all of them together.
    Related(Relation),
    /// Judged by the `Related` of another array of the same reply, or not at all.
    Free,
}

/// A number computed from all results of a call (in higher precision), with its bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Its name, which clauses refer to: `residual`, `orthonormality`, `order`, `singular_values`, `structure`.
    pub name: &'static str,
    /// Its value, as a fraction of the bound: allowed up to 1. NaN is not allowed.
    pub of_bound: f64,
    /// What was found, in words and numbers.
    pub text: String,
}

/// What an element may be. Exact values are carried in two words, `hi + lo`, so that errors are not rounded.
#[derive(Clone, Debug, PartialEq)]
pub enum Allowed {
    /// These bits (little end of the element's bytes; for complex128 see `Parts`).
    Bits(u64),
    /// Any NaN.
    Nan,
    /// At most `ulps` units in the last place of the element's dtype from `hi + lo`. The unit is that of the binade of the exact
    /// value, subnormals included. Infinity counts as the first number past the largest.
    Ball {
        /// The exact value, leading word.
        hi: f64,
        /// The rest.
        lo: f64,
        /// How far off.
        ulps: f64,
    },
    /// At most `abs` from `hi + lo`.
    Within {
        /// The exact value, leading word.
        hi: f64,
        /// The rest.
        lo: f64,
        /// How far off.
        abs: f64,
    },
    /// A complex number at most `abs` (Euclidean) from the exact one.
    Disc {
        /// The real part, two words.
        re: (f64, f64),
        /// The imaginary part, two words.
        im: (f64, f64),
        /// How far off.
        abs: f64,
        /// What `abs` is called in reports: the limit in ULP of the modulus, or 1 for a bound.
        limit: f64,
    },
    /// A complex number whose parts are allowed one by one.
    Parts(Box<[Allowed; 2]>),
    /// Any of these.
    AnyOf(Box<[Allowed]>),
    /// Anything.
    Anything,
}

/// The accuracy that is demanded of one operation for one dtype.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// The unit.
    pub measure: Measure,
    /// How many of them.
    pub value: f64,
}

/// The accuracy sections of the manifests, and the choices the backend declares: all that the model needs beside the call.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    limits: HashMap<(Op, DType), Limit>,
    declared: BTreeMap<String, String>,
}

impl Limits {
    /// From a list of limits, and the backend's declared choices.
    pub fn new(limits: impl IntoIterator<Item = ((Op, DType), Limit)>, declared: BTreeMap<String, String>) -> Limits {
        Limits { limits: limits.into_iter().collect(), declared }
    }

    /// The limit of an operation for the (promoted) dtype of its arguments; exact where the manifest lists none.
    pub fn of(&self, op: impl Into<Op>, dtype: DType) -> Limit {
        self.limits.get(&(op.into(), dtype)).copied().unwrap_or(Limit { measure: Measure::Exact, value: 0.0 })
    }

    /// The declared choice for a key.
    pub fn declared(&self, key: &str) -> Option<&str> {
        self.declared.get(key).map(String::as_str)
    }
}
