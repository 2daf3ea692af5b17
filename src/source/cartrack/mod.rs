//! Vendor cartrack.

pub mod convert;
pub mod wire;
