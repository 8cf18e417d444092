//! Conversions between [`HostArray`] and `ndarray`'s arrays; both copy.
use crate::{Element, Error, ErrorKind, HostArray, Result};
use ndarray::{ArrayBase, ArrayD, Data, Dimension, IxDyn};

impl HostArray {
    /// A copy of an `ndarray` array or view, in C order whatever its layout.
    ///
    /// # Errors
    /// None for an array that exists; the signature is that of [`HostArray::from_slice`].
    pub fn from_ndarray<T: Element, S: Data<Elem = T>, D: Dimension>(x: &ArrayBase<S, D>) -> Result<HostArray> {
        match x.as_slice() {
            Some(values) => HostArray::from_slice(x.shape(), values),
            None => HostArray::from_slice(x.shape(), &x.iter().copied().collect::<Vec<T>>()),
        }
    }

    /// A copy as an `ndarray` array.
    ///
    /// # Errors
    /// `Dtype` where `T` is not the element type.
    pub fn to_ndarray<T: Element>(&self) -> Result<ArrayD<T>> {
        let other = || Error::outside_op(ErrorKind::Dtype).dtypes(&[self.dtype()]).detail(format!("{} asked for", T::DTYPE));
        let values = self.view::<T>().ok_or_else(other)?.to_vec();
        ArrayD::from_shape_vec(IxDyn(self.shape()), values)
            .map_err(|e| Error::outside_op(ErrorKind::Shape).shapes(&[self.shape()]).detail(e.to_string()))
    }
}

impl<T: Element> TryFrom<&HostArray> for ArrayD<T> {
    type Error = Error;
    fn try_from(x: &HostArray) -> Result<ArrayD<T>> {
        x.to_ndarray()
    }
}

impl<T: Element, S: Data<Elem = T>, D: Dimension> TryFrom<&ArrayBase<S, D>> for HostArray {
    type Error = Error;
    fn try_from(x: &ArrayBase<S, D>) -> Result<HostArray> {
        HostArray::from_ndarray(x)
    }
}
