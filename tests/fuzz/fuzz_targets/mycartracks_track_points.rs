//! Points of a track of mycartracks.

#![no_main]

use fleetglass::source::mycartracks::history::track_points;
use law::{check_recorded, dialect, received_at};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check_recorded(track_points(&dialect(), bytes, received_at()));
});
