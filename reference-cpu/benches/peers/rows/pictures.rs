//! The eight operations by which GPU arrays are usually shown beside NumPy, in float64.
use super::linalg::{CONDITIONED, PRODUCT, thin};
use super::{Row, Work};
use crate::inputs::f64;
use crate::players::nd::{map, one, product, put, view};
use crate::players::ours::materialised;
use array_protocol::{Array, DType, Index, Result};
use ndarray::{Ix2, s};
use reference_cpu::Cpu;

pub(super) fn rows() -> Vec<Row> {
    let image = |name| f64(name, &[1000, 1000], -1.0, 1.0);
    let x = &[image("x")];
    vec![
        Row::new("chart_fft", "fft(x), real to complex", x, |x| x[0].astype(DType::Complex128)?.fft(()), "np.fft.fft(x)"),
        Row::new("chart_sum", "sum", x, |x| x[0].sum(()), "x.sum()")
            .ndarray(|x| Ok(one(view::<f64, Ix2>(&x[0])?.sum())))
            .candle(|x| x[0].sum_all()),
        Row::new("chart_std", "standard deviation", x, |x| x[0].std(()), "x.std()")
            .ndarray(|x| Ok(one(view::<f64, Ix2>(&x[0])?.std(0.0))))
            .candle(|x| x[0].broadcast_sub(&x[0].mean_all()?)?.sqr()?.mean_all()?.sqrt()),
        Row::new(
            "chart_elementwise",
            "sin(x)**2 + cos(x)**2",
            x,
            |x| x[0].sin()?.pow(2)? + x[0].cos()?.pow(2)?,
            "np.sin(x)**2 + np.cos(x)**2",
        )
        .ndarray(|x| map::<f64, Ix2>(x, |v| v.sin().powi(2) + v.cos().powi(2)))
        .candle(|x| x[0].sin()?.sqr()? + x[0].cos()?.sqr()?),
        Row::new("chart_matmul", "matrix product", &[image("x"), image("y")], |x| x[0].matmul(&x[1]), "x @ y")
            .work(PRODUCT)
            .out("np.matmul(x, y, out=o)")
            .ndarray(product::<f64>)
            .candle(|x| x[0].matmul(&x[1])),
        Row::new("chart_slice", "x[::3], copied", x, |x| materialised(&x[0].get(&[Index::all().step(3)])?), "x[::3].copy()")
            .work(Work::Unknown)
            .out("np.copyto(o, x[::3])")
            .ndarray(|x| Ok(put(view::<f64, Ix2>(&x[0])?.slice(s![..;3, ..]).to_owned()))),
        Row::new("svd_1000", "SVD", x, |x| Ok(x[0].svd(thin())?.1), "np.linalg.svd(x, full_matrices=False)[1]")
            .work(Work::Unknown)
            .check(CONDITIONED),
        Row::new(
            "chart_stencil",
            "mean of 3 x 3 neighbours, by slices",
            x,
            |x| stencil(&x[0]),
            "(x[:-2, :-2] + x[:-2, 1:-1] + x[:-2, 2:] + x[1:-1, :-2] + x[1:-1, 1:-1] + x[1:-1, 2:] \
             + x[2:, :-2] + x[2:, 1:-1] + x[2:, 2:]) / 9",
        )
        .ndarray(|x| {
            let x = view::<f64, Ix2>(&x[0])?;
            let (m, n) = x.dim();
            let cut = |i, j| x.slice(s![i..m - 2 + i, j..n - 2 + j]);
            let mut sum = &cut(0, 0) + &cut(0, 1);
            for (i, j) in PLACES.into_iter().skip(2) {
                sum += &cut(i, j);
            }
            Ok(put(sum / 9.0))
        }),
    ]
}

/// Where the nine windows of the stencil start.
const PLACES: [(usize, usize); 9] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2)];

fn stencil(x: &Array<Cpu>) -> Result<Array<Cpu>> {
    let window = |at: usize| {
        let (start, stop) = (at as i64, at as i64 - 2);
        Index::Slice { start: Some(start), stop: (stop < 0).then_some(stop), step: 1 }
    };
    let cut = |(i, j): (usize, usize)| x.get(&[window(i), window(j)]);
    let mut sum = &cut(PLACES[0])? + &cut(PLACES[1])?;
    for place in PLACES.into_iter().skip(2) {
        sum = sum + &cut(place)?;
    }
    sum? / 9.0
}
