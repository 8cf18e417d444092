//! DLPack, the only place where strides show: tensors that cross to other libraries without a copy.
//!
//! A [`Tensor`] owns its memory, whoever allocated it, and gives it back when dropped. It is immutable through this interface.
mod abi;
#[deny(unsafe_code)]
mod layout;

pub use abi::*;

use crate::{DType, Device, ErrorKind, HostArray, Result, Shape};
use layout::{Layout, error};
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// An owned DLPack tensor.
pub struct Tensor {
    raw: NonNull<DLManagedTensorVersioned>,
    layout: Layout,
    device: Device,
}

// SAFETY: the owner of the memory is `Send` by the bounds of the safe constructors and by the conditions of the unsafe ones.
unsafe impl Send for Tensor {}
// SAFETY: a shared `Tensor` only reads, and nobody writes to the memory while it lives (the same bounds and conditions).
unsafe impl Sync for Tensor {}

/// What an exported tensor points into: the structure, its lengths and distances, and the owner of the memory.
struct Holder<O> {
    managed: DLManagedTensorVersioned,
    shape: Box<[i64]>,
    strides: Box<[i64]>,
    owner: O,
}

impl Tensor {
    /// A tensor over bytes that somebody else holds too: read-only, without a copy.
    ///
    /// The first element lies at `byte_offset`; `strides` count elements and may be negative or zero.
    ///
    /// # Errors
    /// `Shape` (number of strides, overflow), `Index` (an element outside the bytes), `Value` (elements not aligned).
    pub fn from_bytes(
        owner: impl AsRef<[u8]> + Send + Sync + 'static,
        byte_offset: usize,
        dtype: DType,
        shape: &Shape,
        strides: &[isize],
    ) -> Result<Tensor> {
        let layout = Layout::new(dtype, shape, strides)?;
        let mut available = 0;
        let tensor = hold(owner, layout, Device::CPU, byte_offset, DLPACK_FLAG_BITMASK_READ_ONLY, |owner| {
            let bytes = owner.as_ref();
            available = bytes.len();
            bytes.as_ptr().cast_mut().cast()
        })?;
        // Checked only now: what `as_ref` gives counts once the owner has moved for the last time. An error frees the owner.
        let Layout { before, after, .. } = tensor.layout;
        if byte_offset < before || byte_offset.checked_add(after).is_none_or(|end| end > available) {
            let detail = format!("strides {strides:?} from byte {byte_offset} leave the {available} bytes");
            return Err(error(ErrorKind::Index, detail).shapes(&[shape]).dtypes(&[dtype]));
        }
        let align = dtype.real().size();
        if after > 0 && !(tensor.data_ptr().addr().wrapping_add(byte_offset)).is_multiple_of(align) {
            return Err(error(ErrorKind::Value, format!("elements are not aligned to {align} bytes")).dtypes(&[dtype]));
        }
        Ok(tensor)
    }

    /// A tensor in C order that takes the memory of a host array, without a copy; the consumer may write to it.
    ///
    /// # Errors
    /// None for an array that exists; the signature is that of the other constructors.
    pub fn from_host(x: HostArray) -> Result<Tensor> {
        let layout = Layout::new(x.dtype(), x.shape(), &layout::c_order(x.shape()))?;
        hold(x, layout, Device::CPU, 0, 0, |x| x.bytes_mut().as_mut_ptr().cast())
    }

    /// A tensor over memory of any device, kept alive by `owner`.
    ///
    /// # Errors
    /// `Shape` (number of strides, overflow), `Value` (a null pointer), `Device` (a device number DLPack cannot hold).
    ///
    /// # Safety
    /// Every byte from the lowest element that `byte_offset`, `shape` and `strides` reach from `data` to the highest lies in one allocation
    /// of `device` that stays valid, initialised and unwritten until `owner` is dropped; a consumer may write to it if not `read_only`.
    #[allow(clippy::too_many_arguments, reason = "the fields of a DLPack tensor")]
    pub unsafe fn from_device_ptr(
        owner: impl Send + Sync + 'static,
        data: *mut c_void,
        device: Device,
        byte_offset: usize,
        dtype: DType,
        shape: &Shape,
        strides: &[isize],
        read_only: bool,
    ) -> Result<Tensor> {
        let layout = Layout::new(dtype, shape, strides)?;
        if data.is_null() && layout.after > 0 {
            return Err(error(ErrorKind::Value, "a null pointer to elements").shapes(&[shape]));
        }
        let flags = if read_only { DLPACK_FLAG_BITMASK_READ_ONLY } else { 0 };
        hold(owner, layout, device, byte_offset, flags, |_| data)
    }

