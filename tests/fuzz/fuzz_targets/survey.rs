//! The survey of names.

#![no_main]

use fleetglass::source::mycartracks::wire::{EVENT, LAST_POSITION};
use fleetglass::source::decode::survey::survey;
use law::dialect;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for spec in [&EVENT, &LAST_POSITION] {
        let _ = survey(spec, &dialect(), &[bytes.to_vec()]).to_string();
    }
});
