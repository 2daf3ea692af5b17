//! The live path: what browsers and integrators get, and how it reaches them.
//!
//! `frame.rs` is the only place where the fleet becomes JSON; `hub.rs` keeps the newest state and
//! the last frames, each encoded once whatever the number of viewers; `session.rs` is one
//! viewer's connection, which asks the hub for what it lacks and so can never be owed a backlog;
//! `ws` is WebSocket without the sockets.
//! `frame.rs` is the only place where the fleet becomes JSON, but for the names in `bin/`, where
//! it becomes bytes; `hub.rs` keeps the newest state and the last frames, each encoded once
//! whatever the number of viewers; `session.rs` is one viewer's connection, which asks the hub for
//! what it lacks and so can never be owed a backlog.

pub mod words;
pub mod frame;
pub mod bin;
pub mod hub;
pub mod session;
pub mod ws;
