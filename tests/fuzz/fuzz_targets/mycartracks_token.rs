//! MyCarTracks' token answers.

#![no_main]

use fleetglass::source::mycartracks::convert::token;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = token(bytes);
});