    /// Takes over a tensor of another producer. It is given back when dropped, and at once on an error.
    ///
    /// # Errors
    /// `Unsupported` (another major version), `Shape` (negative numbers of axes, lengths, overflow), `Dtype` (a type outside the specification,
    /// vector lanes), `Value` (null pointers, offsets beyond the address space), `Device` (negative numbers).
    ///
    /// # Safety
    /// - `raw` points to a valid structure that the caller owns; of another major version only `version`, `manager_ctx` and `deleter` are read.
    /// - `shape` and `strides`, where not null, point to `ndim` numbers.
    /// - Every byte from the lowest element they reach to the highest lies in one allocation that stays valid, initialised and unwritten until
    ///   the deleter is called.
    /// - The deleter may be called on any thread, once.
    pub unsafe fn from_raw(raw: NonNull<DLManagedTensorVersioned>) -> Result<Tensor> {
        let guard = Loan(raw);
        // SAFETY: `version` lies at the start of every version's structure.
        let version = unsafe { (*raw.as_ptr()).version };
        if version.major != DLPACK_VERSION.major {
            return Err(error(ErrorKind::Unsupported, format!("DLPack version {}.{}", version.major, version.minor)));
        }
        // SAFETY: the caller owns a valid structure of this version, with valid arrays.
        let (layout, device) = unsafe { read(&(*raw.as_ptr()).dl_tensor) }?;
        std::mem::forget(guard);
        Ok(Tensor { raw, layout, device })
    }

    /// Takes over a tensor of a producer from before DLPack 1.0. It is given back when dropped, and at once on an error.
    ///
    /// The old structure cannot say whether it is read-only; it is passed on as such.
    ///
    /// # Errors
    /// Those of [`from_raw`](Self::from_raw).
    ///
    /// # Safety
    /// Those of [`from_raw`](Self::from_raw), for the old structure.
    pub unsafe fn from_raw_legacy(raw: NonNull<DLManagedTensor>) -> Result<Tensor> {
        let owner = Legacy(raw);
        // SAFETY: the caller owns a valid structure, with valid arrays.
        let (tensor, (layout, device)) = unsafe { ((*raw.as_ptr()).dl_tensor, read(&(*raw.as_ptr()).dl_tensor)?) };
        let offset = usize::try_from(tensor.byte_offset).map_err(|_| error(ErrorKind::Value, "an offset beyond the address space"))?;
        hold(owner, layout, device, offset, DLPACK_FLAG_BITMASK_READ_ONLY, |_| tensor.data)
    }

    /// Hands the tensor to a consumer, who calls its deleter once.
    pub fn into_raw(self) -> NonNull<DLManagedTensorVersioned> {
        let mut this = ManuallyDrop::new(self);
        // What the handle itself owns is given back; the structure goes on.
        this.layout.shape = Shape::scalar();
        this.layout.strides = layout::Strides::new();
        this.raw
    }

    /// Hands the tensor to a consumer from before DLPack 1.0, who calls its deleter once.
    ///
    /// The old structure cannot say "read-only": memory that must not be written is copied first.
    ///
    /// # Errors
    /// `Device` where a read-only tensor does not lie in host memory.
    pub fn into_raw_legacy(self) -> Result<NonNull<DLManagedTensor>> {
        let tensor = if self.read_only() { Tensor::from_host(self.to_host()?)? } else { self };
        // SAFETY: `raw` is valid until the tensor is dropped.
        let dl_tensor = unsafe { (*tensor.raw.as_ptr()).dl_tensor };
        let held = Box::into_raw(Box::new(LegacyHolder {
            managed: DLManagedTensor { dl_tensor, manager_ctx: std::ptr::null_mut(), deleter: Some(delete_legacy) },
            _tensor: tensor,
        }));
        // SAFETY: `held` comes from a box and is not null; nobody else knows it yet.
        unsafe {
            (*held).managed.manager_ctx = held.cast();
            Ok(NonNull::new_unchecked(&raw mut (*held).managed))
        }
    }

    /// The lengths of the axes.
    pub fn shape(&self) -> &Shape {
        &self.layout.shape
    }

    /// Distances between neighbours along each axis, in elements; negative and zero ones included.
    pub fn strides(&self) -> &[isize] {
        &self.layout.strides
    }

    /// The dtype.
    pub fn dtype(&self) -> DType {
        self.layout.dtype
    }

    /// Where the memory lies.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Bytes from [`data_ptr`](Self::data_ptr) to the first element.
    pub fn byte_offset(&self) -> usize {
        // SAFETY: `raw` is valid until the tensor is dropped. The offset was checked to fit.
        unsafe { (*self.raw.as_ptr()).dl_tensor.byte_offset as usize }
    }

