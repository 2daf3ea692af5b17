//! Tracks of mycartracks.

#![no_main]

use fleetglass::source::mycartracks::history::tracks;
use law::{check_tracks, dialect, received_at};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check_tracks(tracks(&dialect(), bytes, received_at()));
});
