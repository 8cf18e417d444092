//! Arrays that are strided memory: what a backend needs to keep views (transposed, stepped, reversed, repeated) as other [`Layout`]s of
//! one buffer, and to walk through them.
//!
//! Nothing here knows of memory or of elements; both reference backends stand on it.
//!
//! | question | answered by |
//! |---|---|
//! | where does an element lie | [`Layout`] |
//! | what does an operation that moves no element give | [`permute_dims`], [`broadcast_to`], [`flip`], [`squeeze`], [`Layout::reshape`] |
//! | what does a key choose | [`select`] |
//! | what shape has a result | [`broadcast`], [`joined`], [`Products`], [`Systems`] |
//! | how are several operands walked together | [`Axes`] |
mod axes;
mod key;
mod layout;
mod matrices;
mod reshape;
mod views;

pub use axes::{Axes, Lengths};
pub use key::{Picked, Selected, select};
pub use layout::{Layout, Offsets, Strides, c_strides};
pub use matrices::{Products, Systems, stack, stacked};
pub use views::{axis, broadcast, broadcast_to, distinct_axes, flip, joined, permute_dims, squeeze};
