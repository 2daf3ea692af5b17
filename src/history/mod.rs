//! Where vehicles were. For now the last hour in memory; a store takes its place behind the same
//! two calls: fixes in, points of a span out.

pub mod trails;
