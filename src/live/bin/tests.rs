//! The laws of the binary protocol.

mod fixture;
mod world;
