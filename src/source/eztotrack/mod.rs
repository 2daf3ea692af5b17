//! Vendor eztotrack.

pub mod convert;
pub mod wire;
