//! Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011), and how its words become numbers.
use super::allow::settle;
use super::shapes::countable;
use super::{Said, fails, one};
use array_protocol::options::{Key, Random};
use array_protocol::{DType, ErrorKind, RandomOp};

/// Ten rounds over a counter of four words.
pub(super) fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let ([mut a, mut b, mut c, mut d], [mut k0, mut k1]) = (counter, key);
    for _ in 0..10 {
        let p = u64::from(a) * 0xD251_1F53;
        let q = u64::from(c) * 0xCD9E_8D57;
        (a, b, c, d) = ((q >> 32) as u32 ^ b ^ k0, q as u32, (p >> 32) as u32 ^ d ^ k1, p as u32);
        k0 = k0.wrapping_add(0x9E37_79B9);
        k1 = k1.wrapping_add(0xBB67_AE85);
    }
    [a, b, c, d]
}

pub(super) fn random(op: RandomOp, key: Key, how: &Random) -> Said {
    let RandomOp::Uniform = op else { return Err(super::Expect::Unspecified) };
    let dtype = how.dtype.unwrap_or(DType::Float64);
    if !dtype.is_float() {
        return Err(fails(ErrorKind::Dtype));
    }
    let n = countable(&how.shape, dtype.size())?;
    let block = |i: usize| philox([i as u32, (i as u64 >> 32) as u32, 0, 0], key.0);
    let elements = if dtype == DType::Float32 {
        let words = (0..n.div_ceil(4)).flat_map(block).take(n);
        settle(&how.shape, &words.map(|w| (w >> 8) as f32 / 16_777_216.0).collect::<Vec<f32>>(), vec![])
    } else {
        let pairs = (0..n.div_ceil(2)).flat_map(|i| {
            let [a, b, c, d] = block(i);
            [(a, b), (c, d)]
        });
        let number = |(low, high): (u32, u32)| (((u64::from(high) << 32) | u64::from(low)) >> 11) as f64 / 9_007_199_254_740_992.0;
        settle(&how.shape, &pairs.take(n).map(number).collect::<Vec<f64>>(), vec![])
    };
    Ok(one(dtype, &how.shape, elements))
}

#[cfg(test)]
mod tests {
    use super::philox;

    /// The known answers that come with Random123.
    #[test]
    fn known_answers() {
        assert_eq!(philox([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([u32::MAX; 4], [u32::MAX; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
    }
}
