//! What a block of a decomposition does to the columns behind it, in pieces: `c -= a b`, with one `a` for all.
use super::float;
#[cfg(target_arch = "x86_64")]
use super::packed;
use crate::memory::Means;
#[cfg(target_arch = "x86_64")]
use crate::simd::by_vectors;
use array_protocol::{LinalgOp, Result};
use faer::{MatMut, MatRef};

/// The left operand as tiles read it, where they pay.
pub(crate) struct Packed {
    #[cfg(target_arch = "x86_64")]
    panels: Option<packed::Left<f64>>,
}

impl Packed {
    /// For a few columns, which are contiguous.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn new(with: Means<'_>, op: LinalgOp, a: MatRef<'_, f64>) -> Result<Packed> {
        #[cfg(target_arch = "x86_64")]
        {
            // How many columns meet it is known later.
            let suits = packed::suits(with.simd, a.nrows(), a.nrows(), a.ncols()).is_some();
            let panels = if suits { Some(packed::Left::new(with, op, a)?) } else { None };
            Ok(Packed { panels })
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            let _ = (with, op, a);
            Ok(Packed {})
        }
    }

    /// `c -= a b` for the same `a`, on this thread. The rows of `b` and `c` are contiguous.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn subtract(&self, with: Means<'_>, op: LinalgOp, c: MatMut<'_, f64>, a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Result<()> {
        #[cfg(target_arch = "x86_64")]
        if let (Some(left), Some(vectors)) = (&self.panels, packed::suits(with.simd, c.nrows(), c.ncols(), a.ncols())) {
            return by_vectors!(vectors, simd => left.subtract(with, simd, op, c, b));
        }
        float::subtract(c, a, b);
        Ok(())
    }
}
