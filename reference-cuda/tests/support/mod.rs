//! What the tests share.
use array_protocol::{Element, HostArray};
use reference_cuda::{Cuda, Options, Unavailable};

/// An emulated device; `None`, with the reason said, where it cannot be built here.
pub fn emulated(options: Options) -> Option<Cuda> {
    match Cuda::emulated(0, options) {
        Ok(b) => Some(b),
        Err(Unavailable::Emulator(why)) if why.contains("cannot be executed") || why.contains("only") => {
            eprintln!("skipped: {why}");
            None
        }
        Err(e) => panic!("{e}"),
    }
}

/// A vector.
pub fn host<T: Element>(values: &[T]) -> HostArray {
    HostArray::from_slice([values.len()], values).unwrap()
}
