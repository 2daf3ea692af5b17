//! All viewers of a run in one process: they read, count, and check that nothing is missing.
//!
//! Orders come over stdin: `start` begins to count, `stop` answers what was counted, `cut` closes
//! every connection and comes back as a page would.

use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use tokio::time::Instant;

use fleetglass::clock;
use mio::{Events, Interest, Poll, Token};
use tokio_rustls::rustls::ClientConfig;

use crate::text::{self, Result, say};
use crate::tls::{Line, trusting};

/// A slow viewer reads this much a second.
const SLOW_BYTES_PER_SECOND: usize = 1_024;
const ASKS_FOR_BIN: &str = "Sec-WebSocket-Protocol: fleetglass.v1.bin\r\n\
    Sec-WebSocket-Extensions: permessage-deflate\r\n";
const READ_BYTES: usize = 256 << 10;
/// As much of a payload as tells its number and its time, or whether a hello resumes.
const HEAD_BYTES: usize = 256;

/// How a viewer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Good,
    Slow,
    Deaf,
}

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is seen by itself")]
struct Viewer {
    line: Line,
    way: Way,
    is_upgraded: bool,
    /// What of a header or the beginning of a payload has been read.
    head: Vec<u8>,
    /// Bytes of the payload that are still to come after the head.
    rest: u64,
    seq: Option<u64>,
    is_resumed: bool,
    /// A frame came since it connected.
    is_in_step: bool,
    is_over: bool,
}

#[derive(Debug, Default)]
struct Counts {
    frames: u64,
    bytes: u64,
    gaps: u64,
    keyframes: u64,
    latencies_us: Vec<i64>,
}

struct Crowd {
    address: SocketAddr,
    poll: Poll,
    viewers: Vec<Viewer>,
    counts: Counts,
    buffer: Vec<u8>,
    slow_read_at: Instant,
    is_bin: bool,
    tls: Option<Arc<ClientConfig>>,
}

/// `PORT GOOD SLOW DEAF`; `bin` for viewers of the binary protocol that inflate: of those frames
/// are counted and nothing else; `tls CERTIFICATE` for viewers who trust that.
pub(crate) fn run(arguments: &[&str]) -> Result<()> {
    let (numbers, is_bin, tls) = match arguments {
        [numbers @ .., "bin"] => (numbers, true, None),
        [numbers @ .., "tls", certificate] => (numbers, false, Some(trusting(certificate)?)),
        numbers => (numbers, false, None),
    };
    let [port, good, slow, deaf] = numbers else {
        return Err("a client wants PORT GOOD SLOW DEAF [bin | tls CERTIFICATE]".into());
    };
    let mut crowd = Crowd {
        address: SocketAddr::from(([127, 0, 0, 1], port.parse()?)),
        poll: Poll::new()?,
        viewers: Vec::new(),
        counts: Counts::default(),
        buffer: vec![0; READ_BYTES],
        slow_read_at: Instant::now(),
        is_bin,
        tls,
    };
    for (way, n) in [(Way::Good, good), (Way::Slow, slow), (Way::Deaf, deaf)] {
        for _ in 0..n.parse::<usize>()? {
            crowd.connect(way, None)?;
            crowd.turn(Duration::ZERO)?;
        }
    }
    while !crowd.viewers.iter().all(|viewer| viewer.is_upgraded) {
        crowd.turn(Duration::from_millis(10))?;
    }
    say("ready");
    crowd.obey(&orders())
}

fn orders() -> Receiver<String> {
    let (told, orders) = mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(std::result::Result::ok) {
            if told.send(line).is_err() {
                return;
            }
        }
    });
    orders
}

impl Crowd {
    fn obey(&mut self, orders: &Receiver<String>) -> Result<()> {
        loop {
            self.turn(Duration::from_millis(5))?;
            match orders.try_recv() {
                Ok(order) if order == "start" => self.counts = Counts::default(),
                Ok(order) if order == "stop" => say(&self.told()),
                Ok(order) if order == "cut" => say(&self.cut()?),
                Ok(order) => return Err(format!("the client knows no {order}").into()),
                Err(mpsc::TryRecvError::Empty) => {}
                Err(mpsc::TryRecvError::Disconnected) => return Ok(()),
            }
        }
    }

    /// `FRAMES BYTES GAPS KEYFRAMES P50 P99 MAX SLOW_LEFT DEAF_LEFT`, latencies in microseconds.
    fn told(&mut self) -> String {
        let counts = std::mem::take(&mut self.counts);
        let mut latencies = counts.latencies_us;
        latencies.sort_unstable();
        let at = |part: usize| latencies.get(latencies.len() * part / 1_000).copied();
        let left = |way: Way| {
            let is_left = |viewer: &&Viewer| viewer.way == way && !viewer.is_over;
            self.viewers.iter().filter(is_left).count()
        };
        let Counts {
            frames,
            bytes,
            gaps,
            keyframes,
            ..
        } = counts;
        format!(
            "{frames} {bytes} {gaps} {keyframes} {} {} {} {} {}",
            at(500).unwrap_or(-1),
            at(990).unwrap_or(-1),
            latencies.last().copied().unwrap_or(-1),
            left(Way::Slow),
            left(Way::Deaf),
        )
    }

    /// Everyone is cut and comes back where it was. `MS RESUMED`: how long until each has a frame
    /// again, and how many went on without a keyframe.
    fn cut(&mut self) -> Result<String> {
        let n = self.viewers.len();
        let held: Vec<Option<u64>> = self.viewers.drain(..).map(|viewer| viewer.seq).collect();
        let began = Instant::now();
        for seq in held {
            self.connect(Way::Good, seq)?;
            self.turn(Duration::ZERO)?;
        }
        while !self.viewers.iter().all(|viewer| viewer.is_in_step) {
            self.turn(Duration::from_millis(2))?;
            if Duration::from_mins(1) < began.elapsed() {
                return Err("not everyone came back within a minute".into());
            }
        }
        let ms = began.elapsed().as_millis();
        let resumed = self
            .viewers
            .iter()
            .filter(|viewer| viewer.is_resumed)
            .count();
        Ok(format!("{ms} {resumed} {n}"))
    }

