//! Certifies that a backend of the array protocol is interchangeable.
//!
//! The flow has one direction: manifests -> plan -> cases -> worker -> outcomes -> judge (with the model) -> journal -> report.
#![forbid(unsafe_code)]

pub mod builtin;
pub mod case;
pub mod examine;
pub mod example;
pub mod expected;
pub mod faults;
pub mod generate;
pub mod harness;
pub mod journal;
pub mod judge;
pub mod model;
pub mod plan;
pub mod report;
mod rng;
pub mod run;
pub mod selfcheck;
pub mod shipped;
pub mod shrink;
pub mod special;
pub mod worker;

pub use rng::Rng;
