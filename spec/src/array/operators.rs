//! Operators. They give a `Result`, and take one beside an array, so that `(&a + &b + &c)?` reads well
//! (beside a scalar the language has no room for one: `(&a + &b)? * 2.0`).
//!
//! One integer and one float type, so that the type of a literal is never in doubt; others go through [`Scalar`]: `&x * Scalar::from(v)`.
use super::Array;
use crate::{Backend, BinaryOp, Operand, Result, Scalar, UnaryOp};
use num_complex::Complex;
use std::ops::{Add, BitXor, Div, Mul, Neg, Rem, Shl, Sub};

/// An operand on the left that can be given up: its memory is reused.
#[inline]
fn reuse<'a, B: Backend>(mut x: Array<B>, op: BinaryOp, other: impl Into<Operand<&'a Array<B>>>) -> Result<Array<B>> {
    x.binary_assign(op, other)?;
    Ok(x)
}

#[inline]
fn from_scalar<B: Backend>(x1: Scalar, op: BinaryOp, x2: &Array<B>) -> Result<Array<B>> {
    x2.made(|b| b.binary(op, Operand::Scalar(x1), Operand::Array(&x2.raw)))
}

macro_rules! operator {
    ($($trait:ident::$method:ident = $op:ident),* $(,)?) => { $(
        impl<B: Backend> $trait<&Array<B>> for &Array<B> {
            type Output = Result<Array<B>>;
            #[inline]
            fn $method(self, other: &Array<B>) -> Result<Array<B>> { self.binary(BinaryOp::$op, other) }
        }
        impl<B: Backend> $trait<&Array<B>> for Array<B> {
            type Output = Result<Array<B>>;
            #[inline]
            fn $method(self, other: &Array<B>) -> Result<Array<B>> { reuse(self, BinaryOp::$op, other) }
        }
        impl<B: Backend> $trait<Array<B>> for &Array<B> {
            type Output = Result<Array<B>>;
            #[inline]
            fn $method(self, other: Array<B>) -> Result<Array<B>> { self.binary(BinaryOp::$op, &other) }
        }
        impl<B: Backend> $trait<Array<B>> for Array<B> {
            type Output = Result<Array<B>>;
            #[inline]
            fn $method(self, other: Array<B>) -> Result<Array<B>> { reuse(self, BinaryOp::$op, &other) }
        }
        impl<B: Backend> $trait<&Array<B>> for Result<Array<B>> {
            type Output = Result<Array<B>>;
            #[inline]
            fn $method(self, other: &Array<B>) -> Result<Array<B>> { reuse(self?, BinaryOp::$op, other) }
        }
        impl<B: Backend> $trait<Array<B>> for Result<Array<B>> {
            type Output = Result<Array<B>>;
            #[inline]
            fn $method(self, other: Array<B>) -> Result<Array<B>> { reuse(self?, BinaryOp::$op, &other) }
        }
        impl<B: Backend> $trait<Result<Array<B>>> for &Array<B> {
            type Output = Result<Array<B>>;
            #[inline]
            fn $method(self, other: Result<Array<B>>) -> Result<Array<B>> { self.binary(BinaryOp::$op, &other?) }
        }
        impl<B: Backend> $trait<Result<Array<B>>> for Array<B> {
            type Output = Result<Array<B>>;
            #[inline]
            fn $method(self, other: Result<Array<B>>) -> Result<Array<B>> { reuse(self, BinaryOp::$op, &other?) }
        }
        scalars!($trait::$method = $op: bool, i64, f64, Complex<f64>, Scalar);
    )* };
}
macro_rules! scalars {
    ($trait:ident::$method:ident = $op:ident: $($t:ty),*) => { $(
        impl<B: Backend> $trait<$t> for &Array<B> {
            type Output = Result<Array<B>>;
            #[inline]
            fn $method(self, other: $t) -> Result<Array<B>> { self.binary(BinaryOp::$op, other) }
        }
        impl<B: Backend> $trait<$t> for Array<B> {
            type Output = Result<Array<B>>;
            #[inline]
            fn $method(self, other: $t) -> Result<Array<B>> { reuse(self, BinaryOp::$op, other) }
        }
        impl<B: Backend> $trait<&Array<B>> for $t {
            type Output = Result<Array<B>>;
            #[inline]
            fn $method(self, other: &Array<B>) -> Result<Array<B>> { from_scalar(self.into(), BinaryOp::$op, other) }
        }
        impl<B: Backend> $trait<Array<B>> for $t {
            type Output = Result<Array<B>>;
            #[inline]
            fn $method(self, other: Array<B>) -> Result<Array<B>> { from_scalar(self.into(), BinaryOp::$op, &other) }
        }
    )* };
}
operator! {
    Add::add = Add, Sub::sub = Subtract, Mul::mul = Multiply, Div::div = Divide, Rem::rem = Remainder, BitXor::bitxor = BitwiseXor,
    Shl::shl = BitwiseLeftShift,
}

impl<B: Backend> Neg for &Array<B> {
    type Output = Result<Array<B>>;
    fn neg(self) -> Result<Array<B>> {
        self.unary(UnaryOp::Negative)
    }
}
impl<B: Backend> Neg for Array<B> {
    type Output = Result<Array<B>>;
    fn neg(mut self) -> Result<Array<B>> {
        self.unary_assign(UnaryOp::Negative)?;
        Ok(self)
    }
}
