//! Positions in a buffer, in the order of an odometer.
use smallvec::SmallVec;

/// The positions that some axes lead to; it goes on without end.
pub(super) struct Walk<'a> {
    dims: &'a [(usize, isize)],
    index: SmallVec<[usize; 6]>,
    at: usize,
}

impl<'a> Walk<'a> {
    /// Begins at the `i`-th position; no axis has length 0.
    pub(super) fn new(dims: &'a [(usize, isize)], start: usize, mut i: usize) -> Self {
        let mut index: SmallVec<[usize; 6]> = smallvec::smallvec![0; dims.len()];
        let mut at = start;
        for (place, &(n, stride)) in index.iter_mut().zip(dims).rev() {
            *place = i % n;
            i /= n;
            at = at.wrapping_add_signed(stride.wrapping_mul(*place as isize));
        }
        Walk { dims, index, at }
    }

    /// The position, and a step to the next one.
    pub(super) fn step(&mut self) -> usize {
        let here = self.at;
        for (place, &(n, stride)) in self.index.iter_mut().zip(self.dims).rev() {
            *place += 1;
            self.at = self.at.wrapping_add_signed(stride);
            if *place < n {
                break;
            }
            *place = 0;
            self.at = self.at.wrapping_add_signed(stride.wrapping_mul(n as isize).wrapping_neg());
        }
        here
    }
}
