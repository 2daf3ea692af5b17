//! A viewer's picture of the binary protocol, whatever comes.

#![no_main]

use fleetglass::live::bin::Picture;
use law::check_picture;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut picture = Picture::default();
    // Each message is preceded by its length, so that several can build on each other.
    let mut rest = bytes;
    while let Some((length, more)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes(*length)).min(more.len());
        let (message, more) = more.split_at(length);
        let _ = picture.apply(message);
        check_picture(&picture);
        rest = more;
    }
    let _ = Picture::default().apply(bytes);
});