    /// Whether consumers must not write.
    pub fn read_only(&self) -> bool {
        // SAFETY: as above.
        unsafe { (*self.raw.as_ptr()).flags & DLPACK_FLAG_BITMASK_READ_ONLY != 0 }
    }

    /// Start of the allocation, an address of [`device`](Self::device). Valid as long as the tensor.
    pub fn data_ptr(&self) -> *const c_void {
        // SAFETY: as above.
        unsafe { (*self.raw.as_ptr()).dl_tensor.data }
    }

    /// The bytes from the lowest element to the highest, and the place of the first element among them.
    ///
    /// # Errors
    /// `Device` where the memory is not host memory.
    pub fn host_bytes(&self) -> Result<(&[u8], usize)> {
        // 1 is plain host memory, 3 host memory that CUDA has pinned.
        if !matches!(self.device.kind, 1 | 3) {
            return Err(error(ErrorKind::Device, format!("{} is not host memory", self.device)));
        }
        let Layout { before, after, .. } = self.layout;
        if after == 0 {
            return Ok((&[], 0));
        }
        let first = self.data_ptr().cast::<u8>().wrapping_add(self.byte_offset());
        // SAFETY: the bytes from the lowest element to the highest lie in one readable, initialised allocation on the host that nobody writes to
        // while the tensor lives (checked by `from_bytes`, promised by the unsafe constructors); their number fits `isize`
        // (`Layout::new`), and the pointer is not null (`read`, `from_device_ptr`).
        Ok((unsafe { std::slice::from_raw_parts(first.wrapping_sub(before), before + after) }, before))
    }

    /// The elements, in C order.
    ///
    /// # Errors
    /// `Device` where the memory is not host memory, `Value` where a bool is neither 0 nor 1.
    pub fn to_host(&self) -> Result<HostArray> {
        let (bytes, first) = self.host_bytes()?;
        self.layout.gather(bytes, first)
    }
}

impl Drop for Tensor {
    fn drop(&mut self) {
        drop(Loan(self.raw));
    }
}

impl std::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut s = f.debug_struct("Tensor");
        s.field("dtype", &self.dtype()).field("shape", self.shape()).field("strides", &self.strides()).field("device", &self.device);
        s.field("byte_offset", &self.byte_offset()).field("read_only", &self.read_only()).finish()
    }
}

/// A structure that somebody has to give back.
struct Loan(NonNull<DLManagedTensorVersioned>);

impl Drop for Loan {
    fn drop(&mut self) {
        // SAFETY: the structure is owned and valid; `deleter` lies at the same place in every version.
        let deleter = unsafe { (*self.0.as_ptr()).deleter };
        if let Some(deleter) = deleter {
            // SAFETY: owned, so called once; on any thread by the conditions of `from_raw`.
            unsafe { deleter(self.0.as_ptr()) };
        }
    }
}

/// The same for the old structure.
struct Legacy(NonNull<DLManagedTensor>);

// SAFETY: the deleter may be called on any thread by the conditions of `from_raw_legacy`.
unsafe impl Send for Legacy {}
// SAFETY: nothing is done with a shared one.
unsafe impl Sync for Legacy {}

impl Drop for Legacy {
    fn drop(&mut self) {
        // SAFETY: the structure is owned and valid.
        let deleter = unsafe { (*self.0.as_ptr()).deleter };
        if let Some(deleter) = deleter {
            // SAFETY: owned, so called once; on any thread by the conditions of `from_raw_legacy`.
            unsafe { deleter(self.0.as_ptr()) };
        }
    }
}

struct LegacyHolder {
    managed: DLManagedTensor,
    _tensor: Tensor,
}

unsafe extern "C" fn delete_legacy(raw: *mut DLManagedTensor) {
    // SAFETY: the consumer passes what `into_raw_legacy` gave, once; its context is the box.
    drop(unsafe { Box::from_raw((*raw).manager_ctx.cast::<LegacyHolder>()) });
}

unsafe extern "C" fn delete<O>(raw: *mut DLManagedTensorVersioned) {
    // SAFETY: the consumer passes what `hold` made, once; its context is the box.
    drop(unsafe { Box::from_raw((*raw).manager_ctx.cast::<Holder<O>>()) });
}

