//! Short runs of each family of kernels, held against the CPU reference: sizes beyond one tile, one part and one block, layouts of all kinds.
//! Numbers are small integers, so that sums are exact in whatever order.
use array_protocol::options::{ArgReduce, AxisList, Key, Random, Reduce, Scan, Search, Side, Sort};
use array_protocol::{Backend, BinaryOp, DType, Element, HostArray, Index, Operand, RandomOp, ReduceOp, Result, Shape, UnaryOp};
use num_complex::Complex;
use reference_cpu::Cpu;
use reference_cuda::Cuda;

/// A backend under the same calls as another.
struct Pair<'a> {
    ours: &'a Cuda,
    theirs: Cpu,
}

/// An array on both.
struct Both(<Cuda as Backend>::Array, <Cpu as Backend>::Array);

/// Whether an element is NaN: which one is not specified.
fn nan(dtype: DType, bytes: &[u8]) -> bool {
    match dtype {
        DType::Float32 => bytes.try_into().is_ok_and(|b| f32::from_ne_bytes(b).is_nan()),
        DType::Float64 => bytes.try_into().is_ok_and(|b| f64::from_ne_bytes(b).is_nan()),
        _ => false,
    }
}

impl Pair<'_> {
    fn upload(&self, x: &HostArray) -> Both {
        Both(self.ours.upload(x, None).unwrap(), self.theirs.upload(x, None).unwrap())
    }

    fn same(&self, what: &str, ours: Result<<Cuda as Backend>::Array>, theirs: Result<<Cpu as Backend>::Array>) -> Both {
        let (ours, theirs) = (ours.unwrap_or_else(|e| panic!("{what}: {e}")), theirs.unwrap());
        let (got, wanted) = (self.ours.download(&ours).unwrap(), self.theirs.download(&theirs).unwrap());
        assert_eq!((got.dtype(), got.shape()), (wanted.dtype(), wanted.shape()), "{what}");
        let bytes = got.bytes().chunks(got.dtype().size()).zip(wanted.bytes().chunks(got.dtype().size()));
        if let Some((i, (g, w))) = bytes.enumerate().find(|(_, (g, w))| g != w && !(nan(got.dtype(), g) && nan(got.dtype(), w))) {
            panic!("{what}: element {i} of {:?} has the bytes {g:?} instead of {w:?}", got.shape());
        }
        Both(ours, theirs)
    }
}

/// The same call on both; the results have the same bits.
macro_rules! both {
    ($pair:expr, $what:expr, |$b:ident $(, $x:ident = $from:ident)*| $call:expr) => {{
        let pair: &Pair<'_> = $pair;
        let ours = { let $b = pair.ours; $( let $x = &$from.0; )* $call };
        let theirs = { let $b = &pair.theirs; $( let $x = &$from.1; )* $call };
        pair.same($what, ours, theirs)
    }};
}

/// Numbers from -40 to 40, always the same.
fn small(n: usize) -> impl Iterator<Item = i32> {
    (0..n as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as i32 % 81 - 40)
}

fn array<T: Element>(shape: &[usize], value: impl Fn(i32) -> T) -> HostArray {
    let n = shape.iter().product();
    let values: Vec<T> = small(n).map(value).collect();
    HostArray::from_slice(Shape::from(shape.to_vec()), &values).unwrap()
}

fn swapped(pair: &Pair<'_>, x: &Both, order: &[i64]) -> Both {
    let order: AxisList = order.into();
    both!(pair, "permute_dims", |b, x = x| b.permute_dims(x, &order))
}

/// Runs the part of that name.
pub(crate) fn run(ours: &Cuda, part: &str) {
    let pair = &Pair { ours, theirs: Cpu::new() };
    match part {
        "elementwise" => elementwise(pair),
        "gather" => gather(pair),
        "reduce" => reduce(pair),
        "spread" => spread(pair),
        "largest" => largest(pair),
        "scan" => scan(pair),
        "positions" => positions(pair),
        "sort" => sort(pair),
        "search" => search(pair),
        "random" => random(pair),
        "product" => super::matrices::product(ours),
        "linalg" => super::matrices::linalg(ours),
        _ => panic!("no part {part}"),
    }
}

