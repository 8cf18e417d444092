//! Matrix products: of floats by cuBLAS, of integers by `kernels/product.cu`.
use super::{BLOCK, fresh, said, stacked};
use crate::array::{CudaArray, common_device, wrong_dtype};
use crate::compiler::Family;
use crate::elementwise::{cast, common};
use crate::launch::{Bytes, address, long, named};
use crate::libraries::{Blas, Matrix};
use array_protocol::strided::{Axes, Layout, Products};
use array_protocol::{DType, Error, ErrorKind, LinalgOp, Operand, Result, Shape};

const OP: LinalgOp = LinalgOp::Matmul;

pub(crate) fn matmul(x1: &CudaArray, x2: &CudaArray) -> Result<CudaArray> {
    let dtype = common(OP, &[Operand::Array(x1), Operand::Array(x2)])?;
    let device = common_device(OP, [x1, x2])?;
    if dtype == DType::Bool {
        return Err(wrong_dtype(OP, &[x1.dtype, x2.dtype]));
    }
    let p = Products::new(x1.shape(), x2.shape())?;
    // Half precision is widened, and rounded once at the end.
    let inner = if matches!(dtype, DType::Float16 | DType::BFloat16) { DType::Float32 } else { dtype };
    let (mut a, mut b) = (cast(OP, x1, inner)?, cast(OP, x2, inner)?);
    if p.row {
        a.layout.insert(0);
    }
    if p.column {
        b.layout.insert(1);
    }
    let (stack, [m, k, n]) = (&p.stack, [p.m, p.k, p.n]);
    let out = CudaArray::empty(OP, device, inner, stacked(stack, &[m, n]))?;
    if out.size() > 0 {
        if k == 0 {
            device.context.fill(out.start(), 0, out.size() * inner.size()).map_err(said(OP, device))?;
        } else if p.one_right() && a.layout.is_contiguous() {
            let rows = stack.size() * m;
            let tall = a.with(a.layout.with_shape([rows, k].into()));
            (0..p.right.rank()).for_each(|_| b.layout.remove(0));
            multiply(&tall, &b, &out.with(Layout::contiguous([rows, n].into())), &Shape::scalar(), [rows, n, k])?;
        } else {
            multiply(&a, &b, &out, stack, [m, n, k])?;
        }
    }
    let out = out.with(Layout::contiguous(p.shape));
    cast(OP, &out, dtype)
}

/// The layouts of a stack and of one matrix in it.
fn split(x: &CudaArray) -> (Layout, [isize; 2]) {
    let outer = x.shape().rank() - 2;
    let starts = Layout { shape: Shape::from(&x.shape()[..outer]), strides: x.layout.strides[..outer].into(), offset: 0 };
    (starts, [x.layout.strides[outer], x.layout.strides[outer + 1]])
}

