//! The reference CPU backend, through the public face.
use super::OURS;
use crate::rows::Row;
use array_protocol::{Array, Error, HostArray, Result};
use bench::players::local::{Call, Library};
use reference_cpu::Cpu;

/// A backend handle.
#[derive(Default)]
pub(crate) struct Ours(Cpu);

impl Library<Row> for Ours {
    const NAME: &'static str = OURS;
    type Array = Array<Cpu>;
    type Error = Error;

    fn upload(&self, x: &HostArray) -> Result<Array<Cpu>> {
        Array::from_host(&self.0, x)
    }
    fn download(x: &Array<Cpu>) -> Result<HostArray> {
        x.to_host()
    }
    fn call(row: &Row) -> Option<Call<Array<Cpu>, Error>> {
        Some(row.ours)
    }
}