pub(crate) const PARTS: &[&str] =
    &["elementwise", "gather", "reduce", "spread", "largest", "scan", "positions", "sort", "search", "random", "product", "linalg"];

/// Every third row, all columns from the end on, planes from the third on.
fn stepped<R>() -> [Index<R>; 3] {
    [Index::Slice { start: Some(1), stop: Some(29), step: 3 }, Index::Slice { start: None, stop: None, step: -1 }, Index::from(2..)]
}

fn elementwise(pair: &Pair<'_>) {
    let x = pair.upload(&array(&[60, 50, 21], |v| v as f32));
    let y = pair.upload(&array(&[21], |v| v as f32 * 0.5));
    both!(pair, "flat", |b, x = x| b.unary(UnaryOp::Negative, x));
    both!(pair, "repeated", |b, x = x, y = y| b.binary(BinaryOp::Add, Operand::Array(x), Operand::Array(y)));
    let turned = swapped(pair, &x, &[2, 0, 1]);
    both!(pair, "turned", |b, x = turned| b.unary(UnaryOp::Abs, x));
    let part = both!(pair, "getitem", |b, x = x| b.getitem(x, &stepped()));
    both!(pair, "stepped", |b, x = part| b.binary(BinaryOp::Multiply, Operand::Array(x), Operand::Array(x)));
    let one = pair.upload(&array(&[1], |v| v as f32 * 0.25));
    let line = both!(pair, "reshape", |b, x = x| b.reshape(x, &Shape::from([63_000])));
    for from in [0, 1, 2, 3, 5] {
        let tail = both!(pair, "tail", |b, x = line| b.getitem(x, &[Index::from(from..from + 1003)]));
        both!(pair, "one", |b, x = tail, y = one| b.binary(BinaryOp::Subtract, Operand::Array(x), Operand::Array(y)));
        both!(pair, "unaligned", |b, x = tail| b.astype(x, &DType::Float64));
    }
}

fn gather(pair: &Pair<'_>) {
    let x = pair.upload(&array(&[12, 40, 9], |v| v as i16));
    let positions: Vec<i32> = small(77).map(|v| v % 40).collect();
    let index = pair.upload(&HostArray::from_slice([7, 11], &positions).unwrap());
    both!(pair, "positions", |b, x = x, index = index| b.getitem(x, &[Index::all(), Index::Array(index)]));
    let turned = swapped(pair, &x, &[1, 2, 0]);
    both!(pair, "turned", |b, x = turned, index = index| b.getitem(x, &[Index::Array(index)]));
    let once: Vec<i64> = (0..20).map(|i| i * 2 - 19).collect();
    let once = pair.upload(&HostArray::from_slice([20], &once).unwrap());
    let values = pair.upload(&array(&[20, 9], |v| v as i16 + 100));
    both!(pair, "setitem", |b, x = x, once = once, values = values| b.with_item(
        x,
        &[Index::all(), Index::Array(once)],
        Operand::Array(values)
    ));
    let mask = pair.upload(&array(&[12, 40], |v| v % 3 == 0));
    both!(pair, "mask", |b, x = x, mask = mask| b.getitem(x, &[Index::Array(mask)]));
}

/// Whole, along lines that lie beside each other, along lines that do not, in parts, and axes from both sides.
fn shapes() -> [(Vec<usize>, Reduce); 9] {
    [
        (vec![300, 40], Reduce::over(&[1])),
        (vec![20011], Reduce::all()),
        (vec![6, 700], Reduce::over(&[1])),
        (vec![700, 200], Reduce::over(&[0])),
        (vec![7, 33, 65], Reduce::over(&[0, 2])),
        (vec![300, 5], Reduce::over(&[1]).keepdims(true)),
        (vec![3, 20_000], Reduce::over(&[-1])),
        (vec![2, 3, 4], Reduce::over(&[1])),
        (vec![4, 0], Reduce::over(&[1])),
    ]
}

