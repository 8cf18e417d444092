//! Compiled kernels and their launch.
use super::{Context, Fault};
use cudarc::driver::result;
use cudarc::driver::sys;
use std::ffi::{CString, c_void};

/// A compiled kernel, not yet loaded: machine code, and the name of the function in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) code: Vec<u8>,
    pub(crate) name: String,
}

/// A loaded kernel. It stays loaded as long as the context.
#[derive(Clone, Copy)]
pub(crate) struct Function(sys::CUfunction);

// SAFETY: a function is a handle that any thread may launch, in its context.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

/// How many threads a launch has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    pub(crate) blocks: u32,
    pub(crate) threads: u32,
}

impl Context {
    /// Loads a kernel.
    pub(crate) fn load(&self, image: &Image) -> Result<Function, Fault> {
        self.bind()?;
        let nul = |_| Fault::new("the name of a kernel holds a NUL");
        let name = CString::new(image.name.as_str()).map_err(nul)?;
        // SAFETY: the image is machine code from the run-time compiler, and is copied by the driver.
        let module = self.heard(unsafe { result::module::load_data(image.code.as_ptr().cast()) })?;
        // SAFETY: the module was just loaded, and is never unloaded.
        self.heard(unsafe { result::module::get_function(module, name) }).map(Function)
    }

    /// Launches a kernel. `parameters` are those of its declaration, each as the bytes that the device expects, and every address among
    /// them has room for what the kernel reads and writes there.
    pub(crate) fn launch(&self, function: Function, grid: Grid, parameters: &mut [Vec<u128>]) -> Result<(), Fault> {
        self.bind()?;
        let mut pointers: smallvec::SmallVec<[*mut c_void; 8]> = parameters.iter_mut().map(|p| p.as_mut_ptr().cast()).collect();
        // SAFETY: the kernel is loaded in this context; parameters are copied before the call returns, and hold what the caller promises.
        self.heard(unsafe { result::launch_kernel(function.0, (grid.blocks, 1, 1), (grid.threads, 1, 1), 0, self.stream(), &mut pointers) })
    }
}
