//! Short runs of the kernels around products and decompositions: more matrices than there are blocks, more columns than threads, corners of
//! tiles.
use array_protocol::options::{Qr, Svd};
use array_protocol::{Backend, Element, ErrorKind, HostArray, Shape};
use reference_cuda::{Cuda, CudaArray};

fn upload<T: Element>(b: &Cuda, shape: &[usize], values: &[T]) -> CudaArray {
    b.upload(&HostArray::from_slice(Shape::from(shape.to_vec()), values).unwrap(), None).unwrap()
}

fn numbers(n: usize, seed: u32) -> Vec<i32> {
    (0..n as u32).map(|i| (i.wrapping_add(seed).wrapping_mul(2_654_435_761) >> 9) as i32 % 15 - 7).collect()
}

/// `x y` of whole numbers, `m x k` and `k x n`.
fn times(x: &[i32], y: &[i32], [m, n, k]: [usize; 3]) -> Vec<i32> {
    let at = |i: usize| (0..k).map(|p| x[i / n * k + p].wrapping_mul(y[p * n + i % n])).fold(0, i32::wrapping_add);
    (0..m * n).map(at).collect()
}

/// The kernel for integers.
pub(crate) fn product(b: &Cuda) {
    for [count, m, n, k] in [[1, 40, 33, 37], [3, 17, 5, 16], [200, 16, 17, 18], [2, 1, 70, 1]] {
        let scale = |v: Vec<i32>| v.into_iter().map(|v| v.wrapping_mul(100_003)).collect::<Vec<_>>();
        let (x, y) = (scale(numbers(count * m * k, 1)), scale(numbers(count * k * n, 2)));
        let wanted: Vec<i32> =
            (0..count).flat_map(|i| times(&x[i * m * k..(i + 1) * m * k], &y[i * k * n..(i + 1) * k * n], [m, n, k])).collect();
        let got = b.download(&b.matmul(&upload(b, &[count, m, k], &x), &upload(b, &[count, k, n], &y)).unwrap()).unwrap();
        assert_eq!(got.view::<i32>().unwrap(), wanted, "{count} {m} {n} {k}");
    }
}

/// Systems whose rows have to be exchanged: a matrix with large elements beside its diagonal, and whole solutions.
fn systems(b: &Cuda) {
    for [count, n, k] in [[2, 48, 3], [3, 20, 300], [300, 4, 2], [1, 60, 5]] {
        let mut a = numbers(count * n * n, 3);
        for i in 0..count * n {
            a[i * n + (i % n + 1) % n] += 500 + i as i32 % 7;
        }
        let x = numbers(count * n * k, 4);
        let sides: Vec<i32> =
            (0..count).flat_map(|i| times(&a[i * n * n..(i + 1) * n * n], &x[i * n * k..(i + 1) * n * k], [n, k, n])).collect();
        let floats = |v: &[i32], by: f64| v.iter().map(|&v| f64::from(v) * by).collect::<Vec<_>>();
        for [by, of] in [[1.0, 1.0], [1e300, 1e250], [1e-300, 1e-290]] {
            let (a, sides) = (upload(b, &[count, n, n], &floats(&a, by)), upload(b, &[count, n, k], &floats(&sides, of)));
            let got = b.download(&b.solve(&a, &sides).unwrap()).unwrap();
            let far = got.view::<f64>().unwrap().iter().zip(&x).map(|(g, &w)| (g * (by / of) - f64::from(w)).abs());
            assert!(far.fold(0.0, |most: f64, v| if v > most || v.is_nan() { v } else { most }) < 1e-10, "{count} {n} {k} {by}");
        }
    }
}

/// The second column has one pivot alone, which shows once the first column is gone: before, every other element of it is larger.
fn hidden_pivot(b: &Cuda) {
    let n = 48;
    let mut a = vec![0; n * n];
    (a[0], a[1], a[n + 1]) = (8, 8, 1);
    for i in 2..n {
        (a[i * n], a[i * n + 1], a[i * n + i]) = (4, 4, 100 + i as i32);
    }
    let x = numbers(n, 7);
    let floats = |v: &[i32]| v.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
    let sides = floats(&times(&a, &x, [n, 1, n]));
    let got = b.download(&b.solve(&upload(b, &[n, n], &floats(&a)), &upload(b, &[n], &sides)).unwrap()).unwrap();
    assert!(got.view::<f64>().unwrap().iter().zip(&x).all(|(g, &w)| (g - f64::from(w)).abs() < 1e-11));
}

