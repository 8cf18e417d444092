//! DLPack through its public face: safe construction, walks over any strides, loans given back exactly once, malformed input.
use array_protocol::dlpack::{DLDataType, DLDevice, DLManagedTensor, DLManagedTensorVersioned, DLPackVersion, DLTensor, Tensor};
use array_protocol::{DType, Device, ErrorKind, HostArray, Shape};
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn bytes(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_ne_bytes()).collect()
}

/// Aligned bytes that count how often they were freed.
struct Counted(Vec<i32>, Arc<AtomicUsize>);
impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}
impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

fn counted(n: i32) -> (Counted, Arc<AtomicUsize>) {
    let drops = Arc::new(AtomicUsize::new(0));
    (Counted((0..n).collect(), drops.clone()), drops)
}

fn int32(n: i32, offset: usize, shape: &[usize], strides: &[isize]) -> array_protocol::Result<Tensor> {
    Tensor::from_bytes(counted(n).0, offset * 4, DType::Int32, &shape.into(), strides)
}

fn values(x: &Tensor) -> Vec<i32> {
    x.to_host().unwrap().view::<i32>().unwrap().to_vec()
}

#[test]
fn any_strides_are_gathered_in_c_order() {
    assert_eq!(values(&int32(6, 0, &[2, 3], &[3, 1]).unwrap()), [0, 1, 2, 3, 4, 5]);
    assert_eq!(values(&int32(6, 0, &[3, 2], &[1, 3]).unwrap()), [0, 3, 1, 4, 2, 5]);
    assert_eq!(values(&int32(6, 5, &[2, 3], &[-3, -1]).unwrap()), [5, 4, 3, 2, 1, 0]);
    assert_eq!(values(&int32(6, 2, &[2, 3], &[3, -1]).unwrap()), [2, 1, 0, 5, 4, 3]);
    assert_eq!(values(&int32(3, 0, &[2, 3], &[0, 1]).unwrap()), [0, 1, 2, 0, 1, 2]);
    assert_eq!(values(&int32(2, 1, &[2, 2], &[0, 0]).unwrap()), [1, 1, 1, 1]);
    assert_eq!(values(&int32(7, 0, &[4], &[2]).unwrap()), [0, 2, 4, 6]);
    assert_eq!(values(&int32(1, 0, &[], &[]).unwrap()), [0]);
    assert_eq!(values(&int32(24, 0, &[2, 1, 3, 4], &[12, 99, 4, 1]).unwrap()), (0..24).collect::<Vec<_>>());
    assert!(values(&int32(1, 0, &[3, 0], &[1 << 40, 7]).unwrap()).is_empty());
}

#[test]
fn every_dtype_survives_a_round_trip() {
    for &dtype in DType::ALL {
        let mut x = HostArray::zeros(dtype, [2, 3]).unwrap();
        let limit = if dtype == DType::Bool { 2 } else { 251 };
        x.bytes_mut().iter_mut().enumerate().for_each(|(i, b)| *b = (i % limit) as u8);
        let t = Tensor::from_host(x.clone()).unwrap();
        assert_eq!((t.dtype(), t.shape(), t.strides(), t.device()), (dtype, &Shape::from([2, 3]), &[3, 1][..], Device::CPU));
        assert!(!t.read_only());
        assert_eq!(t.to_host().unwrap(), x, "{dtype}");
        // SAFETY: what `into_raw` gives is a valid tensor that this test owns.
        let back = unsafe { Tensor::from_raw(t.into_raw()) }.unwrap();
        assert_eq!(back.to_host().unwrap(), x, "{dtype}");
        // SAFETY: the same for the old structure.
        let back = unsafe { Tensor::from_raw_legacy(back.into_raw_legacy().unwrap()) }.unwrap();
        assert_eq!(back.to_host().unwrap(), x, "{dtype}");
        let reversed = Tensor::from_bytes(back.host_bytes().unwrap().0.to_vec(), 5 * dtype.size(), dtype, &[6].into(), &[-1]).unwrap();
        assert_eq!(reversed.to_host().unwrap().bytes()[..dtype.size()], x.bytes()[5 * dtype.size()..], "{dtype}");
    }
}

