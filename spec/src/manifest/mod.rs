//! The manifests: the normative text as data. TOML in, typed structs out; a typo is an error that names file, line and key.
mod schema;

pub use schema::*;