    fn connect(&mut self, way: Way, seq: Option<u64>) -> Result<()> {
        let query = seq
            .map(|seq| format!("?epoch=bench&seq={seq}"))
            .unwrap_or_default();
        let extra = if self.is_bin { ASKS_FOR_BIN } else { "" };
        let request = format!(
            "GET /api/v1/live{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n\
             {extra}Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let mut line = Line::open(self.address, self.tls.as_ref(), &request)?;
        let token = Token(self.viewers.len());
        self.poll
            .registry()
            .register(line.socket(), token, Interest::READABLE)?;
        self.viewers.push(Viewer {
            line,
            way,
            is_upgraded: false,
            head: Vec::new(),
            rest: 0,
            seq,
            is_in_step: false,
            is_resumed: false,
            is_over: false,
        });
        Ok(())
    }

    /// Reads what there is, waiting up to `wait` for it.
    fn turn(&mut self, wait: Duration) -> Result<()> {
        let mut events = Events::with_capacity(4_096);
        self.poll.poll(&mut events, Some(wait))?;
        for event in &events {
            let Token(at) = event.token();
            let Some(viewer) = self.viewers.get_mut(at) else {
                continue;
            };
            if viewer.way == Way::Good || !viewer.is_upgraded {
                viewer.read_all(&mut self.buffer, &mut self.counts);
            }
        }
        if Duration::from_secs(1) <= self.slow_read_at.elapsed() {
            self.slow_read_at = Instant::now();
            for viewer in &mut self.viewers {
                viewer.read_as_it_does(&mut self.buffer, &mut self.counts);
            }
        }
        Ok(())
    }
}

impl Viewer {
    fn read_all(&mut self, buffer: &mut [u8], counts: &mut Counts) {
        while !self.is_over && self.read(buffer, counts) {}
    }

    /// Once a second: a slow one takes its bit, and a deaf one learns of its end at most.
    fn read_as_it_does(&mut self, buffer: &mut [u8], counts: &mut Counts) {
        match self.way {
            Way::Slow if !self.is_over => {
                self.read(&mut buffer[..SLOW_BYTES_PER_SECOND], counts);
            }
            Way::Deaf if !self.is_over => {
                self.is_over = !matches!(self.line.socket().take_error(), Ok(None))
                    || matches!(self.line.socket().peer_addr(), Err(error) if error.kind() == ErrorKind::NotConnected);
            }
            Way::Good | Way::Slow | Way::Deaf => {}
        }
    }

    /// Reads once; whether there may be more.
    fn read(&mut self, buffer: &mut [u8], counts: &mut Counts) -> bool {
        match self.line.read(buffer) {
            Ok(0) => self.is_over = true,
            Ok(n) => {
                counts.bytes += n as u64;
                self.take(&buffer[..n], counts);
                return n == buffer.len() || self.line.reads_by_record();
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.is_over = true,
        }
        false
    }

    fn take(&mut self, mut bytes: &[u8], counts: &mut Counts) {
        while !bytes.is_empty() {
            if 0 < self.rest {
                let n = bytes
                    .len()
                    .min(usize::try_from(self.rest).unwrap_or(usize::MAX));
                self.rest -= n as u64;
                bytes = &bytes[n..];
                continue;
            }
            self.head.push(bytes[0]);
            bytes = &bytes[1..];
            if self.is_upgraded {
                self.end_of_head(counts);
            } else if self.head.ends_with(b"\r\n\r\n") {
                self.is_upgraded = true;
                self.head.clear();
            }
        }
    }

    /// Once the head is read: what it says.
    fn end_of_head(&mut self, counts: &mut Counts) {
        let Some((length, from)) = header(&self.head) else {
            return;
        };
        let wanted = length.min(HEAD_BYTES as u64);
        let have = (self.head.len() - from) as u64;
        if have < wanted {
            return;
        }
        self.rest = length - have;
        let payload = &self.head[from..];
        if let Some((seq, at)) = text::read_head(payload) {
            counts.frames += 1;
            counts.gaps += u64::from(self.seq.is_some_and(|before| seq != before + 1));
            self.seq = Some(seq);
            self.is_in_step = true;
            if self.way == Way::Good {
                let us = clock::now().as_microsecond() - at.as_microsecond();
                counts.latencies_us.push(us);
            }
        } else if payload.starts_with(br#"{"type":"snapshot""#) {
            counts.keyframes += 1;
            // Its number is told by the frame that follows.
            self.seq = None;
        } else if payload.starts_with(br#"{"type":"hello""#) {
            self.is_resumed = is_resumed(payload);
        } else if self.head[0] & 0x0F == 2 {
            // A fleet message, deflated or not.
            counts.frames += 1;
        }
        self.head.clear();
    }
}

/// A hello that says so within its first bytes has a short name; ours does.
fn is_resumed(hello: &[u8]) -> bool {
    String::from_utf8_lossy(hello).contains(r#""resumed":true"#)
}

/// Length of the payload, and where it begins; `None` while that is not read.
fn header(bytes: &[u8]) -> Option<(u64, usize)> {
    match bytes.get(1)? & 0x7F {
        126 => Some((
            u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)),
            4,
        )),
        127 => Some((u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?), 10)),
        length => Some((u64::from(length), 2)),
    }
}
