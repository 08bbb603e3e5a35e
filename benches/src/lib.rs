//! What is timed, what the chip can do, and what a piece of work cannot do without: together the least time that it takes.

pub mod arguments;
pub mod floor;
pub mod limits;
pub mod tasks;

pub use floor::Floor;
pub use limits::Limits;
