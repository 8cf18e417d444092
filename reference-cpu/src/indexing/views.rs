//! Layouts as views of ndarray.
use array_protocol::strided::Layout;
use ndarray::{ArrayView, ArrayViewMut, Axis, IxDyn, ShapeBuilder};
use smallvec::SmallVec;

/// The lowest position in the buffer, for an array with elements.
fn lowest(layout: &Layout) -> usize {
    let back: usize =
        layout.shape.iter().zip(&layout.strides).filter(|&(_, &s)| s < 0).map(|(&n, &s)| n.saturating_sub(1) * s.unsigned_abs()).sum();
    layout.offset.saturating_sub(back)
}

/// The elements as an ndarray view.
pub(super) fn view<'a, T>(layout: &Layout, data: &'a [T]) -> Option<ArrayView<'a, T, IxDyn>> {
    if layout.size() == 0 {
        return ArrayView::from_shape(IxDyn(&layout.shape), &[]).ok();
    }
    let (dim, strides) = (IxDyn(&layout.shape), positive_strides(layout));
    let mut view = ArrayView::from_shape(dim.strides(strides), data.get(lowest(layout)..)?).ok()?;
    reversed_axes(layout).for_each(|axis| view.invert_axis(Axis(axis)));
    Some(view)
}

/// The elements as an ndarray view to write through; `None` where two indices may name the same element.
pub(super) fn view_mut<'a, T>(layout: &Layout, data: &'a mut [T]) -> Option<ArrayViewMut<'a, T, IxDyn>> {
    if layout.size() == 0 {
        return ArrayViewMut::from_shape(IxDyn(&layout.shape), &mut []).ok();
    }
    let (dim, strides) = (IxDyn(&layout.shape), positive_strides(layout));
    let mut view = ArrayViewMut::from_shape(dim.strides(strides), data.get_mut(lowest(layout)..)?).ok()?;
    reversed_axes(layout).for_each(|axis| view.invert_axis(Axis(axis)));
    Some(view)
}

/// ndarray takes strides without sign; the axes that run backwards are turned round afterwards.
fn positive_strides(layout: &Layout) -> IxDyn {
    let strides: SmallVec<[usize; 6]> =
        layout.shape.iter().zip(&layout.strides).map(|(&n, &s)| if n > 1 { s.unsigned_abs() } else { 0 }).collect();
    IxDyn(&strides)
}

fn reversed_axes(layout: &Layout) -> impl Iterator<Item = usize> {
    (0..layout.rank()).filter(|&i| layout.strides[i] < 0 && layout.shape[i] > 1)
}
