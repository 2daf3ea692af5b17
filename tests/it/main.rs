//! The program from outside: the whole server against the simulator over real sockets, and the
//! rules of the house that a compiler does not know.

mod fleet;
mod harness;
mod layering;
mod live;
mod protocol;
mod security;
mod tidy;
