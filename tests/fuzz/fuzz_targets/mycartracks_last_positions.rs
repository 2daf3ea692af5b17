//! MyCarTracks' last positions.

#![no_main]

use fleetglass::source::mycartracks::convert::last_positions;
use law::{check_list, dialect, received_at};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check_list(last_positions(&dialect(), bytes, received_at()));
});
