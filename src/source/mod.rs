//! The vendors: one folder each, and the loops they share, written once.

pub mod cartrack;
pub mod decode;
pub mod envelope;
pub mod eztotrack;
pub mod fields;
pub mod json;
pub mod lookup;
pub(crate) mod members;
pub mod mend;
pub mod mycartracks;
pub mod record;
pub mod redact;
pub mod survey;
#[cfg(test)]
pub(crate) mod testing;
pub mod time;
pub mod words;
