//! Elementwise rows.
use super::Row;
use crate::players::nd::{map, par2, put, view};
use bench::inputs::{coins, f32, f64};
use ndarray::{Ix1, Ix2, Zip};

const N: &[usize] = &[10_000_000];

pub(super) fn arithmetic() -> Vec<Row> {
    let (wide, square) = (&[4096, 1024], &[4096, 4096]);
    vec![
        Row::new("add_f64_10M", "x + y", &[f64("x", N, -10.0, 10.0), f64("y", N, -10.0, 10.0)], |x| &x[0] + &x[1], "x + y")
            .out("np.add(x, y, out=o)")
            .ndarray(|x| par2::<f64, Ix1>(x, |a, b| a + b))
            .candle(|x| &x[0] + &x[1]),
        Row::new("add_f32_10M", "x + y", &[f32("x", N, -10.0, 10.0), f32("y", N, -10.0, 10.0)], |x| &x[0] + &x[1], "x + y")
            .out("np.add(x, y, out=o)")
            .ndarray(|x| par2::<f32, Ix1>(x, |a, b| a + b))
            .candle(|x| &x[0] + &x[1]),
        Row::new(
            "addb_f32_4096x1024",
            "x + y, y one row",
            &[f32("x", wide, -10.0, 10.0), f32("y", &[1024], -10.0, 10.0)],
            |x| &x[0] + &x[1],
            "x + y",
        )
        .out("np.add(x, y, out=o)")
        .ndarray(|x| Ok(put(&view::<f32, Ix2>(&x[0])? + &view::<f32, Ix1>(&x[1])?)))
        .candle(|x| x[0].broadcast_add(&x[1])),
        Row::new(
            "addT_f32_4096",
            "x + y transposed",
            &[f32("x", square, -10.0, 10.0), f32("y", square, -10.0, 10.0)],
            |x| &x[0] + x[1].permute_dims(&[1, 0])?,
            "x + y.T",
        )
        .out("np.add(x, y.T, out=o)")
        .ndarray(|x| {
            let (a, b) = (view::<f32, Ix2>(&x[0])?, view::<f32, Ix2>(&x[1])?.reversed_axes());
            Ok(put(Zip::from(a).and(b).par_map_collect(|a, b| a + b)))
        })
        .candle(|x| &x[0] + x[1].t()?),
        Row::new(
            "where_f64_10M",
            "x where c, else y",
            &[coins("c", N), f64("x", N, -10.0, 10.0), f64("y", N, -10.0, 10.0)],
            |x| x[0].select(&x[1], &x[2]),
            "np.where(c, x, y)",
        )
        .ndarray(|x| {
            let (c, a, b) = (view::<bool, Ix1>(&x[0])?, view::<f64, Ix1>(&x[1])?, view::<f64, Ix1>(&x[2])?);
            Ok(put(Zip::from(c).and(a).and(b).par_map_collect(|&c, &a, &b| if c { a } else { b })))
        })
        .candle(|x| x[0].where_cond(&x[1], &x[2])),
    ]
}

pub(super) fn functions() -> Vec<Row> {
    /// A function that all libraries have under the same name, except Rust's own floating-point types.
    macro_rules! function {
        ($($f:ident $std:ident $t:ident $from:literal .. $to:literal);* $(;)?) => { vec![$(
            Row::new(
                concat!(stringify!($f), "_", stringify!($t), "_10M"),
                concat!(stringify!($f), "(x)"),
                &[$t("x", N, $from, $to)],
                |x| x[0].$f(),
                concat!("np.", stringify!($f), "(x)"),
            )
            .out(concat!("np.", stringify!($f), "(x, out=o)"))
            .ndarray(|x| map::<$t, Ix1>(x, |v| v.$std()))
            .candle(|x| x[0].$f())
        ),*] };
    }
    function! {
        exp exp f64 -10.0 .. 10.0; exp exp f32 -10.0 .. 10.0;
        sin sin f64 -10.0 .. 10.0; sin sin f32 -10.0 .. 10.0;
        tanh tanh f64 -10.0 .. 10.0; tanh tanh f32 -10.0 .. 10.0;
        log ln f64 0.001 .. 1000.0; log ln f32 0.001 .. 1000.0;
    }
}
