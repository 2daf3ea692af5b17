//! The conformance matrix, after the chapters of the Autobahn suite. Each case is fed whole, cut
//! in two at every byte, and byte by byte, and must give the same each time.
//! `docs/websocket.md` lists the chapters; a test holds the two together.

mod frames;
mod payloads;
mod compression;

use super::tests::{MAX_MESSAGE_BYTES, feed};
use super::{Event, Parser, Violation};

/// What is sent, the events it makes, and the code of the violation that ends it.
struct Case {
    name: &'static str,
    sent: Vec<u8>,
    events: Vec<Event>,
    code: Option<u16>,
}

fn gives(name: &'static str, sent: Vec<u8>, events: impl Into<Vec<Event>>) -> Case {
    Case {
        name,
        sent,
        events: events.into(),
        code: None,
    }
}

fn fails(name: &'static str, code: u16, sent: Vec<u8>) -> Case {
    fails_after([], name, code, sent)
}

fn fails_after(
    events: impl Into<Vec<Event>>,
    name: &'static str,
    code: u16,
    sent: Vec<u8>,
) -> Case {
    Case {
        code: Some(code),
        ..gives(name, sent, events)
    }
}

fn plain() -> Parser {
    Parser::new(MAX_MESSAGE_BYTES, false)
}

fn deflating() -> Parser {
    Parser::new(MAX_MESSAGE_BYTES, true)
}

/// Feeds each case in all ways.
fn hold(parser: fn() -> Parser, cases: impl IntoIterator<Item = Case>) {
    for case in cases {
        let (name, sent) = (case.name, &case.sent);
        let whole = feed(parser(), [&sent[..]]);
        assert_eq!(whole.0, case.events, "{name}");
        assert_eq!(whole.1.map(Violation::code), case.code, "{name}");
        for at in boundaries(sent.len()) {
            let (head, tail) = sent.split_at(at);
            assert_eq!(feed(parser(), [head, tail]), whole, "{name}, cut at {at}");
        }
        assert_eq!(feed(parser(), sent.chunks(1)), whole, "{name}, bytewise");
    }
}

/// Every boundary; of a large message those about its ends and some between.
fn boundaries(n_bytes: usize) -> impl Iterator<Item = usize> {
    let is_near_an_end = move |at: usize| at < 64 || n_bytes - at < 64;
    (1..n_bytes).filter(move |at| n_bytes < 2000 || is_near_an_end(*at) || at % 997 == 0)
}

fn text(text: &str) -> Event {
    Event::Text(text.to_owned())
}

fn binary(bytes: &[u8]) -> Event {
    Event::Binary(bytes.to_vec())
}

fn ping(payload: &[u8]) -> Event {
    Event::Ping(payload.to_vec())
}

fn closed(code: u16, reason: &str) -> Event {
    Event::Close(Some((code, reason.to_owned())))
}

#[test]
fn the_page_names_every_chapter() {
    let page = include_str!("../../../docs/websocket.md");
    let files = [
        include_str!("matrix/frames.rs"),
        include_str!("matrix/payloads.rs"),
        include_str!("matrix/compression.rs"),
    ];
    let lines = files.iter().flat_map(|file| file.lines());
    let names = lines.filter_map(|line| line.strip_prefix("fn chapter_"));
    let names: Vec<_> = names.filter_map(|line| line.split('(').next()).collect();
    assert_eq!(names.len(), 10);
    for name in names {
        assert!(page.contains(&format!("`chapter_{name}`")), "{name}");
    }
}
