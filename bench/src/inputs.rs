//! The inputs of rows: what they are, how long at each scale, and their elements, the same for each library.
use array_protocol::{DType, Element, HostArray, Result};
use clap::ValueEnum;
use num_complex::Complex;
use std::borrow::Cow;
use std::cell::OnceCell;

/// How long arrays are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Scale {
    /// As the names of the rows say.
    #[default]
    Full,
    /// Axes of more than 64 are a quarter as long.
    Quick,
    /// No axis is longer than 32: to see that everything works.
    Tiny,
}

impl Scale {
    fn length(self, n: usize) -> usize {
        match self {
            Scale::Full => n,
            Scale::Quick if n > 64 => n / 4,
            Scale::Quick => n,
            Scale::Tiny => n.min(32),
        }
    }
}

/// Where elements come from.
#[derive(Clone, Copy, Debug)]
enum Fill {
    /// Uniform in an interval; both parts of complex numbers.
    Between(f64, f64),
    /// Integers from the first up to before the second.
    Integers(i64, i64),
    /// Places in an axis of this length.
    Below(usize),
    /// The lengths of the axes of a result, which has no other input.
    Lengths(&'static [usize]),
}

/// Lengths of axes: constants of a table, or what a command line asks for.
pub type Lengths = Cow<'static, [usize]>;

/// One input of a row.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name in the Python expression.
    pub name: &'static str,
    /// Of its elements.
    pub dtype: DType,
    shape: Lengths,
    fill: Fill,
}

fn input(name: &'static str, dtype: DType, shape: impl Into<Lengths>, fill: Fill) -> Input {
    Input { name, dtype, shape: shape.into(), fill }
}

/// Float32 numbers in `[low, high)`.
pub fn f32(name: &'static str, shape: impl Into<Lengths>, low: f64, high: f64) -> Input {
    input(name, DType::Float32, shape, Fill::Between(low, high))
}

/// Float64 numbers in `[low, high)`.
pub fn f64(name: &'static str, shape: impl Into<Lengths>, low: f64, high: f64) -> Input {
    input(name, DType::Float64, shape, Fill::Between(low, high))
}

/// Complex128 numbers in a square.
pub fn c128(name: &'static str, shape: impl Into<Lengths>) -> Input {
    input(name, DType::Complex128, shape, Fill::Between(-1.0, 1.0))
}

/// Int32 numbers in `[low, high)`.
pub fn integers(name: &'static str, shape: impl Into<Lengths>, low: i32, high: i32) -> Input {
    input(name, DType::Int32, shape, Fill::Integers(low as i64, high as i64))
}

/// Truth values.
pub fn coins(name: &'static str, shape: impl Into<Lengths>) -> Input {
    input(name, DType::Bool, shape, Fill::Integers(0, 2))
}

/// Int64 places in an axis of length `below`.
pub fn indices(name: &'static str, shape: impl Into<Lengths>, below: usize) -> Input {
    input(name, DType::Int64, shape, Fill::Below(below))
}

/// The lengths of the axes of a result, as int64.
pub fn lengths(name: &'static str, shape: &'static [usize]) -> Input {
    input(name, DType::Int64, &[1], Fill::Lengths(shape))
}

/// An input at a scale, whose elements are made when somebody asks for them.
pub struct Datum {
    /// Its name in the Python expression.
    pub name: &'static str,
    /// Of its elements.
    pub dtype: DType,
    /// Lengths of its axes.
    pub shape: Vec<usize>,
    /// Equal keys, equal elements.
    pub key: String,
    fill: Fill,
    scale: Scale,
    seed: u64,
    host: OnceCell<HostArray>,
}

impl Datum {
    /// The input at place `slot` of a row.
    pub fn new(input: &Input, slot: usize, scale: Scale) -> Datum {
        let shape: Vec<usize> = input.shape.iter().map(|&n| scale.length(n)).collect();
        let key = format!("{slot} {} {shape:?} {:?}", input.dtype.name(), input.fill);
        let (name, dtype, fill) = (input.name, input.dtype, input.fill);
        Datum { name, dtype, shape, key, fill, scale, seed: slot as u64 + 1, host: OnceCell::new() }
    }

    /// Bytes of all elements.
    pub fn bytes(&self) -> usize {
        self.shape.iter().product::<usize>() * self.dtype.size()
    }

    /// The elements.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn host(&self) -> Result<&HostArray> {
        if let Some(host) = self.host.get() {
            return Ok(host);
        }
        let host = self.make()?;
        Ok(self.host.get_or_init(|| host))
    }

    fn make(&self) -> Result<HostArray> {
        let mut out = HostArray::zeros(self.dtype, self.shape.clone())?;
        match self.fill {
            Fill::Between(low, high) => {
                let number = |i| low + (high - low) * unit(self.seed, i);
                match self.dtype {
                    DType::Float32 => write(&mut out, |i| number(i) as f32),
                    DType::Complex128 => write(&mut out, |i| Complex::new(number(2 * i), number(2 * i + 1))),
                    _ => write(&mut out, number),
                }
            }
            Fill::Integers(low, high) => {
                let number = |i| low + ((high - low) as f64 * unit(self.seed, i)) as i64;
                match self.dtype {
                    DType::Bool => write(&mut out, |i| number(i) != 0),
                    _ => write(&mut out, |i| number(i) as i32),
                }
            }
            Fill::Below(n) => {
                let n = self.scale.length(n) as f64;
                write(&mut out, |i| (n * unit(self.seed, i)) as i64);
            }
            Fill::Lengths(lengths) => write(&mut out, |i| lengths.get(i).map_or(0, |&n| self.scale.length(n) as i64)),
        }
        Ok(out)
    }
}

fn write<T: Element>(out: &mut HostArray, element: impl Fn(usize) -> T) {
    for (i, slot) in out.view_mut::<T>().into_iter().flatten().enumerate() {
        *slot = element(i);
    }
}

/// A number in [0, 1) for each place: the finisher of SplitMix64.
fn unit(seed: u64, place: usize) -> f64 {
    let mut z = (seed << 48).wrapping_add(place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ z >> 31) >> 11) as f64 / (1u64 << 53) as f64
}
