//! Real floating point. The elementary functions are those of [`crate::math::vector`].
use super::{Elementwise, Join, Map, kernel};
use crate::math::vector;
use array_protocol::{BinaryOp, UnaryOp};

macro_rules! floats {
    ($($t:ty),*) => { $(
        impl Elementwise for $t {
            type Real = $t;
            fn unary(op: UnaryOp) -> Option<Map<$t>> {
                Some(match op {
                    UnaryOp::Abs => Map::Same(kernel!(|x| x.abs())),
                    UnaryOp::Cos => Map::Same(vector::cos),
                    UnaryOp::Exp => Map::Same(kernel!(|x| vector::exp(x))),
                    UnaryOp::Expm1 => Map::Same(kernel!(|x| vector::expm1(x))),
                    UnaryOp::IsNan => Map::Bool(kernel!(|x| x.is_nan())),
                    UnaryOp::Log => Map::Same(kernel!(|x| vector::log(x))),
                    UnaryOp::Log1p => Map::Same(kernel!(|x| vector::log1p(x))),
                    UnaryOp::Negative => Map::Same(kernel!(|x| -x)),
                    UnaryOp::Round => Map::Same(kernel!(|x| x.round_ties_even())),
                    UnaryOp::Sign => Map::Same(kernel!(|x| if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else if x == 0.0 { 0.0 } else { x })),
                    UnaryOp::Sin => Map::Same(vector::sin),
                    UnaryOp::Sqrt => Map::Same(kernel!(|x| x.sqrt())),
                    UnaryOp::Tanh => Map::Same(kernel!(|x| vector::tanh(x))),
                    _ => return None,
                })
            }
            fn binary(op: BinaryOp) -> Option<Join<$t>> {
                Some(match op {
                    BinaryOp::Add => Join::Same(kernel!(|x, y| x + y)),
                    BinaryOp::Subtract => Join::Same(kernel!(|x, y| x - y)),
                    BinaryOp::Multiply => Join::Same(kernel!(|x, y| x * y)),
                    BinaryOp::Divide => Join::Same(kernel!(|x, y| x / y)),
                    BinaryOp::FloorDivide => Join::Same(vector::floor_divide),
                    BinaryOp::Remainder => Join::Same(vector::remainder),
                    BinaryOp::Pow => Join::Same(vector::pow),
                    BinaryOp::Atan2 => Join::Same(kernel!(|y, x| vector::atan2(y, x))),
                    BinaryOp::Hypot => Join::Same(kernel!(|x, y| vector::hypot(x, y))),
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
