//! What every family draws from: the stream, the operation's manifest data, and how a check wants its arguments.
use super::shapes::{self, Size};
use super::values;
use crate::case::Var;
use crate::model::Model;
use crate::rng::Rng;
use array_protocol::manifest::Entry;
use array_protocol::manifest::ValueClass;
use array_protocol::{Call, DType, Device, HostArray, Kind, Operand, Scalar, Shape};

/// A call and the arrays it is applied to.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The inputs: variables 0, 1, ...
    pub inputs: Vec<HostArray>,
    /// The call over them.
    pub call: Call<Var>,
    /// How many arrays it returns.
    pub results: u32,
}

/// How arguments are drawn for one case.
pub struct Draws<'a> {
    /// The stream.
    pub rng: Rng,
    /// The operation.
    pub info: &'a Entry,
    /// The dtype under test.
    pub dtype: DType,
    /// The dtypes the backend has: others are never sent.
    pub dtypes: &'a [DType],
    /// The backend's devices.
    pub devices: &'a [Device],
    /// The values.
    pub class: ValueClass,
    /// The shapes.
    pub size: Size,
    /// Whether a second array may have another dtype that promotes with the first.
    pub mix: bool,
    /// Whether an operand may be a host scalar.
    pub scalars: bool,
    /// Whether arguments may be drawn where the specification leaves a choice to the backend.
    pub choices: bool,
    /// For the shapes of selections.
    pub model: &'a Model,
    /// The inputs drawn so far.
    pub inputs: Vec<HostArray>,
}

impl Draws<'_> {
    /// Some shape.
    pub fn shape(&mut self) -> Shape {
        shapes::shape(&mut self.rng, self.size)
    }

    /// A shape with at least that many axes.
    pub fn shape_of_rank(&mut self, least: usize) -> Shape {
        shapes::shape_of_rank(&mut self.rng, least, self.size)
    }

    /// A shape without axes of length 0.
    pub fn nonempty(&mut self, least: usize) -> Shape {
        let s = self.shape_of_rank(least);
        s.iter().map(|&d| d.max(1)).collect()
    }

    /// Elements of that dtype and shape.
    pub fn array(&mut self, dtype: DType, shape: &Shape, second: bool) -> HostArray {
        values::array(&mut self.rng, dtype, shape, self.class, &self.info.manifest.draw, second)
    }

    /// Adds an input and gives its variable.
    pub fn add(&mut self, array: HostArray) -> Var {
        self.inputs.push(array);
        (self.inputs.len() - 1) as Var
    }

    /// Draws an input of the dtype under test and gives its variable.
    pub fn input(&mut self, shape: &Shape) -> Var {
        let array = self.array(self.dtype, shape, false);
        self.add(array)
    }

    /// An axis of that rank, positive or negative.
    pub fn axis(&mut self, rank: usize) -> i64 {
        let axis = self.rng.below(rank.max(1)) as i64;
        if self.rng.one_in(3) { axis - rank as i64 } else { axis }
    }

    /// Several distinct axes, each positive or negative.
    pub fn axes(&mut self, rank: usize) -> Vec<i64> {
        let mut all: Vec<i64> = (0..rank as i64).collect();
        for i in (1..all.len()).rev() {
            all.swap(i, self.rng.below(i + 1));
        }
        let keep = if rank == 0 { 0 } else { 1 + self.rng.below(rank) };
        all.truncate(keep);
        all.iter().map(|&a| if self.rng.one_in(3) { a - rank as i64 } else { a }).collect()
    }

    /// A dtype that promotes with the one under test, or that one.
    pub fn partner(&mut self) -> DType {
        if !self.mix || !self.info.manifest.dtypes.promotes || self.rng.one_in(2) {
            return self.dtype;
        }
        let fits = |d: &DType| self.info.manifest.dtypes.accept.contains(d) && self.dtypes.contains(d) && mixes(self.dtype, *d);
        let all: Vec<DType> = self.info.manifest.dtypes.accept.iter().copied().filter(fits).collect();
        if all.is_empty() { self.dtype } else { *self.rng.pick(&all) }
    }

    /// A scalar that goes with the dtype under test.
    pub fn scalar(&mut self, second: bool) -> Scalar {
        let one = self.array(self.dtype, &Shape::scalar(), second);
        scalar_of(&one).unwrap_or(Scalar::Int(1))
    }

    /// The second operand of a call: an array of that shape, or now and then a scalar.
    pub fn operand(&mut self, shape: &Shape, scalars: bool) -> Operand<Var> {
        if scalars && self.scalars && self.info.manifest.dtypes.weak_scalars && self.rng.one_in(6) {
            return Operand::Scalar(self.scalar(true));
        }
        let dtype = self.partner();
        let array = self.array(dtype, shape, true);
        Operand::Array(self.add(array))
    }

    /// The finished draw.
    pub fn done(&mut self, call: Call<Var>, results: u32) -> Drawn {
        Drawn { inputs: std::mem::take(&mut self.inputs), call, results }
    }
}

/// Whether arrays of the two dtypes promote with each other.
fn mixes(a: DType, b: DType) -> bool {
    let unsigned64 = |d| d == DType::UInt64;
    let signed = |d: DType| d.kind() == Kind::Int;
    match (a.kind(), b.kind()) {
        (Kind::Float | Kind::Complex, Kind::Float | Kind::Complex) => true,
        (Kind::Int | Kind::UInt, Kind::Int | Kind::UInt) => !(unsigned64(a) && signed(b) || unsigned64(b) && signed(a)),
        (x, y) => x == y,
    }
}

/// The only element of an array as a scalar.
pub(super) fn scalar_of(x: &HostArray) -> Option<Scalar> {
    use num_complex::Complex;
    array_protocol::dispatch_dtype!(
        x.dtype(),
        in [bool, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, Complex<f64>],
        T => x.view::<T>().and_then(|v| v.first().copied()).map(Scalar::from),
        else => x.view::<Complex<f32>>().and_then(|v| v.first()).map(|c| Scalar::Complex(c.re.into(), c.im.into()))
    )
}
