//! EZToTrack's locations.

#![no_main]

use fleetglass::source::eztotrack::convert::locations;
use law::{check_list, dialect, received_at};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check_list(locations(&dialect(), bytes, received_at()));
});
