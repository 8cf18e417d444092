//! The eight operations by which GPU arrays are usually shown beside NumPy, in float64.
use super::Row;
use crate::players::nd::{map, one, product, put, view};
use bench::inputs::{Input, f64};
use bench::pictures::{self, ELEMENTWISE, FFT, MATMUL, Picture, SLICE, STD, STENCIL, SUM, SVD};
use bench::row::{CONDITIONED, PRODUCT, Work};
use ndarray::{Ix2, s};

pub(super) fn rows() -> Vec<Row> {
    let image = |name| f64(name, &[1000, 1000], -1.0, 1.0);
    let x = &[image("x")];
    let row = |name, picture: Picture, inputs: &[Input], call| Row::new(name, picture.about, inputs, call, picture.numpy);
    vec![
        row("chart_fft", FFT, x, pictures::fft),
        row("chart_sum", SUM, x, pictures::sum).ndarray(|x| Ok(one(view::<f64, Ix2>(&x[0])?.sum()))).candle(|x| x[0].sum_all()),
        row("chart_std", STD, x, pictures::std)
            .ndarray(|x| Ok(one(view::<f64, Ix2>(&x[0])?.std(0.0))))
            .candle(|x| x[0].broadcast_sub(&x[0].mean_all()?)?.sqr()?.mean_all()?.sqrt()),
        row("chart_elementwise", ELEMENTWISE, x, pictures::elementwise)
            .ndarray(|x| map::<f64, Ix2>(x, |v| v.sin().powi(2) + v.cos().powi(2)))
            .candle(|x| x[0].sin()?.sqr()? + x[0].cos()?.sqr()?),
        row("chart_matmul", MATMUL, &[image("x"), image("y")], pictures::matmul)
            .work(PRODUCT)
            .out("np.matmul(x, y, out=o)")
            .ndarray(product::<f64>)
            .candle(|x| x[0].matmul(&x[1])),
        row("chart_slice", SLICE, x, pictures::slice)
            .work(Work::Unknown)
            .out("np.copyto(o, x[::3])")
            .ndarray(|x| Ok(put(view::<f64, Ix2>(&x[0])?.slice(s![..;3, ..]).to_owned()))),
        row("svd_1000", SVD, x, pictures::svd).work(Work::Unknown).check(CONDITIONED),
        row("chart_stencil", STENCIL, x, pictures::stencil).ndarray(|x| {
            let x = view::<f64, Ix2>(&x[0])?;
            let (m, n) = x.dim();
            let cut = |i, j| x.slice(s![i..m - 2 + i, j..n - 2 + j]);
            let mut sum = &cut(0, 0) + &cut(0, 1);
            for (i, j) in pictures::PLACES.into_iter().skip(2) {
                sum += &cut(i, j);
            }
            Ok(put(sum / 9.0))
        }),
    ]
}
