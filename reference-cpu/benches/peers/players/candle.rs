//! The crate `candle-core` on its CPU device.
use crate::rows::Row;
use array_protocol::{DType, Element, HostArray};
use bench::players::local::{Call, Library};
use candle_core::{Device, Error, Result, Tensor, WithDType};

/// The device.
pub(crate) struct Candle;

fn lift<T: Element + WithDType>(x: &HostArray) -> Result<Tensor> {
    Tensor::from_slice(x.view::<T>().unwrap_or_default(), x.shape().to_vec(), &Device::Cpu)
}

fn lower<T: Element + WithDType>(x: &Tensor) -> Result<HostArray> {
    HostArray::from_slice(x.dims(), &x.flatten_all()?.to_vec1::<T>()?).map_err(Error::wrap)
}

impl Library<Row> for Candle {
    const NAME: &'static str = "candle";
    type Array = Tensor;
    type Error = Error;

    fn upload(&self, x: &HostArray) -> Result<Tensor> {
        match x.dtype() {
            DType::Float32 => lift::<f32>(x),
            DType::Float64 => lift::<f64>(x),
            DType::Int64 => lift::<i64>(x),
            DType::Bool => Tensor::from_slice(x.bytes(), x.shape().to_vec(), &Device::Cpu),
            other => Err(Error::msg(format!("no {}", other.name()))),
        }
    }
    fn download(x: &Tensor) -> Result<HostArray> {
        match x.dtype() {
            candle_core::DType::F32 => lower::<f32>(x),
            candle_core::DType::F64 => lower::<f64>(x),
            candle_core::DType::U32 => lower::<u32>(x),
            other => Err(Error::msg(format!("no {other:?} expected"))),
        }
    }
    fn call(row: &Row) -> Option<Call<Tensor, Error>> {
        row.candle
    }
}
