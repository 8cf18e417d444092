//! Fourier transforms of vectors and of matrices along each axis; random numbers.
use super::Row;
use array_protocol::options::Key;
use array_protocol::{Array, DType};
use bench::inputs::{c128, f64, lengths};
use bench::row::{Check, Work};

pub(super) fn rows() -> Vec<Row> {
    let (long, square) = (&[c128("x", &[1 << 20])], &[c128("x", &[2048, 2048])]);
    vec![
        Row::new("fft_c128_2p20", "a complex vector of 2^20", long, |x| x[0].fft(()), "np.fft.fft(x)").out("np.fft.fft(x, out=o)"),
        Row::new("rfft_f64_2p20", "a real vector of 2^20", &[f64("x", &[1 << 20], -1.0, 1.0)], |x| x[0].rfft(()), "np.fft.rfft(x)")
            .out("np.fft.rfft(x, out=o)"),
        Row::new("fft_rows_c128_2048", "each row of 2048 x 2048", square, |x| x[0].fft(1), "np.fft.fft(x, axis=1)")
            .out("np.fft.fft(x, axis=1, out=o)"),
        Row::new("fft_columns_c128_2048", "each column", square, |x| x[0].fft(0), "np.fft.fft(x, axis=0)")
            .out("np.fft.fft(x, axis=0, out=o)"),
        Row::new("fft2_c128_2048", "both", square, |x| x[0].fft(1)?.fft(0), "np.fft.fft2(x)").out("np.fft.fft2(x, out=o)"),
        Row::new(
            "uniform_f64_10M",
            "random numbers in [0, 1)",
            &[lengths("n", &[10_000_000])],
            |x| Array::uniform(x[0].backend(), Key::new(1), [x[0].item::<i64>()? as usize], DType::Float64),
            "random.random(int(n[0]))",
        )
        .out("random.random(out=o)")
        .work(Work::Move)
        .check(Check::Distribution(8.0)),
    ]
}
