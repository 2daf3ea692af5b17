//! Vendor mycartracks.

pub mod convert;
mod event;
mod grant;
pub mod wire;
