//! The program from outside: the whole server against the simulator over real sockets, and the
//! rules of the house that a compiler does not know.

#![expect(clippy::panic, reason = "a test speaks by panicking")]

mod harness;
mod layering;
mod tidy;
mod live;
mod raw;
mod stage;
mod sockets;
mod rude;
mod slow;
mod tls;
mod dialects;
mod large;
mod fleet;
mod past;
mod reload;
mod off_duty;
mod day;
mod recall;
mod security;
mod doors;
mod screens;
mod alarms;
mod by_proxy;
mod links;
mod publishing;
mod outward;
mod secrets;
mod users;
mod protocol;
mod worked_example;
mod store;
