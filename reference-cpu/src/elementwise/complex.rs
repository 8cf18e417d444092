//! Complex floating point. complex64 is computed in complex128 and rounded.
use super::{Elementwise, Join, Map, kernel};
use crate::math::complex as c;
use array_protocol::{BinaryOp, UnaryOp};
use num_complex::Complex;

/// Types whose functions are those of complex128.
trait Wide: Copy {
    fn wide(self) -> Complex<f64>;
    fn narrow(z: Complex<f64>) -> Self;
}
impl Wide for Complex<f64> {
    fn wide(self) -> Complex<f64> {
        self
    }
    fn narrow(z: Complex<f64>) -> Self {
        z
    }
}
impl Wide for Complex<f32> {
    fn wide(self) -> Complex<f64> {
        Complex::new(self.re.into(), self.im.into())
    }
    fn narrow(z: Complex<f64>) -> Self {
        Complex::new(z.re as f32, z.im as f32)
    }
}

macro_rules! complex {
    ($($t:ty),*) => { $(
        impl Elementwise for Complex<$t> {
            type Real = $t;
            fn unary(op: UnaryOp) -> Option<Map<Complex<$t>>> {
                Some(match op {
                    UnaryOp::Abs => Map::Real(kernel!(|z| f64::from(z.re).hypot(f64::from(z.im)) as $t)),
                    UnaryOp::Cos => Map::Same(kernel!(|z| Wide::narrow(c::cos(z.wide())))),
                    UnaryOp::Exp => Map::Same(kernel!(|z| Wide::narrow(c::exp(z.wide())))),
                    UnaryOp::Expm1 => Map::Same(kernel!(|z| Wide::narrow(c::expm1(z.wide())))),
                    UnaryOp::IsNan => Map::Bool(kernel!(|z| z.re.is_nan() || z.im.is_nan())),
                    UnaryOp::Log => Map::Same(kernel!(|z| Wide::narrow(c::log(z.wide())))),
                    UnaryOp::Log1p => Map::Same(kernel!(|z| Wide::narrow(c::log1p(z.wide())))),
                    UnaryOp::Negative => Map::Same(kernel!(|z| Complex::new(-z.re, -z.im))),
                    UnaryOp::Round => Map::Same(kernel!(|z| Complex::new(z.re.round_ties_even(), z.im.round_ties_even()))),
                    UnaryOp::Sign => Map::Same(kernel!(|z| Wide::narrow(c::sign(z.wide())))),
                    UnaryOp::Sin => Map::Same(kernel!(|z| Wide::narrow(c::sin(z.wide())))),
                    UnaryOp::Sqrt => Map::Same(kernel!(|z| Wide::narrow(c::sqrt(z.wide())))),
                    UnaryOp::Tanh => Map::Same(kernel!(|z| Wide::narrow(c::tanh(z.wide())))),
                    _ => return None,
                })
            }
            fn binary(op: BinaryOp) -> Option<Join<Complex<$t>>> {
                Some(match op {
                    BinaryOp::Add => Join::Same(kernel!(|x, y| Complex::new(x.re + y.re, x.im + y.im))),
                    BinaryOp::Subtract => Join::Same(kernel!(|x, y| Complex::new(x.re - y.re, x.im - y.im))),
                    BinaryOp::Multiply => Join::Same(kernel!(|x, y| Wide::narrow(c::multiply(x.wide(), y.wide())))),
                    BinaryOp::Divide => Join::Same(kernel!(|x, y| Wide::narrow(c::divide(x.wide(), y.wide())))),
                    BinaryOp::Pow => Join::Same(kernel!(|x, y| Wide::narrow(c::pow(x.wide(), y.wide())))),
                    BinaryOp::Equal => Join::Bool(kernel!(|x, y| x == y)),
                    _ => return None,
                })
            }
        }
    )* };
}
complex!(f32, f64);
