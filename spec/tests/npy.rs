//! `.npy` files against NumPy's own bytes and against a second reader and writer.
mod common;
use array_protocol::{Array, DType, ErrorKind, HostArray, npy};
use common::Tiny;
use npyz::WriterBuilder;

// Written by NumPy 2.4: float64 [[1.5, -2], [3, inf]]; big-endian int16 [[0, 1, 2], [3, 4, 5]] in Fortran order; bool True of rank 0.
const C_ORDER: &[u8] = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }                                                          \x0a\x00\x00\x00\x00\x00\x00\xf8?\x00\x00\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x08@\x00\x00\x00\x00\x00\x00\xf0\x7f";
const FORTRAN: &[u8] = b"\x93NUMPY\x01\x00v\x00{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }                                                           \x0a\x00\x00\x00\x03\x00\x01\x00\x04\x00\x02\x00\x05";
const SCALAR: &[u8] = b"\x93NUMPY\x01\x00v\x00{'descr': '|b1', 'fortran_order': False, 'shape': (), }                                                              \x0a\x01";

fn saved(x: &HostArray) -> Vec<u8> {
    let mut out = vec![];
    npy::write(x, &mut out).unwrap();
    out
}

#[test]
fn numpy_files_are_read_and_written_bit_for_bit() {
    let x = HostArray::from_slice([2, 2], &[1.5, -2.0, 3.0, f64::INFINITY]).unwrap();
    assert_eq!(npy::read(C_ORDER).unwrap(), x);
    assert_eq!(saved(&x), C_ORDER);
    assert_eq!(npy::read(FORTRAN).unwrap(), HostArray::from_slice([2, 3], &[0i16, 1, 2, 3, 4, 5]).unwrap());
    assert_eq!(npy::read(SCALAR).unwrap(), HostArray::scalar(true));
    assert_eq!(saved(&HostArray::scalar(true)), SCALAR);
}

#[test]
fn every_dtype_survives() {
    for &dtype in DType::ALL {
        for shape in [vec![], vec![3], vec![0, 2], vec![2, 3, 1]] {
            let mut x = HostArray::zeros(dtype, shape).unwrap();
            let limit = if dtype == DType::Bool { 2 } else { 251 };
            x.bytes_mut().iter_mut().enumerate().for_each(|(i, b)| *b = (i % limit) as u8);
            if dtype == DType::BFloat16 {
                assert_eq!(npy::write(&x, vec![]).unwrap_err().kind(), ErrorKind::Dtype);
            } else {
                assert_eq!(npy::read(&saved(&x)[..]).unwrap(), x);
                assert!((saved(&x).len() - x.bytes().len()).is_multiple_of(64));
            }
        }
    }
    let deep = HostArray::zeros(DType::Int8, vec![1; 30_000]).unwrap();
    assert_eq!(npy::read(&saved(&deep)[..]).unwrap(), deep);
}

#[test]
fn a_second_reader_and_writer_agree() {
    let x = HostArray::from_slice([2, 3], &[1f32, 2.0, 3.0, 4.0, 5.0, f32::NAN]).unwrap();
    let bytes = saved(&x);
    let file = npyz::NpyFile::new(&bytes[..]).unwrap();
    assert_eq!((file.shape(), file.order()), (&[2, 3][..], npyz::Order::C));
    let read: Vec<u32> = file.into_vec::<f32>().unwrap().iter().map(|v| v.to_bits()).collect();
    assert_eq!(read, x.view::<f32>().unwrap().iter().map(|v| v.to_bits()).collect::<Vec<_>>());

    let mut out = vec![];
    let options = npyz::WriteOptions::new().default_dtype().shape(&[2, 2]).order(npyz::Order::Fortran);
    let mut writer = options.writer(&mut out).begin_nd().unwrap();
    writer.extend([1u64, 2, 3, 4]).unwrap();
    writer.finish().unwrap();
    assert_eq!(npy::read(&out[..]).unwrap(), HostArray::from_slice([2, 2], &[1u64, 3, 2, 4]).unwrap());
}

#[test]
fn every_truncation_is_a_typed_error() {
    for n in 0..C_ORDER.len() {
        assert_eq!(npy::read(&C_ORDER[..n]).unwrap_err().kind(), ErrorKind::Value, "{n} bytes");
    }
}

#[test]
fn malformed_headers_are_typed_errors() {
    let file = |header: &str| [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), &[0; 64]].concat();
    let kind = |header: &str| npy::read(&file(header)[..]).unwrap_err().kind();
    assert!(npy::read(&file("{'shape': (2,), 'fortran_order': False, \"descr\": '<i4'}")[..]).is_ok());
    for bad in [
        "",
        "{",
        "{}",
        "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': (2,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-2,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
        "{'descr': '<f8', 'fortran_order': True, 'shape': (4294967296, 4294967296)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': 2}",
        "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} and",
        "{'descr': '<f8",
    ] {
        assert_eq!(kind(bad), ErrorKind::Value, "{bad}");
    }
    for descr in ["'<f3'", "'|O'", "'<U7'", "''", "'é'", "[('a', '<f8')]", "'<M8[s]'"] {
        assert_eq!(kind(&format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (1,)}}")), ErrorKind::Dtype, "{descr}");
    }
    assert_eq!(npy::read(&b"\x93NUMPY\x09\x00\x00\x00"[..]).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(npy::read(&b"\x93NUMPY\x02\x00\xff\xff\xff\xff"[..]).unwrap_err().kind(), ErrorKind::Value);
    assert_eq!(npy::read(&b"PK\x03\x04 and so on"[..]).unwrap_err().kind(), ErrorKind::Value);
    let mut two = SCALAR.to_vec();
    *two.last_mut().unwrap() = 2;
    assert_eq!(npy::read(&two[..]).unwrap_err().kind(), ErrorKind::Value);
}

#[test]
fn files_appear_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let x = Array::from_slice(&Tiny::default(), [3], &[1, 2, 3]).unwrap();
    x.write_npy(&path).unwrap();
    assert_eq!((Array::read_npy(&Tiny::default(), &path).unwrap().to_host().unwrap(), files()), (x.to_host().unwrap(), 1));
    // A failure leaves the old file, and nothing beside it.
    assert_eq!(HostArray::zeros(DType::BFloat16, [1]).unwrap().write_npy(&path).unwrap_err().kind(), ErrorKind::Dtype);
    assert_eq!((HostArray::read_npy(&path).unwrap(), files()), (x.to_host().unwrap(), 1));
    let folder_in_the_way = folder.path().join("folder");
    std::fs::create_dir(&folder_in_the_way).unwrap();
    assert_eq!(x.write_npy(&folder_in_the_way).unwrap_err().kind(), ErrorKind::Backend);
    assert_eq!(x.write_npy(folder.path().join("no/such/x.npy")).unwrap_err().kind(), ErrorKind::Backend);
    assert_eq!(x.write_npy("").unwrap_err().kind(), ErrorKind::Backend);
    assert_eq!(files(), 2);
    let missing = HostArray::read_npy(folder.path().join("missing.npy")).unwrap_err();
    assert!(missing.kind() == ErrorKind::Backend && missing.text().contains("missing.npy"), "{missing}");
}
