//! `clip` and `where`.
use super::allow::{exactly, except, settle};
use super::binary::{meet, shape_of};
use super::expect::{Allowed, Elements, Expect};
use super::number::{integers, reals};
use super::promote::operand;
use super::shapes::{Walk, broadcast, countable, pick, spread};
use super::{Said, fails_any, one};
use array_protocol::host::Bytes;
use array_protocol::{DType, ErrorKind, HostArray, Operand, Shape, dispatch_dtype};

pub(super) fn choose(condition: &HostArray, x1: Operand<&HostArray>, x2: Operand<&HostArray>) -> Said {
    let mut kinds = vec![];
    if condition.dtype() != DType::Bool {
        kinds.push(ErrorKind::Dtype);
    }
    let dtype = match super::promote::meeting(&[x1, x2]) {
        Err(Expect::Fails(more)) => {
            kinds.extend(more);
            DType::Bool
        }
        other => other?,
    };
    let Some(shape) = broadcast(&[condition.shape(), shape_of(&x1), shape_of(&x2)]) else {
        kinds.push(ErrorKind::Shape);
        return Err(fails_any(&kinds));
    };
    if !kinds.is_empty() {
        return Err(fails_any(&kinds));
    }
    let n = countable(&shape, dtype.size())?;
    let (a, b) = (operand(&x1, dtype)?, operand(&x2, dtype)?);
    let walks = [Walk::new(condition.shape(), &shape), Walk::new(shape_of(&x1), &shape), Walk::new(shape_of(&x2), &shape)];
    let c = condition.view::<bool>().unwrap_or(&[]);
    let size = dtype.size();
    let mut data = Bytes::zeroed(n * size);
    for (i, to) in data.as_mut_slice().chunks_exact_mut(size).enumerate() {
        let (from, walk) = if c[walks[0].at(i)] { (&a, &walks[1]) } else { (&b, &walks[2]) };
        let at = walk.at(i) * size;
        to.copy_from_slice(&from.bytes()[at..at + size]);
    }
    let shape = Shape::from(shape);
    let out = HostArray::new(dtype, shape.clone(), data).map_err(|_| Expect::Unspecified)?;
    Ok(one(dtype, &shape, Elements::Bits(out)))
}

pub(super) fn clip(x: &HostArray, min: Option<Operand<&HostArray>>, max: Option<Operand<&HostArray>>) -> Said {
    let mut operands = vec![Operand::Array(x)];
    operands.extend(min);
    operands.extend(max);
    let accepts = |d: DType| d.is_integer() || d.is_float();
    let (dtype, shape) = meet(&operands, accepts)?;
    countable(&shape, dtype.size())?;
    let x = &pick(&*operand(&Operand::Array(x), dtype)?, &shape, &spread(x.shape(), &shape))?;
    let bound = |o: &Option<Operand<&HostArray>>| -> Result<Option<HostArray>, Expect> {
        let Some(o) = o else { return Ok(None) };
        let b = operand(o, dtype)?;
        pick(&b, &shape, &spread(shape_of(o), &shape)).map(Some)
    };
    let (low, high) = (bound(&min)?, bound(&max)?);
    let shape = x.shape();
    if dtype.is_integer() {
        let (v, low, high) = (integers(x), low.map(|a| integers(&a)), high.map(|a| integers(&a)));
        let mut crossed = false;
        let mut others = vec![];
        let mut out = vec![];
        for (i, &v) in v.iter().enumerate() {
            let (lo, hi) = (low.as_ref().map_or(i128::MIN, |l| l[i]), high.as_ref().map_or(i128::MAX, |h| h[i]));
            if lo > hi {
                crossed = true;
                others.push((i, Allowed::Anything));
            }
            out.push(if v < lo {
                lo
            } else if v > hi {
                hi
            } else {
                v
            });
        }
        let elements = dispatch_dtype!(
            dtype, in [i8, i16, i32, i64, u8, u16, u32, u64],
            T => settle(shape, &out.iter().map(|&i| i as T).collect::<Vec<_>>(), others),
            else => Elements::Free
        );
        return Ok(perhaps(crossed, one(dtype, shape, elements)));
    }
    let mut crossed = false;
    let (v, low, high) = (reals(x), low.map(|a| reals(&a)), high.map(|a| reals(&a)));
    let mut out = v.clone();
    let mut others = vec![];
    for (i, to) in out.iter_mut().enumerate() {
        let lo = low.as_ref().map_or(f64::NEG_INFINITY, |l| l[i]);
        let hi = high.as_ref().map_or(f64::INFINITY, |h| h[i]);
        crossed |= lo > hi;
        if v[i].is_nan() {
            // A NaN in x stays, unless a bound is NaN too: that is left open.
            if lo.is_nan() || hi.is_nan() {
                others.push((i, Allowed::Anything));
            }
        } else if lo.is_nan() || hi.is_nan() || lo > hi {
            others.push((i, Allowed::Anything));
        } else if lo == 0.0 && hi == 0.0 {
            // Bounds that are equal zeros of different sign: either.
            others.push((i, Allowed::AnyOf(Box::new([exactly(dtype, 0.0), exactly(dtype, -0.0)]))));
        } else if v[i] < lo {
            *to = lo;
        } else if v[i] > hi {
            *to = hi;
        } else if v[i] == 0.0 && (lo == 0.0 || hi == 0.0) {
            // Equal zeros of different sign: either.
            others.push((i, Allowed::AnyOf(Box::new([exactly(dtype, 0.0), exactly(dtype, -0.0)]))));
        }
    }
    let array = if dtype == DType::Float32 {
        HostArray::from_slice(shape.clone(), &out.iter().map(|&x| x as f32).collect::<Vec<_>>())
    } else {
        HostArray::from_slice(shape.clone(), &out)
    };
    Ok(perhaps(crossed, one(dtype, shape, except(array.map_err(|_| Expect::Unspecified)?, others))))
}

/// Bounds that cross somewhere may be refused: the standard leaves them open.
fn perhaps(crossed: bool, result: Expect) -> Expect {
    match result {
        Expect::Returns(arrays) if crossed => Expect::Either(vec![ErrorKind::Value], arrays),
        other => other,
    }
}
