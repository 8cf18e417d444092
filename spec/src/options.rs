//! The options of operations, one struct each. They are `#[non_exhaustive]` with `Default`, so that a later minor version can add a
//! field without breaking a backend; builders set what differs from the default.
use crate::{DType, Scalar, Shape};
use smallvec::SmallVec;

/// A device, as DLPack names it: type and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Device {
    /// DLPack's `DLDeviceType`: 1 CPU, 2 CUDA, ...
    pub kind: u32,
    /// DLPack's `device_id`.
    pub index: u32,
}
impl Device {
    /// The host.
    pub const CPU: Device = Device { kind: 1, index: 0 };

    /// The CUDA device of that number.
    pub const fn cuda(index: u32) -> Device {
        Device { kind: 2, index }
    }
}
impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            1 => write!(f, "cpu:{}", self.index),
            2 => write!(f, "cuda:{}", self.index),
            kind => write!(f, "dlpack-{kind}:{}", self.index),
        }
    }
}

/// Axes as the caller wrote them, negative ones counted from the end.
pub type AxisList = SmallVec<[i64; 4]>;
/// Every axis (`None`), or the listed ones.
pub type Axes = Option<AxisList>;

macro_rules! options {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$fdoc:meta])* $field:ident: $ty:ty = $default:expr ),* $(,)? } )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
        #[non_exhaustive]
        pub struct $name { $( $(#[$fdoc])* pub $field: $ty ),* }
        impl Default for $name { fn default() -> Self { $name { $( $field: $default ),* } } }
        impl $name {
            $( #[doc = concat!("Sets `", stringify!($field), "`.")] #[must_use] pub fn $field(mut self, $field: impl Into<$ty>) -> Self { self.$field = $field.into(); self } )*
        }
    )* };
}

options! {
    /// Options of a reduction.
    Reduce {
        /// The axes that go away; `None`: all.
        axes: Axes = None,
        /// dtype of the result of `sum` and `prod`; `None`: that of the table `accumulate`.
        dtype: Option<DType> = None,
        /// Reduced axes stay, with length 1.
        keepdims: bool = false,
        /// Degrees of freedom that `var` and `std` subtract from the number of elements.
        correction: f64 = 0.0,
    }
    /// Options of `argmax`.
    ArgReduce {
        /// The axis; `None`: the flattened array.
        axis: Option<i64> = None,
        /// The reduced axis stays, with length 1.
        keepdims: bool = false,
    }
    /// Options of `cumulative_sum`.
    Scan {
        /// The axis; `None` only for rank 1.
        axis: Option<i64> = None,
        /// dtype of the result; `None`: that of the table `accumulate`.
        dtype: Option<DType> = None,
        /// The result starts with the sum over nothing.
        include_initial: bool = false,
    }
    /// Options of `full`.
    Full {
        /// Shape of the result.
        shape: Shape = Shape::scalar(),
        /// The value of each element.
        value: Scalar = Scalar::Int(0),
        /// dtype; `None`: the default dtype of the value's kind.
        dtype: Option<DType> = None,
        /// Device; `None`: the backend's default.
        device: Option<Device> = None,
    }
    /// Options of `arange`.
    Arange {
        /// First value.
        start: Scalar = Scalar::Int(0),
        /// Where to stop before.
        stop: Scalar = Scalar::Int(0),
        /// Distance; not 0.
        step: Scalar = Scalar::Int(1),
        /// dtype; `None`: default integer if all three are integers, else default float.
        dtype: Option<DType> = None,
        /// Device; `None`: the backend's default.
        device: Option<Device> = None,
    }
    /// Options of `linspace`.
    Linspace {
        /// First value.
        start: Scalar = Scalar::Float(0.0),
        /// Last value (if `endpoint`).
        stop: Scalar = Scalar::Float(1.0),
        /// How many.
        num: u64 = 0,
        /// dtype; `None`: default float, or default complex.
        dtype: Option<DType> = None,
        /// Whether `stop` is part of the result.
        endpoint: bool = true,
        /// Device; `None`: the backend's default.
        device: Option<Device> = None,
    }
    /// Options of `eye`.
    Eye {
        /// Rows.
        rows: u64 = 0,
        /// Columns; `None`: as many as rows.
        cols: Option<u64> = None,
        /// Which diagonal is 1: positive above the main one.
        k: i64 = 0,
        /// dtype; `None`: default float.
        dtype: Option<DType> = None,
        /// Device; `None`: the backend's default.
        device: Option<Device> = None,
    }
    /// Options of `roll`.
    Roll {
        /// By how much, one per axis (or one for all).
        shift: AxisList = AxisList::new(),
        /// The axes; `None`: the flattened array.
        axes: Axes = None,
    }
    /// Options of `sort` and `argsort`.
    Sort {
        /// The axis.
        axis: i64 = -1,
        /// Largest first.
        descending: bool = false,
        /// Equal elements keep their order.
        stable: bool = true,
    }
    /// Options of `searchsorted`.
    Search {
        /// Which of several places among equal elements.
        side: Side = Side::Left,
    }
    /// Options of `svd`.
    Svd {
        /// Square `U` and `Vh` instead of `min(m, n)` columns and rows.
        full_matrices: bool = true,
    }
    /// Options of `qr`.
    Qr {
        /// Shapes of the factors.
        mode: QrMode = QrMode::Reduced,
    }
    /// Options of a discrete Fourier transform.
    Fft {
        /// Length of the transform; `None`: that of the axis. Shorter cuts, longer pads with zeros.
        n: Option<u64> = None,
        /// The axis.
        axis: i64 = -1,
        /// Where the factor `1/n` goes.
        norm: Norm = Norm::Backward,
    }
    /// Options of a random operation.
    Random {
        /// Shape of the result.
        shape: Shape = Shape::scalar(),
        /// dtype; `None`: default float.
        dtype: Option<DType> = None,
        /// Device; `None`: the backend's default.
        device: Option<Device> = None,
    }
}

impl Reduce {
    /// Over every axis.
    pub fn all() -> Self {
        Self::default()
    }

    /// Over these axes.
    pub fn over(axes: &[i64]) -> Self {
        Reduce { axes: Some(axes.into()), ..Self::default() }
    }
}

macro_rules! choices {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$vdoc:meta])* $variant:ident = $text:literal ),* $(,)? } )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub enum $name { $( $(#[$vdoc])* #[cfg_attr(feature = "serde", serde(rename = $text))] $variant ),* }
        impl $name {
            /// Every choice.
            pub const ALL: &'static [Self] = &[$( Self::$variant ),*];
            /// The name in the standard.
            pub const fn name(self) -> &'static str { match self { $( Self::$variant => $text ),* } }
        }
    )* };
}
choices! {
    /// Which of several places `searchsorted` gives among equal elements.
    Side {
        /// Before them.
        Left = "left",
        /// After them.
        Right = "right",
    }
    /// Shapes of the factors of `qr`, for an `m x n` matrix and `k = min(m, n)`.
    QrMode {
        /// `m x k` and `k x n`.
        Reduced = "reduced",
        /// `m x m` and `m x n`.
        Complete = "complete",
    }
    /// Where a Fourier transform of length `n` is scaled.
    Norm {
        /// Forward unscaled.
        Backward = "backward",
        /// Forward by `1/sqrt(n)`.
        Ortho = "ortho",
        /// Forward by `1/n`.
        Forward = "forward",
    }
}

impl Norm {
    /// What a forward transform of length `n` is multiplied by.
    pub fn factor(self, n: usize) -> f64 {
        match self {
            Norm::Backward => 1.0,
            Norm::Ortho => 1.0 / (n as f64).sqrt(),
            Norm::Forward => 1.0 / n as f64,
        }
    }
}

/// The key of a random stream: a value, not a state. The same key gives the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Key(pub [u32; 2]);

impl Key {
    /// The key of a seed: low word first.
    pub const fn new(seed: u64) -> Key {
        Key([seed as u32, (seed >> 32) as u32])
    }
}
