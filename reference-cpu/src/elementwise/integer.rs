//! Integers: arithmetic modulo `2^bits`.
use super::{Elementwise, Join, Map, kernel};
use array_protocol::{BinaryOp, UnaryOp};

/// `x` to the power of `n`, wrapping.
macro_rules! power {
    ($x:expr, $n:expr) => {{
        let (mut base, mut n, mut out) = ($x, $n, 1);
        while n > 0 {
            if n & 1 == 1 {
                out = base.wrapping_mul(out);
            }
            base = base.wrapping_mul(base);
            n >>= 1;
        }
        out
    }};
}

macro_rules! integers {
    ($($t:ty { abs: |$a:ident| $abs:expr, sign: |$s:ident| $sign:expr, floor_divide: |$q:ident, $d:ident| $quotient:expr, remainder: |$r:ident, $m:ident| $remainder:expr, natural: |$n:ident| $natural:expr })*) => { $(
        impl Elementwise for $t {
            type Real = $t;
            fn unary(op: UnaryOp) -> Option<Map<$t>> {
                Some(match op {
                    UnaryOp::Abs => Map::Same(kernel!(|$a| $abs)),
                    UnaryOp::IsNan => Map::Bool(|_, _, out| out.fill(false)),
                    UnaryOp::Negative => Map::Same(kernel!(|x| x.wrapping_neg())),
                    UnaryOp::Round => Map::Same(|_, a, out| out.copy_from_slice(a)),
                    UnaryOp::Sign => Map::Same(kernel!(|$s| $sign)),
                    _ => return None,
                })
            }
            fn binary(op: BinaryOp) -> Option<Join<$t>> {
                Some(match op {
                    BinaryOp::Add => Join::Same(kernel!(|x, y| x.wrapping_add(y))),
                    BinaryOp::Subtract => Join::Same(kernel!(|x, y| x.wrapping_sub(y))),
                    BinaryOp::Multiply => Join::Same(kernel!(|x, y| x.wrapping_mul(y))),
                    // A divisor of 0 gives 0, as declared by `int_div_zero`.
                    BinaryOp::FloorDivide => Join::Same(kernel!(|$q, $d| if $d == 0 { 0 } else { $quotient })),
                    BinaryOp::Remainder => Join::Same(kernel!(|$r, $m| if $m == 0 { 0 } else { $remainder })),
                    // Negative exponents and counts are errors, as declared by `int_pow_negative` and `shift_negative`.
                    BinaryOp::Pow => Join::Checked(|$n| $natural, kernel!(|x, n| power!(x, n))),
                    BinaryOp::BitwiseLeftShift => {
                        Join::Checked(|$n| $natural, kernel!(|x, n| u32::try_from(n).ok().and_then(|n| x.checked_shl(n)).unwrap_or(0)))
                    }
                    BinaryOp::BitwiseXor => Join::Same(kernel!(|x, y| x ^ y)),
                    BinaryOp::Equal => Join::Bool(kernel!(|x, y| x == y)),
                    BinaryOp::Less => Join::Bool(kernel!(|x, y| x < y)),
                    BinaryOp::Maximum => Join::Same(kernel!(|x, y| x.max(y))),
                    _ => return None,
                })
            }
        }
    )* };
    (signed $($t:ty),*) => { integers! { $( $t {
        abs: |x| x.wrapping_abs(),
        sign: |x| x.signum(),
        floor_divide: |x, y| {
            let q = x.wrapping_div(y);
            if x.wrapping_rem(y) != 0 && (x < 0) != (y < 0) { q - 1 } else { q }
        },
        remainder: |x, y| {
            let r = x.wrapping_rem(y);
            if r != 0 && (r < 0) != (y < 0) { r + y } else { r }
        },
        natural: |n| n >= 0
    } )* } };
    (unsigned $($t:ty),*) => { integers! { $( $t {
        abs: |x| x, sign: |x| <$t>::from(x != 0), floor_divide: |x, y| x / y, remainder: |x, y| x % y, natural: |_n| true
    } )* } };
}
integers!(signed i8, i16, i32, i64);
integers!(unsigned u8, u16, u32, u64);
