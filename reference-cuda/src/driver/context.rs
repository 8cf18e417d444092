//! The context of a device, its stream, and its memory.
use super::Fault;
use array_protocol::ErrorKind;
use cudarc::driver::result::{self, DriverError};
use cudarc::driver::sys::{self, CUdevice_attribute as Attribute};
use std::sync::OnceLock;

/// An address in device memory.
pub(crate) type Pointer = sys::CUdeviceptr;

/// The version of CUDA that the driver supports. The driver library is present.
pub(crate) fn driver_version() -> Result<i32, Fault> {
    let mut version = 0;
    // SAFETY: the pointer is to an integer.
    unsafe { sys::cuDriverGetVersion(&mut version) }.result()?;
    Ok(version)
}

/// Initialises the driver, whose library is present.
pub(crate) fn initialise() -> Result<(), Fault> {
    Ok(result::init()?)
}

/// Number of devices.
pub(crate) fn count() -> Result<u32, Fault> {
    Ok(result::device::get_count()?.max(0) as u32)
}

/// The primary context of a device, and a stream in it.
pub(crate) struct Context {
    device: sys::CUdevice,
    context: sys::CUcontext,
    stream: sys::CUstream,
    /// The error after which nothing works any more.
    lost: OnceLock<Fault>,
}

// SAFETY: contexts and streams may be used by any thread; every use makes the context current in its thread first.
unsafe impl Send for Context {}
// SAFETY: as above; the driver locks what it shares.
unsafe impl Sync for Context {}

impl Context {
    /// Opens the device of that number, which exists.
    pub(crate) fn open(ordinal: u32) -> Result<Context, Fault> {
        let device = result::device::get(ordinal as i32)?;
        // SAFETY: the device was just given by the driver.
        let context = unsafe { result::primary_ctx::retain(device) }?;
        let mut out = Context { device, context, stream: std::ptr::null_mut(), lost: OnceLock::new() };
        out.bind()?;
        out.stream = result::stream::create(result::stream::StreamKind::NonBlocking)?;
        Ok(out)
    }

    /// Makes the context that of this thread, to use it: every use begins with this.
    ///
    /// # Errors
    /// `Lost`, at once, where the context is.
    pub(crate) fn bind(&self) -> Result<(), Fault> {
        match self.lost.get() {
            Some(fault) => Err(fault.clone()),
            None => self.heard(self.make_current()),
        }
    }

    /// Makes the context that of this thread, lost or not.
    pub(crate) fn make_current(&self) -> Result<(), DriverError> {
        // SAFETY: the context is retained as long as `self` lives.
        unsafe { result::ctx::set_current(self.context) }
    }

    /// What the driver answered. If the context is lost, that is remembered: the first error tells why.
    pub(super) fn heard<T>(&self, answer: Result<T, DriverError>) -> Result<T, Fault> {
        answer.map_err(|e| match Fault::from(e) {
            fault if fault.kind == ErrorKind::Lost => self.lost.get_or_init(|| fault).clone(),
            fault => fault,
        })
    }

    /// The error of a library that works in this context; if the context is lost, which libraries do not say, that is why.
    pub(crate) fn explained(&self, fault: Fault) -> Fault {
        if fault.kind != ErrorKind::Backend {
            return fault;
        }
        match self.synchronise() {
            Err(Fault { kind: ErrorKind::Lost, text }) => Fault { kind: ErrorKind::Lost, text: format!("{}; {text}", fault.text) },
            _ => fault,
        }
    }

    pub(super) fn handle(&self) -> sys::CUcontext {
        self.context
    }

    /// The stream, to bind libraries to.
    pub(crate) fn stream(&self) -> sys::CUstream {
        self.stream
    }

    pub(crate) fn name(&self) -> Result<String, Fault> {
        Ok(result::device::get_name(self.device)?)
    }

    fn attribute(&self, which: Attribute) -> Result<i32, Fault> {
        // SAFETY: the device is valid.
        Ok(unsafe { result::device::get_attribute(self.device, which) }?)
    }