/// Writes the products; no length is 0.
fn multiply(a: &CudaArray, b: &CudaArray, out: &CudaArray, stack: &Shape, size: [usize; 3]) -> Result<()> {
    let [m, n, k] = size;
    let float = Blas::has(out.dtype);
    // cuBLAS takes matrices of which rows or columns lie without gaps; others are copied.
    let fitted = |x: &CudaArray, rows, columns| match float && reading(split(x).1, rows, columns).is_none() {
        true => fresh(OP, x, x.layout.clone(), x.dtype),
        false => Ok(x.clone()),
    };
    let (a, b) = (fitted(a, m, k)?, fitted(b, k, n)?);
    let ((s1, lies1), (s2, lies2)) = (split(&a), split(&b));
    let (s3, _) = split(out);
    let failed = || Error::new(ErrorKind::Backend, OP).shapes(&[a.shape(), b.shape()]).detail("stacks that do not broadcast");
    let axes = Axes::<3>::new(stack, [&s3, &s1, &s2]).ok_or_else(failed)?;
    // The innermost axis of the stack goes to one call, the others are walked; all are, where it is walked backwards.
    let backwards = axes.strides.iter().any(|s| s.last().is_some_and(|&s| s < 0));
    let last = axes.lengths.len() - usize::from(!backwards);
    let (count, step) = if backwards { (1, [0; 3]) } else { (axes.lengths[last], axes.strides.each_ref().map(|s| s[last])) };
    let walk = |i: usize| {
        let shape = Shape::from(&axes.lengths[..last]);
        Layout { shape, strides: axes.strides[i][..last].into(), offset: 0 }.offsets().collect::<Vec<_>>()
    };
    let starts = [walk(0), walk(1), walk(2)];
    let device = out.device();
    // Offsets may be negative: they wrap, and so do the addresses.
    let address_of = |x: &CudaArray, offset: usize| x.start().wrapping_add(offset.wrapping_mul(x.dtype.size()) as u64);
    for (i, &start) in starts[0].iter().enumerate() {
        let [c, x, y] = [address_of(out, start), address_of(&a, starts[1][i]), address_of(&b, starts[2][i])];
        if let (true, Some((a_columns, a_leading)), Some((b_columns, b_leading))) = (float, reading(lies1, m, k), reading(lies2, k, n)) {
            let left = Matrix { start: x, by_columns: a_columns, leading: a_leading, step: step[1] };
            let right = Matrix { start: y, by_columns: b_columns, leading: b_leading, step: step[2] };
            let call = |blas: &Blas| blas.product(out.dtype, size, left, right, (c, step[0]), count);
            device.libraries.blas(&device.context, call).map_err(said(OP, device))?;
            continue;
        }
        let function = device.kernel(OP.into(), Family::Product, format!("product<{}>", named(OP.into(), out.dtype)?))?;
        let operand = |start: u64, lies: [isize; 2], step: isize| {
            let mut bytes = Bytes::default();
            bytes.push(&start.to_ne_bytes());
            [lies[0], lies[1], step].iter().for_each(|&s| {
                bytes.integer(true, s as i64);
            });
            bytes.aligned()
        };
        let parameters = &mut [
            address(c),
            long(step[0] as usize),
            operand(x, lies1, step[1]),
            operand(y, lies2, step[2]),
            long(m),
            long(n),
            long(k),
            long(count),
        ];
        let tiles = m.div_ceil(16).saturating_mul(n.div_ceil(16)).saturating_mul(count);
        device.launch_blocks(OP.into(), function, tiles, BLOCK, parameters)?;
    }
    if device.options.checked { device.synchronise(OP) } else { Ok(()) }
}

/// How cuBLAS reads a matrix with these distances: whether by columns, and the distance between them, or between rows. `None`: not at all.
fn reading([down, across]: [isize; 2], rows: usize, columns: usize) -> Option<(bool, usize)> {
    // Along an axis of length 1 any distance will do.
    let lines = |inner: isize, length: usize, outer: isize, count: usize| {
        let leading = if count == 1 { Some(length) } else { usize::try_from(outer).ok().filter(|&d| d >= length) };
        leading.filter(|_| inner == 1 || length == 1)
    };
    let by_rows = lines(across, columns, down, rows).map(|leading| (false, leading));
    by_rows.or_else(|| lines(down, rows, across, columns).map(|leading| (true, leading)))
}

#[cfg(test)]
mod tests {
    use super::reading;

    #[test]
    fn rows_or_columns_without_gaps_need_no_copy() {
        assert_eq!(reading([5, 1], 3, 5), Some((false, 5)));
        assert_eq!(reading([9, 1], 3, 5), Some((false, 9)));
        assert_eq!(reading([1, 4], 3, 5), Some((true, 4)));
        // Steps, reversed and repeated rows, rows that overlap.
        for strides in [[10, 2], [-5, 1], [0, 1], [1, 1], [3, 1], [1, 2]] {
            assert_eq!(reading(strides, 3, 5), None, "{strides:?}");
        }
        // One row, one column, one element.
        assert_eq!(reading([-7, 1], 1, 5), Some((false, 5)));
        assert_eq!(reading([0, 3], 1, 5), Some((true, 3)));
        assert_eq!(reading([4, -1], 3, 1), Some((false, 4)));
        assert_eq!(reading([1, 0], 3, 1), Some((false, 1)));
        assert_eq!(reading([0, 0], 1, 1), Some((false, 1)));
    }
}
