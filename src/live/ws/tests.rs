//! A client's side for the tests, the laws of the parser over any client, and a second opinion.

use std::io::{Read, Write};

use proptest::collection::vec;
use proptest::prelude::*;
use tokio_tungstenite::tungstenite;

use super::deflate::deflate;
use super::*;

/// Messages may have this many bytes where a test says nothing else.
pub(super) const MAX_MESSAGE_BYTES: usize = 200_000;

/// What a parser gives for the pieces, and the violation that ends it.
pub(super) fn feed<'a>(
    mut parser: Parser,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Event>, Option<Violation>) {
    let mut events = Vec::new();
    let mut violations = pieces
        .into_iter()
        .filter_map(|piece| parser.feed(piece, &mut events).err());
    let violation = violations.next();
    assert_eq!(violations.next(), None, "a violation is told once");
    (events, violation)
}

/// A client's frame: its first byte as it is, then length, mask and masked payload.
pub(super) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    masked(first, [0x37, 0xfa, 0x21, 0x3d], payload)
}

fn masked(first: u8, mask: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut bytes = message::message(Opcode::Binary, false, payload).to_vec();
    let n_header = bytes.len() - payload.len();
    bytes[0] = first;
    bytes[1] |= 0x80;
    for (at, byte) in bytes[n_header..].iter_mut().enumerate() {
        *byte ^= mask[at % 4];
    }
    bytes.splice(n_header..n_header, mask);
    bytes
}

/// A message of a client, and how it sends it.
#[derive(Clone, Debug)]
struct Sent {
    event: Event,
    level: Option<u32>,
    mask: [u8; 4],
    cuts: Vec<usize>,
    ping_between: Option<Vec<u8>>,
}

impl Sent {
    /// What goes over the wire, and the events it makes.
    fn encoded(&self) -> (Vec<u8>, Vec<Event>) {
        let (opcode, plain) = match &self.event {
            Event::Text(text) => (1, text.as_bytes()),
            Event::Binary(bytes) => (2, &bytes[..]),
            other => panic!("not a message: {other:?}"),
        };
        let (rsv1, payload) = match self.level {
            Some(level) => (0x40, deflate(plain, level)),
            None => (0, plain.to_vec()),
        };
        let mut cuts: Vec<_> = self
            .cuts
            .iter()
            .map(|at| at % (payload.len() + 1))
            .collect();
        cuts.sort_unstable();
        let ends = cuts.iter().copied().chain([payload.len()]);
        let (mut bytes, mut events, mut from) = (Vec::new(), Vec::new(), 0);
        for (index, end) in ends.enumerate() {
            let kind = if index == 0 { opcode | rsv1 } else { 0 };
            let last = if index == cuts.len() { 0x80 } else { 0 };
            bytes.extend(masked(kind | last, self.mask, &payload[from..end]));
            from = end;
            if let Some(ping) = self.ping_between.as_ref().filter(|_| last == 0) {
                bytes.extend(masked(0x89, self.mask, ping));
                events.push(Event::Ping(ping.clone()));
            }
        }
        events.push(self.event.clone());
        (bytes, events)
    }
}

fn any_sent() -> impl Strategy<Value = Sent> {
    let n_times = prop_oneof![4 => 0_usize..5, 1 => 0_usize..800];
    let text = (".{0,60}", n_times).prop_map(|(text, n_times)| text.repeat(n_times));
    let binary = prop_oneof![4 => vec(any::<u8>(), 0..300), 1 => vec(any::<u8>(), 60_000..70_000)];
    let event = prop_oneof![text.prop_map(Event::Text), binary.prop_map(Event::Binary)];
    (
        event,
        proptest::option::of(0_u32..10),
        any::<[u8; 4]>(),
        vec(any::<usize>(), 0..5),
        proptest::option::of(vec(any::<u8>(), 0..126)),
    )
        .prop_map(|(event, level, mask, cuts, ping_between)| Sent {
            event,
            level,
            mask,
            cuts,
            ping_between,
        })
}

