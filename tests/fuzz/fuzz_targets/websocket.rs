//! What a viewer sends: the same events and the same end, however the bytes are cut.

#![no_main]

use fleetglass::live::ws::{Event, Parser, Violation};
use libfuzzer_sys::fuzz_target;

const MAX_MESSAGE_BYTES: usize = 1000;

/// Feeds pieces of these lengths, over and over; everything at once where there are none.
fn feed(deflates: bool, mut bytes: &[u8], lengths: &[u8]) -> (Vec<Event>, Option<Violation>) {
    let mut parser = Parser::new(MAX_MESSAGE_BYTES, deflates);
    let mut events = Vec::new();
    let mut violation = None;
    let mut lengths = lengths.iter().cycle();
    while !bytes.is_empty() {
        let n_bytes = lengths.next().map_or(bytes.len(), |n| usize::from(*n) + 1);
        let (piece, rest) = bytes.split_at(n_bytes.min(bytes.len()));
        if let Err(error) = parser.feed(piece, &mut events) {
            assert!(violation.replace(error).is_none());
        }
        bytes = rest;
    }
    (events, violation)
}

fuzz_target!(|input: (bool, [u8; 4], &[u8])| {
    let (deflates, lengths, bytes) = input;
    let whole = feed(deflates, bytes, &[]);
    assert_eq!(feed(deflates, bytes, &lengths), whole);
    assert_eq!(feed(deflates, bytes, &[0]), whole);
    for event in &whole.0 {
        let n_bytes = match event {
            Event::Text(text) => text.len(),
            Event::Binary(bytes) => bytes.len(),
            Event::Ping(_) | Event::Pong | Event::Close(_) => 0,
        };
        assert!(n_bytes <= MAX_MESSAGE_BYTES);
    }
});
