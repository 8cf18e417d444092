//! Elements as numbers.
use array_protocol::{DType, Element, HostArray};

/// An integer dtype.
pub(super) trait Int: Element + Copy + PartialEq {
    /// Width.
    const BITS: u32;
    /// Its value.
    fn wide(self) -> i128;
    /// Modulo `2^bits`.
    fn wrap(i: i128) -> Self;
}
macro_rules! int {
    ($($t:ty),*) => { $( impl Int for $t {
        const BITS: u32 = <$t>::BITS;
        #[inline]
        fn wide(self) -> i128 { self as i128 }
        #[inline]
        fn wrap(i: i128) -> Self { i as $t }
    } )* };
}
int!(i8, i16, i32, i64, u8, u16, u32, u64);

/// A real floating-point dtype.
pub(super) trait Real: Element + Copy {
    /// Its value.
    fn wide(self) -> f64;
    /// Rounded to nearest, ties to even.
    fn narrow(x: f64) -> Self;
}
impl Real for f32 {
    #[inline]
    fn wide(self) -> f64 {
        self.into()
    }
    #[inline]
    fn narrow(x: f64) -> f32 {
        x as f32
    }
}
impl Real for f64 {
    #[inline]
    fn wide(self) -> f64 {
        self
    }
    #[inline]
    fn narrow(x: f64) -> f64 {
        x
    }
}

/// Bits of an integer dtype.
pub(super) fn int_bits(d: DType) -> usize {
    8 * d.size()
}

/// The parts of complex elements as float64, or the values of real ones with imaginary part 0.
pub(super) fn parts(x: &HostArray) -> Vec<(f64, f64)> {
    if let Some(v) = x.view::<num_complex::Complex<f64>>() {
        v.iter().map(|z| (z.re, z.im)).collect()
    } else if let Some(v) = x.view::<num_complex::Complex<f32>>() {
        v.iter().map(|z| (z.re.into(), z.im.into())).collect()
    } else {
        reals(x).into_iter().map(|x| (x, 0.0)).collect()
    }
}

/// The elements of a real float array as float64; nothing for other dtypes.
pub(super) fn reals(x: &HostArray) -> Vec<f64> {
    match (x.view::<f64>(), x.view::<f32>()) {
        (Some(v), _) => v.to_vec(),
        (_, Some(v)) => v.iter().map(|&x| x.into()).collect(),
        _ => vec![],
    }
}

/// The elements of an integer or boolean array; nothing for other dtypes.
pub(super) fn integers(x: &HostArray) -> Vec<i128> {
    array_protocol::dispatch_dtype!(
        x.dtype(), in [i8, i16, i32, i64, u8, u16, u32, u64],
        T => x.view::<T>().unwrap_or(&[]).iter().map(|i| i.wide()).collect(),
        else => x.view::<bool>().unwrap_or(&[]).iter().map(|&b| b.into()).collect()
    )
}
