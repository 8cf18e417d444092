//! Elements of host arrays, one by one and wide enough for every dtype: what the faults are written in.
//!
//! Slow and plain. Faults change values that a backend gave, so nothing here has to agree with the model.
use array_protocol::host::Bytes;
use array_protocol::{DType, HostArray, Kind, Operand, Scalar, Shape};

/// One element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Num {
    /// An integer, or a truth value as 0 or 1.
    Int(i128),
    /// A real number.
    Float(f64),
    /// A complex number.
    Complex(f64, f64),
}
use Num::{Complex, Float, Int};

impl Num {
    /// The number as a real one: the real part of a complex one.
    pub(super) fn real(self) -> f64 {
        match self {
            Int(i) => i as f64,
            Float(f) | Complex(f, _) => f,
        }
    }

    /// The imaginary part.
    pub(super) fn imag(self) -> f64 {
        if let Complex(_, im) = self { im } else { 0.0 }
    }

    /// Whether it is, or has a part that is, not a number.
    pub(super) fn is_nan(self) -> bool {
        self.real().is_nan() || self.imag().is_nan()
    }

    /// Whether it is neither infinite nor NaN.
    pub(super) fn is_finite(self) -> bool {
        self.real().is_finite() && self.imag().is_finite()
    }

    /// Whether it equals zero.
    pub(super) fn is_zero(self) -> bool {
        self.real() == 0.0 && self.imag() == 0.0
    }

    /// Each part of a floating-point number through `f`; integers stay.
    pub(super) fn parts(self, f: impl Fn(f64) -> f64) -> Num {
        match self {
            Int(i) => Int(i),
            Float(x) => Float(f(x)),
            Complex(re, im) => Complex(f(re), f(im)),
        }
    }

    /// A number so different that no limit of accuracy can hide it.
    pub(super) fn spoilt(self) -> Num {
        let far = |x: f64| if x.is_finite() { x + x.abs().max(1.0) } else { 0.0 };
        match self {
            Int(i) => Int(i ^ 1),
            Float(x) => Float(far(x)),
            Complex(re, im) => Complex(far(re), im),
        }
    }
}

impl From<Scalar> for Num {
    fn from(s: Scalar) -> Num {
        match s {
            Scalar::Bool(b) => Int(b.into()),
            Scalar::Int(i) => Int(i.into()),
            Scalar::UInt(i) => Int(i.into()),
            Scalar::Float(f) => Float(f),
            Scalar::Complex(re, im) => Complex(re, im),
        }
    }
}

/// The bits of part `i` (complex numbers have two parts an element), in the low end.
fn bits(bytes: &[u8], width: usize, i: usize) -> u64 {
    let mut word = [0; 8];
    if let Some(part) = bytes.get(i * width..(i + 1) * width) {
        word[..width].copy_from_slice(part);
    }
    u64::from_le_bytes(word)
}

fn set_bits(bytes: &mut [u8], width: usize, i: usize, value: u64) {
    if let Some(part) = bytes.get_mut(i * width..(i + 1) * width) {
        part.copy_from_slice(&value.to_le_bytes()[..width]);
    }
}

/// A part's bits as a real number.
pub(super) fn float(dtype: DType, bits: u64) -> f64 {
    match dtype {
        DType::Float32 => f32::from_bits(bits as u32).into(),
        DType::BFloat16 => f32::from_bits((bits as u32) << 16).into(),
        DType::Float16 => half(bits as u16),
        _ => f64::from_bits(bits),
    }
}

fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let magnitude = match exponent {
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        0 => fraction * 2f64.powi(-24),
        e => (1024.0 + fraction) * 2f64.powi(e - 25),
    };
    magnitude.copysign(if bits >> 15 == 0 { 1.0 } else { -1.0 })
}

/// A real number as a part's bits, rounded to nearest (the 16-bit dtypes: towards zero).
pub(super) fn float_bits(dtype: DType, x: f64) -> u64 {
    match dtype {
        DType::Float32 => (x as f32).to_bits().into(),
        DType::BFloat16 => u64::from((x as f32).to_bits() >> 16),
        DType::Float16 => {
            let sign = u64::from(x.is_sign_negative()) << 15;
            let magnitude = (0..0x7c00u16).rev().find(|&b| half(b) <= x.abs()).unwrap_or(0);
            sign | u64::from(if x.is_nan() {
                0x7e00
            } else if x.is_infinite() {
                0x7c00
            } else {
                magnitude
            })
        }
        _ => x.to_bits(),
    }
}

