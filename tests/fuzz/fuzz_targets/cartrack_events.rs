//! Cartrack's events.

#![no_main]

use fleetglass::source::cartrack::history::events;
use law::{check_recorded, dialect, received_at};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check_recorded(events(&dialect(), bytes, received_at()));
});
