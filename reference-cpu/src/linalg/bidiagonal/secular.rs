//! The roots of `1 + sum z_j^2 / (d_j^2 - x^2)`: the singular values of a diagonal matrix `d`, in which the row of its 0 is replaced by `z`.
//!
//! Li, Solving Secular Equations Stably and Efficiently (LAPACK Working Note 89, 1993).

/// `d[pole] + shift`. The closest `d` is the pole, so that differences to all are exact in all their digits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Root {
    pole: usize,
    shift: f64,
}

impl Root {
    pub(super) fn value(self, d: &[f64]) -> f64 {
        d[self.pole] + self.shift
    }

    /// `d_j - x`
    #[inline(always)]
    pub(super) fn below(self, d: &[f64], dj: f64) -> f64 {
        (dj - d[self.pole]) - self.shift
    }
}

/// Sums of `z_j^2 / (d_j^2 - x^2)`, and of `z_j^2 / (d_j^2 - x^2)^2`.
#[inline(always)]
fn sums(d: &[f64], z2: &[f64], pole: f64, shift: f64) -> (f64, f64) {
    /// Summed side by side: divisions take long.
    const LANES: usize = 8;
    let x = pole + shift;
    let term = |d: f64, z2: f64| {
        let t = 1.0 / (((d - pole) - shift) * (d + x));
        (z2 * t, z2 * t * t)
    };
    let (mut first, mut second) = ([0.0; LANES], [0.0; LANES]);
    let ((d, d_rest), (z2, z2_rest)) = (d.as_chunks::<LANES>(), z2.as_chunks::<LANES>());
    for (d, z2) in d.iter().zip(z2) {
        for i in 0..LANES {
            let (a, b) = term(d[i], z2[i]);
            first[i] += a;
            second[i] += b;
        }
    }
    let rest = d_rest.iter().zip(z2_rest).map(|(&d, &z2)| term(d, z2)).fold((0.0, 0.0), |s, t| (s.0 + t.0, s.1 + t.1));
    (first.iter().sum::<f64>() + rest.0, second.iter().sum::<f64>() + rest.1)
}

/// Root `i` in ascending order: between `d[i]` and the next one. `d` ascends from 0, no two are the same, and no `z2` is 0.
#[inline(always)]
pub(super) fn root(d: &[f64], z2: &[f64], i: usize) -> Root {
    /// Far more than it ever takes; each halves an interval at least.
    const MOST: usize = 200;
    let last = i + 1 == d.len();
    // Between which shifts it is.
    let (mut pole, mut low, mut high) = (i, 0.0, 0.0);
    let mut shift;
    if last {
        let total: f64 = z2.iter().sum();
        high = total / (d[i] + (d[i] * d[i] + total).sqrt());
        shift = high;
        if d.len() == 1 {
            return Root { pole, shift };
        }
    } else {
        shift = (d[i + 1] - d[i]) / 2.0;
    }
    for step in 0..MOST {
        let ((psi, psi_slope), (phi, phi_slope)) =
            (sums(&d[..=i], &z2[..=i], d[pole], shift), sums(&d[i + 1..], &z2[i + 1..], d[pole], shift));
        let f = 1.0 + psi + phi;
        if step == 0 && !last {
            // In the middle: now it is known which pole is closer.
            if f < 0.0 {
                (pole, shift) = (i + 1, -shift);
                low = shift;
            } else {
                high = shift;
            }
        } else if f < 0.0 {
            low = shift;
        } else {
            high = shift;
        }
        let rounding = f64::EPSILON * (d.len() as f64).sqrt() * (1.0 + psi.abs() + phi.abs());
        if f.abs() <= rounding {
            break;
        }
        let x = d[pole] + shift;
        let to = |j: usize| ((d[j] - d[pole]) - shift) * (d[j] + x);
        // How far x^2 moves, if the sums below and above were fractions with one pole each.
        let moved = if last {
            let below = to(i);
            below * f / (f - below * psi_slope)
        } else {
            let (below, above) = (to(i), to(i + 1));
            let a = (below + above) * f - below * above * (psi_slope + phi_slope);
            let (b, c) = (below * above * f, f - below * psi_slope - above * phi_slope);
            let root = (a * a - 4.0 * b * c).max(0.0).sqrt();
            if a <= 0.0 { (a - root) / (2.0 * c) } else { 2.0 * b / (a + root) }
        };
        let square = x * x + moved;
        let mut next = if square > 0.0 { shift + moved / (x + square.sqrt()) } else { f64::NAN };
        if !(next > low && next < high) {
            next = between(low, high);
        }
        if next == shift {
            break;
        }
        shift = next;
    }
    Root { pole, shift }
}

/// A shift between two, of which 0 may be one: by their exponents where these are far apart.
fn between(low: f64, high: f64) -> f64 {
    /// Towards 0, in which no interval ends.
    const CLOSER: f64 = 1.0 / 1024.0;
    if low == 0.0 {
        high * CLOSER
    } else if high == 0.0 {
        low * CLOSER
    } else if (low > 0.0) == (high > 0.0) && (high / low > 4.0 || low / high > 4.0) {
        (low * high).sqrt().copysign(low)
    } else {
        low + (high - low) / 2.0
    }
}
