//! What it costs to bring a frame to a viewer, beside what the kernel alone asks for it.
//!
//! `cargo bench --bench fan_out` runs a bare server (`floor.rs`: the same bytes, one `write` each)
//! and ours (`product.rs`: hub, encoder, shards) in turns, each a process of its own, against a
//! third one with all the viewers (`client.rs`). Both kinds of run are alternated, so that what
//! disturbs the machine disturbs both.
//!
//!     cargo bench --bench fan_out                      all cells, about five minutes
//!     cargo bench --bench fan_out -- --quick           a short run of each
//!     cargo bench --bench fan_out -- sights            all cells, viewers with ten sets of rights
//!     cargo bench --bench fan_out -- fleet             10,000 vehicles at 1 Hz to 1,000 viewers
//!     cargo bench --bench fan_out -- stress            slow and deaf viewers beside good ones
//!     cargo bench --bench fan_out -- storm             2,000 viewers cut at once
//!     cargo bench --bench fan_out -- continuity        two million frames without a hole
//!     cargo bench --bench fan_out -- --tls             viewers over TLS, beside bare ones

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "each bench uses its part")]
mod common;
mod cells;
mod child;
mod client;
mod fleet;
mod floor;
mod product;
mod scenes;
mod text;
mod tls;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["as-floor"] => floor::serve(),
        ["as-product"] => product::serve(None, 0),
        ["as-product", "ten-sights"] => product::serve(None, 10),
        ["as-tls", certificate, key] => {
            tls::acceptor(certificate, key).and_then(|acceptor| product::serve(Some(acceptor), 0))
        }
        ["as-fleet"] => fleet::serve(),
        ["as-client", rest @ ..] => client::run(rest),
        ["stress"] => scenes::stress(),
        ["storm"] => scenes::storm(),
        ["continuity"] => scenes::continuity(),
        ["fleet"] => scenes::fleet(),
        [] => cells::run(false, &["as-product"]),
        ["--quick"] => cells::run(true, &["as-product"]),
        ["sights"] => cells::run(false, &["as-product", "ten-sights"]),
        ["sights", "--quick"] => cells::run(true, &["as-product", "ten-sights"]),
        ["--tls"] => tls::run(),
        _ => Err(format!(
            "{words:?} is none of: --quick, --tls, sights, fleet, stress, storm, continuity"
        )
        .into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            text::say(&format!("fan_out: {error}"));
            ExitCode::FAILURE
        }
    }
}
