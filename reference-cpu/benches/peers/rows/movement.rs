//! Rows that only move elements.
use super::Row;
use crate::players::nd::{put, view};
use array_protocol::Index;
use bench::inputs::{f32, f64, indices};
use bench::pictures::materialised;
use bench::row::Work;
use ndarray::{Axis, Ix1, Ix2, s};

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row::new("copy_f64_8M", "a copy of 64 MB", &[f64("x", &[8_000_000], -10.0, 10.0)], |x| materialised(&x[0]), "x.copy()")
            .out("np.copyto(o, x)")
            .ndarray(|x| Ok(put(view::<f64, Ix1>(&x[0])?.to_owned())))
            .candle(|x| x[0].copy()),
        Row::new(
            "stride2_f32_8192",
            "a copy of x[:, ::2], 4096 x 8192",
            &[f32("x", &[4096, 8192], -10.0, 10.0)],
            |x| materialised(&x[0].get(&[Index::all(), Index::all().step(2)])?),
            "x[:, ::2].copy()",
        )
        .out("np.copyto(o, x[:, ::2])")
        .ndarray(|x| Ok(put(view::<f32, Ix2>(&x[0])?.slice(s![.., ..;2]).to_owned())))
        .candle(|x| {
            let (m, n) = x[0].dims2()?;
            x[0].reshape((m, n / 2, 2))?.narrow(2, 0, 1)?.squeeze(2)?.contiguous()
        }),
        Row::new(
            "transpose_f32_8192",
            "a copy of x transposed, 8192 x 8192",
            &[f32("x", &[8192, 8192], -10.0, 10.0)],
            |x| materialised(&x[0].permute_dims(&[1, 0])?),
            "x.T.copy()",
        )
        .out("np.copyto(o, x.T)")
        .ndarray(|x| Ok(put(view::<f32, Ix2>(&x[0])?.t().as_standard_layout().into_owned())))
        .candle(|x| x[0].t()?.contiguous()),
        Row::new(
            "take_f64_1M",
            "x at 1M random places of 10M",
            &[f64("x", &[10_000_000], -10.0, 10.0), indices("i", &[1_000_000], 10_000_000)],
            |x| x[0].take(&x[1], 0),
            "np.take(x, i)",
        )
        .work(Work::Unknown)
        .ndarray(|x| {
            let places: Vec<usize> = view::<i64, Ix1>(&x[1])?.iter().map(|&i| i as usize).collect();
            Ok(put(view::<f64, Ix1>(&x[0])?.select(Axis(0), &places)))
        })
        .candle(|x| x[0].index_select(&x[1], 0)),
    ]
}
