//! Sorting and sets.
use super::Row;
use array_protocol::options::Sort;
use bench::inputs::{f64, integers};
use bench::row::Work;

const N: &[usize] = &[10_000_000];

/// As NumPy's default: equal elements may change places.
fn any() -> Sort {
    Sort::default().stable(false)
}

pub(super) fn rows() -> Vec<Row> {
    let (floats, ints) = (&[f64("x", N, -10.0, 10.0)], &[integers("x", N, 0, i32::MAX)]);
    vec![
        Row::new("sort_f64_10M", "sorted", floats, |x| x[0].sort(any()), "np.sort(x)").work(Work::Unknown),
        Row::new("sort_i32_10M", "sorted", ints, |x| x[0].sort(any()), "np.sort(x)").work(Work::Unknown),
        Row::new("argsort_f64_1M", "the order", &[f64("x", &[1_000_000], -10.0, 10.0)], |x| x[0].argsort(any()), "np.argsort(x)")
            .work(Work::Unknown),
        Row::new(
            "unique_i32_10M",
            "the distinct ones of 10M below 1M",
            &[integers("x", N, 0, 1_000_000)],
            |x| x[0].unique_values(),
            "np.unique(x)",
        )
        .work(Work::Unknown),
    ]
}
