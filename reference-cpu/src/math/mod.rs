//! What the standard library does not have, element by element.
pub(crate) mod complex;
pub(crate) mod division;
pub(crate) mod vector;
