//! DLPack with memory of a device: an emulated one, or with `REFERENCE_CUDA_TESTS=device` a real one. Without either these tests are
//! skipped, and say so.
mod support;

use array_protocol::dlpack::Tensor;
use array_protocol::{Backend, BinaryOp, DType, Device, ErrorKind, HostArray, Index, Operand, Shape, idx};
use reference_cuda::{Cuda, Options};
use support::device;

/// One element of every `step`, from the end where that is negative.
fn every<R>(step: i64) -> Index<R> {
    Index::Slice { start: None, stop: None, step }
}

fn counted(b: &Cuda) -> reference_cuda::CudaArray {
    let values: Vec<i32> = (0..24).collect();
    b.upload(&HostArray::from_slice([4, 6], &values).unwrap(), None).unwrap()
}

#[test]
fn memory_crosses_without_a_copy_and_is_not_written_to() {
    let Some(b) = device(Options::default().checked(true)) else { return };
    let x = counted(&b);
    let view = b.getitem(&x, &idx![1.., every(-2)]).unwrap();
    let tensor = b.to_dlpack(&view).unwrap();
    assert_eq!((tensor.device(), tensor.strides(), tensor.byte_offset()), (Device::cuda(0), &[6, -2][..], 4 * 11));
    assert!(tensor.read_only() && tensor.to_host().is_err());
    let mut y = b.from_dlpack(tensor).unwrap();
    let want = b.download(&view).unwrap();
    assert_eq!(b.download(&y).unwrap(), want);
    // The same memory, until it is written to.
    assert_eq!(b.to_dlpack(&y).unwrap().data_ptr().addr() + b.to_dlpack(&y).unwrap().byte_offset(), {
        let again = b.to_dlpack(&view).unwrap();
        again.data_ptr().addr() + again.byte_offset()
    });
    b.binary_assign(BinaryOp::Add, &mut y, Operand::Scalar(1.into())).unwrap();
    b.setitem(&mut y, &[Index::At(0)], Operand::Scalar(7.into())).unwrap();
    assert_eq!(b.download(&view).unwrap(), want);
    // What was exported outlives the array.
    let tensor = b.to_dlpack(&x).unwrap();
    drop((x, view));
    assert_eq!(b.download(&b.from_dlpack(tensor).unwrap()).unwrap().view::<i32>().unwrap()[23], 23);
}

#[test]
fn tensors_of_the_host_are_copied() {
    let Some(b) = device(Options::default()) else { return };
    let host = HostArray::from_slice([2, 2], &[1.0, 2.0, 3.0, 4.0]).unwrap();
    let x = b.from_dlpack(Tensor::from_host(host.clone()).unwrap()).unwrap();
    assert_eq!((b.device(&x), b.download(&x).unwrap()), (Device::cuda(0), host));
}

/// A tensor over device memory that somebody else says things of.
fn claimed(b: &Cuda, device: Device, offset: usize, dtype: DType, values: &[u8]) -> Result<reference_cuda::CudaArray, ErrorKind> {
    let x = b.upload(&HostArray::from_slice([values.len()], values).unwrap(), None).unwrap();
    let tensor = b.to_dlpack(&x).unwrap();
    let (data, n) = (tensor.data_ptr().cast_mut(), (values.len() - offset) / dtype.size());
    // SAFETY: the bytes are those of the exported array, which the tensor keeps.
    let tensor = unsafe { Tensor::from_device_ptr(tensor, data, device, offset, dtype, &Shape::from([n]), &[1], false) }.unwrap();
    b.from_dlpack(tensor).map_err(|e| e.kind())
}

#[test]
fn what_cannot_be_read_is_refused() {
    let Some(b) = device(Options::default().checked(true)) else { return };
    let own = Device::cuda(0);
    assert!(claimed(&b, own, 0, DType::Bool, &[0, 1, 1]).is_ok());
    assert_eq!(claimed(&b, own, 0, DType::Bool, &[0, 2, 1]).map(|_| ()), Err(ErrorKind::Value));
    assert!(claimed(&b, own, 4, DType::Float32, &[0; 12]).is_ok());
    assert_eq!(claimed(&b, own, 2, DType::Float32, &[0; 10]).map(|_| ()), Err(ErrorKind::Value));
    assert_eq!(claimed(&b, Device::cuda(3), 0, DType::UInt8, &[0; 4]).map(|_| ()), Err(ErrorKind::Device));
    assert_eq!(claimed(&b, Device { kind: 10, index: 0 }, 0, DType::UInt8, &[0; 4]).map(|_| ()), Err(ErrorKind::Device));
}

#[test]
fn streams_are_named() {
    let Some(b) = device(Options::default()) else { return };
    let x = counted(&b);
    let own = b.stream(Device::cuda(0)).unwrap();
    assert_ne!(own, 0);
    assert_eq!(b.stream(Device::cuda(9)).unwrap_err().kind(), ErrorKind::Device);
    for stream in [-1, 1, 2, own as i64] {
        // SAFETY: default streams, and one that exists.
        assert!(unsafe { b.to_dlpack_on(&x, stream) }.is_ok(), "{stream}");
    }
    for stream in [0, -2] {
        // SAFETY: no streams.
        assert_eq!(unsafe { b.to_dlpack_on(&x, stream) }.unwrap_err().kind(), ErrorKind::Value, "{stream}");
    }
}