#[test]
fn no_element_lies_outside_the_bytes() {
    let out = |offset, shape: &[usize], strides: &[isize]| int32(6, offset, shape, strides).unwrap_err().kind();
    assert_eq!(out(0, &[7], &[1]), ErrorKind::Index);
    assert_eq!(out(1, &[6], &[1]), ErrorKind::Index);
    assert_eq!(out(0, &[2], &[-1]), ErrorKind::Index);
    assert_eq!(out(4, &[6], &[-1]), ErrorKind::Index);
    assert_eq!(out(6, &[1], &[1]), ErrorKind::Index);
    assert_eq!(out(7, &[0], &[1]), ErrorKind::Index);
    assert_eq!(out(0, &[2, 2], &[1]), ErrorKind::Shape);
    assert_eq!(out(0, &[usize::MAX, 2], &[0, 0]), ErrorKind::Shape);
    assert_eq!(out(0, &[3, 3], &[isize::MAX, isize::MAX]), ErrorKind::Shape);
    assert_eq!(out(0, &[2, 2], &[isize::MIN, 1]), ErrorKind::Shape);
    let odd = Tensor::from_bytes(bytes(&[1, 2, 3]), 1, DType::Int32, &[1].into(), &[1]).unwrap_err();
    assert_eq!(odd.kind(), ErrorKind::Value);
}

#[test]
fn a_broadcast_beyond_memory_is_an_error_of_to_host() {
    let huge = Tensor::from_bytes(vec![0u8; 1], 0, DType::Bool, &[1 << 31, 1 << 31].into(), &[0, 0]).unwrap();
    assert_eq!(huge.to_host().unwrap_err().kind(), ErrorKind::OutOfMemory);
}

#[test]
fn memory_is_given_back_exactly_once() {
    let (owner, drops) = counted(4);
    let t = Tensor::from_bytes(owner, 0, DType::Int32, &[4].into(), &[1]).unwrap();
    let raw = t.into_raw();
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    // SAFETY: `raw` is owned and valid.
    let t = unsafe { Tensor::from_raw(raw) }.unwrap();
    std::thread::spawn(move || drop(t)).join().unwrap();
    assert_eq!(drops.load(Ordering::SeqCst), 1);

    let (owner, drops) = counted(4);
    assert!(Tensor::from_bytes(owner, 0, DType::Int32, &[5].into(), &[1]).is_err());
    assert_eq!(drops.load(Ordering::SeqCst), 1);

    // A read-only tensor is copied for consumers that could write to it.
    let (owner, drops) = counted(4);
    let t = Tensor::from_bytes(owner, 0, DType::Int32, &[4].into(), &[1]).unwrap();
    assert!(t.read_only());
    let raw = t.into_raw_legacy().unwrap();
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    // SAFETY: `raw` is owned and valid.
    assert_eq!(values(&unsafe { Tensor::from_raw_legacy(raw) }.unwrap()), [0, 1, 2, 3]);

    // Owners that hold their bytes themselves have an address only at their last place.
    let t = Tensor::from_bytes([1u8, 0, 1], 2, DType::Bool, &[3].into(), &[-1]).unwrap();
    assert_eq!(t.to_host().unwrap().view::<bool>().unwrap(), [true, false, true]);
}

/// A producer in C, that counts how often it got its tensor back.
struct Producer {
    tensor: DLManagedTensorVersioned,
    old: DLManagedTensor,
    returned: Box<AtomicUsize>,
}

unsafe extern "C" fn give_back(t: *mut DLManagedTensorVersioned) {
    // SAFETY: the context is the counter of a producer that outlives the loan.
    unsafe { (*(*t).manager_ctx.cast::<AtomicUsize>()).fetch_add(1, Ordering::SeqCst) };
}
unsafe extern "C" fn give_back_old(t: *mut DLManagedTensor) {
    // SAFETY: as above.
    unsafe { (*(*t).manager_ctx.cast::<AtomicUsize>()).fetch_add(1, Ordering::SeqCst) };
}

