//! The places of the elements of a layout, run by run: bookkeeping once a run instead of once an element.
use array_protocol::strided::Layout;
use smallvec::SmallVec;
use std::ops::Range;

/// A layout, its axes merged where several act as one.
pub(super) struct Walk {
    /// Lengths and strides, the innermost axis first; at least one.
    axes: SmallVec<[(usize, isize); 6]>,
    offset: usize,
    size: usize,
}

impl Walk {
    pub(super) fn new(layout: &Layout) -> Walk {
        let mut axes: SmallVec<[(usize, isize); 6]> = SmallVec::new();
        for (&len, &stride) in layout.shape.iter().zip(&layout.strides).rev().filter(|&(&len, _)| len != 1) {
            match axes.last_mut() {
                Some((n, step)) if step.checked_mul(*n as isize) == Some(stride) => *n *= len,
                _ => axes.push((len, stride)),
            }
        }
        if axes.is_empty() {
            axes.push((1, 1));
        }
        Walk { axes, offset: layout.offset, size: layout.size() }
    }

    /// Number of elements.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Where the elements begin, if they lie side by side.
    pub(super) fn contiguous(&self) -> Option<usize> {
        matches!(self.axes[..], [(_, 1)]).then_some(self.offset)
    }

    /// Visits elements in C order by `f(place, stride, count)`.
    pub(super) fn runs(&self, range: Range<usize>, mut f: impl FnMut(usize, isize, usize)) {
        let mut left = range.len();
        if left == 0 {
            return;
        }
        let (mut rest, mut at) = (range.start, self.offset);
        let mut index: SmallVec<[usize; 6]> = SmallVec::new();
        for &(len, stride) in &self.axes {
            index.push(rest % len);
            at = at.wrapping_add_signed(stride.wrapping_mul((rest % len) as isize));
            rest /= len;
        }
        let (len, stride) = self.axes[0];
        loop {
            let count = (len - index[0]).min(left);
            f(at, stride, count);
            left -= count;
            if left == 0 {
                return;
            }
            at = at.wrapping_add_signed(stride.wrapping_mul(index[0] as isize).wrapping_neg());
            index[0] = 0;
            for (i, &(len, stride)) in index.iter_mut().zip(&self.axes).skip(1) {
                *i += 1;
                at = at.wrapping_add_signed(stride);
                if *i < len {
                    break;
                }
                at = at.wrapping_add_signed(stride.wrapping_mul(len as isize).wrapping_neg());
                *i = 0;
            }
        }
    }

    /// Visits the place of each element of a range in C order.
    pub(super) fn each(&self, range: Range<usize>, mut f: impl FnMut(usize)) {
        self.runs(range, |at, stride, count| (0..count).for_each(|i| f(at.wrapping_add_signed(stride.wrapping_mul(i as isize)))));
    }
}

#[cfg(test)]
mod tests {
    use super::Walk;
    use array_protocol::Shape;
    use array_protocol::strided::Layout;

    /// Any range of any layout, against index arithmetic over all axes.
    #[test]
    fn ranges_of_layouts() {
        let whole = Layout::contiguous(Shape::from([2, 3, 4, 1, 5]));
        let mut stepped = whole.clone();
        stepped.slice(2, 3, 2, -2);
        stepped.slice(4, 1, 2, 3);
        let repeated = whole.broadcast_to(&Shape::from([2, 2, 3, 4, 1, 5])).unwrap();
        let single = Layout::contiguous(Shape::scalar());
        for layout in [whole.permute(&[4, 0, 3, 1, 2]), whole, stepped, repeated, single] {
            let places: Vec<usize> = layout.offsets().collect();
            let walk = Walk::new(&layout);
            assert_eq!(walk.size(), places.len());
            for start in 0..=places.len() {
                for end in start..=places.len() {
                    let mut seen = Vec::new();
                    walk.each(start..end, |at| seen.push(at));
                    assert_eq!(seen, places[start..end], "{layout:?} {start}..{end}");
                }
            }
        }
    }
}
