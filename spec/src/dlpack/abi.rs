//! The C structures of DLPack 1.x, field by field.
use std::ffi::c_void;

/// The version of the structures below.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DLPackVersion {
    /// Incompatible layouts differ in this.
    pub major: u32,
    /// Compatible additions differ in this.
    pub minor: u32,
}

/// The version written into exported tensors. Minor 2: `strides` is never null unless there are no axes.
pub const DLPACK_VERSION: DLPackVersion = DLPackVersion { major: 1, minor: 2 };

/// Nobody may write to the memory.
pub const DLPACK_FLAG_BITMASK_READ_ONLY: u64 = 1;
/// The memory is a copy made for this exchange.
pub const DLPACK_FLAG_BITMASK_IS_COPIED: u64 = 2;

/// Signed integer.
pub const DL_INT: u8 = 0;
/// Unsigned integer.
pub const DL_UINT: u8 = 1;
/// IEEE 754 binary floating point.
pub const DL_FLOAT: u8 = 2;
/// bfloat16.
pub const DL_BFLOAT: u8 = 4;
/// A pair of floats; `bits` counts both.
pub const DL_COMPLEX: u8 = 5;
/// A truth value in one byte.
pub const DL_BOOL: u8 = 6;

/// The type of an element.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DLDataType {
    /// `DLDataTypeCode`.
    pub code: u8,
    /// Bits of one lane.
    pub bits: u8,
    /// Elements of a vector type; 1 for scalars.
    pub lanes: u16,
}

/// Where the memory lies.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DLDevice {
    /// `DLDeviceType`.
    pub device_type: i32,
    /// Its number.
    pub device_id: i32,
}

/// A tensor, borrowed.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct DLTensor {
    /// Start of the allocation.
    pub data: *mut c_void,
    /// Where it lies.
    pub device: DLDevice,
    /// Number of axes.
    pub ndim: i32,
    /// Type of an element.
    pub dtype: DLDataType,
    /// `ndim` lengths.
    pub shape: *mut i64,
    /// `ndim` distances in elements; null: C order (before 1.2).
    pub strides: *mut i64,
    /// Bytes from `data` to the first element.
    pub byte_offset: u64,
}

/// The structure of DLPack before 1.0, without version and flags.
#[repr(C)]
#[derive(Debug)]
pub struct DLManagedTensor {
    /// The tensor.
    pub dl_tensor: DLTensor,
    /// The producer's own.
    pub manager_ctx: *mut c_void,
    /// Ends the loan; called once by the consumer.
    pub deleter: Option<unsafe extern "C" fn(*mut DLManagedTensor)>,
}

/// The structure of DLPack 1.x.
#[repr(C)]
#[derive(Debug)]
pub struct DLManagedTensorVersioned {
    /// Version of what follows.
    pub version: DLPackVersion,
    /// The producer's own.
    pub manager_ctx: *mut c_void,
    /// Ends the loan; called once by the consumer.
    pub deleter: Option<unsafe extern "C" fn(*mut DLManagedTensorVersioned)>,
    /// `DLPACK_FLAG_BITMASK_*`.
    pub flags: u64,
    /// The tensor.
    pub dl_tensor: DLTensor,
}
