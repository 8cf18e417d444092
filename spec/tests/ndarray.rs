//! Conversions to and from `ndarray`.
#![cfg(feature = "ndarray")]
use array_protocol::{ErrorKind, HostArray};
use ndarray::{ArrayD, array, s};

#[test]
fn there_and_back() {
    let x = array![[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let host = HostArray::from_ndarray(&x).unwrap();
    assert_eq!(host, HostArray::from_slice([2, 3], &[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap());
    assert_eq!(host.to_ndarray::<f32>().unwrap(), x.clone().into_dyn());
    // Views of any layout.
    let view = x.slice(s![.., ..;-2]);
    assert_eq!(HostArray::try_from(&view.t()).unwrap(), HostArray::from_slice([2, 2], &[3.0f32, 6.0, 1.0, 4.0]).unwrap());
    let empty = ArrayD::<u8>::zeros(vec![0, 3]);
    assert_eq!(ArrayD::<u8>::try_from(&HostArray::try_from(&empty).unwrap()).unwrap(), empty);
    assert_eq!(host.to_ndarray::<f64>().unwrap_err().kind(), ErrorKind::Dtype);
}
