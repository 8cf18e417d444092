//! The manifests: the normative text as data. TOML in, typed structs out; a typo is an error that names file, line and key.
//!
//! [`load`] parses the files that are compiled in ([`FILES`]), [`validate`] holds them against each other and against the list of
//! operations, [`explain`] shows a clause to a person, [`render`] writes the pages of the book. Parsing takes milliseconds: do it
//! once, and not in a worker.
mod error;
mod explain;
mod files;
mod hash;
mod literal;
mod load;
pub mod released;
pub mod render;
mod schema;
mod validate;
mod words;

pub use error::ManifestError;
pub use explain::{explain, suggest};
pub use files::FILES;
pub use hash::suite_hash;
pub use literal::number;
pub use load::{Category, Entry, File, Suite, load, parse};
pub use schema::*;
pub use validate::{Disagreement, validate};
