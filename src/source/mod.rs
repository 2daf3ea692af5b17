//! The vendors: one folder each, and the loops they share, written once.

pub mod cartrack;
pub mod decode;
pub mod eztotrack;
pub mod mycartracks;
