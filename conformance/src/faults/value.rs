//! Generic faults of values: they fit any operation.
use super::num::{self, Num};
use super::shape::spoil_from;
use super::site::{Answer, Site};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::{HostArray, Kind, Operand};

/// How many elements a vector register takes.
const LANES: usize = 8;
/// Where the code for large arrays takes over.
const LARGE: usize = 1024;

pub(super) const FAULTS: &[Entry] = entries! {
    "generic.zeros" Value Wrong(|s| s.each(|x| num::zeros(x.dtype(), x.shape()))), "results are all zero";
    "generic.returns_argument" Value Wrong(returns_argument), "the first argument comes back unchanged where shape and dtype allow";
    "generic.last_element_wrong" Value Wrong(last_element), "the last of several elements is wrong";
    "generic.wrong_at_vector_tail" Value Wrong(vector_tail), "elements past the last whole vector of 8 are wrong";
    "generic.wrong_when_large" Value Wrong(large), "from 1024 elements on, the one in the middle is wrong";
    "generic.wrong_when_scalar_operand" Value Wrong(scalar_operand), "a host scalar operand is cut off to an integer, an integer one loses its lowest bit";
    "generic.nan_becomes_zero" Special Wrong(|s| s.elements(|_, v| v.parts(|f| if f.is_nan() { 0.0 } else { f }))), "NaN comes out as 0";
    "generic.inf_becomes_max" Special Wrong(inf_becomes_max), "infinity comes out as the largest number";
    "generic.loses_zero_sign" Special Wrong(|s| s.elements(|_, v| v.parts(|f| if f == 0.0 { 0.0 } else { f }))), "-0 comes out as +0";
    "generic.skips_nan" Special Wrong(skips_nan), "NaN among the arguments is read as 0";
    "generic.drops_imaginary" Value Wrong(drops_imaginary), "imaginary parts come out as 0";
    "generic.not_repeatable" State Wrong(every_second), "every second call differs by one unit in the last place";
    "generic.flips_a_bit" Transport Wrong(|s| s.each(lose_a_bit)), "the last element loses its lowest bit";
};

fn returns_argument(s: &Site) -> Option<Answer> {
    let first = (*s.arguments().first()?).clone();
    s.each(|x| if (x.dtype(), x.shape()) == (first.dtype(), first.shape()) { first.clone() } else { x.clone() })
}

fn last_element(s: &Site) -> Option<Answer> {
    spoil_from(s, |size| if size > 1 { size - 1 } else { size })
}

fn vector_tail(s: &Site) -> Option<Answer> {
    spoil_from(s, |size| if size > LANES { size - size % LANES } else { size })
}

fn large(s: &Site) -> Option<Answer> {
    s.each(|x| num::map(x, |i, v| if x.size() >= LARGE && i == x.size() / 2 { v.spoilt() } else { v }))
}

fn scalar_operand(s: &Site) -> Option<Answer> {
    use array_protocol::{Call, Scalar};
    s.good()?;
    let blunt = |o: &mut Operand<&HostArray>| {
        if let Operand::Scalar(s) = o {
            *s = match *s {
                Scalar::Bool(b) => Scalar::Bool(!b),
                Scalar::Int(i) => Scalar::Int(i & !1),
                Scalar::UInt(i) => Scalar::UInt(i & !1),
                Scalar::Float(f) => Scalar::Float(f.trunc()),
                Scalar::Complex(re, im) => Scalar::Complex(re.trunc(), im.trunc()),
            };
        }
    };
    let mut call = s.call.clone();
    match &mut call {
        Call::Binary { x1, x2, .. } | Call::Where { x1, x2, .. } => [x1, x2].into_iter().for_each(blunt),
        Call::Clip { min, max, .. } => [min, max].into_iter().flatten().for_each(blunt),
        Call::Setitem { value, .. } => blunt(value),
        _ => return None,
    }
    Some(s.run(call))
}

fn inf_becomes_max(s: &Site) -> Option<Answer> {
    s.each(|x| num::map(x, |_, v| v.parts(|f| if f.is_infinite() { num::largest(x.dtype()).copysign(f) } else { f })))
}

fn skips_nan(s: &Site) -> Option<Answer> {
    let nan = |x: &HostArray| num::nums(x).any(Num::is_nan);
    s.arguments().into_iter().any(nan).then(|| s.with(|x| num::map(x, |_, v| v.parts(|f| if f.is_nan() { 0.0 } else { f }))))
}

fn drops_imaginary(s: &Site) -> Option<Answer> {
    s.elements(|_, v| if let Num::Complex(re, _) = v { Num::Complex(re, 0.0) } else { v })
}

fn every_second(s: &Site) -> Option<Answer> {
    (s.before % 2 == 1).then(|| s.each(|x| num::map_bits(x, |dtype, bits| num::away(dtype, bits, 1)))).flatten()
}

/// Cleared, not turned over: damage on the way in must not be undone by the same damage on the way out.
fn lose_a_bit(x: &HostArray) -> HostArray {
    let mut out = x.clone();
    let size = if x.dtype().kind() == Kind::Complex { x.dtype().size() / 2 } else { x.dtype().size() };
    let at = out.bytes().len().checked_sub(size);
    if let Some(byte) = at.and_then(|at| out.bytes_mut().get_mut(at)) {
        *byte &= !1;
    }
    out
}
