//! Reductions of a 4096 x 4096 float32 matrix, and a scan.
use super::Row;
use crate::players::nd::{one, put, view};
use bench::inputs::{f32, f64};
use ndarray::{Axis, Ix1, Ix2};

pub(super) fn rows() -> Vec<Row> {
    let x = &[f32("x", &[4096, 4096], 0.0, 1.0)];
    vec![
        Row::new("sum_all_f32", "sum of a 4096 x 4096 matrix", x, |x| x[0].sum(()), "x.sum()")
            .ndarray(|x| Ok(one(view::<f32, Ix2>(&x[0])?.sum())))
            .candle(|x| x[0].sum_all()),
        Row::new("sum_ax0_f32", "sums of its columns", x, |x| x[0].sum(0), "x.sum(0)")
            .ndarray(|x| Ok(put(view::<f32, Ix2>(&x[0])?.sum_axis(Axis(0)))))
            .candle(|x| x[0].sum(0)),
        Row::new("sum_ax1_f32", "sums of its rows", x, |x| x[0].sum(1), "x.sum(1)")
            .ndarray(|x| Ok(put(view::<f32, Ix2>(&x[0])?.sum_axis(Axis(1)))))
            .candle(|x| x[0].sum(1)),
        Row::new("mean_f32", "its mean", x, |x| x[0].mean(()), "x.mean()")
            .ndarray(|x| view::<f32, Ix2>(&x[0])?.mean().map(one).ok_or_else(|| "empty".into()))
            .candle(|x| x[0].mean_all()),
        // Without ndarray, whose float32 `std` is off by 1 % at this length.
        Row::new("std_f32", "its standard deviation", x, |x| x[0].std(()), "x.std()")
            .candle(|x| x[0].broadcast_sub(&x[0].mean_all()?)?.sqr()?.mean_all()?.sqrt()),
        Row::new("max_f32", "its largest element", x, |x| x[0].max(()), "x.max()")
            .ndarray(|x| Ok(one(view::<f32, Ix2>(&x[0])?.fold(f32::NEG_INFINITY, |a, &b| a.max(b)))))
            .candle(|x| x[0].max_all()),
        Row::new("argmax_f32", "where that is", x, |x| x[0].argmax(()), "x.argmax()").candle(|x| x[0].flatten_all()?.argmax(0)),
        Row::new("cumsum_f64_10M", "running sums", &[f64("x", &[10_000_000], 0.0, 1.0)], |x| x[0].cumulative_sum(()), "np.cumsum(x)")
            .out("np.cumsum(x, out=o)")
            .ndarray(|x| {
                let mut out = view::<f64, Ix1>(&x[0])?.to_owned();
                out.accumulate_axis_inplace(Axis(0), |&before, v| *v += before);
                Ok(put(out))
            }),
    ]
}
