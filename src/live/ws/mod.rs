//! WebSocket as a server speaks it (RFC 6455), with permessage-deflate (RFC 7692): bytes in,
//! bytes out, and nothing that reads, writes or waits.
//!
//! The live path makes a message once and sends the same bytes to all viewers, through sockets
//! that it owns. So nothing here depends on a connection but its parser, which is small while a
//! viewer says nothing: compression keeps no context between messages, either way.
//! `docs/websocket.md` says what is spoken and which test shows it.

pub mod handshake;
mod extensions;
pub mod message;
pub mod deflate;
pub mod parser;
mod header;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod tests;

pub use handshake::{Handshake, HandshakeError};
pub use message::Opcode;
pub use parser::{Event, Parser, Violation};