    /// Compute capability.
    pub(crate) fn capability(&self) -> Result<(i32, i32), Fault> {
        let major = self.attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
        Ok((major, self.attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?))
    }

    /// Number of multiprocessors.
    pub(crate) fn multiprocessors(&self) -> Result<u32, Fault> {
        Ok(self.attribute(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?.max(1) as u32)
    }

    /// Bytes of memory in all.
    pub(crate) fn total_memory(&self) -> Result<usize, Fault> {
        // SAFETY: the device is valid.
        Ok(unsafe { result::device::total_mem(self.device) }?)
    }

    /// Waits for the stream.
    pub(crate) fn synchronise(&self) -> Result<(), Fault> {
        self.bind()?;
        // SAFETY: the stream lives as long as `self`.
        self.heard(unsafe { result::stream::synchronize(self.stream) })
    }

    /// Waits for all streams, also those of others.
    pub(crate) fn synchronise_all(&self) -> Result<(), Fault> {
        self.bind()?;
        self.heard(result::ctx::synchronize())
    }

    /// Lets what is launched on another stream from now on wait for what was launched here.
    ///
    /// `other` is 1 or 2, the default streams, or the address of a stream that exists.
    pub(crate) fn hold_back(&self, other: u64) -> Result<(), Fault> {
        self.bind()?;
        let event = self.heard(result::event::create(sys::CUevent_flags::CU_EVENT_DISABLE_TIMING))?;
        // SAFETY: event and own stream are valid, the other one by the condition above; a destroyed event still holds who waits for it.
        unsafe {
            let done = result::event::record(event, self.stream).and_then(|()| {
                let flags = sys::CUevent_wait_flags::CU_EVENT_WAIT_DEFAULT;
                result::stream::wait_event(other as sys::CUstream, event, flags)
            });
            self.heard(result::event::destroy(event))?;
            self.heard(done)
        }
    }

    /// Memory for work that is launched from now on. `bytes` is not 0.
    pub(crate) fn allocate(&self, bytes: usize) -> Result<Pointer, Fault> {
        self.bind()?;
        // SAFETY: the stream is valid; what the memory holds is nobody's business before it is written.
        self.heard(unsafe { result::malloc_async(self.stream, bytes) })
    }

    /// Gives memory back after the work launched so far.
    ///
    /// `p` comes from [`allocate`](Self::allocate) and is used no more: the pool owns every pointer and calls this once for each.
    pub(crate) fn free(&self, p: Pointer) -> Result<(), Fault> {
        self.bind()?;
        // SAFETY: as the function demands.
        self.heard(unsafe { result::free_async(p, self.stream) })
    }

    /// Copies to the device. `to` has room for all of `from`.
    pub(crate) fn upload(&self, to: Pointer, from: &[u8]) -> Result<(), Fault> {
        self.bind()?;
        // SAFETY: `to` has the room, and memory of the host that is not pinned is read before the call returns.
        self.heard(unsafe { result::memcpy_htod_async(to, from, self.stream) })
    }

    /// Copies from the device and waits. There are as many bytes behind `from`.
    pub(crate) fn download(&self, to: &mut [u8], from: Pointer) -> Result<(), Fault> {
        self.bind()?;
        // SAFETY: `from` has the bytes, and `to` is borrowed until the stream has come to an end below.
        self.heard(unsafe { result::memcpy_dtoh_async(to, from, self.stream) })?;
        self.synchronise()
    }

    /// Fills bytes. There are as many behind `to`.
    pub(crate) fn fill(&self, to: Pointer, value: u8, bytes: usize) -> Result<(), Fault> {
        self.bind()?;
        // SAFETY: `to` has the room.
        self.heard(unsafe { result::memset_d8_async(to, value, bytes, self.stream) })
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // A device that is lost answers with an error, which changes nothing here: stream and context are given back all the same.
        let _ = self.make_current();
        // SAFETY: the stream was created by `open` and is used no more; the context was retained once.
        unsafe {
            if !self.stream.is_null() {
                let _ = result::stream::synchronize(self.stream);
                let _ = result::stream::destroy(self.stream);
            }
            let _ = result::primary_ctx::release(self.device);
        }
    }
}
