//! Order of elements for the generator: sorted inputs, bounds in order, integers in place.
use array_protocol::{DType, HostArray, Kind};

/// A key that orders the elements of real dtypes as the specification sorts them: NaN last. Complex numbers by their real part.
pub(super) fn key(x: &HostArray, i: usize) -> i128 {
    let size = x.dtype().size();
    let Some(bytes) = x.bytes().get(i * size..(i + 1) * size) else { return 0 };
    let real = &bytes[..x.dtype().real().size()];
    match x.dtype().real() {
        DType::Float32 => ordered(f64::from(f32::from_le_bytes(real.try_into().unwrap_or_default()))),
        DType::Float64 => ordered(f64::from_le_bytes(real.try_into().unwrap_or_default())),
        dtype => integer(dtype, real),
    }
}

fn ordered(v: f64) -> i128 {
    if v.is_nan() {
        return i128::MAX;
    }
    let bits = (v + 0.0).to_bits();
    // Sign and magnitude become two's complement.
    if bits >> 63 == 0 { i128::from(bits) } else { -i128::from(bits & !(1 << 63)) }
}

fn integer(dtype: DType, bytes: &[u8]) -> i128 {
    let mut wide = [0u8; 16];
    wide[..bytes.len()].copy_from_slice(bytes);
    let value = i128::from_le_bytes(wide);
    let bits = bytes.len() as u32 * 8;
    if dtype.kind() == Kind::Int { (value << (128 - bits)) >> (128 - bits) } else { value }
}

/// Replaces every integer (as int64; uint64 above its range wraps).
pub(super) fn map_integers(x: &mut HostArray, mut f: impl FnMut(i64) -> i64) {
    let dtype = x.dtype();
    for place in x.bytes_mut().chunks_exact_mut(dtype.size()) {
        let value = integer(dtype, place) as i64;
        let n = place.len();
        place.copy_from_slice(&f(value).to_le_bytes()[..n]);
    }
}

/// Sorts a rank-1 array in place, NaN last.
pub(super) fn sort(x: &mut HostArray) {
    let size = x.dtype().size();
    let mut order: Vec<usize> = (0..x.size()).collect();
    order.sort_by_key(|&i| key(x, i));
    let old = x.bytes().to_vec();
    for (place, from) in x.bytes_mut().chunks_exact_mut(size).zip(order) {
        place.copy_from_slice(&old[from * size..][..size]);
    }
}

/// Exchanges elements of two arrays of one dtype and shape where the first is the larger.
pub(super) fn pairs(low: &mut HostArray, high: &mut HostArray) {
    let size = low.dtype().size();
    for i in 0..low.size().min(high.size()) {
        if key(low, i) > key(high, i) {
            let range = i * size..(i + 1) * size;
            low.bytes_mut()[range.clone()].swap_with_slice(&mut high.bytes_mut()[range]);
        }
    }
}
