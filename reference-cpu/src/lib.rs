//! The reference CPU backend of the array protocol.
