//! Metadata of cartrack.

#![no_main]

use fleetglass::source::cartrack::convert::vehicles;
use law::{check_count, dialect};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(decoded) = vehicles(&dialect(), bytes) {
        check_count(&decoded);
    }
});
