//! Real floating point. float32 functions are computed in float64 and rounded once more, which keeps them within 0.51 ULP.
use super::{Elementwise, Join, Map, kernel};
use crate::math::division::{floor_divide, remainder};
use array_protocol::{BinaryOp, UnaryOp};

macro_rules! floats {
    ($($t:ty),*) => { $(
        impl Elementwise for $t {
            type Real = $t;
            fn unary(op: UnaryOp) -> Option<Map<$t>> {
                Some(match op {
                    UnaryOp::Abs => Map::Same(kernel!(|x| x.abs())),
                    UnaryOp::Cos => Map::Same(kernel!(|x| f64::from(x).cos() as $t)),
                    UnaryOp::Exp => Map::Same(kernel!(|x| f64::from(x).exp() as $t)),
                    UnaryOp::Expm1 => Map::Same(kernel!(|x| f64::from(x).exp_m1() as $t)),
                    UnaryOp::IsNan => Map::Bool(kernel!(|x| x.is_nan())),
                    UnaryOp::Log => Map::Same(kernel!(|x| f64::from(x).ln() as $t)),
                    UnaryOp::Log1p => Map::Same(kernel!(|x| f64::from(x).ln_1p() as $t)),
                    UnaryOp::Negative => Map::Same(kernel!(|x| -x)),
                    UnaryOp::Round => Map::Same(kernel!(|x| x.round_ties_even())),
                    UnaryOp::Sign => Map::Same(kernel!(|x| if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else if x == 0.0 { 0.0 } else { x })),
                    UnaryOp::Sin => Map::Same(kernel!(|x| f64::from(x).sin() as $t)),
                    UnaryOp::Sqrt => Map::Same(kernel!(|x| x.sqrt())),
                    UnaryOp::Tanh => Map::Same(kernel!(|x| f64::from(x).tanh() as $t)),
                    _ => return None,
                })
            }
            fn binary(op: BinaryOp) -> Option<Join<$t>> {
                Some(match op {
                    BinaryOp::Add => Join::Same(kernel!(|x, y| x + y)),
                    BinaryOp::Subtract => Join::Same(kernel!(|x, y| x - y)),
                    BinaryOp::Multiply => Join::Same(kernel!(|x, y| x * y)),
                    BinaryOp::Divide => Join::Same(kernel!(|x, y| x / y)),
                    BinaryOp::FloorDivide => Join::Same(kernel!(|x, y| floor_divide(x, y))),
                    BinaryOp::Remainder => Join::Same(kernel!(|x, y| remainder(x, y))),
                    // The C functions let a signalling NaN through where a quiet one has no influence.
                    BinaryOp::Pow => Join::Same(kernel!(|x, y| if x == 1.0 || y == 0.0 { 1.0 } else { f64::from(x).powf(f64::from(y)) as $t })),
                    BinaryOp::Atan2 => Join::Same(kernel!(|y, x| f64::from(y).atan2(f64::from(x)) as $t)),
                    BinaryOp::Hypot => Join::Same(kernel!(|x, y| {
                        if x.is_infinite() || y.is_infinite() { <$t>::INFINITY } else { f64::from(x).hypot(f64::from(y)) as $t }
                    })),
                    BinaryOp::Copysign => Join::Same(kernel!(|x, y| x.copysign(y))),
                    BinaryOp::Equal => Join::Bool(kernel!(|x, y| x == y)),
                    BinaryOp::Less => Join::Bool(kernel!(|x, y| x < y)),
                    // `f64::max` would prefer the number to the NaN.
                    BinaryOp::Maximum => Join::Same(kernel!(|x, y| if x > y || x.is_nan() { x } else { y })),
                    _ => return None,
                })
            }
        }
    )* };
}
floats!(f32, f64);
