//! Device memory: allocated and freed in the order of the stream, and kept for the next array.
use crate::device::Device;
use crate::driver::{Context, Fault, Pointer};
use array_protocol::dlpack::Tensor;
use array_protocol::{Error, ErrorKind, Op, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Freed memory, by size. Work happens in the order of one stream, so memory may be handed out again while work on it is under way.
pub(crate) struct Pool {
    /// Bytes that may wait here; `None`: none do, and every size is exact, so that a checker sees each overrun.
    most: Option<usize>,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    by_size: BTreeMap<usize, Vec<Pointer>>,
    bytes: usize,
}

/// The size that is asked of the driver: an eighth of waste at most.
fn rounded(bytes: usize) -> usize {
    let step = (bytes.next_power_of_two() / 8).max(512);
    bytes.div_ceil(step).saturating_mul(step)
}

impl Pool {
    pub(crate) fn new(most: Option<usize>) -> Pool {
        Pool { most, waiting: Mutex::default() }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, context: &Context, bytes: usize) -> Result<Pointer, Fault> {
        if self.most.is_none() {
            return context.allocate(bytes);
        }
        let size = rounded(bytes);
        {
            let mut waiting = self.waiting();
            if let Some(p) = waiting.by_size.get_mut(&size).and_then(Vec::pop) {
                waiting.bytes -= size;
                return Ok(p);
            }
        }
        match context.allocate(size) {
            Err(fault) if fault.kind == ErrorKind::OutOfMemory => {
                self.empty(context)?;
                context.synchronise()?;
                context.allocate(size)
            }
            other => other,
        }
    }

    /// Takes memory back. An error of the driver has no call to surface at; it shows at the next one.
    fn give(&self, context: &Context, p: Pointer, bytes: usize) {
        let size = rounded(bytes);
        if let Some(most) = self.most {
            let mut waiting = self.waiting();
            if waiting.bytes.saturating_add(size) <= most {
                waiting.by_size.entry(size).or_default().push(p);
                waiting.bytes += size;
                return;
            }
        }
        let _ = context.free(p);
    }

    /// Gives everything that waits back to the driver.
    pub(crate) fn empty(&self, context: &Context) -> Result<(), Fault> {
        let waiting = std::mem::take(&mut *self.waiting());
        waiting.by_size.into_values().flatten().try_for_each(|p| context.free(p))
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // A device that is lost answers with an error, and its memory is lost with it.
        let _ = self.context.make_current();
        self.libraries.close();
        let _ = self.pool.empty(&self.context);
    }
}

/// Memory of one device, shared by the views of an array.
pub(crate) struct Buffer {
    pub(crate) device: Arc<Device>,
    /// 0 where there are no bytes.
    pub(crate) pointer: Pointer,
    pub(crate) bytes: usize,
    /// Whose memory it is, where it is not the pool's.
    owner: Option<Tensor>,
}

impl Buffer {
    /// Memory of somebody else, who may read it as well: nobody writes to it.
    pub(crate) fn borrowed(device: &Arc<Device>, pointer: Pointer, bytes: usize, owner: Tensor) -> Buffer {
        Buffer { device: device.clone(), pointer, bytes, owner: Some(owner) }
    }

    /// Whether elements may be overwritten once nobody shares the buffer.
    pub(crate) fn is_own(&self) -> bool {
        self.owner.is_none()
    }

    /// Memory that holds anything.
    ///
    /// # Errors
    /// `OutOfMemory`, `Backend`.
    pub(crate) fn new(op: impl Into<Op>, device: &Arc<Device>, bytes: usize) -> Result<Buffer> {
        let pointer = match bytes {
            0 => 0,
            _ => device.pool.take(&device.context, bytes).map_err(|fault| match fault.kind {
                ErrorKind::OutOfMemory => exhausted(op, Some(bytes)),
                _ => device.error(op, &fault),
            })?,
        };
        Ok(Buffer { device: device.clone(), pointer, bytes, owner: None })
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.owner.is_some() {
            // Work on it may be under way, and its owner does not know of our stream. A device that is lost has no work left.
            let _ = self.device.context.synchronise();
        } else if self.bytes > 0 {
            self.device.pool.give(&self.device.context, self.pointer, self.bytes);
        }
    }
}

/// The error where memory cannot be had.
#[cold]
pub(crate) fn exhausted(op: impl Into<Op>, bytes: Option<usize>) -> Error {
    let detail = bytes.map_or_else(|| "more bytes than can be addressed".to_string(), |n| format!("{n} bytes on the device"));
    Error::new(ErrorKind::OutOfMemory, op).detail(detail)
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn sizes_are_few_and_waste_little() {
        for bytes in [1, 511, 512, 513, 4096, 5000, 1 << 20, (1 << 20) + 1, 123_456_789] {
            let size = rounded(bytes);
            assert!(size >= bytes && size.is_multiple_of(512) && (size - bytes <= 512 || size - bytes <= bytes / 4), "{bytes}: {size}");
        }
    }
}