fn reduce(pair: &Pair<'_>) {
    for (shape, how) in shapes() {
        let x = pair.upload(&array(&shape, |v| v as i8));
        both!(pair, "sum", |b, x = x| b.reduce(ReduceOp::Sum, x, &how));
        let x = pair.upload(&array(&shape, |v| v as f64));
        both!(pair, "sum", |b, x = x| b.reduce(ReduceOp::Sum, x, &how));
        let x = pair.upload(&array(&shape, |v| Complex::new(v as f32, 3.0 - v as f32)));
        both!(pair, "mean", |b, x = x| b.reduce(ReduceOp::Sum, x, &how));
        both!(pair, "count", |b, x = x| b.reduce(ReduceOp::CountNonzero, x, &how));
    }
    let line = pair.upload(&array(&[20_011], |v| v as f32));
    let stepped = both!(pair, "getitem", |b, x = line| b.getitem(x, &[Index::Slice { start: None, stop: None, step: -2 }]));
    both!(pair, "stepped", |b, x = stepped| b.reduce(ReduceOp::Sum, x, &Reduce::all()));
    let x = pair.upload(&array(&[3, 5000], |v| v * 2 + 1));
    both!(pair, "prod", |b, x = x| b.reduce(ReduceOp::Prod, x, &Reduce::over(&[1])));
    // Sums beyond the largest number, whose mean is none.
    let large = pair.upload(&array(&[9000], |v| f64::from(v.abs() + 80) * 2f64.powi(1017)));
    let mean = pair.ours.download(&pair.ours.reduce(ReduceOp::Mean, &large.0, &Reduce::all()).unwrap()).unwrap();
    let wanted = small(9000).map(|v| f64::from(v.abs() + 80)).sum::<f64>() / 9000.0 * 2f64.powi(1017);
    assert!((mean.view::<f64>().unwrap()[0] / wanted - 1.0).abs() < 1e-15, "mean");
}

/// Variances are compared with a tolerance: that of a float64 result rounded a few times.
fn spread(pair: &Pair<'_>) {
    let near = |what: &str, x: &Both, how: &Reduce| {
        for op in [ReduceOp::Var, ReduceOp::Std] {
            let ours = pair.ours.download(&pair.ours.reduce(op, &x.0, how).unwrap()).unwrap();
            let theirs = pair.theirs.download(&pair.theirs.reduce(op, &x.1, how).unwrap()).unwrap();
            for (g, w) in ours.view::<f64>().unwrap().iter().zip(theirs.view::<f64>().unwrap()) {
                assert!(g == w || (g / w - 1.0).abs() < 3e-15 || (g.is_nan() && w.is_nan()), "{what}: {g} {w}");
            }
        }
    };
    for (shape, how) in shapes() {
        near("near 0", &pair.upload(&array(&shape, |v| f64::from(v) / 7.0)), &how);
        near("far from 0", &pair.upload(&array(&shape, |v| 1e6 + f64::from(v))), &how.clone().correction(1.5));
    }
    // The first element is far from all others: what is taken off is nearly all that there is.
    let mut values: Vec<f64> = small(60_000).map(|v| f64::from(v) * 1e-3).collect();
    values[0] = 1e7;
    near("an outlier", &pair.upload(&HostArray::from_slice([60_000], &values).unwrap()), &Reduce::all());
}

fn largest(pair: &Pair<'_>) {
    for (shape, how) in shapes().into_iter().take(8) {
        let x = pair.upload(&array(&shape, |v| v as i16));
        both!(pair, "max", |b, x = x| b.reduce(ReduceOp::Max, x, &how));
        let with_nan = pair.upload(&array(&shape, |v| if v == 17 { f32::NAN } else { v as f32 }));
        both!(pair, "max with NaN", |b, x = with_nan| b.reduce(ReduceOp::Max, x, &how));
        let truth = pair.upload(&array(&shape, |v| v > -40));
        both!(pair, "all", |b, x = truth| b.reduce(ReduceOp::All, x, &how));
        for axis in 0..shape.len() as i64 {
            both!(pair, "argmax", |b, x = x| b.argmax(x, &ArgReduce::default().axis(axis)));
        }
        both!(pair, "argmax", |b, x = with_nan| b.argmax(x, &ArgReduce::default()));
    }
}

