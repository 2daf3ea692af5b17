//! Redaction of samples.

#![no_main]

use fleetglass::config::source::FieldMap;
use fleetglass::source::decode::redact::Redactor;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut redactor = Redactor::new((0.7, 0.3), &FieldMap::default());
    let _ = redactor.redact(bytes);
});
