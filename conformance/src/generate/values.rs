//! Element values: random bits, special values, the neighbours of edges, small integers, numbers within a range.
use crate::rng::Rng;
use array_protocol::host::Bytes;
use array_protocol::manifest::{Draw, ValueClass, number};
use array_protocol::{DType, HostArray, Kind, Shape};

/// What one array's elements are drawn from. An array sticks to one flavour, so that plain arithmetic is tested as well as
/// NaN handling.
#[derive(Clone, Copy, PartialEq)]
enum Flavour {
    Small,
    Range,
    Bits,
    Mixed,
    Special,
    Edges,
    Extreme,
    Ties,
}

/// An array of random elements. `second` selects the manifest's range of the second operand.
pub(super) fn array(rng: &mut Rng, dtype: DType, shape: &Shape, class: ValueClass, draw: &Draw, second: bool) -> HostArray {
    let flavour = match class {
        ValueClass::Small => Flavour::Small,
        ValueClass::Range => Flavour::Range,
        ValueClass::Special => Flavour::Special,
        ValueClass::Edges => Flavour::Edges,
        ValueClass::Extreme => Flavour::Extreme,
        ValueClass::Ties => Flavour::Ties,
        ValueClass::Any => *rng.pick(&[
            Flavour::Small,
            Flavour::Small,
            Flavour::Range,
            Flavour::Range,
            Flavour::Bits,
            Flavour::Mixed,
            Flavour::Mixed,
            Flavour::Edges,
            Flavour::Ties,
        ]),
    };
    let mut data = Bytes::zeroed(shape.size() * dtype.size());
    let range = if second { draw.range2.or(draw.range) } else { draw.range };
    let source = Source { dtype: dtype.real(), flavour, range, edges: &draw.edges, complex: dtype.is_complex() };
    for place in data.as_mut_slice().chunks_exact_mut(dtype.real().size()) {
        source.put(rng, place);
    }
    // The bytes are those of the shape by construction.
    HostArray::new(dtype, shape.clone(), data).unwrap_or_else(|_| HostArray::scalar(false))
}

struct Source<'a> {
    dtype: DType,
    flavour: Flavour,
    range: Option<[f64; 2]>,
    edges: &'a [String],
    complex: bool,
}