/// The bytes cut at these places, whatever their order.
fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut at: Vec<_> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_a_client_sends_is_what_comes_out(
        messages in vec(any_sent(), 1..5),
        cuts in vec(any::<usize>(), 0..20),
    ) {
        let (bytes, events): (Vec<_>, Vec<_>) = messages.iter().map(Sent::encoded).unzip();
        let bytes = bytes.concat();
        let parser = Parser::new(MAX_MESSAGE_BYTES, true);
        let got = feed(parser, pieces(&bytes, &cuts));
        prop_assert_eq!(got, (events.concat(), None));
    }

    #[test]
    fn any_bytes_mean_the_same_however_they_come(
        messages in vec(any_sent(), 0..3),
        noise in vec(any::<u8>(), 0..40),
        flips in vec((any::<usize>(), any::<u8>()), 0..3),
        deflates in any::<bool>(),
        cuts in vec(any::<usize>(), 0..20),
    ) {
        let mut bytes = messages.iter().flat_map(|sent| sent.encoded().0).collect::<Vec<_>>();
        bytes.extend(noise);
        let n_bytes = bytes.len().max(1);
        for (at, flip) in flips {
            if let Some(byte) = bytes.get_mut(at % n_bytes) {
                *byte ^= flip;
            }
        }
        let parser = || Parser::new(50_000, deflates);
        let whole = feed(parser(), [&bytes[..]]);
        prop_assert_eq!(feed(parser(), pieces(&bytes, &cuts)), whole);
    }
}

#[test]
fn a_silent_viewer_costs_next_to_nothing() {
    assert!(size_of::<Parser>() <= 64, "{}", size_of::<Parser>());
    let mut parser = Parser::new(MAX_MESSAGE_BYTES, true);
    let ping = frame(0x89, b"still there?");
    let mut events = Vec::new();
    parser.feed(&ping[..5], &mut events).unwrap();
    assert!(parser.has_pending());
    parser.feed(&ping[5..], &mut events).unwrap();
    assert!(!parser.has_pending());
    assert_eq!(events.len(), 1);
}

#[test]
fn after_a_close_or_a_violation_nothing_is_given() {
    for (first, events) in [(0x88, vec![Event::Close(None)]), (0x83, vec![])] {
        let bytes = [frame(first, b""), frame(0x89, b"")].concat();
        for split in 1..bytes.len() {
            let parser = Parser::new(MAX_MESSAGE_BYTES, false);
            let (head, tail) = bytes.split_at(split);
            assert_eq!(feed(parser, [head, tail]).0, events);
        }
    }
}

/// What one side wrote, read by the other.
#[derive(Default)]
struct Wire {
    written: Vec<u8>,
    to_read: std::io::Cursor<Vec<u8>>,
}

impl Read for Wire {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.to_read.read(bytes)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.written.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn tungstenite_understands_us_and_we_understand_it() {
    use tungstenite::Message;
    use tungstenite::protocol::{CloseFrame, Role, WebSocket};

    let large = vec![7; 70_000];
    let mut wire = Wire::default();
    for (opcode, payload) in [(Opcode::Text, &b"text"[..]), (Opcode::Binary, &large)] {
        message::append(wire.to_read.get_mut(), opcode, false, payload);
    }
    for control in [message::ping(), message::close(1012, "retry_ms=7")] {
        wire.to_read.get_mut().extend(control);
    }
    let mut client = WebSocket::from_raw_socket(wire, Role::Client, None);
    let close = Message::Close(Some(CloseFrame {
        code: 1012.into(),
        reason: "retry_ms=7".into(),
    }));
    for expected in [
        "text".into(),
        large.clone().into(),
        Message::Ping("".into()),
    ] {
        assert_eq!(client.read().unwrap(), expected);
    }
    for sent in [
        "text".into(),
        large.clone().into(),
        Message::Ping("p".into()),
    ] {
        client.send(sent).unwrap();
    }
    assert_eq!(client.read().unwrap(), close);
    client.flush().unwrap();
    let parser = Parser::new(MAX_MESSAGE_BYTES, false);
    let events = [
        Event::Text("text".to_owned()),
        Event::Pong,
        Event::Binary(large),
        Event::Ping(b"p".to_vec()),
        Event::Close(Some((1012, "retry_ms=7".to_owned()))),
    ];
    let got = feed(parser, [&client.get_ref().written[..]]);
    assert_eq!(got, (events.to_vec(), None));
}
