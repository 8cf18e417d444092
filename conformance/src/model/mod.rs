//! The model: the exact, slow, independent meaning of each operation, as the set of results that are allowed.
//!
//! **Law**: nothing here is shared with a backend, nor with the helpers of the `array_protocol` crate that backends use. Broadcasting, axes,
//! slices, promotion and quotients are written again, on their own. From `array_protocol` come data types only: `Call`, `HostArray`
//! (bytes, dtype, lengths), `DType`, the operation enums and option structs.
mod expect;

pub use expect::{Allowed, Elements, Expect, ExpectArray, Limit, Limits, Quantity};
