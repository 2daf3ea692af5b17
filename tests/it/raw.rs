//! A client of WebSocket that leaves nothing to a library: what it says is any bytes at all, and
//! what it hears is held against the letter of RFC 6455.

use std::io::Read;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::harness::PATIENCE;

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;
/// The bits of a frame's first byte: the last of its message, and compressed.
pub(crate) const FIN: u8 = 0x80;
pub(crate) const RSV1: u8 = 0x40;

/// What a flush of a compressor ends with, which is not sent (RFC 7692 7.2.1), and an end.
const TAIL: [u8; 9] = [0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff];

/// One whole message, inflated.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) opcode: u8,
    pub(crate) is_deflated: bool,
    pub(crate) payload: Vec<u8>,
}

impl Message {
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.payload).ok()
    }

    /// Whether it is a frame of ours of this type.
    pub(crate) fn is_of(&self, kind: &str) -> bool {
        self.json().is_some_and(|json| json["type"] == kind)
    }

    /// The code and the reason, if it is a close.
    pub(crate) fn close(&self) -> Option<(u16, String)> {
        let (code, reason) = self.payload.split_first_chunk()?;
        let reason = String::from_utf8(reason.to_vec()).expect("a reason in UTF-8");
        (self.opcode == CLOSE).then(|| (u16::from_be_bytes(*code), reason))
    }
}

/// The stream ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// Bytes of a message whose other half never came.
    pub(crate) n_unfinished: usize,
}

/// A connection that was upgraded by hand.
#[derive(Debug)]
pub(crate) struct Raw<S> {
    pub(crate) stream: S,
    /// The head of the answer to the upgrade.
    pub(crate) head: String,
    unparsed: Vec<u8>,
    is_deflate_agreed: bool,
    is_closed: bool,
}

/// A frame as a client has to send it, masked.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let n_bytes = payload.len();
    let mut bytes = vec![first];
    match (u8::try_from(n_bytes), u16::try_from(n_bytes)) {
        (Ok(n), _) if n <= 125 => bytes.push(0x80 | n),
        (_, Ok(n)) => {
            bytes.push(0x80 | 0x7E);
            bytes.extend(n.to_be_bytes());
        }
        _ => {
            bytes.push(0x80 | 0x7F);
            bytes.extend((n_bytes as u64).to_be_bytes());
        }
    }
    bytes.extend(mask);
    let masked = payload.iter().zip(mask.iter().cycle());
    bytes.extend(masked.map(|(byte, mask)| byte ^ mask));
    bytes
}

/// The request of the upgrade, with more header lines.
pub(crate) fn request(path: &str, headers: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
    )
    .into_bytes()
}

/// A connection whose kernel takes next to nothing for a reader who does not read.
pub(crate) async fn thin(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    socket.connect(address).await.expect("a connection")
}

/// A viewer of JSON.
pub(crate) async fn viewer(address: SocketAddr, query: &str) -> Raw<TcpStream> {
    let stream = TcpStream::connect(address).await.expect("a connection");
    Raw::open(stream, &format!("/api/v1/live{query}"), "", &[]).await
}

