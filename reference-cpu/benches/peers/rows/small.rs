//! Calls that are short enough for what surrounds the arithmetic to count.
use super::Row;
use crate::players::nd::{map, put, view};
use bench::inputs::{f32, f64};
use bench::row::Work;
use ndarray::Ix1;

pub(super) fn rows() -> Vec<Row> {
    let ten = |name| f64(name, &[10], -10.0, 10.0);
    vec![
        Row::new("small_add_f64_10", "x + y, 10 elements", &[ten("x"), ten("y")], |x| &x[0] + &x[1], "x + y")
            .work(Work::Unknown)
            .out("np.add(x, y, out=o)")
            .ndarray(|x| Ok(put(&view::<f64, Ix1>(&x[0])? + &view::<f64, Ix1>(&x[1])?)))
            .candle(|x| &x[0] + &x[1]),
        Row::new("small_exp_f32_1000", "exp(x), 1000 elements", &[f32("x", &[1000], -10.0, 10.0)], |x| x[0].exp(), "np.exp(x)")
            .work(Work::Unknown)
            .out("np.exp(x, out=o)")
            .ndarray(|x| map::<f32, Ix1>(x, |v| v.exp()))
            .candle(|x| x[0].exp()),
    ]
}
