//! Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): numbers are a function of key and position.
use crate::array::{CpuArray, wrong_dtype};
use crate::interchange::on_host;
use crate::memory;
use array_protocol::options::{Key, Random};
use array_protocol::{DType, Error, RandomOp, Result};

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// One block of four words.
fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let (mut c, mut k) = (counter, key);
    for _ in 0..10 {
        let product = |m: u32, v: u32| {
            let p = u64::from(m) * u64::from(v);
            ((p >> 32) as u32, p as u32)
        };
        let ((h0, l0), (h1, l1)) = (product(MULTIPLIERS[0], c[0]), product(MULTIPLIERS[1], c[2]));
        c = [h1 ^ c[1] ^ k[0], l1, h0 ^ c[3] ^ k[1], l0];
        k = [k[0].wrapping_add(WEYL[0]), k[1].wrapping_add(WEYL[1])];
    }
    c
}

/// The block of that number.
fn block(key: Key, number: u64) -> [u32; 4] {
    philox([number as u32, (number >> 32) as u32, 0, 0], key.0)
}

pub(crate) fn random(op: RandomOp, key: Key, how: &Random) -> Result<CpuArray> {
    if op != RandomOp::Uniform {
        return Err(Error::unsupported(op));
    }
    on_host(op, how.device)?;
    let n = memory::size(op, &how.shape)?;
    // Blocks of the driver begin at multiples of 4, where blocks of the stream begin, too.
    match how.dtype.unwrap_or(DType::Float64) {
        DType::Float32 => {
            let out = memory::generate(op, n, &|start, out: &mut [f32]| {
                for (i, part) in out.chunks_mut(4).enumerate() {
                    let words = block(key, (start / 4 + i) as u64);
                    part.iter_mut().zip(words).for_each(|(o, w)| *o = (w >> 8) as f32 * 2f32.powi(-24));
                }
            })?;
            Ok(CpuArray::new(how.shape.clone(), out))
        }
        DType::Float64 => {
            let out = memory::generate(op, n, &|start, out: &mut [f64]| {
                for (i, part) in out.chunks_mut(2).enumerate() {
                    let [a, b, c, d] = block(key, (start / 2 + i) as u64);
                    let unit = |low: u32, high: u32| ((u64::from(high) << 32 | u64::from(low)) >> 11) as f64 * 2f64.powi(-53);
                    part.iter_mut().zip([unit(a, b), unit(c, d)]).for_each(|(o, v)| *o = v);
                }
            })?;
            Ok(CpuArray::new(how.shape.clone(), out))
        }
        other => Err(wrong_dtype(op, &[other])),
    }
}