/// Element `i`; 0 where there is none.
pub(super) fn get(x: &HostArray, i: usize) -> Num {
    let (dtype, bytes) = (x.dtype(), x.bytes());
    let width = dtype.real().size();
    match dtype.kind() {
        Kind::Complex => Complex(float(dtype.real(), bits(bytes, width, 2 * i)), float(dtype.real(), bits(bytes, width, 2 * i + 1))),
        Kind::Float => Float(float(dtype, bits(bytes, width, i))),
        Kind::Int => {
            let up = 64 - 8 * width as u32;
            Int(((bits(bytes, width, i) << up) as i64 >> up).into())
        }
        Kind::UInt | Kind::Bool => Int(bits(bytes, width, i).into()),
    }
}

/// Stores a number at element `i`: integers wrap, a real number among integers is cut off, an imaginary part among reals is lost.
pub(super) fn put(x: &mut HostArray, i: usize, value: Num) {
    let dtype = x.dtype();
    let width = dtype.real().size();
    let bytes = x.bytes_mut();
    match dtype.kind() {
        Kind::Complex => {
            set_bits(bytes, width, 2 * i, float_bits(dtype.real(), value.real()));
            set_bits(bytes, width, 2 * i + 1, float_bits(dtype.real(), value.imag()));
        }
        Kind::Float => set_bits(bytes, width, i, float_bits(dtype, value.real())),
        Kind::Bool => set_bits(bytes, width, i, u64::from(!value.is_zero())),
        Kind::Int | Kind::UInt => {
            let whole = if let Int(i) = value { i } else { value.real() as i128 };
            set_bits(bytes, width, i, whole as u64);
        }
    }
}

/// Every element.
pub(super) fn nums(x: &HostArray) -> impl Iterator<Item = Num> + '_ {
    (0..x.size()).map(|i| get(x, i))
}

/// An array of zeros; rank 0 where the shape cannot be.
pub(super) fn zeros(dtype: DType, shape: &Shape) -> HostArray {
    HostArray::zeros(dtype, shape.clone()).unwrap_or_else(|_| HostArray::scalar(0u8))
}

/// An array of these elements, as many as the shape has.
pub(super) fn from_nums(dtype: DType, shape: &Shape, value: impl Fn(usize) -> Num) -> HostArray {
    let mut out = zeros(dtype, shape);
    for i in 0..out.size() {
        put(&mut out, i, value(i));
    }
    out
}

/// The array with every element through `f`; elements that `f` leaves alone keep their bits.
pub(super) fn map(x: &HostArray, f: impl Fn(usize, Num) -> Num) -> HostArray {
    let mut out = x.clone();
    for i in 0..x.size() {
        let old = get(x, i);
        let new = f(i, old);
        let same = match (old, new) {
            (Float(a), Float(b)) => a.to_bits() == b.to_bits(),
            (Complex(a, b), Complex(c, d)) => a.to_bits() == c.to_bits() && b.to_bits() == d.to_bits(),
            (a, b) => a == b,
        };
        if !same {
            put(&mut out, i, new);
        }
    }
    out
}

/// The array with the bits of every part through `f(dtype of the part, bits)`.
pub(super) fn map_bits(x: &HostArray, f: impl Fn(DType, u64) -> u64) -> HostArray {
    let dtype = x.dtype().real();
    let width = dtype.size();
    let mut out = x.clone();
    let bytes = out.bytes_mut();
    for i in 0..bytes.len() / width {
        let old = bits(bytes, width, i);
        set_bits(bytes, width, i, f(dtype, old));
    }
    out
}

/// The bits of the number that lies `steps` units in the last place further from zero; integers count up, truth values flip.
/// Infinities and NaNs stay.
pub(super) fn away(dtype: DType, bits: u64, steps: u64) -> u64 {
    match dtype.kind() {
        Kind::Bool => bits ^ 1,
        Kind::Float if !float(dtype, bits).is_finite() => bits,
        Kind::Float => bits + steps.min(infinity(dtype) - (bits & infinity_mask(dtype))),
        _ => bits.wrapping_add(steps),
    }
}

/// The bits of infinity.
fn infinity(dtype: DType) -> u64 {
    float_bits(dtype, f64::INFINITY)
}

/// All bits but the sign.
fn infinity_mask(dtype: DType) -> u64 {
    (1 << (8 * dtype.size() - 1)) - 1
}

/// The smallest and largest integer of a dtype; 0 and 1 for bool.
pub(super) fn range(dtype: DType) -> (i128, i128) {
    let bits = 8 * dtype.size();
    match dtype.kind() {
        Kind::Int => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        Kind::UInt => (0, (1 << bits) - 1),
        _ => (0, 1),
    }
}

/// A real number rounded to the parts of a floating dtype.
pub(super) fn rounded(dtype: DType, x: f64) -> f64 {
    if dtype.real() == DType::Float64 { x } else { float(dtype.real(), float_bits(dtype.real(), x)) }
}

