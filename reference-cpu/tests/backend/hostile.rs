//! No argument makes the backend panic: calls drawn at random, most of them wrong.
use crate::array;
use crate::draw::Draw;
use array_protocol::options::*;
use array_protocol::{Backend, BinaryOp, Call, DType, FftOp, Index, Operand, RandomOp, ReduceOp, Scalar, Shape, UnaryOp};
use num_complex::Complex;
use reference_cpu::{Cpu, CpuArray};

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        (self.word() % n as u64) as usize
    }
    fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }
    fn small(&mut self) -> i64 {
        self.of(&[-3, -2, -1, 0, 0, 1, 1, 2, 3, 4, i64::MIN, i64::MAX, 1 << 40])
    }
    fn shape(&mut self) -> Shape {
        (0..self.below(4)).map(|_| self.of(&[0, 1, 1, 2, 3, 3])).collect()
    }
    /// A shape that may be far too large.
    fn wild_shape(&mut self) -> Shape {
        (0..self.below(4)).map(|_| self.of(&[0, 1, 2, 3, 1 << 45, usize::MAX, 1 << 62])).collect()
    }
    fn float(&mut self) -> f64 {
        self.of(&[0.0, -0.0, 1.0, -1.5, 0.1, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308, -1e-310, 5e-324, 1e40])
    }
    fn scalar(&mut self) -> Scalar {
        match self.below(5) {
            0 => Scalar::Bool(true),
            1 => Scalar::Int(self.small()),
            2 => Scalar::UInt(u64::MAX),
            3 => Scalar::Float(self.float()),
            _ => Scalar::Complex(self.float(), self.float()),
        }
    }
    fn dtype(&mut self) -> DType {
        self.of(DType::ALL)
    }
    fn maybe<T>(&mut self, f: impl FnOnce(&mut Draw) -> T) -> Option<T> {
        (self.below(2) == 0).then(|| f(self))
    }
    fn axes(&mut self) -> AxisList {
        (0..self.below(4)).map(|_| self.of(&[-3, -2, -1, 0, 1, 2, 7, i64::MIN, i64::MAX])).collect()
    }
    fn array(&mut self, b: &Cpu) -> CpuArray {
        let shape = self.shape();
        let n = shape.size();
        macro_rules! ints { ($($t:ty),*) => { [$( array(shape.clone(), &(0..n).map(|_| self.small() as $t).collect::<Vec<_>>()) ),*] } }
        let [f, g] = [0, 1].map(|_| (0..n).map(|_| self.float()).collect::<Vec<f64>>());
        let pairs = || f.iter().zip(&g);
        let mut all = ints!(i8, i16, i32, i64, u8, u16, u32, u64).to_vec();
        all.push(array(shape.clone(), &f.iter().map(|v| *v > 0.0).collect::<Vec<_>>()));
        all.push(array(shape.clone(), &f));
        all.push(array(shape.clone(), &f.iter().map(|&v| v as f32).collect::<Vec<_>>()));
        all.push(array(shape.clone(), &pairs().map(|(&a, &b)| Complex::new(a, b)).collect::<Vec<_>>()));
        all.push(array(shape.clone(), &pairs().map(|(&a, &b)| Complex::new(a as f32, b as f32)).collect::<Vec<_>>()));
        let x = self.of(&all);
        match self.below(5) {
            0 => b.flip(&x, &None).unwrap(),
            1 => b.permute_dims(&x, &(0..shape.rank() as i64).rev().collect()).unwrap(),
            2 => b.broadcast_to(&x, &[2].iter().chain(shape.iter()).copied().collect()).unwrap(),
            _ => x,
        }
    }
}

