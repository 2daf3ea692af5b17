//! The vendors: one folder each, and the loops they share, written once.

pub mod backoff;
pub mod budget;
pub mod cartrack;
pub mod decode;
pub mod eztotrack;
pub mod http;
pub mod mycartracks;
pub mod retry_after;
pub mod secrets;
pub mod trouble;
pub mod url_guard;
