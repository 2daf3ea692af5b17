//! Cartrack's status of the fleet.

#![no_main]

use fleetglass::source::cartrack::convert::status;
use law::{check_list, dialect, received_at};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check_list(status(&dialect(), bytes, received_at()));
});