fn scan(pair: &Pair<'_>) {
    let shapes: [(&[usize], i64); 7] =
        [(&[140, 40], 1), (&[20011], 0), (&[5, 3000], 1), (&[3000, 5], 0), (&[40, 20], 1), (&[3, 70, 4], 1), (&[600], 0)];
    for (shape, axis) in shapes {
        let how = Scan::default().axis(axis);
        let x = pair.upload(&array(shape, |v| v as f32));
        both!(pair, "float32", |b, x = x| b.cumulative_sum(x, &how));
        both!(pair, "initial", |b, x = x| b.cumulative_sum(x, &how.clone().include_initial(true)));
        let x = pair.upload(&array(shape, |v| v as u8));
        both!(pair, "uint8", |b, x = x| b.cumulative_sum(x, &how));
    }
}

fn positions(pair: &Pair<'_>) {
    for n in [1usize, 300, 2048, 2049, 140_000] {
        let x = pair.upload(&array(&[n], |v| f32::from(v % 4 == 0)));
        both!(pair, "nonzero", |b, x = x| b.nonzero(x).map(|mut all| all.remove(0)));
    }
    let x = pair.upload(&array(&[13, 50, 7], |v| v % 5 == 0));
    for axis in 0..3 {
        both!(pair, "nonzero", |b, x = x| b.nonzero(x).map(|mut all| all.remove(axis)));
    }
}

fn sort(pair: &Pair<'_>) {
    let shapes: [(&[usize], i64); 6] = [(&[140, 520], 1), (&[5000], 0), (&[2, 2100], 1), (&[600, 3], 0), (&[7, 40, 3], 1), (&[300], -1)];
    for (shape, axis) in shapes {
        for descending in [false, true] {
            let how = Sort::default().axis(axis).descending(descending);
            let x = pair.upload(&array(shape, |v| v as i16 * 700));
            both!(pair, "sort", |b, x = x| b.sort(x, &how));
            both!(pair, "argsort", |b, x = x| b.argsort(x, &how));
            let odd = |v: i32| [f32::NAN, 0.0, -0.0, f32::INFINITY, -f32::NAN].get((v + 40) as usize).copied().unwrap_or(v as f32 * 0.3);
            let x = pair.upload(&array(shape, odd));
            both!(pair, "float32", |b, x = x| b.sort(x, &how));
            both!(pair, "float32", |b, x = x| b.argsort(x, &how));
        }
    }
    for n in [300usize, 5000] {
        let x = pair.upload(&array(&[n], |v| v as u8));
        both!(pair, "unique_values", |b, x = x| b.unique_values(x));
        let x = pair.upload(&array(&[n], |v| f64::from(v) * 0.1));
        both!(pair, "unique_values", |b, x = x| b.unique_values(x));
        let x = pair.upload(&array(&[n], |v| Complex::new((v % 5) as f32, v as f32)));
        both!(pair, "unique_values", |b, x = x| b.unique_values(x));
    }
}

fn search(pair: &Pair<'_>) {
    let mut values: Vec<i32> = small(1000).map(|v| v / 2).collect();
    values.sort_unstable();
    let sorted = pair.upload(&HostArray::from_slice([1000], &values).unwrap());
    let wanted = pair.upload(&array(&[20, 60], |v| v as i64));
    for side in [Side::Left, Side::Right] {
        both!(pair, "searchsorted", |b, x = sorted, y = wanted| b.searchsorted(x, y, &Search::default().side(side)));
    }
}

fn random(pair: &Pair<'_>) {
    for dtype in [DType::Float32, DType::Float64] {
        let how = Random::default().shape([3, 1001]).dtype(dtype);
        both!(pair, "uniform", |b| b.random(RandomOp::Uniform, &Key::new(0x1234_5678_9abc_def0), &how));
    }
}
