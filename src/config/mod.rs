//! Configuration: TOML file, environment and flags, checked before anything starts.

pub mod map;
pub mod source;