/// Two matrices with one row in common are not singular, one with a row twice is.
fn equal_rows(b: &Cuda) {
    let n = 60;
    let mut a: Vec<f64> = numbers(2 * n * n, 5).into_iter().map(|v| f64::from(v) / 3.0 + 1e-3).collect();
    (0..2 * n).for_each(|i| a[i * n + i % n] += 50.0);
    a.copy_within(4 * n..5 * n, n * n + 4 * n);
    // 49 times its reciprocal is not 1: elimination with reciprocals leaves a little of a second such row.
    a[n * n] = 49.0;
    let sides = upload(b, &[n], &vec![1.0; n]);
    b.solve(&upload(b, &[2, n, n], &a), &sides).unwrap();
    a.copy_within(n * n..n * n + n, n * n + 57 * n);
    assert_eq!(b.solve(&upload(b, &[2, n, n], &a), &sides).map(|_| ()).unwrap_err().kind(), ErrorKind::Singular);
}

/// Diagonals: of matrices whose largest element lies anywhere, far larger than the others; some of them are huge, tiny, or not finite.
fn diagonals(b: &Cuda) {
    let (count, n) = (300, 20);
    let scale = |i: usize| [1.0, 1e306, 1e-306, f64::NAN, f64::INFINITY][i % 5];
    let mut a = vec![0.0; count * n * n];
    for i in 0..count {
        for j in 0..n {
            a[(i * n + j) * n + j] = if j == i % n { 8.0 } else { (j % 3) as f64 * 1e-200 } * scale(i);
        }
    }
    let x = upload(b, &[count, n, n], &a);
    let (_, s, _) = b.svd(&x, &Svd::default()).unwrap();
    let s = b.download(&s).unwrap();
    for (i, s) in s.view::<f64>().unwrap().chunks(n).enumerate() {
        let open = !scale(i).is_finite();
        assert!(if open { s.iter().all(|v| v.is_nan()) } else { (s[0] / scale(i) - 8.0).abs() < 1e-12 }, "{i}: {s:?}");
    }
    let (q, r) = b.qr(&x, &Qr::default()).unwrap();
    let (again, r) = (b.download(&b.matmul(&q, &r).unwrap()).unwrap(), b.download(&r).unwrap());
    let (again, r) = (again.view::<f64>().unwrap(), r.view::<f64>().unwrap());
    for i in (0..count * n * n).filter(|i| scale(i / (n * n)).is_finite()) {
        assert!((again[i] - a[i]).abs() <= 1e-13 * 8.0 * scale(i / (n * n)) && (i % n >= i / n % n || r[i] == 0.0), "{i}");
    }
    assert!((0..count).filter(|&i| !scale(i).is_finite()).all(|i| r[i * n * n..(i + 1) * n * n].iter().all(|v| v.is_nan())));
}

/// Factors of full matrices, tall and wide.
fn triangles(b: &Cuda) {
    for [m, n] in [[9, 5], [5, 9]] {
        let a: Vec<f64> = numbers(3 * m * n, 6).into_iter().map(f64::from).collect();
        let (q, r) = b.qr(&upload(b, &[3, m, n], &a), &Qr::default()).unwrap();
        let again = b.download(&b.matmul(&q, &r).unwrap()).unwrap();
        assert!(again.view::<f64>().unwrap().iter().zip(&a).all(|(g, w)| (g - w).abs() < 1e-12), "{m} {n}");
    }
}

/// The kernels around decompositions, and that for small systems.
pub(crate) fn linalg(b: &Cuda) {
    systems(b);
    hidden_pivot(b);
    equal_rows(b);
    diagonals(b);
    triangles(b);
}
