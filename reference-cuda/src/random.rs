//! Random numbers, which depend on nothing but key and options.
use crate::Cuda;
use crate::array::{CudaArray, wrong_dtype};
use crate::compiler::Family;
use crate::launch::{Indices, address, named, word};
use array_protocol::options::{Key, Random};
use array_protocol::{DType, Error, Op, RandomOp, Result};

pub(crate) fn random(b: &Cuda, op: RandomOp, key: Key, how: &Random) -> Result<CudaArray> {
    if op != RandomOp::Uniform {
        return Err(Error::unsupported(op));
    }
    let device = b.device_for(op, how.device)?;
    let op = Op::from(op);
    let dtype = how.dtype.unwrap_or(DType::Float64);
    // Numbers that one block of the generator gives.
    let count = match dtype {
        DType::Float32 => 4,
        DType::Float64 => 2,
        other => return Err(wrong_dtype(op, &[other])),
    };
    let out = CudaArray::empty(op, &device, dtype, how.shape.clone())?;
    let (n, blocks) = (out.size(), out.size().div_ceil(count));
    if n == 0 {
        return Ok(out);
    }
    let indices = Indices::new(&device, n, &[]);
    let function = device.kernel(op, Family::Random, format!("uniform<{}, {}>", named(op, dtype)?, indices.name()))?;
    let parameters = &mut [address(out.start()), indices.number(n), indices.number(blocks), word(key.0[0]), word(key.0[1])];
    device.launch(op, function, blocks, parameters)?;
    Ok(out)
}
