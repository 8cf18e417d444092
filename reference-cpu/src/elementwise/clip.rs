//! `clip`.
use super::cast::cast;
use super::{Kernel2, kernel};
use crate::Cpu;
use crate::array::{CpuArray, Typed, wrong_dtype};
use crate::loops::{View, zip};
use crate::promote::{Fitted, common};
use array_protocol::strided::broadcast;
use array_protocol::{Operand, Result, SelectOp};

/// Limits from below and from above.
trait Clip: Typed {
    const LOW: Kernel2<Self, Self, Self>;
    const HIGH: Kernel2<Self, Self, Self>;
}
macro_rules! clip {
    // A NaN on either side stays: comparisons with it are false, so that each arm is asked for separately.
    (float $($t:ty),*) => { $( impl Clip for $t {
        const LOW: Kernel2<$t, $t, $t> = kernel!(|x, min| if x < min || min.is_nan() { min } else { x });
        const HIGH: Kernel2<$t, $t, $t> = kernel!(|x, max| if x > max || max.is_nan() { max } else { x });
    } )* };
    (integer $($t:ty),*) => { $( impl Clip for $t {
        const LOW: Kernel2<$t, $t, $t> = kernel!(|x, min| x.max(min));
        const HIGH: Kernel2<$t, $t, $t> = kernel!(|x, max| x.min(max));
    } )* };
}
clip!(float f32, f64);
clip!(integer i8, i16, i32, i64, u8, u16, u32, u64);

pub(crate) fn clip(b: &Cpu, x: &CpuArray, min: Option<Operand<&CpuArray>>, max: Option<Operand<&CpuArray>>) -> Result<CpuArray> {
    let op = SelectOp::Clip;
    let operands: Vec<Operand<&CpuArray>> = [Some(Operand::Array(x)), min, max].into_iter().flatten().collect();
    let dtype = common(op, &operands)?;
    let mut out = cast(b.means(), op, x, dtype)?;
    array_protocol::dispatch_dtype!(dtype, in [i8, i16, i32, i64, u8, u16, u32, u64, f32, f64], T => {
        for (bound, kernel) in [(min, <T as Clip>::LOW), (max, <T as Clip>::HIGH)] {
            if let Some(bound) = bound {
                let bound = Fitted::<T>::new(b.means(), op, bound)?;
                let shape = broadcast(op, out.shape(), bound.shape())?;
                out = zip(b.means(), op, View::of(op, &out)?, bound.view(op)?, shape, kernel)?;
            }
        }
        Ok(out)
    }, else => Err(wrong_dtype(op, &[dtype])))
}
