//! MyCarTracks' stream answers.

#![no_main]

use fleetglass::source::mycartracks::convert::stream_session;
use law::{dialect, received_at};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = stream_session(&dialect(), bytes, received_at());
});
