//! Shapes of linear algebra: the last two axes are matrices, the axes in front a stack of them.
use crate::{Error, ErrorKind, LinalgOp, Result, Shape};

/// A stack of matrices: the shape of the stack, rows, columns.
///
/// # Errors
/// `Shape` where the rank is below 2.
pub fn stack(op: LinalgOp, shape: &Shape) -> Result<(Shape, usize, usize)> {
    match &**shape {
        [stack @ .., m, n] => Ok((Shape::from(stack), *m, *n)),
        _ => Err(Error::new(ErrorKind::Shape, op).shapes(&[shape]).detail("the rank is below 2")),
    }
}

/// The stack's shape followed by other axes.
pub fn stacked(stack: &Shape, last: &[usize]) -> Shape {
    stack.iter().chain(last).copied().collect()
}

/// What `matmul` is asked for: products of `m x k` and `k x n` matrices.
#[derive(Clone, Debug)]
pub struct Products {
    /// Whether the left operand is a vector, which is a row.
    pub row: bool,
    /// Whether the right operand is a vector, which is a column.
    pub column: bool,
    /// The stack of the left operand.
    pub left: Shape,
    /// The stack of the right operand.
    pub right: Shape,
    /// What both broadcast to.
    pub stack: Shape,
    /// Rows of the left matrices.
    pub m: usize,
    /// Columns of the left matrices, rows of the right ones.
    pub k: usize,
    /// Columns of the right matrices.
    pub n: usize,
    /// Of the result, in which vectors have no axis.
    pub shape: Shape,
}

impl Products {
    /// By the shapes of the operands.
    ///
    /// # Errors
    /// `Shape`.
    pub fn new(x1: &Shape, x2: &Shape) -> Result<Products> {
        let wrong = || Error::new(ErrorKind::Shape, LinalgOp::Matmul).shapes(&[x1, x2]);
        let (row, column) = (x1.rank() == 1, x2.rank() == 1);
        let (left, m, k) = match &**x1 {
            [] => return Err(wrong()),
            &[k] => (Shape::scalar(), 1, k),
            [stack @ .., m, k] => (Shape::from(stack), *m, *k),
        };
        let (right, rows, n) = match &**x2 {
            [] => return Err(wrong()),
            &[rows] => (Shape::scalar(), rows, 1),
            [stack @ .., rows, n] => (Shape::from(stack), *rows, *n),
        };
        if k != rows {
            return Err(wrong());
        }
        let stack = left.broadcast(&right).ok_or_else(wrong)?;
        let axes = [(!row).then_some(m), (!column).then_some(n)];
        let shape = stack.iter().copied().chain(axes.into_iter().flatten()).collect();
        Ok(Products { row, column, left, right, stack, m, k, n, shape })
    }

    /// Whether one matrix on the right meets all of the stack on the left: with that in C order, a product of one tall matrix.
    pub fn one_right(&self) -> bool {
        self.right.iter().all(|&length| length == 1) && self.left.size() == self.stack.size()
    }
}

/// What `solve` is asked for: systems of `n` equations with `k` right sides each.
#[derive(Clone, Debug)]
pub struct Systems {
    /// The stack of the matrices.
    pub left: Shape,
    /// The stack of the right sides.
    pub right: Shape,
    /// What both broadcast to.
    pub stack: Shape,
    /// Equations of a system.
    pub n: usize,
    /// Right sides of a system.
    pub k: usize,
    /// Of the result, in which a vector has one axis.
    pub shape: Shape,
}

impl Systems {
    /// By the shapes of the operands. A right side is a vector only if it has one axis.
    ///
    /// # Errors
    /// `Shape`.
    pub fn new(x1: &Shape, x2: &Shape) -> Result<Systems> {
        let op = LinalgOp::Solve;
        let wrong = || Error::new(ErrorKind::Shape, op).shapes(&[x1, x2]);
        let (left, n, columns) = stack(op, x1)?;
        let (right, rows, k) = match &**x2 {
            &[rows] => (Shape::scalar(), rows, None),
            [stack @ .., rows, k] => (Shape::from(stack), *rows, Some(*k)),
            [] => return Err(wrong()),
        };
        if n != columns || n != rows {
            return Err(wrong());
        }
        let stack = left.broadcast(&right).ok_or_else(wrong)?;
        let shape = stack.iter().copied().chain([n]).chain(k).collect();
        Ok(Systems { left, right, stack, n, k: k.unwrap_or(1), shape })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_rows_and_columns_and_have_no_axis_afterwards() {
        for (x1, x2, stack, mkn, shape, one) in [
            (&[3][..], &[3][..], &[][..], [1, 3, 1], &[][..], true),
            (&[2, 3], &[3], &[], [2, 3, 1], &[2], true),
            (&[3], &[4, 3, 5], &[4], [1, 3, 5], &[4, 5], false),
            (&[6, 2, 3], &[1, 3, 5], &[6], [2, 3, 5], &[6, 2, 5], true),
            (&[1, 2, 3], &[6, 3, 5], &[6], [2, 3, 5], &[6, 2, 5], false),
        ] {
            let p = Products::new(&Shape::from(x1), &Shape::from(x2)).unwrap();
            assert_eq!((&*p.stack, [p.m, p.k, p.n], &*p.shape, p.one_right()), (stack, mkn, shape, one), "{x1:?} {x2:?}");
        }
        for (x1, x2) in [(&[][..], &[3][..]), (&[3], &[]), (&[3], &[2]), (&[2, 2, 3], &[3, 3, 4])] {
            assert_eq!(Products::new(&Shape::from(x1), &Shape::from(x2)).unwrap_err().kind(), ErrorKind::Shape, "{x1:?} {x2:?}");
        }
    }

    #[test]
    fn right_sides_are_vectors_or_matrices() {
        for (x1, x2, stack, nk, shape) in [
            (&[3, 3][..], &[3][..], &[][..], [3, 1], &[3][..]),
            (&[2, 3, 3], &[3], &[2], [3, 1], &[2, 3]),
            (&[3, 3], &[2, 3, 4], &[2], [3, 4], &[2, 3, 4]),
        ] {
            let s = Systems::new(&Shape::from(x1), &Shape::from(x2)).unwrap();
            assert_eq!((&*s.stack, [s.n, s.k], &*s.shape), (stack, nk, shape), "{x1:?} {x2:?}");
        }
        for (x1, x2) in [(&[3][..], &[3][..]), (&[3, 2], &[3]), (&[3, 3], &[2]), (&[3, 3], &[])] {
            assert_eq!(Systems::new(&Shape::from(x1), &Shape::from(x2)).unwrap_err().kind(), ErrorKind::Shape, "{x1:?} {x2:?}");
        }
    }
}
