//! Certifies that a backend of the array protocol is interchangeable.
//!
//! The flow has one direction: manifests -> plan -> cases -> worker -> outcomes -> judge (with the model) -> journal -> report.
#![forbid(unsafe_code)]

pub mod case;
pub mod expected;
pub mod faults;
pub mod journal;
pub mod model;
pub mod report;
pub mod worker;
