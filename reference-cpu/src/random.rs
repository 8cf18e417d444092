//! Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): numbers are a function of key and position.
use crate::Cpu;
use crate::array::{CpuArray, Typed, wrong_dtype};
use crate::interchange::on_host;
use crate::memory;
use array_protocol::options::{Key, Random};
use array_protocol::{DType, Error, RandomOp, Result};

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Blocks that are computed side by side.
const LANES: usize = 16;

/// Four words each. They do not all fit into registers, and on the stack they may not cross cache lines: where it began by chance made the
/// difference between 42 and 82 ms for ten million numbers.
#[repr(align(64))]
struct Words([[u64; LANES]; 4]);

/// The four words of the blocks `first..first + LANES`. Words are kept in 64 bits, whose upper halves hold anything: the products need
/// the room, and the lower halves are all that they look at.
#[inline(always)]
#[allow(clippy::needless_range_loop, reason = "a lane is a place in four words at once")]
fn philox(key: Key, first: u64) -> Words {
    let mut words = Words([[0; LANES]; 4]);
    let c = &mut words.0;
    for lane in 0..LANES {
        let number = first.wrapping_add(lane as u64);
        (c[0][lane], c[1][lane]) = (number, number >> 32);
    }
    let mut k = key.0;
    for _ in 0..10 {
        for lane in 0..LANES {
            let product = |m: u32, v: u64| u64::from(m) * (v & u64::from(u32::MAX));
            let (p0, p1) = (product(MULTIPLIERS[0], c[0][lane]), product(MULTIPLIERS[1], c[2][lane]));
            c[0][lane] = (p1 >> 32) ^ c[1][lane] ^ u64::from(k[0]);
            c[2][lane] = (p0 >> 32) ^ c[3][lane] ^ u64::from(k[1]);
            (c[1][lane], c[3][lane]) = (p1, p0);
        }
        k = [k[0].wrapping_add(WEYL[0]), k[1].wrapping_add(WEYL[1])];
    }
    words
}

/// A dtype of random numbers, `N` of which take one block.
trait Uniform<const N: usize>: Typed {
    /// The numbers that the words of a block stand for.
    fn unit(words: [u64; 4]) -> [Self; N];
}

impl Uniform<4> for f32 {
    #[inline(always)]
    fn unit(words: [u64; 4]) -> [f32; 4] {
        words.map(|w| (w as u32 >> 8) as f32 * 2f32.powi(-24))
    }
}

impl Uniform<2> for f64 {
    #[inline(always)]
    fn unit([a, b, c, d]: [u64; 4]) -> [f64; 2] {
        [(a, b), (c, d)].map(|(low, high)| ((high << 32 | low & u64::from(u32::MAX)) >> 11) as f64 * 2f64.powi(-53))
    }
}

/// Fills `out` with the numbers of the blocks from `number` on.
#[inline(always)]
fn fill<T: Uniform<N>, const N: usize>(key: Key, mut number: u64, out: &mut [T]) {
    let one = |Words(words): &Words, lane: usize| T::unit([words[0][lane], words[1][lane], words[2][lane], words[3][lane]]);
    let (blocks, rest) = out.as_chunks_mut::<N>();
    let (groups, single) = blocks.as_chunks_mut::<LANES>();
    for group in groups {
        let words = philox(key, number);
        group.iter_mut().enumerate().for_each(|(lane, o)| *o = one(&words, lane));
        number = number.wrapping_add(LANES as u64);
    }
    let words = philox(key, number);
    let last = single.len();
    single.iter_mut().enumerate().for_each(|(lane, o)| *o = one(&words, lane));
    if !rest.is_empty() {
        rest.copy_from_slice(&one(&words, last)[..rest.len()]);
    }
}

fn uniform<T: Uniform<N>, const N: usize>(b: &Cpu, key: Key, how: &Random) -> Result<CpuArray> {
    let op = RandomOp::Uniform;
    let n = memory::size(op, &how.shape)?;
    // Blocks of the driver begin where blocks of the stream begin.
    let out = memory::produce(b.means(), op, n, &|start, out: &mut [T]| {
        b.simd().run(
            #[inline(always)]
            || fill(key, (start / N) as u64, out),
        )
    })?;
    Ok(CpuArray::new(how.shape.clone(), out))
}

pub(crate) fn random(b: &Cpu, op: RandomOp, key: Key, how: &Random) -> Result<CpuArray> {
    if op != RandomOp::Uniform {
        return Err(Error::unsupported(op));
    }
    on_host(op, how.device)?;
    match how.dtype.unwrap_or(DType::Float64) {
        DType::Float32 => uniform::<f32, 4>(b, key, how),
        DType::Float64 => uniform::<f64, 2>(b, key, how),
        other => Err(wrong_dtype(op, &[other])),
    }
}
