//! Behaviour of the backend through the trait: a handful of cases a family, errors, layouts, and arrays as values.
mod arithmetic;
mod draw;
mod fourier;
mod hostile;
mod indexing;
mod linalg;
mod linalg_large;
mod movement;
mod picking;
mod products;
mod reductions;
mod reductions_everywhere;
mod sequences;
mod sorting;
mod streams;

use array_protocol::{Backend, Element, Error, HostArray, Operand, Shape};
use reference_cpu::{Cpu, CpuArray};

type Arg<'a> = Operand<&'a CpuArray>;

/// An uploaded array.
fn array<T: Element>(shape: impl Into<Shape>, values: &[T]) -> CpuArray {
    Cpu::new().upload(&HostArray::from_slice(shape, values).unwrap(), None).unwrap()
}

/// A vector.
fn vector<T: Element>(values: &[T]) -> CpuArray {
    array([values.len()], values)
}

/// The elements of a result in C order.
fn values<T: Element>(x: Result<CpuArray, Error>) -> Vec<T> {
    let x = Cpu::new().download(&x.unwrap()).unwrap();
    x.view::<T>().unwrap_or_else(|| panic!("{} instead of {}", x.dtype(), T::DTYPE)).to_vec()
}

/// The shape of a result.
fn shape(x: &CpuArray) -> Vec<usize> {
    Cpu::new().shape(x).to_vec()
}

/// The kind of an error.
fn kind<T>(x: Result<T, Error>) -> array_protocol::ErrorKind {
    match x {
        Ok(_) => panic!("no error"),
        Err(e) => e.kind(),
    }
}
