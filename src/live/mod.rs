//! The live path: what browsers and integrators get, and how it reaches them.
//!
//! `frame.rs` is the only place where the fleet becomes JSON, `bin` the only one where it becomes
//! columns of numbers. `hub` keeps the newest state (`roll.rs`, whose `slots.rs` anybody may read
//! while it changes) and a stream of frames for each view of it (`channel.rs`; a part of the world
//! by `cells.rs`), each frame encoded once (`wire.rs`, `encoder.rs`) whatever the number of
//! viewers. Those who may not see everything have hubs of their own (`stages.rs`, `stage.rs`), fed
//! with what `mask.rs` leaves of each change. `viewer.rs` is one viewer's conversation without its socket, which asks for what it
//! lacks and so can never be owed a backlog; `shard.rs` owns the sockets, `wrapped.rs` serves what
//! is no bare socket, `reception.rs` lets viewers in,
//! and by their passes (`pass.rs`) sends them away; `letters.rs` is what a desk tells a screen. `ws` is the WebSocket protocol itself,
//! and `latency.rs` tells how long all of it takes.

pub mod words;
pub mod frame;
pub mod bin;
pub mod ws;
pub mod wire;
pub mod channel;
pub mod entry;
pub mod slots;
pub mod roll;
pub mod cells;
pub mod hub;
pub mod mask;
pub mod stage;
pub mod stages;
pub mod outbox;
pub mod pass;
pub mod letters;
pub mod viewer;
pub mod tally;
pub mod shard;
pub mod wrapped;
pub mod reception;
pub mod latency;
pub mod encoder;

#[cfg(test)]
mod tests;
