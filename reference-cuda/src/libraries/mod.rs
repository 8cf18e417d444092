//! Where CUDA's libraries are: the system's own places, a folder that is named, and the `nvidia` folders of Python environments. And the
//! libraries themselves that operations are handed to, loaded when the first needs them.
#[allow(unsafe_code, reason = "the edge to cuBLAS; each block states its condition")]
mod blas;
#[allow(unsafe_code, reason = "the edge to cuFFT; each block states its condition")]
mod fft;
mod find;
#[allow(unsafe_code, reason = "libraries are loaded; each block states its condition")]
mod load;
#[allow(unsafe_code, reason = "libraries are asked for their entry points; each block states its condition")]
mod needed;
#[allow(unsafe_code, reason = "the edge to cuSOLVER; each block states its condition")]
mod solver;

pub(crate) use blas::{Blas, Matrix};
pub(crate) use fft::{Lines, Plans};
pub(crate) use find::folders;
pub(crate) use load::{compiler, driver};
pub(crate) use solver::{Room, Singular, Solver, Work};

use crate::driver::{Context, Fault};
use needed::{Needed, library};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The environment variable that names folders with CUDA's libraries, separated as in `PATH`; they come before all others.
pub const LIBRARIES_ENV: &str = "REFERENCE_CUDA_LIBRARIES";

/// The libraries of one device. A handle serves one call at a time, so each has a lock; all are bound to the stream of the device.
pub(crate) struct Libraries {
    folders: Vec<PathBuf>,
    blas: Mutex<Option<Blas>>,
    solver: Mutex<Option<Solver>>,
    plans: Mutex<Option<Plans>>,
}

impl Libraries {
    pub(crate) fn new(folders: Vec<PathBuf>) -> Libraries {
        Libraries { folders, blas: Mutex::default(), solver: Mutex::default(), plans: Mutex::default() }
    }

    /// Calls cuBLAS with the context current in this thread.
    ///
    /// # Errors
    /// What is missing, or went wrong.
    pub(crate) fn blas<T>(&self, context: &Context, f: impl FnOnce(&Blas) -> Result<T, Fault>) -> Result<T, Fault> {
        self.with(context, &self.blas, Needed::Blas, Blas::new, |blas| f(blas))
    }

    /// The same for cuSOLVER.
    ///
    /// # Errors
    /// As above.
    pub(crate) fn solver<T>(&self, context: &Context, f: impl FnOnce(&Solver) -> Result<T, Fault>) -> Result<T, Fault> {
        self.with(context, &self.solver, Needed::Solver, Solver::new, |solver| f(solver))
    }

    /// The same for cuFFT.
    ///
    /// # Errors
    /// As above.
    pub(crate) fn plans<T>(&self, context: &Context, f: impl FnOnce(&mut Plans) -> Result<T, Fault>) -> Result<T, Fault> {
        self.with(context, &self.plans, Needed::Fft, |context| Ok(Plans::new(context)), f)
    }

    fn with<H, T>(
        &self,
        context: &Context,
        slot: &Mutex<Option<H>>,
        which: Needed,
        open: impl FnOnce(&Context) -> Result<H, Fault>,
        f: impl FnOnce(&mut H) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        context.bind()?;
        let handle = match &mut *slot {
            Some(handle) => handle,
            None => {
                library(which, &self.folders)?;
                slot.insert(open(context).map_err(|fault| context.explained(fault))?)
            }
        };
        f(handle).map_err(|fault| context.explained(fault))
    }

    /// Destroys the handles; the context is current in this thread.
    pub(crate) fn close(&self) {
        drop(self.blas.lock().unwrap_or_else(PoisonError::into_inner).take());
        drop(self.solver.lock().unwrap_or_else(PoisonError::into_inner).take());
        drop(self.plans.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
