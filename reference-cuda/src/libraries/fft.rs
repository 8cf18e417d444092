//! cuFFT: plans, kept for the next transform of the same kind.
use crate::driver::{Context, Fault};
use array_protocol::DType;
use cudarc::cufft::result::CufftError;
use cudarc::cufft::sys::{self, cufftType_t as Kind};

/// What a plan is for: `count` lines of `n` elements, of which complex ones in C order without gaps are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    /// Of the elements that are read: complex, or real for the half that is not redundant.
    pub(crate) dtype: DType,
    pub(crate) n: usize,
    pub(crate) count: usize,
    /// Distance between neighbours in a line, in elements.
    pub(crate) stride: usize,
    /// Distance between lines, in elements.
    pub(crate) step: usize,
}

impl Lines {
    /// Elements of a line of the result.
    pub(crate) fn made(&self) -> usize {
        if self.dtype.is_complex() { self.n } else { self.n / 2 + 1 }
    }
}

/// A plan without memory of its own.
struct Plan {
    handle: sys::cufftHandle,
    lines: Lines,
    /// Bytes that it works with.
    room: usize,
}

/// The plans used last, the latest first.
pub(crate) struct Plans {
    kept: Vec<Plan>,
    stream: sys::cudaStream_t,
}

// SAFETY: plans may be used by any thread, one at a time; they are kept behind a lock.
unsafe impl Send for Plans {}

/// The sign of the exponent.
const FORWARD: i32 = -1;
/// So many plans are kept.
const MOST: usize = 32;

fn fault(e: CufftError) -> Fault {
    Fault::said("cuFFT", e.0, e.0 == sys::cufftResult::CUFFT_ALLOC_FAILED)
}

impl Plan {
    /// The library is loaded and the context of the stream current.
    fn new(lines: Lines, stream: sys::cudaStream_t) -> Result<Plan, Fault> {
        let kind = match lines.dtype {
            DType::Float32 => Kind::CUFFT_R2C,
            DType::Float64 => Kind::CUFFT_D2Z,
            DType::Complex64 => Kind::CUFFT_C2C,
            DType::Complex128 => Kind::CUFFT_Z2Z,
            other => return Err(Fault::new(format!("cuFFT: no transforms of {other}"))),
        };
        let mut out = Plan { handle: 0, lines, room: 0 };
        // SAFETY: the library is loaded; the pointer is to a handle.
        unsafe { sys::cufftCreate(&mut out.handle) }.result().map_err(fault)?;
        let Lines { n, count, stride, step, .. } = lines;
        let (mut lengths, mut read, mut written) = ([n as i64], [n as i64], [lines.made() as i64]);
        // SAFETY: the plan was just made; each list has as many numbers as the transform has axes.
        unsafe {
            sys::cufftSetAutoAllocation(out.handle, 0).result().map_err(fault)?;
            sys::cufftMakePlanMany64(
                out.handle,
                1,
                lengths.as_mut_ptr(),
                read.as_mut_ptr(),
                stride as i64,
                step as i64,
                written.as_mut_ptr(),
                1,
                lines.made() as i64,
                kind,
                count as i64,
                &mut out.room,
            )
            .result()
            .map_err(fault)?;
            sys::cufftSetStream(out.handle, stream).result().map_err(fault)?;
        }
        Ok(out)
    }
}

impl Drop for Plan {
    fn drop(&mut self) {
        // SAFETY: made by `new`, destroyed once; the stream waits for work that still uses it.
        let _ = unsafe { sys::cufftDestroy(self.handle) };
    }
}

impl Plans {
    pub(super) fn new(context: &Context) -> Plans {
        Plans { kept: Vec::new(), stream: context.stream().cast() }
    }

    /// The plan, in front of all others.
    fn find(&mut self, lines: Lines) -> Result<&Plan, Fault> {
        let plan = match self.kept.iter().position(|p| p.lines == lines) {
            Some(i) => self.kept.remove(i),
            None => Plan::new(lines, self.stream)?,
        };
        self.kept.truncate(MOST - 1);
        self.kept.insert(0, plan);
        Ok(&self.kept[0])
    }

    /// How many bytes a transform works with.
    ///
    /// # Errors
    /// What cuFFT says.
    pub(crate) fn room(&mut self, lines: Lines) -> Result<usize, Fault> {
        Ok(self.find(lines)?.room)
    }

    /// Transforms forward, unscaled. `from` is left as it is, except that it must be aligned for complex elements.
    ///
    /// # Errors
    /// What cuFFT says.
    pub(crate) fn forward(&mut self, lines: Lines, from: u64, to: u64, work: u64) -> Result<(), Fault> {
        let handle = self.find(lines)?.handle;
        macro_rules! run {
            ($f:ident $(, $direction:expr)?) => {
                sys::$f(handle, from as *mut _, to as *mut _ $(, $direction)?)
            };
        }
        // SAFETY: the plan is valid and its context current; the caller promises lines as planned, room for the result, and as much memory to
        // work with as the plan asks for. Transforms out of place leave what they read, except those to real elements.
        unsafe {
            sys::cufftSetWorkArea(handle, work as *mut _).result().map_err(fault)?;
            match lines.dtype {
                DType::Float32 => run!(cufftExecR2C),
                DType::Float64 => run!(cufftExecD2Z),
                DType::Complex64 => run!(cufftExecC2C, FORWARD),
                _ => run!(cufftExecZ2Z, FORWARD),
            }
        }
        .result()
        .map_err(fault)
    }
}
