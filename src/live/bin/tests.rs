//! The laws of the binary protocol.

mod exactness;
mod fixture;
mod laws;
mod world;
