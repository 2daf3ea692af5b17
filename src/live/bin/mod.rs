//! The binary protocol: hides how a fleet becomes bytes, small enough for ten thousand vehicles a
//! tick, and back. Pure: no clock, no I/O, no sockets; compression is the transport's.
//!
//! `row.rs` is what the map needs of a vehicle, in whole numbers; `tile.rs` a part of the world.
//! `encode.rs` makes messages of rows, `decode.rs` takes them apart and `picture.rs` applies them:
//! the law that a keyframe and the differences after it are the later keyframe is tested between
//! these two ends. `docs/protocol.md` describes every byte.

mod varint;
pub mod row;
pub mod tile;
pub mod entry;
mod delta;
mod head;
mod encode;
mod decode;
mod picture;
#[cfg(test)]
mod tests;

pub use decode::DecodeError;
pub use encode::{Step, dictionary, differences, keyframe};
pub use entry::{Entry, entry};
pub use head::Head;
pub use picture::{Applied, Held, Picture};
pub use row::Row;
pub use tile::Tile;

/// Name of the binary subprotocol.
pub const BIN_PROTOCOL: &str = "fleetglass.v1.bin";
