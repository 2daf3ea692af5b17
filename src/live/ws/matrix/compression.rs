//! Chapters 12 and 13: compressed messages, of all sizes and from all windows.

use flate2::{Compress, Compression, FlushCompress};

use super::super::deflate::deflate;
use super::super::tests::frame;
use super::{binary, deflating, fails, gives, hold, ping, plain, text};

#[test]
fn chapter_12_compression() {
    for n_bytes in [0, 16, 64, 256, 1024, 4096, 8192, 65_536] {
        let line = "{\"vehicle\":\"van\",\"speed_mps\":17.5}";
        let letters: String = line.chars().cycle().take(n_bytes).collect();
        for level in [0, 6] {
            let deflated = deflate(letters.as_bytes(), level);
            let sent = [0xc1, 0xc2].map(|first| frame(first, &deflated));
            let events = [text(&letters), binary(letters.as_bytes())];
            hold(deflating, [gives("12 messages", sent.concat(), events)]);
        }
    }
    let packed = deflate(b"packed", 6);
    let both = [frame(0x81, b"plain"), frame(0xc1, &packed)].concat();
    let cases = [
        gives("plain ones too", both, [text("plain"), text("packed")]),
        gives("nothing in no bytes", frame(0xc1, b""), [text("")]),
        fails("garbage", 1007, frame(0xc1, &[0xff; 9])),
        fails("half a message", 1007, frame(0xc2, &packed[..4])),
    ];
    hold(deflating, cases);
}

#[test]
fn chapter_13_compression_parameters() {
    let numbers: Vec<_> = (0..1500).map(|n: u32| n.to_string()).collect();
    let letters = numbers.join(",");
    for window_bits in 9..=15 {
        let level = Compression::new(6);
        let mut compress = Compress::new_with_window_bits(level, false, window_bits);
        let mut deflated = Vec::with_capacity(letters.len() * 2);
        compress
            .compress_vec(letters.as_bytes(), &mut deflated, FlushCompress::Sync)
            .unwrap();
        deflated.truncate(deflated.len() - 4);
        let (first, last) = deflated.split_at(deflated.len() / 3);
        let parts = [frame(0x41, first), frame(0x89, b""), frame(0x80, last)];
        let cases = [
            gives("13 window", frame(0xc1, &deflated), [text(&letters)]),
            gives("13 fragments", parts.concat(), [ping(b""), text(&letters)]),
        ];
        hold(deflating, cases);
    }
    hold(plain, [fails("13 not agreed", 1002, frame(0xc1, &[0]))]);
}

#[test]
fn no_context_is_taken_over() {
    let mut compress = Compress::new(Compression::new(6), false);
    let text_of = "the same words twice, and so the second time shorter";
    let mut messages = [Vec::with_capacity(200), Vec::with_capacity(200)];
    for message in &mut messages {
        compress
            .compress_vec(text_of.as_bytes(), message, FlushCompress::Sync)
            .unwrap();
        message.truncate(message.len() - 4);
    }
    let sent = messages.map(|message| frame(0xc1, &message)).concat();
    let case = super::fails_after([text(text_of)], "context", 1007, sent);
    hold(deflating, [case]);
}
