//! Products and decompositions.
use super::Row;
use crate::players::nd::{Nd, product, view};
use bench::inputs::{f32, f64};
use bench::pictures::thin;
use bench::row::{CLOSE_F64, CONDITIONED, Check, PRODUCT, Work};
use ndarray::{Axis, Ix3};

fn cube(x: &[usize]) -> f64 {
    (x.first().copied().unwrap_or(0) as f64).powi(3)
}

pub(super) fn rows() -> Vec<Row> {
    /// The product of two square matrices.
    macro_rules! products {
        ($($name:literal $t:ident $n:literal);* $(;)?) => { [$(
            Row::new(
                $name,
                concat!("x @ y, ", $n, " x ", $n),
                &[$t("x", &[$n, $n], -1.0, 1.0), $t("y", &[$n, $n], -1.0, 1.0)],
                |x| x[0].matmul(&x[1]),
                "x @ y",
            )
            .work(PRODUCT)
            .out("np.matmul(x, y, out=o)")
            .ndarray(product::<$t>)
            .candle(|x| x[0].matmul(&x[1]))
        ),*] };
    }
    let products = products! {
        "matmul_f32_1024" f32 1024; "matmul_f32_2048" f32 2048; "matmul_f64_1024" f64 1024; "matmul_f64_2048" f64 2048;
    };
    let stack = |name| f32(name, &[64, 128, 128], -1.0, 1.0);
    let square = |name| f64(name, &[1000, 1000], -1.0, 1.0);
    let others = [
        Row::new("bmm_f32_64x128", "64 products of 128 x 128", &[stack("x"), stack("y")], |x| x[0].matmul(&x[1]), "x @ y")
            .work(PRODUCT)
            .out("np.matmul(x, y, out=o)")
            .ndarray(|x| {
                let (a, b) = (view::<f32, Ix3>(&x[0])?, view::<f32, Ix3>(&x[1])?);
                let parts: Vec<_> = a.outer_iter().zip(b.outer_iter()).map(|(a, b)| a.dot(&b)).collect();
                let views: Vec<_> = parts.iter().map(|p| p.view()).collect();
                ndarray::stack(Axis(0), &views).map(|out| Nd::from(out.into_dyn())).map_err(|e| e.to_string())
            })
            .candle(|x| x[0].matmul(&x[1])),
        Row::new(
            "svd_100000x100",
            "thin SVD, all factors",
            &[f64("x", &[100_000, 100], -1.0, 1.0)],
            |x| Ok(x[0].svd(thin())?.1),
            "np.linalg.svd(x, full_matrices=False)[1]",
        )
        .work(Work::Unknown)
        .check(CONDITIONED),
        Row::new("qr_1000", "Q and R", &[square("x")], |x| Ok(x[0].qr(())?.1), "np.linalg.qr(x)[1]")
            .work(Work::Flops(|x, _| 8.0 / 3.0 * cube(x)))
            .check(Check::Magnitudes(1e3 * CLOSE_F64)),
        Row::new("solve_1000", "one system", &[square("x"), f64("y", &[1000], -1.0, 1.0)], |x| x[0].solve(&x[1]), "np.linalg.solve(x, y)")
            .work(Work::Flops(|x, _| 2.0 / 3.0 * cube(x)))
            .check(CONDITIONED),
    ];
    products.into_iter().chain(others).collect()
}