/// Boxes the owner with everything an exported tensor points to. `data` sees the owner at its last place.
fn hold<O: Send + Sync + 'static>(
    owner: O,
    layout: Layout,
    device: Device,
    byte_offset: usize,
    flags: u64,
    data: impl FnOnce(&mut O) -> *mut c_void,
) -> Result<Tensor> {
    let (Ok(device_type), Ok(device_id)) = (i32::try_from(device.kind), i32::try_from(device.index)) else {
        return Err(error(ErrorKind::Device, format!("DLPack cannot name {device}")));
    };
    let ndim = i32::try_from(layout.shape.rank()).map_err(|_| error(ErrorKind::Shape, "too many axes"))?;
    // A length or stride beyond `i64` exists only beside a length of zero on no machine known; still no cast that could wrap.
    let beyond = |_| error(ErrorKind::Shape, "a length beyond int64").shapes(&[&layout.shape]);
    let lengths = layout.shape.iter().map(|&n| i64::try_from(n).map_err(beyond)).collect::<Result<Box<[i64]>>>()?;
    let strides = layout.strides.iter().map(|&n| i64::try_from(n).map_err(beyond)).collect::<Result<Box<[i64]>>>()?;
    let dl_tensor = DLTensor {
        data: std::ptr::null_mut(),
        device: DLDevice { device_type, device_id },
        ndim,
        dtype: layout::to_dl(layout.dtype),
        shape: std::ptr::null_mut(),
        strides: std::ptr::null_mut(),
        byte_offset: byte_offset as u64,
    };
    let managed = DLManagedTensorVersioned {
        version: DLPACK_VERSION,
        manager_ctx: std::ptr::null_mut(),
        deleter: Some(delete::<O>),
        flags,
        dl_tensor,
    };
    let held = Box::into_raw(Box::new(Holder { managed, shape: lengths, strides, owner }));
    // SAFETY: `held` comes from a box, is not null, and nobody else knows it yet. From here on it is reached through this pointer alone, so
    // that what `data` returns stays valid until `delete` rebuilds the box.
    unsafe {
        let holder = &mut *held;
        holder.managed.manager_ctx = held.cast();
        holder.managed.dl_tensor.shape = holder.shape.as_mut_ptr();
        holder.managed.dl_tensor.strides = holder.strides.as_mut_ptr();
        let tensor = Tensor { raw: NonNull::new_unchecked(&raw mut (*held).managed), layout, device };
        // A panic in `data` drops the tensor, and with it the box.
        let start = data(&mut (*held).owner);
        (*held).managed.dl_tensor.data = start;
        Ok(tensor)
    }
}

/// Reads and checks a producer's structure.
///
/// # Safety
/// `shape` and `strides`, where not null, point to `ndim` numbers.
unsafe fn read(t: &DLTensor) -> Result<(Layout, Device)> {
    let dtype = layout::from_dl(t.dtype)?;
    let (Ok(kind), Ok(index)) = (u32::try_from(t.device.device_type), u32::try_from(t.device.device_id)) else {
        return Err(error(ErrorKind::Device, format!("device type {}, number {}", t.device.device_type, t.device.device_id)));
    };
    let rank = usize::try_from(t.ndim).map_err(|_| error(ErrorKind::Shape, format!("{} axes", t.ndim)))?;
    if rank > 0 && t.shape.is_null() {
        return Err(error(ErrorKind::Value, "a null pointer to the shape"));
    }
    // SAFETY: not null if there are axes, and then `ndim` numbers by the caller's promise.
    let lengths = if rank == 0 { &[] } else { unsafe { std::slice::from_raw_parts(t.shape, rank) } };
    let bad = |n: i64| error(ErrorKind::Shape, format!("an axis of length {n}"));
    let shape = lengths.iter().map(|&n| usize::try_from(n).map_err(|_| bad(n))).collect::<Result<Shape>>()?;
    let strides = if t.strides.is_null() || rank == 0 {
        layout::c_order(&shape)
    } else {
        // SAFETY: not null, so `ndim` numbers by the caller's promise.
        let given = unsafe { std::slice::from_raw_parts(t.strides, rank) };
        let bad = |n: i64| error(ErrorKind::Shape, format!("a stride of {n}"));
        given.iter().map(|&n| isize::try_from(n).map_err(|_| bad(n))).collect::<Result<_>>()?
    };
    let layout = Layout::new(dtype, &shape, &strides)?;
    if layout.after > 0 {
        if t.data.is_null() {
            return Err(error(ErrorKind::Value, "a null pointer to elements").shapes(&[&shape]));
        }
        let offset = usize::try_from(t.byte_offset).ok();
        let first = offset.and_then(|o| t.data.addr().checked_add(o));
        if first.is_none_or(|a| a <= layout.before || a.checked_add(layout.after).is_none()) {
            return Err(error(ErrorKind::Value, "elements beyond the address space").shapes(&[&shape]));
        }
    }
    Ok((layout, Device { kind, index }))
}