fn call<'a>(d: &mut Draw, arrays: &'a [CpuArray]) -> Call<&'a CpuArray> {
    let [x, y, z] = [0, 1, 2].map(|_| &arrays[d.below(arrays.len())]);
    let operand = |d: &mut Draw, a: &'a CpuArray| if d.below(3) == 0 { Operand::Scalar(d.scalar()) } else { Operand::Array(a) };
    let key = |d: &mut Draw| -> Vec<Index<&'a CpuArray>> {
        (0..d.below(5))
            .map(|_| match d.below(6) {
                0 => Index::At(d.small()),
                1 => Index::NewAxis,
                2 => Index::Ellipsis,
                3 => Index::Array(&arrays[d.below(arrays.len())]),
                _ => Index::Slice { start: d.maybe(Draw::small), stop: d.maybe(Draw::small), step: d.small() },
            })
            .collect()
    };
    match d.below(34) {
        0..3 => Call::Unary { op: d.of(UnaryOp::ALL), x },
        3..8 => Call::Binary { op: d.of(BinaryOp::ALL), x1: operand(d, x), x2: operand(d, y) },
        8 => Call::Clip { x, min: d.maybe(|d| operand(d, y)), max: d.maybe(|d| operand(d, z)) },
        9 => Call::Where { condition: x, x1: operand(d, y), x2: operand(d, z) },
        10..13 => {
            let how =
                Reduce::default().axes(d.maybe(Draw::axes)).dtype(d.maybe(Draw::dtype)).keepdims(d.below(2) == 0).correction(d.float());
            Call::Reduce { op: d.of(ReduceOp::ALL), x, how }
        }
        13 => Call::Argmax { x, how: ArgReduce::default().axis(d.maybe(Draw::small)).keepdims(d.below(2) == 0) },
        14 => {
            let how = Scan::default().axis(d.maybe(Draw::small)).dtype(d.maybe(Draw::dtype)).include_initial(d.below(2) == 0);
            Call::CumulativeSum { x, how }
        }
        15 => Call::Arange { how: Arange::default().start(d.scalar()).stop(d.scalar()).step(d.scalar()).dtype(d.maybe(Draw::dtype)) },
        16 => Call::Eye {
            how: Eye::default()
                .rows(d.small().unsigned_abs())
                .cols(d.maybe(|d| d.small().unsigned_abs()))
                .k(d.small())
                .dtype(d.maybe(Draw::dtype)),
        },
        17 => Call::Full { how: Full::default().shape(d.wild_shape()).value(d.scalar()).dtype(d.maybe(Draw::dtype)) },
        18 => {
            let how = Linspace::default()
                .start(d.scalar())
                .stop(d.scalar())
                .num(d.small().unsigned_abs())
                .dtype(d.maybe(Draw::dtype))
                .endpoint(d.below(2) == 0);
            Call::Linspace { how }
        }
        19 => Call::Astype { x, dtype: d.dtype() },
        20 => Call::BroadcastTo { x, shape: d.wild_shape() },
        21 => Call::Concat { arrays: [x, y, z][..d.below(4)].to_vec(), axis: d.maybe(Draw::small) },
        22 => match d.below(4) {
            0 => Call::Flip { x, axes: d.maybe(Draw::axes) },
            1 => Call::PermuteDims { x, axes: d.axes() },
            2 => Call::Reshape { x, shape: d.wild_shape() },
            _ => Call::Squeeze { x, axes: d.axes() },
        },
        23 => {
            Call::Roll { x, how: Roll::default().shift((0..d.below(3)).map(|_| d.small()).collect::<AxisList>()).axes(d.maybe(Draw::axes)) }
        }
        24 => Call::Tril { x, k: d.small() },
        25 => Call::Getitem { x, key: key(d) },
        26 => Call::Setitem { x, key: key(d), value: operand(d, y) },
        27 => {
            if d.below(2) == 0 {
                Call::Nonzero { x }
            } else {
                Call::Take { x, indices: y, axis: d.maybe(Draw::small) }
            }
        }
        28 => {
            let how = Sort::default().axis(d.small()).descending(d.below(2) == 0);
            if d.below(2) == 0 { Call::Sort { x, how } } else { Call::Argsort { x, how } }
        }
        29 => {
            if d.below(2) == 0 {
                Call::Searchsorted { x1: x, x2: y, how: Search::default() }
            } else {
                Call::UniqueValues { x }
            }
        }
        30 => {
            if d.below(2) == 0 {
                Call::Matmul { x1: x, x2: y }
            } else {
                Call::Solve { x1: x, x2: y }
            }
        }
        31 => {
            if d.below(2) == 0 {
                Call::Qr { x, how: Qr::default() }
            } else {
                Call::Svd { x, how: Svd::default() }
            }
        }
        32 => Call::Fft { op: d.of(FftOp::ALL), x, how: Fft::default().n(d.maybe(|d| d.small().unsigned_abs())).axis(d.small()) },
        _ => match d.below(3) {
            0 => Call::Random {
                op: RandomOp::Uniform,
                key: Key([0, 0]),
                how: Random::default().shape(d.wild_shape()).dtype(d.maybe(Draw::dtype)),
            },
            1 => Call::ToDevice { x, device: Device { kind: d.below(3) as u32, index: d.below(2) as u32 } },
            _ => Call::FromDlpack { x },
        },
    }
}

#[test]
fn no_call_panics() {
    let b = Cpu::new();
    let (mut done, mut refused) = (0, 0);
    for round in 0..400u64 {
        let mut d = Draw(round);
        let arrays: Vec<CpuArray> = (0..4).map(|_| d.array(&b)).collect();
        for i in 0..60 {
            let call = call(&mut d, &arrays);
            let text = format!("round {round}, call {i}: {}", call.op());
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                call.apply(&b).map(|reply| {
                    // A view may be too large to be downloaded; then that is an error, too.
                    reply.into_vec().iter().map(|a| b.download(a)).filter(Result::is_ok).count()
                })
            }));
            match outcome.unwrap_or_else(|_| panic!("{text}")) {
                Ok(_) => done += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(done > 2000 && refused > 2000, "{done} calls done, {refused} refused");
}
