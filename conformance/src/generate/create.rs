//! Creation and random numbers.
use super::draw::{Drawn, Draws};
use array_protocol::options::{Arange, Eye, Full, Linspace, Random};
use array_protocol::{Call, CreateOp, DType, Key, Kind, Op, Scalar};

/// A valid call that gives the dtype under test.
pub(super) fn draw(d: &mut Draws<'_>, op: Op) -> Option<Drawn> {
    let asked = asked(d, op);
    let call = match op {
        Op::Create(CreateOp::Full) => {
            let shape = d.shape();
            let value = d.scalar(false);
            Call::Full { how: Full::default().shape(shape).value(value).dtype(asked) }
        }
        Op::Create(CreateOp::Arange) => {
            let integer = d.dtype.is_integer();
            let unsigned = d.dtype.kind() == Kind::UInt;
            let count = d.shape().size().min(100) as i64;
            if integer {
                let step: i64 = *d.rng.pick(&[1, 1, 2, 3, -1, -2]);
                let step = if unsigned { step.abs() } else { step };
                let start = d.rng.between(if unsigned { 0 } else { -20 }, 20);
                let stop = (start + step * count + d.rng.between(-1, 1)).clamp(if unsigned { 0 } else { -120 }, 120);
                Call::Arange { how: Arange::default().start(start).stop(stop).step(step).dtype(asked) }
            } else {
                let step = *d.rng.pick(&[1.0, 0.5, 0.1, -0.25, -1.5, 3.7]);
                let start = d.rng.between(-40, 40) as f64 / 4.0;
                // Half a step past the last element: no rounding decides the length.
                let stop = start + step * (count as f64 - 0.5);
                Call::Arange { how: Arange::default().start(start).stop(stop).step(step).dtype(asked) }
            }
        }
        Op::Create(CreateOp::Linspace) => {
            let num = *d.rng.pick(&[0, 1, 2, 3, 5, 10, 33, 100]);
            let end = d.rng.one_in(2);
            let point = |d: &mut Draws<'_>| match d.dtype.kind() {
                Kind::Complex => Scalar::Complex(d.rng.between(-30, 30) as f64 / 8.0, d.rng.unit()),
                _ if d.rng.one_in(2) => Scalar::Float(d.rng.between(-1000, 1000) as f64 / 8.0),
                _ => Scalar::Float((d.rng.unit() - 0.5) * 200.0),
            };
            let (start, stop) = (point(d), point(d));
            Call::Linspace { how: Linspace::default().start(start).stop(stop).num(num as u64).endpoint(end).dtype(asked) }
        }
        Op::Create(CreateOp::Eye) => {
            let (rows, cols) = (d.rng.below(7) as u64, d.rng.below(7) as u64);
            let cols = if d.rng.one_in(3) { None } else { Some(cols) };
            Call::Eye { how: Eye::default().rows(rows).cols(cols).k(d.rng.between(-4, 4)).dtype(asked) }
        }
        Op::Random(op) => {
            let shape = d.shape();
            let key = Key::new(d.rng.next());
            Call::Random { op, key, how: Random::default().shape(shape).dtype(asked) }
        }
        _ => return None,
    };
    Some(d.done(call, 1))
}

/// The dtype to ask for; nothing now and then where the default is the dtype under test.
fn asked(d: &mut Draws<'_>, op: Op) -> Option<DType> {
    let default = match op {
        Op::Create(CreateOp::Full) => matches!(d.dtype, DType::Bool | DType::Int64 | DType::Float64 | DType::Complex128),
        Op::Create(CreateOp::Arange) => matches!(d.dtype, DType::Int64 | DType::Float64),
        Op::Create(CreateOp::Linspace) => matches!(d.dtype, DType::Float64 | DType::Complex128),
        _ => d.dtype == DType::Float64,
    };
    if default && d.rng.one_in(2) { None } else { Some(d.dtype) }
}
