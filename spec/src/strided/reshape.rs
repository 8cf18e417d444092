//! Another shape over the same elements, without moving them.
use super::{Axes, Layout, Strides};
use crate::Shape;

impl Layout {
    /// The same elements in C order under another shape of the same size; `None` where they would have to move.
    pub fn reshape(&self, shape: &Shape) -> Option<Layout> {
        if shape.checked_size()? != self.size() {
            return None;
        }
        if self.is_contiguous() {
            return Some(self.with_shape(shape.clone()));
        }
        // Runs of axes that continue each other; each has to be cut into whole axes of the new shape.
        let runs = Axes::new(&self.shape, [self])?;
        let mut runs = runs.lengths.iter().zip(&runs.strides[0]).rev();
        let (mut left, mut stride) = (1usize, 1isize);
        let mut strides = Strides::from_elem(0, shape.rank());
        for (to, &len) in strides.iter_mut().zip(shape.iter()).rev() {
            if len == 1 {
                continue;
            }
            if left == 1 {
                (left, stride) = runs.next().map(|(&n, &s)| (n, s))?;
            }
            if left % len != 0 {
                return None;
            }
            *to = stride;
            stride = stride.wrapping_mul(len as isize);
            left /= len;
        }
        Some(Layout { shape: shape.clone(), strides, offset: self.offset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_where_nothing_moves() {
        let whole = Layout::contiguous(Shape::from([4, 6]));
        let mut stepped = whole.clone();
        stepped.slice(0, 3, 2, -2);
        for (x, shape, fits) in [
            (&whole, &[2, 2, 6][..], true),
            (&stepped, &[2, 1, 3, 2], true),
            (&stepped, &[1, 2, 6, 1], true),
            (&stepped, &[12], false),
            (&stepped, &[3, 4], false),
            (&whole.permute(&[1, 0]), &[2, 3, 4], true),
            (&whole.permute(&[1, 0]), &[3, 8], false),
        ] {
            let out = x.reshape(&Shape::from(shape));
            assert_eq!(out.is_some(), fits, "{x:?} to {shape:?}");
            if let Some(out) = out {
                assert_eq!(out.offsets().collect::<Vec<_>>(), x.offsets().collect::<Vec<_>>(), "{x:?} to {shape:?}");
            }
        }
    }
}
