//! An open device: its context, its memory, its kernels.
use crate::compiler::{Compiler, Family};
use crate::driver::{self, Context, Fault, Function, Grid};
use crate::libraries::{self, Libraries};
use crate::memory::Pool;
use crate::{Options, Unavailable};
use array_protocol::{Device as Pair, Error, ErrorKind, Op, Result};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The lowest version of CUDA that a driver has to support: that of the bindings.
const DRIVER: i32 = 13_000;
/// The lowest compute capability that CUDA 13 compiles for.
const CAPABILITY: (i32, i32) = (7, 5);
/// What the emulated driver calls its device.
const EMULATED: &str = "CUDA emulated on the host";

/// Threads of a block, at most: `THREADS` of the kernels.
pub(crate) const THREADS: u32 = 256;

/// An open device.
pub(crate) struct Device {
    pub(crate) pair: Pair,
    pub(crate) name: String,
    pub(crate) emulated: bool,
    pub(crate) options: Options,
    pub(crate) multiprocessors: u32,
    pub(crate) context: Context,
    pub(crate) pool: Pool,
    pub(crate) libraries: Libraries,
    compiler: Compiler,
    loaded: Mutex<HashMap<(Family, String), Function>>,
}

/// Names what was asked of the driver.
fn failed(doing: &'static str) -> impl Fn(Fault) -> Unavailable {
    move |fault| Unavailable::Driver { doing, error: fault.text }
}

/// Loads the libraries and initialises the driver; tells how many devices there are. `first`: a folder to look into before all others.
///
/// # Errors
/// What is missing.
pub(crate) fn prepare(first: Option<&Path>) -> Result<u32, Unavailable> {
    let folders = libraries::folders(first);
    libraries::driver(&folders)?;
    let found = driver::driver_version().map_err(failed("tell its version"))?;
    if found < DRIVER {
        return Err(Unavailable::DriverTooOld { found, wanted: DRIVER });
    }
    libraries::compiler(&folders)?;
    match driver::initialise() {
        // The driver says so instead of counting none.
        Err(fault) if fault.text.starts_with("CUDA_ERROR_NO_DEVICE") => return Ok(0),
        other => other.map_err(failed("initialise"))?,
    }
    driver::count().map_err(failed("count its devices"))
}

impl Device {
    /// Opens a device. The driver is [prepared](prepare) and has that device.
    ///
    /// # Errors
    /// `Driver`, `DeviceTooOld`.
    pub(crate) fn open(ordinal: u32, options: Options, first: Option<&Path>) -> Result<Arc<Device>, Unavailable> {
        let context = Context::open(ordinal).map_err(failed("open a context"))?;
        let ask = failed("describe the device");
        let (name, capability) = (context.name().map_err(&ask)?, context.capability().map_err(&ask)?);
        if capability < CAPABILITY {
            return Err(Unavailable::DeviceTooOld { name, found: capability, wanted: CAPABILITY });
        }
        let emulated = name == EMULATED;
        let keep = context.total_memory().map_err(&ask)? / 2;
        Ok(Arc::new(Device {
            pair: Pair::cuda(ordinal),
            emulated,
            options,
            multiprocessors: context.multiprocessors().map_err(&ask)?,
            pool: Pool::new(if options.checked { None } else { Some(keep) }),
            // The emulated compiler keeps what it makes itself.
            compiler: Compiler::new(capability, !emulated),
            libraries: Libraries::new(libraries::folders(first)),
            loaded: Mutex::default(),
            name,
            context,
        }))
    }

    /// An error of the driver, as one of an operation.
    #[cold]
    pub(crate) fn error(&self, op: impl Into<Op>, fault: &Fault) -> Error {
        Error::new(fault.kind, op).detail(format!("{} ({}): {}", self.pair, self.name, fault.text))
    }

    /// An error of the driver outside of any operation.
    #[cold]
    pub(crate) fn fault(&self, fault: &Fault) -> Error {
        Error::outside_op(fault.kind).detail(format!("{} ({}): {}", self.pair, self.name, fault.text))
    }

    /// The kernel of that name, compiled and loaded on first use.
    ///
    /// # Errors
    /// `Backend`.
    pub(crate) fn kernel(&self, op: Op, family: Family, expression: String) -> Result<Function> {
        // Held while compiling: two threads that need one kernel compile it once.
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (family, expression);
        if let Some(&function) = loaded.get(&key) {
            return Ok(function);
        }
        // Where nothing can run nothing need be compiled.
        self.context.bind().map_err(|fault| self.error(op, &fault))?;
        let image = self.compiler.compile(family, &key.1).map_err(|text| Error::new(ErrorKind::Backend, op).detail(text))?;
        let function = self.context.load(&image).map_err(|fault| self.error(op, &fault))?;
        loaded.insert(key, function);
        Ok(function)
    }

    /// Launches a kernel over `work` items that threads share among each other. See [`Context::launch`] for the parameters.
    ///
    /// # Errors
    /// `Backend`.
    pub(crate) fn launch(&self, op: Op, function: Function, work: usize, parameters: &mut [Vec<u128>]) -> Result<()> {
        self.launch_blocks(op, function, work.div_ceil(THREADS as usize), THREADS, parameters)
    }

    /// Launches a kernel over `work` items that blocks of `threads` threads share among each other.
    ///
    /// # Errors
    /// `Backend`.
    pub(crate) fn launch_blocks(&self, op: Op, function: Function, work: usize, threads: u32, parameters: &mut [Vec<u128>]) -> Result<()> {
        // Enough blocks to fill the device several times; what is more is taken by the same blocks.
        let most = self.multiprocessors.saturating_mul(32);
        let blocks = u32::try_from(work).unwrap_or(u32::MAX).clamp(1, most);
        self.context.launch(function, Grid { blocks, threads }, parameters).map_err(|fault| self.error(op, &fault))?;
        if self.options.checked { self.synchronise(op) } else { Ok(()) }
    }

    /// Waits for everything that was launched.
    ///
    /// # Errors
    /// Those of the work.
    pub(crate) fn synchronise(&self, op: impl Into<Op>) -> Result<()> {
        self.context.synchronise().map_err(|fault| self.error(op, &fault))
    }
}
