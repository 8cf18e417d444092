//! The axes of a loop over several operands, as few as can be.
use super::{Layout, Strides};
use crate::Shape;
use smallvec::SmallVec;

/// Lengths, one per axis.
pub type Lengths = SmallVec<[usize; 6]>;

/// The axes that `N` operands are walked along together, the last one innermost. At least one axis; none of length 1 beside others.
#[derive(Clone, Debug)]
pub struct Axes<const N: usize> {
    /// Lengths.
    pub lengths: Lengths,
    /// Distances in elements, per operand.
    pub strides: [Strides; N],
    /// Where each operand begins.
    pub offsets: [usize; N],
}

impl<const N: usize> Axes<N> {
    /// Merges the axes of layouts; `None` where they do not all broadcast to the shape. The shape has elements.
    pub fn new(shape: &Shape, layouts: [&Layout; N]) -> Option<Axes<N>> {
        let rank = shape.rank();
        let mut out =
            Axes { lengths: Lengths::new(), strides: std::array::from_fn(|_| Strides::new()), offsets: layouts.map(|l| l.offset) };
        // From the innermost axis outwards; turned round at the end.
        for i in (0..rank).rev() {
            let length = shape[i];
            let mut strides = [0isize; N];
            for (stride, layout) in strides.iter_mut().zip(layouts) {
                // A missing axis in front repeats.
                if let Some(own) = (i + layout.rank()).checked_sub(rank) {
                    match layout.shape[own] {
                        1 => {}
                        n if n == length => *stride = layout.strides[own],
                        _ => return None,
                    }
                }
            }
            if length == 1 {
                continue;
            }
            let merged = out.lengths.last().is_some_and(|&inner| {
                out.strides.iter().zip(strides).all(|(s, outer)| s.last().is_some_and(|&s| s.wrapping_mul(inner as isize) == outer))
            });
            match out.lengths.last_mut() {
                Some(inner) if merged => *inner *= length,
                _ => {
                    out.lengths.push(length);
                    out.strides.iter_mut().zip(strides).for_each(|(list, s)| list.push(s));
                }
            }
        }
        if out.lengths.is_empty() {
            out.lengths.push(1);
            out.strides.iter_mut().for_each(|list| list.push(1));
        }
        out.lengths.reverse();
        out.strides.iter_mut().for_each(|list| list.reverse());
        layouts.iter().all(|l| l.rank() <= rank).then_some(out)
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.lengths.iter().product()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_merge_where_nobody_jumps() {
        let shape = Shape::from([4, 1, 3, 5]);
        let a = Layout::contiguous(shape.clone());
        let axes = Axes::new(&shape, [&a, &a]).unwrap();
        assert_eq!((axes.lengths.as_slice(), axes.strides[0].as_slice()), (&[60][..], &[1][..]));
        let row = Layout::contiguous([5].into());
        let axes = Axes::new(&shape, [&a, &row]).unwrap();
        assert_eq!(
            (axes.lengths.as_slice(), axes.strides[0].as_slice(), axes.strides[1].as_slice()),
            (&[12, 5][..], &[5, 1][..], &[0, 1][..])
        );
        let axes = Axes::new(&shape, [&a, &Layout::contiguous([1].into())]).unwrap();
        assert_eq!((axes.lengths.as_slice(), axes.strides[1].as_slice()), (&[60][..], &[0][..]));
        assert!(Axes::new(&shape, [&Layout::contiguous([4].into())]).is_none());
        assert_eq!(Axes::new(&Shape::scalar(), [&Layout::contiguous(Shape::scalar())]).unwrap().size(), 1);
    }
}
