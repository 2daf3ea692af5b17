//! Viewers without manners: what breaks the rules is told so with the right code, and nothing of
//! anybody stays behind.

use std::time::Duration;

use fleetglass::live::viewer::ViewerSettings;
use socket2::SockRef;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::raw::{CLOSE, FIN, PING, PONG, RSV1, Raw, TEXT, deflate, frame, request, viewer};
use crate::stage::{Stage, WAYS, vehicles};

const LIVE: &str = "/api/v1/live";
const DEFLATE: &str = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_the_rules_is_told_so_with_its_code() {
    let unmasked = vec![FIN | TEXT, 2, b'{', b'}'];
    let too_big_a_promise = vec![FIN | TEXT, 0xff, 0, 0, 0, 0, 0, 1, 0, 0];
    let bomb = deflate(&vec![b' '; 2_000_000]);
    let cases: [(&str, Vec<u8>, &str, u16); 12] = [
        ("unmasked", unmasked, "", 1002),
        (
            "a reserved bit",
            frame(FIN | 0x20 | TEXT, b"{}"),
            DEFLATE,
            1002,
        ),
        (
            "compressed, not agreed",
            frame(FIN | RSV1 | TEXT, &deflate(b"{}")),
            "",
            1002,
        ),
        ("a ping in pieces", frame(PING, b"half"), "", 1002),
        ("a piece of nothing", frame(FIN, b"{}"), "", 1002),
        ("half a code", frame(FIN | CLOSE, &[3]), "", 1002),
        ("no such code", frame(FIN | CLOSE, &[0, 99]), "", 1002),
        ("no UTF-8", frame(FIN | TEXT, b"\"\xff\""), "", 1007),
        (
            "no deflated data",
            frame(FIN | RSV1 | TEXT, b"\xff\xff\xff"),
            DEFLATE,
            1007,
        ),
        ("too big", frame(FIN | TEXT, &vec![b' '; 20_000]), "", 1009),
        (
            "too big inflated",
            frame(FIN | RSV1 | TEXT, &bomb),
            DEFLATE,
            1009,
        ),
        ("too big a promise", too_big_a_promise, "", 1009),
    ];
    for way in WAYS {
        let stage = Stage::open(way, ViewerSettings::default()).await;
        let address = stage.address;
        let all = cases.iter().map(|(what, said, headers, code)| async move {
            let stream = TcpStream::connect(address).await.expect("it connects");
            let mut raw = Raw::open(stream, LIVE, headers, &[]).await;
            raw.of_type("snapshot").await;
            raw.say(said).await;
            assert_eq!(raw.closed().await.0, *code, "{what} {way:?}");
        });
        futures_util::future::join_all(all).await;
        stage.is_deserted().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_one_by_one_fragments_and_compressed_messages_are_understood() {
    for way in WAYS {
        let stage = Stage::open(way, ViewerSettings::default()).await;
        let stream = TcpStream::connect(stage.address)
            .await
            .expect("it connects");
        stream.set_nodelay(true).expect("no delay");
        let bin = format!("{DEFLATE}Sec-WebSocket-Protocol: fleetglass.v1.bin\r\n");
        let mut raw = Raw::open(stream, LIVE, &bin, &[]).await;
        let look = br#"{"type":"view","bounds":[28,-27,29,-26],"zoom":9}"#;
        for byte in frame(FIN | TEXT, look) {
            raw.say(&[byte]).await;
        }
        raw.of_type("view").await;
        // In pieces, with a ping between them.
        let (head, tail) = look.split_at(10);
        raw.say(&frame(TEXT, head)).await;
        raw.say(&frame(FIN | PING, b"between")).await;
        raw.until(|message| message.opcode == PONG).await;
        raw.say(&frame(0, b"")).await;
        raw.say(&frame(FIN, tail)).await;
        raw.of_type("view").await;
        let deflated = deflate(look);
        raw.say(&frame(FIN | RSV1 | TEXT, &deflated)).await;
        raw.of_type("view").await;
        let (head, tail) = deflated.split_at(20);
        raw.say(&frame(RSV1 | TEXT, head)).await;
        raw.say(&frame(FIN, tail)).await;
        raw.of_type("view").await;
    }
}

/// Pieces of a message that never ends are no messages, so they are not counted as such.
#[tokio::test(flavor = "multi_thread")]
async fn pieces_without_end_are_a_flood_too() {
    for way in WAYS {
        let stage = Stage::open(way, ViewerSettings::default()).await;
        let mut raw = viewer(stage.address, "").await;
        raw.of_type("snapshot").await;
        raw.say(&frame(TEXT, b"")).await;
        let (mut reader, mut writer) = raw.stream.into_split();
        let flood = tokio::spawn(async move {
            let pieces = frame(0, b"").repeat(10_000);
            while writer.write_all(&pieces).await.is_ok() {}
        });
        // Its own end of the stream is all that it is sure to see amid its flood.
        let mut taken = Vec::new();
        let reading = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut taken);
        let ended = tokio::time::timeout(crate::harness::PATIENCE, reading).await;
        assert!(ended.is_ok(), "it may go on for ever");
        flood.await.expect("it ends");
        stage.is_deserted().await;
    }
}

/// How somebody behaves that is rude, or whose line is.
#[derive(Clone, Copy, Debug)]
enum Manner {
    ResetAtOnce,
    ResetBeforeTheAnswer,
    HangUp,
    HangUpOneSide,
    TalkAfterClose,
    LeaveAMessageUnfinished,
    LeaveAHeaderUnfinished,
    LeaveAPieceUnfinished,
    Pings,
    Unmasked,
}

const MANNERS: [Manner; 10] = [
    Manner::ResetAtOnce,
    Manner::ResetBeforeTheAnswer,
    Manner::HangUp,
    Manner::HangUpOneSide,
    Manner::TalkAfterClose,
    Manner::LeaveAMessageUnfinished,
    Manner::LeaveAHeaderUnfinished,
    Manner::LeaveAPieceUnfinished,
    Manner::Pings,
    Manner::Unmasked,
];

async fn behave(stage: &Stage, manner: Manner, headers: &str) {
    let mut stream = TcpStream::connect(stage.address)
        .await
        .expect("it connects");
    let reset = |stream: &TcpStream| SockRef::from(stream).set_linger(Some(Duration::ZERO));
    if matches!(manner, Manner::ResetBeforeTheAnswer) {
        stream
            .write_all(&request(LIVE, headers))
            .await
            .expect("it is taken");
        reset(&stream).expect("a reset");
        return;
    }
    let mut raw = Raw::open(stream, LIVE, headers, &[]).await;
    match manner {
        Manner::ResetAtOnce => reset(&raw.stream).expect("a reset"),
        Manner::HangUp | Manner::ResetBeforeTheAnswer => {}
        Manner::HangUpOneSide => {
            raw.stream.shutdown().await.expect("it is shut");
            while raw.next().await.is_ok() {}
        }
        Manner::TalkAfterClose => {
            let close = frame(FIN | CLOSE, &[3, 0xe8]);
            let more = frame(FIN | PING, b"and another thing").repeat(5);
            raw.say(&[close, more].concat()).await;
            while raw.next().await.is_ok() {}
        }
        Manner::LeaveAMessageUnfinished => raw.say(&frame(FIN | TEXT, &[b' '; 99])[..50]).await,
        Manner::LeaveAHeaderUnfinished => raw.say(&[FIN | TEXT, 0xfe, 0]).await,
        Manner::LeaveAPieceUnfinished => raw.say(&frame(TEXT, b"{")).await,
        Manner::Pings => raw.say(&frame(FIN | PING, b"?").repeat(90)).await,
        Manner::Unmasked => raw.say(&[FIN | TEXT, 0]).await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_rude_stays_behind() {
    const EACH: usize = 25;
    let bin = format!("{DEFLATE}Sec-WebSocket-Protocol: fleetglass.v1.bin\r\n");
    for way in WAYS {
        let stage = Stage::open(way, ViewerSettings::default()).await;
        stage.publish(vehicles(50, 1, 300)).await;
        for n in 0..EACH {
            let headers = [bin.as_str(), ""][n % 2];
            let all = MANNERS.map(|manner| behave(&stage, manner, headers));
            futures_util::future::join_all(all).await;
            // What comes and goes meanwhile disturbs nobody's end.
            stage.publish(vehicles(50, 2 + n as u64, 300)).await;
        }
        stage.is_deserted().await;
        // And who comes now is served.
        let mut raw = viewer(stage.address, "").await;
        raw.of_type("snapshot").await;
    }
}
