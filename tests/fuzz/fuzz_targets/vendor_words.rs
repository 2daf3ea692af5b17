//! A vendor's own words.

#![no_main]

use fleetglass::source::decode::vendor_words;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let words = vendor_words(bytes).unwrap_or_default();
    assert!(words.chars().count() <= 200 && !words.chars().any(char::is_control));
});
