//! Chapters 1 to 5: frames, whatever is in them.

use super::super::tests::frame;
use super::super::{Event, Opcode, message};
use super::{binary, closed, deflating, fails, fails_after, gives, hold, ping, plain, text};

/// The first two bytes of a large binary message, and a length of eight bytes.
fn announced(n_bytes: u64) -> Vec<u8> {
    [&[0x82, 0xff][..], &n_bytes.to_be_bytes()].concat()
}

#[test]
fn chapter_1_framing() {
    for n_bytes in [0, 125, 126, 127, 128, 65_535, 65_536] {
        let letters = "*".repeat(n_bytes);
        let bytes = vec![0xfe; n_bytes];
        let as_text = frame(0x81, letters.as_bytes());
        let cases = [
            gives("1.1 text", as_text, [text(&letters)]),
            gives("1.2 binary", frame(0x82, &bytes), [binary(&bytes)]),
        ];
        hold(plain, cases);
    }
    let unmasked = message::message(Opcode::Text, false, b"Hello").to_vec();
    let cases = [
        fails("no mask", 1002, unmasked),
        fails("125 in two bytes", 1002, vec![0x82, 0xfe, 0, 125]),
        fails("65535 in eight bytes", 1002, announced(65_535)),
        fails("the top bit of a length", 1002, announced(1 << 63)),
    ];
    hold(plain, cases);
}

#[test]
fn chapter_2_pings_and_pongs() {
    let long = [0xfe; 126];
    let ten: Vec<_> = (0..10).flat_map(|n| frame(0x89, &[n])).collect();
    let ten_pings: Vec<_> = (0..10).map(|n| ping(&[n])).collect();
    let unasked = [frame(0x8a, b"unasked"), frame(0x89, b"p")].concat();
    let bytes = [0, 0xff, 0xfe];
    let cases = [
        gives("2.1 empty", frame(0x89, b""), [ping(b"")]),
        gives("2.2 text", frame(0x89, b"Hello"), [ping(b"Hello")]),
        gives("2.3 binary", frame(0x89, &bytes), [ping(&bytes)]),
        gives("2.4 125", frame(0x89, &long[..125]), [ping(&long[..125])]),
        fails("2.5 126", 1002, frame(0x89, &long)),
        gives("2.7 empty pong", frame(0x8a, b""), [Event::Pong]),
        gives("2.9 pong, then ping", unasked, [Event::Pong, ping(b"p")]),
        gives("2.10 ten", ten, ten_pings),
    ];
    hold(plain, cases);
}

#[test]
fn chapter_3_reserved_bits() {
    for bits in 1..8 {
        for opcode in [1, 2, 8, 9, 10] {
            let reserved = frame(0x80 | bits << 4 | opcode, b"");
            let sent = [frame(0x81, b"a"), reserved].concat();
            let case = |name| fails_after([text("a")], name, 1002, sent.clone());
            hold(plain, [case("3 not agreed")]);
            // RSV1 alone on a message is what was agreed.
            if bits != 4 || opcode >= 8 {
                hold(deflating, [case("3 agreed")]);
            }
        }
    }
    let continued = [frame(0x41, &[0]), frame(0xc0, &[0])].concat();
    hold(deflating, [fails("RSV1 continued", 1002, continued)]);
}

#[test]
fn chapter_4_reserved_opcodes() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        let reserved = frame(0x80 | opcode, b"b");
        let sent = [frame(0x81, b"a"), reserved, frame(0x89, b"")].concat();
        hold(plain, [fails_after([text("a")], "4 reserved", 1002, sent)]);
    }
}

#[test]
fn chapter_5_fragments() {
    let one = &frame(0x01, b"one ")[..];
    let two = &frame(0x00, b"two ")[..];
    let three = &frame(0x80, b"three")[..];
    let asks = &frame(0x89, b"?")[..];
    let whole = || text("one two three");
    let interrupted = [ping(b"?"), ping(b"?"), whole()];
    let and_text = [one, &frame(0x81, b"b")].concat();
    let and_binary = [one, &frame(0x02, b"b")].concat();
    let and_close = [one, &frame(0x88, &[3, 0xe8]), three].concat();
    let empty = [frame(0x02, b""), frame(0x00, b""), frame(0x80, b"")].concat();
    let again = [one, three, three].concat();
    let cases = [
        fails("5.1 ping in fragments", 1002, frame(0x09, b"p")),
        fails("5.2 pong in fragments", 1002, frame(0x0a, b"p")),
        fails("close in fragments", 1002, frame(0x08, b"")),
        gives("5.3 text", [one, two, three].concat(), [whole()]),
        gives(
            "5.6 pings",
            [one, asks, two, asks, three].concat(),
            interrupted,
        ),
        fails("5.9 of nothing", 1002, three.to_vec()),
        fails("5.10 of nothing, open", 1002, two.to_vec()),
        fails_after([text("one three")], "5.15 after the end", 1002, again),
        fails("5.18 text in text", 1002, and_text),
        fails("binary in text", 1002, and_binary),
        gives("close in text", and_close, [closed(1000, "")]),
        gives("empty ones", empty, [binary(b"")]),
    ];
    hold(plain, cases);
}