fn lend(
    data: &mut [i32],
    shape: &mut [i64],
    strides: Option<&mut [i64]>,
    change: impl FnOnce(&mut DLManagedTensorVersioned),
) -> Box<Producer> {
    let returned = Box::new(AtomicUsize::new(0));
    let dl_tensor = DLTensor {
        data: data.as_mut_ptr().cast(),
        device: DLDevice { device_type: 1, device_id: 0 },
        ndim: shape.len() as i32,
        dtype: DLDataType { code: 0, bits: 32, lanes: 1 },
        shape: shape.as_mut_ptr(),
        strides: strides.map_or(std::ptr::null_mut(), |s| s.as_mut_ptr()),
        byte_offset: 0,
    };
    let manager_ctx: *mut c_void = std::ptr::from_ref(&*returned).cast_mut().cast();
    let mut tensor = DLManagedTensorVersioned {
        version: DLPackVersion { major: 1, minor: 0 },
        manager_ctx,
        deleter: Some(give_back),
        flags: 0,
        dl_tensor,
    };
    change(&mut tensor);
    let old = DLManagedTensor { dl_tensor: tensor.dl_tensor, manager_ctx, deleter: Some(give_back_old) };
    Box::new(Producer { tensor, old, returned })
}

#[test]
fn null_strides_mean_c_order() {
    let (mut data, mut shape) = ([0, 1, 2, 3, 4, 5], [3, 2]);
    let mut p = lend(&mut data, &mut shape, None, |_| ());
    // SAFETY: the producer, its data and its shape outlive the tensor.
    let t = unsafe { Tensor::from_raw(NonNull::from(&mut p.tensor)) }.unwrap();
    assert_eq!((t.strides(), values(&t)), (&[2, 1][..], vec![0, 1, 2, 3, 4, 5]));
    drop(t);
    assert_eq!(p.returned.load(Ordering::SeqCst), 1);
    // SAFETY: as above; the old structure is lent after the new one came back.
    let t = unsafe { Tensor::from_raw_legacy(NonNull::from(&mut p.old)) }.unwrap();
    // SAFETY: `into_raw` gives a valid tensor.
    let t = unsafe { Tensor::from_raw(t.into_raw()) }.unwrap();
    assert_eq!(values(&t), [0, 1, 2, 3, 4, 5]);
    drop(t);
    assert_eq!(p.returned.load(Ordering::SeqCst), 2);
}

#[test]
fn offsets_and_negative_strides_of_others() {
    let (mut data, mut shape, mut strides) = ([0, 1, 2, 3, 4, 5], [2, 2], [-3, -2]);
    let mut p = lend(&mut data, &mut shape, Some(&mut strides), |t| t.dl_tensor.byte_offset = 20);
    // SAFETY: the producer, its data, shape and strides outlive the tensor.
    let t = unsafe { Tensor::from_raw(NonNull::from(&mut p.tensor)) }.unwrap();
    assert_eq!((t.byte_offset(), values(&t)), (20, vec![5, 3, 2, 0]));
}

