//! What people and machines read of a journal. Everything here is a pure function of it.
//!
//! **Law**: text that a backend supplies (names, errors, values) stays text, wherever it is shown.
mod text;

pub use text::visible;
