//! The reference CPU backend, through the public face.
use super::OURS;
use super::local::{Call, Library};
use crate::rows::Row;
use array_protocol::{Array, Error, HostArray, Index, Result};
use reference_cpu::Cpu;

/// A backend handle.
#[derive(Default)]
pub(crate) struct Ours(Cpu);

impl Library for Ours {
    const NAME: &'static str = OURS;
    type Array = Array<Cpu>;
    type Error = Error;

    fn upload(&self, x: &HostArray) -> Result<Array<Cpu>> {
        Array::from_host(&self.0, x)
    }
    fn download(x: &Array<Cpu>) -> Result<HostArray> {
        x.to_host()
    }
    fn call(row: &Row) -> Option<Call<Self>> {
        Some(row.ours)
    }
}

/// The same elements in memory of their own.
///
/// Arrays are values, so no operation has to copy before somebody writes: here one element is written, with what it is already.
pub(crate) fn materialised(x: &Array<Cpu>) -> Result<Array<Cpu>> {
    let first = vec![Index::At(0); x.rank()];
    let mut out = x.clone();
    out.set(&first, &x.get(&first)?)?;
    Ok(out)
}