#[test]
fn malformed_tensors_are_typed_errors_and_given_back() {
    type Change = fn(&mut DLManagedTensorVersioned);
    let cases: &[(&str, ErrorKind, Change)] = &[
        ("negative number of axes", ErrorKind::Shape, |t| t.dl_tensor.ndim = -1),
        ("negative length", ErrorKind::Shape, |t| {
            // SAFETY: the test's shape has two lengths.
            unsafe { *t.dl_tensor.shape = -2 }
        }),
        ("overflowing size", ErrorKind::Shape, |t| {
            // SAFETY: as above.
            unsafe { (*t.dl_tensor.shape, *t.dl_tensor.shape.add(1)) = (i64::MAX, i64::MAX) }
        }),
        ("overflowing extent", ErrorKind::Shape, |t| {
            // SAFETY: the test's strides are two numbers.
            unsafe { *t.dl_tensor.strides = i64::MAX }
        }),
        ("null shape", ErrorKind::Value, |t| t.dl_tensor.shape = std::ptr::null_mut()),
        ("null data", ErrorKind::Value, |t| t.dl_tensor.data = std::ptr::null_mut()),
        ("overflowing offset", ErrorKind::Value, |t| t.dl_tensor.byte_offset = u64::MAX),
        ("unknown type code", ErrorKind::Dtype, |t| t.dl_tensor.dtype.code = 77),
        ("opaque handle", ErrorKind::Dtype, |t| t.dl_tensor.dtype.code = 3),
        ("odd width", ErrorKind::Dtype, |t| t.dl_tensor.dtype.bits = 24),
        ("vector lanes", ErrorKind::Dtype, |t| t.dl_tensor.dtype.lanes = 4),
        ("no lanes", ErrorKind::Dtype, |t| t.dl_tensor.dtype.lanes = 0),
        ("negative device type", ErrorKind::Device, |t| t.dl_tensor.device.device_type = -1),
        ("negative device number", ErrorKind::Device, |t| t.dl_tensor.device.device_id = -1),
    ];
    for (name, kind, change) in cases {
        for old in [false, true] {
            let (mut data, mut shape, mut strides) = ([0; 6], [2, 3], [3, 1]);
            let mut p = lend(&mut data, &mut shape, Some(&mut strides), change);
            // SAFETY: pointers are null or valid; the producer outlives the tensor.
            let t = unsafe {
                if old { Tensor::from_raw_legacy(NonNull::from(&mut p.old)) } else { Tensor::from_raw(NonNull::from(&mut p.tensor)) }
            };
            assert_eq!(t.unwrap_err().kind(), *kind, "{name}");
            assert_eq!(p.returned.load(Ordering::SeqCst), 1, "{name}: given back once");
        }
    }
    let (mut data, mut shape) = ([0; 6], [6]);
    let mut p = lend(&mut data, &mut shape, None, |t| t.version.major = 2);
    // SAFETY: as above.
    let t = unsafe { Tensor::from_raw(NonNull::from(&mut p.tensor)) };
    assert_eq!((t.unwrap_err().kind(), p.returned.load(Ordering::SeqCst)), (ErrorKind::Unsupported, 1));
    let mut p = lend(&mut data, &mut shape, None, |t| t.deleter = None);
    // SAFETY: as above; no deleter means that nothing is to be done.
    drop(unsafe { Tensor::from_raw(NonNull::from(&mut p.tensor)) }.unwrap());
}

#[test]
fn null_data_without_elements_is_an_empty_array() {
    let (mut data, mut shape) = ([0; 0], [0, 4]);
    let mut p = lend(&mut data, &mut shape, None, |t| t.dl_tensor.data = std::ptr::null_mut());
    // SAFETY: the producer outlives the tensor.
    let t = unsafe { Tensor::from_raw(NonNull::from(&mut p.tensor)) }.unwrap();
    assert_eq!(t.to_host().unwrap().shape(), &Shape::from([0, 4]));
}

#[test]
fn device_memory_is_not_read() {
    let owner = Arc::new(());
    // SAFETY: nobody reads the address, which is the point.
    let t =
        unsafe { Tensor::from_device_ptr(owner.clone(), 64 as *mut c_void, Device::cuda(1), 0, DType::Float32, &[4].into(), &[1], false) }
            .unwrap();
    assert_eq!((t.device(), t.read_only()), (Device::cuda(1), false));
    assert_eq!(t.to_host().unwrap_err().kind(), ErrorKind::Device);
    assert_eq!(t.host_bytes().unwrap_err().kind(), ErrorKind::Device);
    // SAFETY: `into_raw` gives a valid tensor.
    let t = unsafe { Tensor::from_raw(t.into_raw()) }.unwrap();
    assert_eq!((t.device(), Arc::strong_count(&owner)), (Device::cuda(1), 2));
    drop(t);
    assert_eq!(Arc::strong_count(&owner), 1);
}

#[test]
fn a_bool_is_zero_or_one() {
    let t = Tensor::from_bytes(vec![0u8, 1, 2], 0, DType::Bool, &[3].into(), &[1]).unwrap();
    assert_eq!(t.to_host().unwrap_err().kind(), ErrorKind::Value);
}
