//! Host scalars as elements of narrow floating point types: rounded once, ties to even.
use array_protocol::{DType, Scalar};
use half::{bf16, f16};

fn bits(x: impl Into<Scalar>, dtype: DType) -> u16 {
    let mut bytes = [0; 16];
    let element = x.into().write(dtype, &mut bytes).expect("a float in a float dtype");
    u16::from_ne_bytes(element.try_into().expect("two bytes"))
}

#[test]
fn what_lies_beside_a_tie_goes_to_the_nearer_neighbour() {
    for (dtype, infinity, value) in [
        (DType::Float16, f16::INFINITY.to_bits(), (|b| f16::from_bits(b).to_f64()) as fn(u16) -> f64),
        (DType::BFloat16, bf16::INFINITY.to_bits(), |b| bf16::from_bits(b).to_f64()),
    ] {
        let step = value(infinity - 1) - value(infinity - 2);
        for low in 0..infinity {
            // Infinity stands where the next number would be.
            let next = if low + 1 == infinity { value(low) + step } else { value(low + 1) };
            let tie = value(low) / 2.0 + next / 2.0;
            let even = low + (low & 1);
            for (x, want) in [(tie.next_down(), low), (tie, even), (tie.next_up(), low + 1), (value(low), low)] {
                assert_eq!(bits(x, dtype), want, "{x:e} as {dtype}");
                assert_eq!(bits(-x, dtype), want | 1 << 15, "{:e} as {dtype}", -x);
            }
        }
        assert_eq!(bits(f64::MAX, dtype), infinity);
        assert_eq!(bits(f64::INFINITY, dtype), infinity);
        assert!(value(bits(f64::NAN, dtype)).is_nan());
    }
}

#[test]
fn integers_round_once_too() {
    let tie = (1u64 << 63) + (1 << 55);
    let low = bf16::from_f64(2f64.powi(63)).to_bits();
    for (x, want) in [(tie - 1, low), (tie, low), (tie + 1, low + 1)] {
        assert_eq!(bits(x, DType::BFloat16), want, "{x}");
    }
    assert_eq!(bits(i64::MIN, DType::BFloat16), low | 1 << 15);
    for (x, want) in [(65519, f16::MAX), (65520, f16::INFINITY), (-65520, f16::NEG_INFINITY), (2049, f16::from_f32(2048.0)), (0, f16::ZERO)]
    {
        assert_eq!(bits(x, DType::Float16), want.to_bits(), "{x}");
    }
}
