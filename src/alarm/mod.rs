//! Alarms: what the orders of the desk ask to look out for, found in what changes of the fleet.
//!
//! [`Watch`] is pure: changed vehicles, sources, orders and the time go in, alarms that begin,
//! differ and end come out. It looks at what changed and at what is due, never at all of the fleet,
//! but for new orders. `writer.rs` is the task that owns it, fed by an [`Inbox`] that never makes
//! anybody wait; `store` keeps what was found over a restart; [`Alarms`] is what others hold.

mod book;
mod desk;
mod due;
mod error;
mod feeds;
mod geometry;
mod inbox;
mod index;
mod plan;
mod quiet;
mod row;
mod store;
mod vehicle;
mod watch;
mod whereabouts;
pub mod writer;

pub use desk::{Alarms, Page};
pub use error::AlarmError;
pub use inbox::Inbox;
pub use store::Kept;
pub use watch::Watch;

#[cfg(test)]
mod tests;
