//! The eight operations by which GPU arrays are usually shown beside NumPy: what they are called, and what they are, over any backend.
use array_protocol::options::Svd;
use array_protocol::{Array, Backend, DType, Index, Result};

/// An operation, in words and in Python.
pub struct Picture {
    /// What is computed.
    pub about: &'static str,
    /// The same to a module with NumPy's functions, called `np`.
    pub numpy: &'static str,
}

const fn picture(about: &'static str, numpy: &'static str) -> Picture {
    Picture { about, numpy }
}

/// [`fft`].
pub const FFT: Picture = picture("fft(x), real to complex", "np.fft.fft(x)");
/// [`sum`].
pub const SUM: Picture = picture("sum", "x.sum()");
/// [`std()`].
pub const STD: Picture = picture("standard deviation", "x.std()");
/// [`elementwise`].
pub const ELEMENTWISE: Picture = picture("sin(x)**2 + cos(x)**2", "np.sin(x)**2 + np.cos(x)**2");
/// [`matmul`].
pub const MATMUL: Picture = picture("matrix product", "x @ y");
/// [`slice()`].
pub const SLICE: Picture = picture("x[::3], copied", "x[::3].copy()");
/// [`svd`].
pub const SVD: Picture = picture("SVD", "np.linalg.svd(x, full_matrices=False)[1]");
/// [`stencil`].
pub const STENCIL: Picture = picture(
    "mean of 3 x 3 neighbours, by slices",
    "(x[:-2, :-2] + x[:-2, 1:-1] + x[:-2, 2:] + x[1:-1, :-2] + x[1:-1, 1:-1] + x[1:-1, 2:] \
     + x[2:, :-2] + x[2:, 1:-1] + x[2:, 2:]) / 9",
);

/// The transform along the last axis.
///
/// # Errors
/// Those of the operations, here and below.
pub fn fft<B: Backend>(x: &[Array<B>]) -> Result<Array<B>> {
    x[0].astype(DType::Complex128)?.fft(())
}

/// The sum of all elements.
///
/// # Errors
/// As above.
pub fn sum<B: Backend>(x: &[Array<B>]) -> Result<Array<B>> {
    x[0].sum(())
}

/// The standard deviation of all elements.
///
/// # Errors
/// As above.
pub fn std<B: Backend>(x: &[Array<B>]) -> Result<Array<B>> {
    x[0].std(())
}

/// Four functions and a sum.
///
/// # Errors
/// As above.
pub fn elementwise<B: Backend>(x: &[Array<B>]) -> Result<Array<B>> {
    x[0].sin()?.pow(2)? + x[0].cos()?.pow(2)?
}

/// The product of two matrices.
///
/// # Errors
/// As above.
pub fn matmul<B: Backend>(x: &[Array<B>]) -> Result<Array<B>> {
    x[0].matmul(&x[1])
}

/// Every third row.
///
/// # Errors
/// As above.
pub fn slice<B: Backend>(x: &[Array<B>]) -> Result<Array<B>> {
    materialised(&x[0].get(&[Index::all().step(3)])?)
}

/// The singular values; the factors are computed too.
///
/// # Errors
/// As above.
pub fn svd<B: Backend>(x: &[Array<B>]) -> Result<Array<B>> {
    Ok(x[0].svd(thin())?.1)
}

/// Where the nine windows of the stencil start.
pub const PLACES: [(usize, usize); 9] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)];

/// The mean of each element and its neighbours.
///
/// # Errors
/// As above.
pub fn stencil<B: Backend>(x: &[Array<B>]) -> Result<Array<B>> {
    let window = |at: usize| {
        let (start, stop) = (at as i64, at as i64 - 2);
        Index::Slice { start: Some(start), stop: (stop < 0).then_some(stop), step: 1 }
    };
    let cut = |(i, j): (usize, usize)| x[0].get(&[window(i), window(j)]);
    let mut sum = &cut(PLACES[0])? + &cut(PLACES[1])?;
    for place in PLACES.into_iter().skip(2) {
        sum = sum + &cut(place)?;
    }
    sum? / 9.0
}

/// The factors without what is only there to make them square.
pub fn thin() -> Svd {
    Svd::default().full_matrices(false)
}

/// The same elements in memory of their own.
///
/// Arrays are values, so no operation has to copy before somebody writes: here one element is written, with what it is already.
///
/// # Errors
/// As above.
pub fn materialised<B: Backend>(x: &Array<B>) -> Result<Array<B>> {
    let first = vec![Index::At(0); x.rank()];
    let mut out = x.clone();
    out.set(&first, &x.get(&first)?)?;
    Ok(out)
}
