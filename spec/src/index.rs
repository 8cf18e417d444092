//! Indexing as data, so that it travels in cases. `R` is what stands for an array.

/// One entry of an indexing key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Index<R> {
    /// One position; the axis goes away. Negative counts from the end.
    At(i64),
    /// Python's `start:stop:step`.
    Slice {
        /// First position; `None`: the end that `step` starts from.
        start: Option<i64>,
        /// Position to stop before; `None`: past the end.
        stop: Option<i64>,
        /// Distance; not 0.
        step: i64,
    },
    /// A new axis of length 1.
    #[cfg_attr(feature = "serde", serde(rename = "newaxis"))]
    NewAxis,
    /// As many whole axes as are left; at most once.
    Ellipsis,
    /// An array of integers, or of truth values (a mask).
    Array(R),
}

impl<R> Index<R> {
    /// The whole axis, `:`.
    pub const fn all() -> Self {
        Index::Slice { start: None, stop: None, step: 1 }
    }

    /// `Index::from(2..).step(3)` is `2::3`. Only a slice has a step.
    pub fn step(self, step: i64) -> Self {
        match self {
            Index::Slice { start, stop, .. } => Index::Slice { start, stop, step },
            other => other,
        }
    }

    /// The same entry over other stand-ins for arrays.
    ///
    /// # Errors
    /// That of `f`.
    pub fn try_map<S, E>(self, f: impl FnOnce(R) -> Result<S, E>) -> Result<Index<S>, E> {
        Ok(match self {
            Index::At(i) => Index::At(i),
            Index::Slice { start, stop, step } => Index::Slice { start, stop, step },
            Index::NewAxis => Index::NewAxis,
            Index::Ellipsis => Index::Ellipsis,
            Index::Array(r) => Index::Array(f(r)?),
        })
    }
}

/// Python's `slice.indices`: the first element and the number of elements that `start:stop:step` takes from an axis of length `len`.
///
/// `None` where `step` is 0.
pub fn resolve_slice(start: Option<i64>, stop: Option<i64>, step: i64, len: usize) -> Option<(usize, usize)> {
    if step == 0 {
        return None;
    }
    let n = i64::try_from(len).ok()?;
    // Where a bound may lie: [0, n] going up, [-1, n-1] going down.
    let (low, high) = if step > 0 { (0, n) } else { (-1, n - 1) };
    let clamp = |v: i64| (if v < 0 { v.saturating_add(n) } else { v }).clamp(low, high);
    let (first, last) = if step > 0 { (0, n) } else { (n - 1, -1) };
    let (a, b) = (start.map_or(first, clamp), stop.map_or(last, clamp));
    let distance = if step > 0 { b - a } else { a - b };
    let count = if distance > 0 { (distance - 1) as u64 / step.unsigned_abs() + 1 } else { 0 };
    Some((a.max(0) as usize, count as usize))
}

impl<R> From<i64> for Index<R> {
    fn from(i: i64) -> Self {
        Index::At(i)
    }
}
impl<R> From<i32> for Index<R> {
    fn from(i: i32) -> Self {
        Index::At(i.into())
    }
}
impl<R> From<std::ops::RangeFull> for Index<R> {
    fn from(_: std::ops::RangeFull) -> Self {
        Index::all()
    }
}
impl<R> From<std::ops::Range<i64>> for Index<R> {
    fn from(r: std::ops::Range<i64>) -> Self {
        Index::Slice { start: Some(r.start), stop: Some(r.end), step: 1 }
    }
}
impl<R> From<std::ops::RangeFrom<i64>> for Index<R> {
    fn from(r: std::ops::RangeFrom<i64>) -> Self {
        Index::Slice { start: Some(r.start), stop: None, step: 1 }
    }
}
impl<R> From<std::ops::RangeTo<i64>> for Index<R> {
    fn from(r: std::ops::RangeTo<i64>) -> Self {
        Index::Slice { start: None, stop: Some(r.end), step: 1 }
    }
}

/// A key: `idx![0, .., 2..5, Index::NewAxis]`.
#[macro_export]
macro_rules! idx {
    ($($i:expr),* $(,)?) => { [$($crate::Index::from($i)),*] };
}
