//! Generic faults of errors.
use super::num;
use super::site::{Answer, Site, results};
use super::{Bug::Answer as Wrong, Entry, entries};
use array_protocol::{DType, Error, ErrorKind, Shape};

pub(super) const FAULTS: &[Entry] = entries! {
    "generic.accepts_bad_input" Error Wrong(accepts), "gives zeros where it has to fail";
    "generic.wrong_error_kind" Error Wrong(|s| s.error().map(|_| Err(opaque(s, "something went wrong")))), "fails with an opaque error";
    "generic.panics" Error Wrong(panics), "panics where it has to fail";
};

/// An error that says nothing about what is wrong.
pub(super) fn opaque(s: &Site, text: &str) -> Error {
    Error::new(ErrorKind::Backend, s.call.op()).detail(text)
}

/// Zeros of the shape of the first argument.
fn accepts(s: &Site) -> Option<Answer> {
    s.error()?;
    let (dtype, shape) = s.arguments().first().map_or((DType::Float64, Shape::scalar()), |x| (x.dtype(), x.shape().clone()));
    Some(Ok((0..results(&s.call)).map(|_| num::zeros(dtype, &shape)).collect()))
}

fn panics(s: &Site) -> Option<Answer> {
    s.error()?;
    // The fault itself. Unwinding without the panic hook: the message belongs to the report, not to the terminal.
    std::panic::resume_unwind(Box::new(String::from("index out of bounds: the len is 0 but the index is 0")))
}