/// The number as an element of this kind: integers become real, real numbers complex.
pub(super) fn lifted(x: Num, kind: Kind) -> Num {
    match (x, kind) {
        (Int(i), Kind::Float) => Float(i as f64),
        (Int(_) | Float(_), Kind::Complex) => Complex(x.real(), 0.0),
        _ => x,
    }
}

/// The largest finite number of a floating dtype.
pub(super) fn largest(dtype: DType) -> f64 {
    float(dtype.real(), infinity(dtype.real()) - 1)
}

/// The smallest normal number of a floating dtype.
pub(super) fn tiny(dtype: DType) -> f64 {
    match dtype.real() {
        DType::Float32 | DType::BFloat16 => f32::MIN_POSITIVE.into(),
        DType::Float16 => 2f64.powi(-14),
        _ => f64::MIN_POSITIVE,
    }
}

/// The distance from 1 to the next number of a floating dtype.
pub(super) fn epsilon(dtype: DType) -> f64 {
    match dtype.real() {
        DType::Float32 => f32::EPSILON.into(),
        DType::BFloat16 => 2f64.powi(-7),
        DType::Float16 => 2f64.powi(-10),
        _ => f64::EPSILON,
    }
}

/// The array converted, whatever is lost.
pub(super) fn convert(x: &HostArray, dtype: DType) -> HostArray {
    from_nums(dtype, x.shape(), |i| get(x, i))
}

/// The array of these bytes under another shape; the array itself where the sizes differ.
pub(super) fn reshaped(x: &HostArray, shape: impl Into<Shape>) -> HostArray {
    HostArray::new(x.dtype(), shape, Bytes::from_slice(x.bytes())).unwrap_or_else(|_| x.clone())
}

/// An array of `shape` whose element `i` (C order) is element `from(i)` of `x`; 0 where there is none.
pub(super) fn gather(x: &HostArray, shape: &Shape, from: impl Fn(usize) -> Option<usize>) -> HostArray {
    let width = x.dtype().size();
    let mut out = zeros(x.dtype(), shape);
    for (i, place) in out.bytes_mut().chunks_exact_mut(width).enumerate() {
        if let Some(source) = from(i).and_then(|j| x.bytes().get(j * width..(j + 1) * width)) {
            place.copy_from_slice(source);
        }
    }
    out
}

/// The position along each axis of element `i`.
pub(super) fn unravel(mut i: usize, shape: &[usize]) -> Vec<usize> {
    let mut at = vec![0; shape.len()];
    for (place, &len) in at.iter_mut().zip(shape).rev() {
        *place = i % len.max(1);
        i /= len.max(1);
    }
    at
}

/// The element at a position along each axis.
pub(super) fn ravel(at: &[usize], shape: &[usize]) -> usize {
    at.iter().zip(shape).fold(0, |i, (&a, &len)| i * len + a)
}

/// Which element of an operand of shape `from` meets element `i` of a result of shape `to`.
pub(super) fn broadcast_index(i: usize, to: &[usize], from: &[usize]) -> usize {
    let at = unravel(i, to);
    let skip = at.len().saturating_sub(from.len());
    let at: Vec<usize> = at[skip..].iter().zip(from).map(|(&a, &len)| if len == 1 { 0 } else { a }).collect();
    ravel(&at, from)
}

/// The element of an operand that meets element `i` of a result of shape `to`.
pub(super) fn operand(x: &Operand<&HostArray>, i: usize, to: &[usize]) -> Num {
    match x {
        Operand::Array(x) => get(x, broadcast_index(i, to, x.shape())),
        Operand::Scalar(s) => (*s).into(),
    }
}

/// The order of elements in memory.
#[derive(Clone, Copy)]
pub(super) enum Order {
    /// The last axis runs fastest.
    C,
    /// The first axis runs fastest.
    Fortran,
}

/// The elements in an order, as a vector.
pub(super) fn flat(x: &HostArray, order: Order) -> HostArray {
    let turned: Shape = x.shape().iter().rev().copied().collect();
    gather(x, &Shape::from([x.size()]), |i| match order {
        Order::C => Some(i),
        Order::Fortran => Some(ravel(&unravel(i, &turned).into_iter().rev().collect::<Vec<_>>(), x.shape())),
    })
}

/// A vector filled into a shape in Fortran order.
pub(super) fn unflat(x: &HostArray, shape: &Shape) -> HostArray {
    let turned: Shape = shape.iter().rev().copied().collect();
    gather(x, shape, |i| Some(ravel(&unravel(i, shape).into_iter().rev().collect::<Vec<_>>(), &turned)))
}

/// The neighbour of a finite or infinite number on the side of zero.
pub(super) fn closer_to_zero(dtype: DType, x: f64) -> f64 {
    if x == 0.0 || x.is_nan() { x } else { float(dtype, float_bits(dtype, x) - 1) }
}
