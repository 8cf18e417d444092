//! Shapes: small ones of every rank, empty ones, and lengths that straddle the thresholds at which backends change algorithm.
use crate::rng::Rng;
use array_protocol::Shape;

/// Lengths around vector widths, unrolled loops, blocks and pages.
const THRESHOLDS: &[usize] = &[7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025];

/// How large a case may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// At most a few dozen elements.
    Small,
    /// Also lengths at thresholds up to about a thousand.
    Mixed,
    /// Tens of thousands of elements: where threads and blocked algorithms start.
    Large,
}

/// A shape.
pub(super) fn shape(rng: &mut Rng, size: Size) -> Shape {
    match size {
        Size::Small => small(rng, 4),
        Size::Mixed if rng.one_in(4) => long(rng),
        Size::Mixed => small(rng, 4),
        Size::Large => {
            let n = *rng.pick(&[4_095usize, 4_097, 16_385, 65_535, 65_537]);
            match rng.below(3) {
                0 => [n].into(),
                1 => [3, n / 3].into(),
                _ => [n / 5, 5].into(),
            }
        }
    }
}

/// A shape of at least `least` axes.
pub(super) fn shape_of_rank(rng: &mut Rng, least: usize, size: Size) -> Shape {
    let mut s = shape(rng, size);
    while s.rank() < least {
        s.push(1 + rng.below(4));
    }
    s
}

fn small(rng: &mut Rng, most: usize) -> Shape {
    let rank = *rng.pick(&[0, 1, 1, 1, 2, 2, 2, 3, 3, most]);
    let side = |rng: &mut Rng| match *rng.pick(&[0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7]) {
        0 if !rng.one_in(3) => 2,
        d => d,
    };
    (0..rank).map(|_| side(rng)).collect()
}

fn long(rng: &mut Rng) -> Shape {
    let n = *rng.pick(THRESHOLDS);
    match rng.below(4) {
        0 | 1 => [n].into(),
        2 => [1 + rng.below(3), n].into(),
        _ => [n, 1 + rng.below(3)].into(),
    }
}

/// A shape that broadcasts to `target`: some axes of length 1, some leading axes missing.
pub(super) fn broadcastable(rng: &mut Rng, target: &Shape) -> Shape {
    let skip = if rng.one_in(3) { rng.below(target.rank() + 1) } else { 0 };
    target[skip..].iter().map(|&d| if rng.one_in(4) { 1 } else { d }).collect()
}

/// Two shapes that do not broadcast with each other.
pub(super) fn clashing(rng: &mut Rng) -> (Shape, Shape) {
    let mut a = shape_of_rank(rng, 1, Size::Small);
    let axis = rng.below(a.rank());
    a[axis] = 2 + rng.below(3);
    let mut b = a.clone();
    b[axis] = a[axis] + 1 + rng.below(2);
    // The clash must survive being moved: only leading axes may be cut, and not the clashing one.
    let cut = rng.below(axis + 1);
    let b: Shape = b[cut..].into();
    if rng.one_in(2) { (a, b) } else { (b, a) }
}
