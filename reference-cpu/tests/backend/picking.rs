//! Picking by index and mask, against arithmetic on flat positions: sizes across blocks and tasks, all kinds of layouts.
use crate::{array, kind, shape, values};
use array_protocol::options::AxisList;
use array_protocol::{Backend, BinaryOp, DType, ErrorKind, Index, Operand, Shape, dispatch_dtype};
use reference_cpu::{Cpu, CpuArray, Simd};

/// The elements in C order.
fn down(x: &CpuArray) -> Vec<f64> {
    values(Ok(x.clone()))
}

/// Reproducible noise.
fn noise(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// The same shape in several layouts: in C order, transposed, stepped backwards in a larger buffer, with an offset.
fn layouts(b: &Cpu, shape: &[usize]) -> Vec<CpuArray> {
    let rank = shape.len();
    let of = |shape: &[usize]| array(shape, &(0..shape.iter().product::<usize>()).map(|i| i as f64 + 0.5).collect::<Vec<_>>());
    let turned: Vec<usize> = shape.iter().rev().copied().collect();
    let turn: AxisList = (0..rank as i64).rev().collect();
    let wide: Vec<usize> = shape.iter().map(|n| 2 * n + 1).collect();
    let stepped = vec![Index::all().step(-2); rank];
    let mut longer = shape.to_vec();
    longer[0] += 3;
    let cut: Index<&CpuArray> = Index::Slice { start: Some(3), stop: None, step: 1 };
    let inner: Vec<Index<&CpuArray>> = vec![Index::Slice { start: None, stop: Some(-1), step: 1 }; rank];
    vec![
        of(shape),
        b.permute_dims(&of(&turned), &turn).unwrap(),
        b.getitem(&b.getitem(&of(&wide), &inner).unwrap(), &stepped).unwrap(),
        b.getitem(&of(&longer), &[cut]).unwrap(),
    ]
}

/// What the places pick from elements in C order, seen as `(outer, middle, inner)`.
fn pick(x: &[f64], [outer, middle, inner]: [usize; 3], places: &[usize]) -> Vec<f64> {
    let line = |o: usize, p: usize| &x[(o * middle + p) * inner..(o * middle + p + 1) * inner];
    (0..outer).flat_map(|o| places.iter().flat_map(move |&p| line(o, p).iter().copied())).collect()
}

/// `x` with the next of `values` at each place.
fn put(x: &[f64], [outer, middle, inner]: [usize; 3], places: &[usize], values: &[f64]) -> Vec<f64> {
    let (mut out, mut next) = (x.to_vec(), values.iter().cycle());
    for o in 0..outer {
        for &p in places {
            out[(o * middle + p) * inner..(o * middle + p + 1) * inner].iter_mut().for_each(|v| *v = *next.next().unwrap());
        }
    }
    out
}

/// The axes before `at`, the `axes` from there on, and those behind, each as one.
fn three(shape: &[usize], at: usize, axes: usize) -> [usize; 3] {
    [shape[..at].iter().product(), shape[at..at + axes].iter().product(), shape[at + axes..].iter().product()]
}

/// Reads and writes by an array in the place of axes from `at` on, and compares.
fn check(b: &Cpu, x: &CpuArray, at: usize, axes: usize, by: &CpuArray, places: &[usize]) {
    let shape = shape(x);
    let groups = three(&shape, at, axes);
    let mut key = vec![Index::all(); at];
    key.push(Index::Array(by));
    let elements = down(x);
    let got = b.getitem(x, &key).unwrap();
    assert_eq!(down(&got), pick(&elements, groups, places), "{shape:?} from axis {at}");

    let mut fresh = b.binary(BinaryOp::Add, Operand::Array(x), Operand::Scalar(0.into())).unwrap();
    b.setitem(&mut fresh, &key, Operand::Scalar((-1.5).into())).unwrap();
    assert_eq!(down(&fresh), put(&elements, groups, places, &[-1.5]));

    let size = b.shape(&got).size();
    let values: Vec<f64> = (0..size).map(|i| -(i as f64)).collect();
    let values = if axes == 1 && b.dtype(by).is_integer() {
        // A place that comes twice gets the same value.
        pick(&elements, groups, places).iter().map(|v| -v).collect()
    } else {
        values
    };
    let given = array(b.shape(&got).clone(), &values);
    let kept = x.clone();
    let mut target = x.clone();
    b.setitem(&mut target, &key, Operand::Array(&given)).unwrap();
    if size > 0 {
        assert_eq!(down(&target), put(&elements, groups, places, &values));
    }
    assert_eq!(down(&kept), elements, "another handle changed");
}

fn mask(len: usize, density: u64, seed: u64) -> Vec<bool> {
    let mut next = noise(seed);
    (0..len).map(|_| next() % 100 < density).collect()
}

#[test]
fn masks() {
    for b in Simd::available().into_iter().map(Cpu::with) {
        for n in [0, 1, 2, 127, 129, 1023, 1024, 1025, 16384, 70_001] {
            for density in [0, 1, 50, 99, 100] {
                let m = mask(n, density, n as u64);
                let places: Vec<usize> = (0..n).filter(|&i| m[i]).collect();
                let by = array([n], &m);
                layouts(&b, &[n]).iter().for_each(|x| check(&b, x, 0, 1, &by, &places));
            }
        }
        for (shape, at, axes) in [
            ([41, 47, 53], 0, 3),
            ([41, 47, 53], 0, 2),
            ([41, 47, 53], 1, 2),
            ([300, 7, 3], 0, 1),
            ([3, 1500, 40], 1, 1),
            ([50, 40, 60], 2, 1),
        ] {
            let over = &shape[at..at + axes];
            let m = mask(over.iter().product(), 40, 7);
            let places: Vec<usize> = (0..m.len()).filter(|&i| m[i]).collect();
            let by = array(over, &m);
            layouts(&b, &shape).iter().for_each(|x| check(&b, x, at, axes, &by, &places));
        }
    }
}

#[test]
fn indices() {
    for b in Simd::available().into_iter().map(Cpu::with) {
        let mut next = noise(3);
        for (shape, at, count) in [
            (vec![100_003], 0, 80_000),
            (vec![5], 0, 1),
            (vec![5], 0, 0),
            (vec![100, 9, 7], 0, 250),
            (vec![70, 1100, 2], 1, 1300),
            (vec![70, 30, 60], 2, 50),
            (vec![3, 2, 40_000], 1, 5),
        ] {
            let len = shape[at];
            let signed: Vec<i64> = (0..count).map(|_| next() as i64 % len as i64).collect();
            let places: Vec<usize> = signed.iter().map(|i| i.rem_euclid(len as i64) as usize).collect();
            let by = array([count], &signed);
            layouts(&b, &shape).iter().for_each(|x| check(&b, x, at, 1, &by, &places));
            let x = &layouts(&b, &shape)[0];
            let taken = b.take(x, &by, &Some(at as i64 - shape.len() as i64)).unwrap();
            assert_eq!(down(&taken), pick(&down(x), three(&shape, at, 1), &places));
        }
    }
}

/// Indices of every dtype, from the first to the last that is allowed, and one further on both sides.
#[test]
fn ends_of_axes() {
    let b = Cpu::new();
    let x = array([100], &(0..100).map(f64::from).collect::<Vec<_>>());
    let dtypes = [DType::Int8, DType::Int16, DType::Int32, DType::Int64, DType::UInt8, DType::UInt16, DType::UInt32, DType::UInt64];
    for dtype in dtypes {
        dispatch_dtype!(dtype, in [i8, i16, i32, i64, u8, u16, u32, u64], T => {
            let fits = |i: i64| (i128::from(T::MIN)..=i128::from(T::MAX)).contains(&i.into());
            for wanted in [-101i64, -100, -1, 0, 99, 100, i64::MIN, i64::MAX].into_iter().filter(|&i| fits(i)) {
                let i = wanted as T;
                let taken = b.take(&x, &array([3], &[0, i, 1]), &None);
                if (-100..100).contains(&wanted) {
                    assert_eq!(down(&taken.unwrap()), [0.0, wanted.rem_euclid(100) as f64, 1.0]);
                } else {
                    assert_eq!(kind(taken), ErrorKind::Index, "{wanted} of {dtype}");
                }
            }
            let empty = array::<f64>([0], &[]);
            assert_eq!(kind(b.take(&empty, &array([1], &[T::MIN]), &None)), ErrorKind::Index);
            assert_eq!(down(&b.take(&empty, &array::<T>([0], &[]), &None).unwrap()), [0f64; 0]);
        }, else => unreachable!());
    }
    let far = array([1], &[u64::MAX]);
    assert_eq!(kind(b.take(&x, &far, &None)), ErrorKind::Index);
}

#[test]
fn nonzero() {
    for b in Simd::available().into_iter().map(Cpu::with) {
        for shape in
            [vec![0], vec![1], vec![1025], vec![200_001], vec![333, 3], vec![300, 301], vec![40, 50, 60], vec![2, 0, 3], vec![70_000, 1]]
        {
            for density in [0, 3, 50, 100] {
                let m = mask(shape.iter().product(), density, 11);
                let floats: Vec<f32> = m.iter().map(|&m| if m { f32::NAN } else { -0.0 }).collect();
                for x in [array(&shape[..], &m), array(&shape[..], &floats)] {
                    let found: Vec<Vec<i64>> = b.nonzero(&x).unwrap().iter().map(|axis| values(Ok(axis.clone()))).collect();
                    let mut step = m.len();
                    for (along, &len) in found.iter().zip(&shape) {
                        step /= len.max(1);
                        let expected: Vec<i64> = (0..m.len()).filter(|&i| m[i]).map(|i| (i / step % len) as i64).collect();
                        assert_eq!(*along, expected, "{shape:?}");
                    }
                }
            }
        }
    }
}

/// Slices of long arrays, written at once or in parts by many threads.
#[test]
fn slices_are_written() {
    let b = Cpu::new();
    for (shape, key, places) in [
        (vec![300_000], vec![Index::all().step(3)], (0..300_000).step_by(3).collect::<Vec<usize>>()),
        (vec![300_000], vec![Index::all().step(-3)], (0..300_000).rev().step_by(3).collect()),
        (
            vec![500, 400],
            vec![Index::Slice { start: Some(1), stop: None, step: 2 }],
            (1..500).step_by(2).flat_map(|r| r * 400..(r + 1) * 400).collect(),
        ),
        (
            vec![3, 90_000],
            vec![Index::all(), Index::all().step(2)],
            (0..3).flat_map(|r| (r * 90_000..(r + 1) * 90_000).step_by(2)).collect(),
        ),
    ] {
        let whole = [1, shape.iter().product(), 1];
        for x in layouts(&b, &shape) {
            let elements = down(&x);
            let chosen = b.shape(&b.getitem(&x, &key).unwrap()).to_vec();
            let values: Vec<f64> = (0..places.len()).map(|i| -(i as f64)).collect();
            for values in [&values[..], &[0.25]] {
                let given = if values.len() == 1 { array(Shape::scalar(), values) } else { array(&chosen[..], values) };
                let mut target = b.binary(BinaryOp::Multiply, Operand::Array(&x), Operand::Scalar(1.into())).unwrap();
                b.setitem(&mut target, &key, Operand::Array(&given)).unwrap();
                assert_eq!(down(&target), put(&elements, whole, &places, values));
            }
        }
    }
}