impl Source<'_> {
    fn put(&self, rng: &mut Rng, place: &mut [u8]) {
        match self.dtype {
            DType::Bool => place[0] = (rng.next() & 1) as u8,
            DType::Float32 => place.copy_from_slice(&self.float32(rng).to_le_bytes()),
            DType::Float64 => place.copy_from_slice(&self.float64(rng).to_le_bytes()),
            DType::Float16 | DType::BFloat16 => place.copy_from_slice(&(rng.next() as u16).to_le_bytes()),
            _ => {
                let n = place.len();
                place.copy_from_slice(&self.integer(rng).to_le_bytes()[..n]);
            }
        }
    }

    fn integer(&self, rng: &mut Rng) -> i64 {
        let bits = self.dtype.size() as u32 * 8;
        let signed = self.dtype.kind() == Kind::Int;
        let (min, max) = if signed { (i64::MIN >> (64 - bits), i64::MAX >> (64 - bits)) } else { (0, (u64::MAX >> (64 - bits)) as i64) };
        let special = |rng: &mut Rng| {
            let power = 1i64.wrapping_shl(rng.below(bits as usize) as u32).wrapping_add(rng.between(-1, 1));
            *rng.pick(&[min, min.wrapping_add(1), -1, 0, 1, 2, max.wrapping_sub(1), max, power, power.wrapping_neg()])
        };
        match self.flavour {
            Flavour::Small => rng.between(if signed { -9 } else { 0 }, 9),
            Flavour::Range => match self.range {
                Some([low, high]) => {
                    rng.between(low.max(min as f64) as i64, if max < 0 { high as i64 } else { high.min(max as f64) as i64 })
                }
                None => rng.between(if signed { -100 } else { 0 }, 100),
            },
            Flavour::Ties => rng.between(if signed { -1 } else { 0 }, 2),
            Flavour::Bits => rng.next() as i64,
            Flavour::Special | Flavour::Edges | Flavour::Extreme => special(rng),
            Flavour::Mixed => match rng.below(4) {
                0 => special(rng),
                1 => rng.next() as i64,
                _ => rng.between(if signed { -20 } else { 0 }, 20),
            },
        }
    }

    fn float64(&self, rng: &mut Rng) -> f64 {
        match self.flavour {
            Flavour::Small => rng.between(-9, 9) as f64,
            Flavour::Ties => *rng.pick(&[0.0, -0.0, 1.0, 1.0, 2.0, -1.0, 0.5]),
            Flavour::Range => self.in_range(rng),
            Flavour::Bits => quiet64(rng.next()),
            Flavour::Special => match rng.below(2) {
                0 => special64(rng),
                _ => self.in_range(rng),
            },
            Flavour::Edges => self.near_edge64(rng),
            Flavour::Extreme => extreme(rng, -1022, 1023),
            Flavour::Mixed => match rng.below(8) {
                0 if !self.complex || rng.one_in(3) => special64(rng),
                1 => quiet64(rng.next()),
                2 => extreme(rng, -30, 30),
                3 => self.near_edge64(rng),
                _ => self.in_range(rng),
            },
        }
    }

    fn float32(&self, rng: &mut Rng) -> f32 {
        match self.flavour {
            Flavour::Bits => quiet32(rng.next() as u32),
            Flavour::Special if rng.one_in(2) => special32(rng),
            Flavour::Edges => self.near_edge32(rng),
            Flavour::Extreme => extreme(rng, -126, 127) as f32,
            Flavour::Mixed if rng.one_in(8) && !self.complex => special32(rng),
            Flavour::Mixed if rng.one_in(8) => quiet32(rng.next() as u32),
            Flavour::Special => self.in_range(rng) as f32,
            _ => self.float64(rng) as f32,
        }
    }

    fn in_range(&self, rng: &mut Rng) -> f64 {
        let [low, high] = self.range.unwrap_or([-100.0, 100.0]);
        low + (high - low) * rng.unit()
    }

    fn edge(&self, rng: &mut Rng) -> Option<f64> {
        if self.edges.is_empty() { None } else { number(rng.pick(self.edges).as_str(), self.dtype) }
    }

    fn near_edge64(&self, rng: &mut Rng) -> f64 {
        match self.edge(rng) {
            Some(e) => step64(e, rng.between(-3, 3)),
            None => special64(rng),
        }
    }

    fn near_edge32(&self, rng: &mut Rng) -> f32 {
        match self.edge(rng) {
            Some(e) => step32(e as f32, rng.between(-3, 3)),
            None => special32(rng),
        }
    }
}

fn extreme(rng: &mut Rng, low: i64, high: i64) -> f64 {
    let mantissa = 1.0 + rng.unit();
    let sign = if rng.one_in(2) { 1.0 } else { -1.0 };
    sign * mantissa * 2f64.powi(rng.between(low, high) as i32)
}

/// Special values, neighbours, and random bits of one type. `$quiet` is the bit that makes a NaN a quiet one, `$whole` the first power
/// of two beyond which some integers are missing.
///
/// Random bits are no signalling NaNs: IEEE 754 has them signal, and what remains differs from operation to operation.
macro_rules! float {
    ($t:ident, $bits:ident, $special:ident, $step:ident, $quiet_of:ident, quiet: $quiet:literal, whole: $whole:literal, more: [$($more:literal),*]) => {
        fn $special(rng: &mut Rng) -> $t {
            const LEAST: $t = $t::from_bits(1);
            let payload = $t::from_bits($t::NAN.to_bits() | 1);
            *rng.pick(&[
                0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 2.0, 3.0, 0.1, $t::INFINITY, $t::NEG_INFINITY, $t::NAN, -$t::NAN,
                payload, $t::MAX, $t::MIN, $t::MIN_POSITIVE, -$t::MIN_POSITIVE, LEAST, -LEAST, $t::EPSILON, $whole, $($more),*
            ])
        }

        fn $step(x: $t, by: i64) -> $t {
            (0..by.abs()).fold(x, |x, _| if by > 0 { x.next_up() } else { x.next_down() })
        }

        fn $quiet_of(bits: $bits) -> $t {
            let v = $t::from_bits(bits);
            if v.is_nan() { $t::from_bits(bits | 1 << $quiet) } else { v }
        }
    };
}
float!(f64, u64, special64, step64, quiet64, quiet: 51, whole: 9_007_199_254_740_992.0, more: [1e22]);
float!(f32, u32, special32, step32, quiet32, quiet: 22, whole: 16_777_216.0, more: []);
