//! Frames of MyCarTracks' live stream.

#![no_main]

use fleetglass::source::decode::live::Event;
use fleetglass::source::mycartracks::convert::events;
use law::{check_sane, dialect, received_at};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for event in events(&dialect(), bytes, received_at()).unwrap_or_default() {
        if let Event::Position(observation) = event {
            check_sane(&observation);
        }
    }
});
