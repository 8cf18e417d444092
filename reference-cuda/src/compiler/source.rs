//! The text of the kernels.

/// Kernels that are written in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Family {
    /// Element by element.
    Elementwise,
    /// Elements at positions that an array holds.
    Gather,
    /// Where chosen elements are.
    Positions,
    /// Around decompositions.
    Linalg,
    /// Products of integers.
    Product,
    /// Many elements become one.
    Reduce,
    /// Running sums.
    Scan,
    /// Order and search.
    Sort,
    /// Random numbers.
    Random,
}

const FOLD: &str = include_str!("../../kernels/fold.cuh");
const BLOCK: &str = include_str!("../../kernels/block.cuh");

impl Family {
    /// Everything that the compiler has to see: there are no headers.
    pub(crate) fn source(self) -> String {
        let common = [
            include_str!("../../kernels/types.cuh"),
            include_str!("../../kernels/math/division.cuh"),
            include_str!("../../kernels/math/complex.cuh"),
            include_str!("../../kernels/index.cuh"),
        ];
        let own: &[&str] = match self {
            Family::Elementwise => &[
                include_str!("../../kernels/math/exp.cuh"),
                include_str!("../../kernels/operations.cuh"),
                include_str!("../../kernels/keys.cuh"),
                include_str!("../../kernels/elementwise.cu"),
            ],
            Family::Gather => &[include_str!("../../kernels/gather.cu")],
            Family::Linalg => &[include_str!("../../kernels/linalg.cu")],
            Family::Product => &[include_str!("../../kernels/product.cu")],
            Family::Positions => &[FOLD, BLOCK, include_str!("../../kernels/positions.cu")],
            Family::Reduce => &[FOLD, BLOCK, include_str!("../../kernels/reduce.cu")],
            Family::Sort => &[BLOCK, include_str!("../../kernels/sort.cu")],
            Family::Random => &[include_str!("../../kernels/random.cu")],
            Family::Scan => &[FOLD, BLOCK, include_str!("../../kernels/scan.cu")],
        };
        common.iter().chain(own).copied().collect()
    }
}
