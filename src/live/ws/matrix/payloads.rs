//! Chapters 6, 7 and 9: text, closes, and how much is too much.

use super::super::deflate::deflate;
use super::super::tests::frame;
use super::super::{Event, Parser};
use super::{binary, closed, deflating, fails, gives, hold, plain, text};

const VALID: [&str; 13] = [
    "κόσμε",
    "\0",
    "\u{7f}",
    "\u{80}",
    "\u{7ff}",
    "\u{800}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{fffe}",
    "\u{ffff}",
    "\u{10000}",
    "\u{10ffff}",
    "Hello-µ@ßöäüàá-UTF-8!!",
];

/// Continuations alone, more bytes than needed, surrogates, beyond Unicode, cut short.
const INVALID: [&[u8]; 17] = [
    b"\x80",
    b"\xbf",
    b"\xc0\xaf",
    b"\xc1\xbf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xf8\x80\x80\x80\xaf",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xfe",
    b"\xff",
    b"\xce\x20",
    b"\xe1\xbd\x20",
    b"\xf0\x90\x80\x20",
];

#[test]
fn chapter_6_utf_8() {
    for valid in VALID {
        let bytes = valid.as_bytes();
        let (last, first) = bytes.split_last().unwrap();
        let in_two = [frame(0x01, first), frame(0x80, &[*last])].concat();
        let cases = [
            gives("6 valid", frame(0x81, bytes), [text(valid)]),
            gives("6.2 over fragments", in_two, [text(valid)]),
        ];
        hold(plain, cases);
    }
    for invalid in INVALID {
        let bytes = ["κόσμε".as_bytes(), invalid].concat();
        // The rest of the message never comes: it fails at once.
        let mut open = frame(0x81, &[&bytes[..], &[b'x'; 50]].concat());
        open.truncate(open.len() - 50);
        let cases = [
            fails("6.3 invalid", 1007, frame(0x81, &bytes)),
            fails("6.4 in the first fragment", 1007, frame(0x01, &bytes)),
            fails("6.4 within the frame", 1007, open),
            gives("as binary", frame(0x82, &bytes), [binary(&bytes)]),
        ];
        hold(plain, cases);
        let deflated = frame(0xc1, &deflate(&bytes, 6));
        hold(deflating, [fails("deflated", 1007, deflated)]);
    }
    for incomplete in [&b"\xce"[..], b"\xe1\xbd", b"\xf0\x90\x80"] {
        let in_two = [frame(0x01, incomplete), frame(0x80, b"")].concat();
        let cases = [
            fails("6.6 incomplete", 1007, frame(0x81, incomplete)),
            fails("6.6 at the last fragment", 1007, in_two),
        ];
        hold(plain, cases);
    }
}

#[test]
fn chapter_7_closing() {
    let longest = [&[3, 0xe8][..], &[b'*'; 123]].concat();
    let longer = [&[3, 0xe8][..], &[b'*'; 124]].concat();
    let late = [frame(0x88, &[3, 0xe8]), frame(0x81, b"late")].concat();
    let hello = frame(0x88, b"\x03\xe8Hello");
    let not_utf_8 = frame(0x88, b"\x03\xe8\xce\xba\xff");
    let stars = "*".repeat(123);
    let cases = [
        gives("7.1 more after it", late, [closed(1000, "")]),
        gives("7.3.1 empty", frame(0x88, b""), [Event::Close(None)]),
        fails("7.3.2 one byte", 1002, frame(0x88, &[3])),
        gives("7.3.4 reason", hello, [closed(1000, "Hello")]),
        gives("7.3.5", frame(0x88, &longest), [closed(1000, &stars)]),
        fails("7.3.6", 1002, frame(0x88, &longer)),
        fails("7.5.1 not UTF-8", 1007, not_utf_8),
    ];
    hold(plain, cases);
    let registered = (1000..=1003).chain(1007..=1014);
    for code in registered.chain([3000, 3999, 4000, 4999]) {
        let sent = frame(0x88, &u16::to_be_bytes(code));
        hold(plain, [gives("7.7 valid", sent, [closed(code, "")])]);
    }
    for code in [
        0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
    ] {
        let sent = frame(0x88, &u16::to_be_bytes(code));
        hold(plain, [fails("7.9 invalid", 1002, sent)]);
    }
}

#[test]
fn chapter_9_limits() {
    fn small() -> Parser {
        Parser::new(1000, true)
    }
    let announced = |first: u8, n_bytes: u64| [&[first, 0xff][..], &n_bytes.to_be_bytes()].concat();
    let all = u64::MAX >> 1;
    let fits = [0xfe; 1000];
    let begun = frame(0x02, &fits[..600]);
    let in_two = [&begun[..], &frame(0x80, &fits[600..])].concat();
    let over_in_two = [&begun[..], &[0x80, 0xfe, 1, 145]].concat();
    let all_in_two = [begun, announced(0x80, all)].concat();
    let stored = frame(0xc2, &deflate(&fits, 0));
    let deflated = frame(0xc2, &deflate(&fits, 6));
    let bomb = frame(0xc2, &deflate(&vec![0; 900_000], 9));
    let cases = [
        gives("9.2 just fits", frame(0x82, &fits), [binary(&fits)]),
        gives("9.4 just fits in fragments", in_two, [binary(&fits)]),
        fails("one more", 1009, frame(0x82, &[0xfe; 1001])),
        fails("one more by fragments", 1009, over_in_two),
        fails("2^60 announced", 1009, announced(0x82, 1 << 60)),
        fails("all announced", 1009, announced(0x82, all)),
        fails("all announced in a fragment", 1009, all_in_two),
        gives("longer when deflated", stored, [binary(&fits)]),
        gives("fits when inflated", deflated, [binary(&fits)]),
        fails("too big", 1009, frame(0xc2, &deflate(&[0; 1001], 6))),
        fails("a bomb", 1009, bomb),
        fails("too big as it came", 1009, announced(0xc2, 65_536)),
    ];
    hold(small, cases);
}
