//! Matrices as products read them: a slice, and which of the two axes is contiguous.
use faer::MatRef;
use std::ops::Range;
use std::ptr;

/// A matrix inside of a buffer. Either rows or columns are contiguous; the others are `stride` elements apart.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a, T> {
    data: &'a [T],
    pub(super) rows: usize,
    pub(super) cols: usize,
    order: Order,
}

/// How a matrix lies in memory.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Order {
    stride: usize,
    /// Whether columns are contiguous instead of rows.
    columns: bool,
}

impl Order {
    /// `None`: neither rows nor columns are contiguous, or they overlap or run backwards.
    pub(super) fn new([rows, cols]: [usize; 2], [row_stride, col_stride]: [isize; 2]) -> Option<Order> {
        // An axis of length 1 has any stride.
        let one = |len: usize, contiguous: isize, other_len: usize, stride: isize, columns: bool| {
            if len > 1 && contiguous != 1 {
                return None;
            }
            let stride = if other_len > 1 { usize::try_from(stride).ok()? } else { len };
            (stride >= len).then_some(Order { stride: stride.max(1), columns })
        };
        one(cols, col_stride, rows, row_stride, false).or_else(|| one(rows, row_stride, cols, col_stride, true))
    }
}

impl<'a, T: Copy> Matrix<'a, T> {
    /// The matrix that starts at `offset`; `None` if it is not inside of the buffer. It has elements.
    pub(super) fn new(buffer: &'a [T], offset: usize, [rows, cols]: [usize; 2], order: Order) -> Option<Self> {
        let (outer, inner) = if order.columns { (cols, rows) } else { (rows, cols) };
        let len = outer.checked_sub(1)?.checked_mul(order.stride)?.checked_add(inner)?;
        let data = buffer.get(offset..)?.get(..len)?;
        Some(Matrix { data, rows, cols, order })
    }

    /// A whole slice in C order.
    pub(super) fn contiguous(data: &'a [T], rows: usize, cols: usize) -> Self {
        Matrix { data, rows, cols, order: Order { stride: cols, columns: false } }
    }

    /// Rows and columns exchanged.
    pub(super) fn transposed(self) -> Self {
        let order = Order { columns: !self.order.columns, ..self.order };
        Matrix { data: self.data, rows: self.cols, cols: self.rows, order }
    }

    /// Some of the columns; `None` if there are not so many.
    pub(super) fn columns(self, range: Range<usize>) -> Option<Self> {
        let offset = if self.order.columns { range.start * self.order.stride } else { range.start };
        Matrix::new(self.data, offset, [self.rows, range.len()], self.order).filter(|_| range.end <= self.cols)
    }

    /// Whether this is the other one with rows and columns exchanged, in the same memory. Both times each other are symmetric.
    pub(super) fn is_transpose_of(self, other: Self) -> bool {
        let other = other.transposed();
        ptr::eq(self.data, other.data) && self.order == other.order && (self.rows, self.cols) == (other.rows, other.cols)
    }

    /// Whether rows are contiguous.
    pub(super) fn has_rows(&self) -> bool {
        !self.order.columns
    }

    /// The `i`-th row, or the `i`-th column where columns are contiguous.
    #[inline(always)]
    pub(super) fn line(&self, i: usize) -> &'a [T] {
        let (start, len) = (i * self.order.stride, if self.order.columns { self.rows } else { self.cols });
        &self.data[start..start + len]
    }

    /// Row `i`, column `j`.
    #[inline(always)]
    pub(super) fn at(&self, i: usize, j: usize) -> T {
        self.data[if self.order.columns { j * self.order.stride + i } else { i * self.order.stride + j }]
    }

    /// As faer sees it.
    pub(super) fn view(&self) -> MatRef<'a, T> {
        if self.order.columns {
            MatRef::from_column_major_slice_with_stride(self.data, self.rows, self.cols, self.order.stride)
        } else {
            MatRef::from_row_major_slice_with_stride(self.data, self.rows, self.cols, self.order.stride)
        }
    }
}
