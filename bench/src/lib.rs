//! What the benches of the references share.
//!
//! A bench is a list of rows, and players that can each do some of them. Every row is run by all players in turn, round after round, so
//! that what else the machine does meets all of them. All see the same inputs, and results are compared. A result is dropped as soon as it
//! is there, inside of the timed part.
pub mod clock;
pub mod digest;
pub mod inputs;
pub mod measure;
pub mod pictures;
pub mod players;
pub mod report;
pub mod row;