impl<S: AsyncRead + AsyncWrite + Unpin> Raw<S> {
    /// Asks for the upgrade and says `said` in the same breath.
    pub(crate) async fn open(mut stream: S, path: &str, headers: &str, said: &[u8]) -> Self {
        let bytes = [request(path, headers), said.to_vec()].concat();
        stream.write_all(&bytes).await.expect("it is taken");
        let mut raw = Self {
            stream,
            head: String::new(),
            unparsed: Vec::new(),
            is_deflate_agreed: false,
            is_closed: false,
        };
        let n_head = loop {
            let end = raw.unparsed.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(at) = end {
                break at + 4;
            }
            assert_ne!(raw.read().await, 0, "no answer to the upgrade");
        };
        let head: Vec<u8> = raw.unparsed.drain(..n_head).collect();
        raw.head = String::from_utf8(head).expect("a head").to_lowercase();
        assert!(raw.head.starts_with("http/1.1 101"), "{}", raw.head);
        assert!(raw.head.contains("s3pplmbitxaq9kygzzhzrbk+xoo="));
        raw.is_deflate_agreed = raw.head.contains("permessage-deflate");
        raw
    }

    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        // It may be gone already; what it said before is what counts.
        let _ = self.stream.write_all(bytes).await;
    }

    /// The next message, or that there is none.
    pub(crate) async fn next(&mut self) -> Result<Message, Ended> {
        loop {
            if let Some(message) = self.parse() {
                return Ok(message);
            }
            if self.read().await == 0 {
                let n_unfinished = self.unparsed.len();
                return Err(Ended { n_unfinished });
            }
        }
    }

    /// The next message that is wanted; others are passed over.
    pub(crate) async fn until(&mut self, is_wanted: impl Fn(&Message) -> bool) -> Message {
        let wanted = async {
            loop {
                let message = self.next().await.expect("the stream goes on");
                if is_wanted(&message) {
                    return message;
                }
            }
        };
        // Heartbeats alone would go on for ever.
        let wanted = tokio::time::timeout(PATIENCE, wanted).await;
        wanted.expect("what is wanted, in time")
    }

    /// The next frame of ours of this type.
    pub(crate) async fn of_type(&mut self, kind: &str) -> Value {
        let message = self.until(|message| message.is_of(kind)).await;
        message.json().unwrap_or_default()
    }

    /// The code and the reason of the close that comes, and after which nothing may come.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        let message = self.until(|message| message.opcode == CLOSE).await;
        let said = message.close().expect("a code");
        self.say(&frame(FIN | CLOSE, &said.0.to_be_bytes())).await;
        let ended = self.next().await.expect_err("the end");
        assert_eq!(ended.n_unfinished, 0, "a message is cut in two");
        said
    }

    /// Reads some; 0 at the end, whichever way it came.
    async fn read(&mut self) -> usize {
        let mut buffer = vec![0; 64 << 10];
        let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut buffer)).await;
        let n = read.expect("something in time").unwrap_or(0);
        self.unparsed.extend(&buffer[..n]);
        n
    }

    /// Takes a message off what was read, and refuses what no server may send.
    fn parse(&mut self) -> Option<Message> {
        let bytes = &self.unparsed;
        let (&first, &second) = (bytes.first()?, bytes.get(1)?);
        assert!(!self.is_closed, "something comes after the close");
        let (opcode, is_deflated) = (first & 0x0f, first & RSV1 != 0);
        assert_eq!(first & 0xb0, FIN, "fragmented, or a reserved bit is set");
        assert!([TEXT, BINARY, CLOSE, PING, PONG].contains(&opcode));
        let (n_bytes, n_header) = match second {
            126 => (u64::from(u16::from_be_bytes(*part(bytes)?)), 4),
            127 => (u64::from_be_bytes(*part(bytes)?), 10),
            // A mask would make it larger than any length.
            n => (u64::from(n), 2),
        };
        let least = [0, 126, 65_536][[2, 4, 10].binary_search(&n_header).ok()?];
        assert!(
            least <= n_bytes && second <= 127,
            "masked, or too long a form"
        );
        let n_bytes = usize::try_from(n_bytes).expect("a length");
        let whole = n_header + n_bytes;
        let payload = bytes.get(n_header..whole)?.to_vec();
        self.unparsed.drain(..whole);
        if 8 <= opcode {
            assert!(n_bytes <= 125 && !is_deflated);
            self.is_closed |= opcode == CLOSE;
        }
        assert!(self.is_deflate_agreed || !is_deflated, "not agreed");
        let payload = if is_deflated {
            inflate(payload)
        } else {
            payload
        };
        assert!(opcode != TEXT || str::from_utf8(&payload).is_ok());
        Some(Message {
            opcode,
            is_deflated,
            payload,
        })
    }
}

/// The length after the first two bytes.
fn part<const N: usize>(bytes: &[u8]) -> Option<&[u8; N]> {
    bytes.get(2..)?.first_chunk()
}

fn inflate(mut payload: Vec<u8>) -> Vec<u8> {
    payload.extend(TAIL);
    let mut bytes = Vec::new();
    let mut decoder = flate2::read::DeflateDecoder::new(&payload[..]);
    decoder.read_to_end(&mut bytes).expect("deflated data");
    bytes
}

/// A payload as a client compresses it.
pub(crate) fn deflate(payload: &[u8]) -> Vec<u8> {
    let mut compress = flate2::Compress::new(flate2::Compression::default(), false);
    let mut bytes = Vec::with_capacity(payload.len() + 64);
    let flush = flate2::FlushCompress::Sync;
    compress
        .compress_vec(payload, &mut bytes, flush)
        .expect("room");
    bytes.truncate(bytes.len() - 4);
    bytes
}
